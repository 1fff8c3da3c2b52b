"""What the simulated devices themselves said during a demo, line by line, and what follows from it.

Their own words are kept apart from the server's, so that each can be held against the other. Pure
but for what it is told; it must not know processes or HTTP.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.edge.registermap import RegisterMap
from server.edge.registers import decode
from server.edge.roles import ENABLE, TELEMETRY_W, role

Line = Mapping[str, Any]
_LIMIT = "max_limit_percent"


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that one party saw."""

    who: str
    kind: str
    at: datetime
    due: datetime | None


@dataclass(slots=True)
class Registers:
    """What stands in one Modbus device: percent of its rating while limited, and watts."""

    limit_percent: float | None = None
    power_w: float | None = None


@dataclass(slots=True)
class Ledger:
    """All lines that were told so far."""

    register_map: RegisterMap
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    """By language."""
    faults: list[str] = field(default_factory=list)
    registers: dict[int, Registers] = field(default_factory=dict)
    """By port."""
    first_limited_at: dict[int, datetime] = field(default_factory=dict)
    released_at: dict[int, datetime] = field(default_factory=dict)

    def take_fleet(self, line: Line) -> None:
        """Take a line of the fleet."""
        if line["type"] == "failed":
            self.faults.append(f"{line['who']}: {line.get('detail', '')}")
            return
        due = line.get("due")
        self.seen.setdefault(line["language"], []).append(
            Seen(
                who=line["who"],
                kind=line["type"],
                at=datetime.fromisoformat(line["at"]),
                due=None if due is None else datetime.fromisoformat(due),
            )
        )

    def take_dump(self, port: int, words: Mapping[str, int], at: datetime) -> None:
        """Take all registers of a device, by their addresses, as they stood at an instant."""
        limit = self._read(words, _LIMIT) if self._read(words, role(_LIMIT, ENABLE)) else None
        self.registers[port] = Registers(limit, self._read(words, TELEMETRY_W))
        if limit is not None:
            self.first_limited_at.setdefault(port, at)
            self.released_at.pop(port, None)
        elif port in self.first_limited_at:
            self.released_at.setdefault(port, at)

    def count(self, language: str, kind: str) -> int:
        """Return how many parties saw something."""
        return len({seen.who for seen in self._of(language, kind)})

    def lateness_s(self, language: str, kind: str) -> list[float]:
        """Return by how much parties were later than due, in order of time."""
        return [
            (seen.at - seen.due).total_seconds()
            for seen in self._of(language, kind)
            if seen.due is not None
        ]

    def _of(self, language: str, kind: str) -> Iterable[Seen]:
        return (seen for seen in self.seen.get(language, ()) if seen.kind == kind)

    def _read(self, words: Mapping[str, int], role: str) -> float | None:
        point = self.register_map.by_role.get(role)
        if point is None:
            return None
        return decode(point, [words[str(point.address + n)] for n in range(point.size)])
