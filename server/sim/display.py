"""The demo on the terminal: a live table, or plain lines where there is no terminal.

Shows what it is given; it must not know where that comes from.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from server.sim.ledger import Ledger
from server.sim.outcome import own_counts, server_counts

Json = Mapping[str, Any]

_COLUMNS = (
    ("sep2", "IEEE 2030.5", ("received", "started", "completed")),
    ("openadr", "OpenADR 2.0b", ("opted_in", "started", "completed")),
    ("modbus", "Modbus", ("written", "verified", "restored")),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown at one moment."""

    event: Json | None
    ledger: Ledger
    expected: Mapping[str, int]


class Display:
    """Draws pictures until it is left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._last = ""

    @contextmanager
    def open(self) -> Iterator[None]:
        """Draw in place while within, if there is a terminal."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, refresh_per_second=4, transient=False) as self._live:
            yield
        self._live = None

    def say(self, text: str) -> None:
        """Write a line that stays; it is not wrapped, so that it can be copied."""
        self._console.print(text, soft_wrap=True, markup=False, highlight=False)

    def draw(self, picture: Picture) -> None:
        """Draw a picture; as a plain line only if it differs from the last one."""
        if self._live is not None:
            self._live.update(_tables(picture))
            return
        line = _line(picture)
        if line != self._last:
            self._last = line
            self.say(line)


def _counts(picture: Picture) -> dict[str, dict[str, int]]:
    """Return the server's counts, and the devices' own where the server hears none."""
    server = server_counts(picture.event or {"followers": ()})
    own = own_counts(picture.ledger)
    return {language: {**own[language], **server[language]} for language in server}


def _tables(picture: Picture) -> Group:
    counts = _counts(picture)
    phase = picture.event["phase"] if picture.event else "not stated yet"
    told = Table(title=f"The event is {phase}", title_justify="left")
    told.add_column("language")
    told.add_column("devices", justify="right")
    for number in range(3):
        told.add_column(("knows", "follows", "is done")[number], justify="right")
    for language, label, stages in _COLUMNS:
        cells = (f"{stage.replace('_', ' ')} {counts[language][stage]}" for stage in stages)
        told.add_row(label, str(picture.expected[language]), *cells)
    return Group(told, _registers(picture.ledger))


def _registers(ledger: Ledger) -> Table:
    table = Table(title="Registers", title_justify="left")
    for name in ("device at port", "limit", "power into the grid"):
        table.add_column(name, justify="right")
    for port, held in sorted(ledger.registers.items()):
        limit = "none" if held.limit_percent is None else f"{held.limit_percent:g} %"
        power = "?" if held.power_w is None else f"{held.power_w:g} W"
        table.add_row(str(port), limit, power)
    return table


def _line(picture: Picture) -> str:
    counts = _counts(picture)
    parts = [
        f"{label}: "
        + ", ".join(f"{stage.replace('_', ' ')} {counts[language][stage]}" for stage in stages)
        for language, label, stages in _COLUMNS
    ]
    limits = [held.limit_percent for _, held in sorted(picture.ledger.registers.items())]
    shown = ", ".join("none" if limit is None else f"{limit:g} %" for limit in limits)
    return "; ".join((*parts, f"limits in registers: {shown or 'unknown'}"))
