"""Prints answers: JSON as it came, or tables for people, plain where no terminal is.

It must not know where the answers come from.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Columns = Mapping[str, str]
"""Title by the path of the member in an item, steps set apart by dots."""


NOTHING = "-"


class Output(StrEnum):
    """How answers are printed."""

    TABLE = "table"
    JSON = "json"


def print_json(answer: Any) -> None:
    """Print an answer as JSON."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def print_table(items: Iterable[Mapping[str, Any]], columns: Columns) -> None:
    """Print one row per item."""
    titles = list(columns.values())
    rows = [[cell(_found(item, path)) for path in columns] for item in items]
    if sys.stdout.isatty():
        _print_rich(titles, rows)
    else:
        _print_plain([titles, *rows])


def print_facts(item: Mapping[str, Any], columns: Columns) -> None:
    """Print one line per member of an item."""
    rows = [[title, cell(_found(item, path))] for path, title in columns.items()]
    _print_plain(rows)


def print_line(text: str) -> None:
    """Print a line."""
    typer.echo(text)


def cell(value: Any) -> str:
    """Return a value in a few words: `-` for nothing, `name=value` for members."""
    if value in (None, [], {}, ""):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, list):
        return ", ".join(map(cell, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _members(value: Mapping[str, Any]) -> str:
    pairs = ((name, _member(one)) for name, one in value.items())
    return ", ".join(f"{name}={text}" for name, text in pairs if text != NOTHING) or NOTHING


def _member(value: Any) -> str:
    text = cell(value)
    return f"({text})" if isinstance(value, Mapping) and text != NOTHING else text


def _print_rich(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(*titles)
    for row in rows:
        # Names are data: brackets in them are no markup.
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_plain(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _found(item: Any, path: str) -> Any:
    for step in path.split("."):
        item = item.get(step) if isinstance(item, Mapping) else None
    return item
