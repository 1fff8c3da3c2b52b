"""The commands that write what the declarations tell: schemas of our own and reference pages.

Mounted by the server's command line as `schemas`; it must not know the server.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from schemas.describe import STANDARDS, export_xsd, tables

app = typer.Typer(no_args_is_help=True, help="Schemas and reference pages of the wire formats.")
Folder = Annotated[Path, typer.Argument(file_okay=False, help="Made if it is missing.")]
Name = Literal["sep2", "openadr"]


@app.command()
def export(folder: Folder, standard: Annotated[Name | None, typer.Option()] = None) -> None:
    """Write XML schemas of both standards, or of one, into a folder."""
    for name in [standard] if standard else STANDARDS:
        for file, text in export_xsd(name).items():
            _write(folder / file, text)


@app.command(name="tables")
def write_tables(folder: Folder) -> None:
    """Write a reference page of each standard into a folder."""
    for name in STANDARDS:
        _write(folder / f"{name}.md", tables(name))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    typer.echo(str(path))
