"""The register map of a kind of device: CSV, one row per point, checked as a whole.

A map with one bad row is refused with every fault's file:line:column, because half a map would
write to the wrong place. It must not know which device uses it or what is asked of it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from server.edge.mapsettings import MapSettings, OnGatewayLoss, setting
from server.edge.registers import Point
from server.edge.roles import UNITS_BY_MODE, role_fault, unsafe_timers
from server.edge.rows import COLUMNS, REQUIRED, CellFault, point_of
from server.errors import Invalid, Malformed, Unknown

_MAP_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class MapFault:
    """Something wrong in a map; `column` is the number of the cell in its row, from 1."""

    file: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        """Return it as compilers do."""
        return f"{self.file}:{self.line}:{self.column}: {self.reason}"


class BadMap(Invalid):
    """A map that is not taken, with all that is wrong in it."""

    def __init__(self, faults: Iterable[MapFault]) -> None:
        """Take at least one fault."""
        self.faults = tuple(sorted(faults))
        super().__init__("; ".join(map(str, self.faults)))


@dataclass(frozen=True, kw_only=True)
class RegisterMap:
    """The points of a kind of device, in the order of their rows."""

    name: str
    points: tuple[Point, ...]
    settings: MapSettings = field(default_factory=MapSettings)
    warnings: tuple[MapFault, ...] = ()

    @cached_property
    def by_role(self) -> Mapping[str, Point]:
        """Return the points that are bound to something."""
        return {point.role: point for point in self.points if point.role}

    @cached_property
    def modes(self) -> frozenset[str]:
        """Return the controls that it can say, named as the fields of Controls."""
        if self.settings.read_only:
            return frozenset()
        return frozenset(self.by_role) & frozenset(UNITS_BY_MODE)


def load_map(path: Path) -> RegisterMap:
    """Read a map from a file; its name is the file's without the ending.

    Raises Unknown if there is no such file, Malformed if it is not text, BadMap with what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise Unknown(f"the register map {path.name} cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise Malformed(f"the register map {path.name} is not UTF-8") from fault
    return parse_map(text, name=path.stem, file=path.name)


def find_map(name: str, directory: Path | None = None) -> RegisterMap:
    """Return a map by its name: out of a directory if it is there, otherwise a built-in one.

    A name is never a path, so nobody who may name a map can have other files read.
    Raises Unknown, Malformed or BadMap.
    """
    if _MAP_NAME.fullmatch(name) is None:
        raise Unknown(f"{name!r} is not the name of a register map")
    if directory is not None and (own := directory / f"{name}.csv").is_file():
        return load_map(own)
    built_in = resources.files("server.edge") / "maps" / f"{name}.csv"
    if not built_in.is_file():
        raise Unknown(f"there is no register map {name!r}")
    return parse_map(built_in.read_text(encoding="utf-8"), name=name, file=f"{name}.csv")


def parse_map(text: str, *, name: str, file: str) -> RegisterMap:
    """Return the map that a CSV text states; raises BadMap."""
    rows = _rows(text, file)
    settings, line, header = _read_settings(rows, file)
    _check_header(header, line, file)
    placed, faults = _read_points(rows, header, file)
    for at, title, reason in _check_together(placed, settings):
        column = header.index(title) + 1 if title in header else 1
        faults.append(MapFault(file, at, column, f"{title}: {reason}"))
    if not placed and not faults:
        faults.append(MapFault(file, line, 1, "there is no point"))
    if faults:
        raise BadMap(faults)
    return RegisterMap(
        name=name,
        points=tuple(point for _, point in placed),
        settings=settings,
        warnings=_strange_columns(header, line, file),
    )


def _read_settings(
    rows: Iterator[tuple[int, list[str]]], file: str
) -> tuple[MapSettings, int, list[str]]:
    """Return what the rows `#name,value` say, and the row after them with its line."""
    values: dict[str, Any] = {}
    faults: list[MapFault] = []
    for line, cells in rows:
        name, *rest = cells
        if not name.startswith("#"):
            break
        try:
            values |= setting(name[1:].strip(), "".join(rest), known=values)
        except ValueError as fault:
            faults.append(MapFault(file, line, 1, str(fault)))
    else:
        line, cells = 1, []
    if faults:
        raise BadMap(faults)
    return MapSettings(**values), line, cells


def _read_points(
    rows: Iterable[tuple[int, list[str]]], header: list[str], file: str
) -> tuple[list[tuple[int, Point]], list[MapFault]]:
    """Return the points with their lines, and what is wrong in single rows."""
    placed: list[tuple[int, Point]] = []
    faults: list[MapFault] = []
    for line, cells in rows:
        try:
            placed.append((line, point_of(header, cells)))
        except CellFault as fault:
            faults.extend(MapFault(file, line, column, why) for column, why in fault.reasons)
    return placed, faults


def _strange_columns(header: list[str], line: int, file: str) -> tuple[MapFault, ...]:
    return tuple(
        MapFault(file, line, column, f"the column {title!r} is unknown and ignored")
        for column, title in enumerate(header, start=1)
        if title not in COLUMNS
    )


def _rows(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as fault:
        raise BadMap([MapFault(file, line, 1, str(fault))]) from fault


def _check_header(header: list[str], line: int, file: str) -> None:
    """Raise BadMap if the first row does not name each needed column, or one of them twice."""
    faults = [
        MapFault(file, line, column, f"the column {title!r} stands twice")
        for column, title in enumerate(header, start=1)
        if title in header[: column - 1]
    ]
    faults.extend(
        MapFault(file, line, 1, f"the column {title!r} is missing")
        for title in REQUIRED
        if title not in header
    )
    if faults:
        raise BadMap(faults)


def _check_together(
    placed: list[tuple[int, Point]], settings: MapSettings
) -> Iterator[tuple[int, str, str]]:
    """Yield (line, column name, reason) for what is wrong between points or with their roles."""
    yield from _collisions(placed)
    bound = {point.role: point for _, point in reversed(placed) if point.role}
    yield from _misfits(placed, bound)
    if settings.on_gateway_loss is OnGatewayLoss.REVERT_FAST:
        lines = {point.name: line for line, point in placed}
        yield from ((lines[point.name], "role", why) for point, why in unsafe_timers(bound))
    yield from _overlaps(placed)


def _misfits(
    placed: list[tuple[int, Point]], bound: Mapping[str, Point]
) -> Iterator[tuple[int, str, str]]:
    """Yield a fault for each point that cannot serve its role."""
    for line, point in placed:
        if point.role and (fault := role_fault(point, bound)) is not None:
            yield line, *fault


def _collisions(placed: list[tuple[int, Point]]) -> Iterator[tuple[int, str, str]]:
    """Yield a fault for each name or role that stands twice."""
    names: set[str] = set()
    bound: dict[str, str] = {}
    for line, point in placed:
        if point.name in names:
            yield line, "name", f"{point.name!r} stands twice"
        names.add(point.name)
        if point.role and bound.setdefault(point.role, point.name) != point.name:
            yield line, "role", f"{point.role!r} is bound to {bound[point.role]} already"


def _overlaps(placed: list[tuple[int, Point]]) -> Iterator[tuple[int, str, str]]:
    """Yield a fault for each writable point that shares a register with an earlier one."""
    taken: dict[int, str] = {}
    for line, point in placed:
        mine = range(point.address, point.address + point.size) if point.writable else ()
        if (other := next((taken[a] for a in mine if a in taken), None)) is not None:
            yield line, "address", f"overlaps the writable point {other}"
        taken.update(dict.fromkeys(mine, point.name))
