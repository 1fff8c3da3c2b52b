"""The demo as a command: what may be said on the command line, and nothing else."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def demo_command(
    seconds: Annotated[
        float | None,
        typer.Option("--for", min=1, help="End after so many seconds; 1 if anything was missed."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", dir_okay=False, help="Write what was measured, as JSON."),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", file_okay=False, help="Work in this folder and leave it."),
    ] = None,
) -> None:
    """Start a server with its own certificates and simulated devices, and follow one event."""
    # Whoever lists the commands does without the server's machinery.
    from server.sim.demo import demo  # noqa: PLC0415

    raise typer.Exit(asyncio.run(demo(seconds=seconds, report=report, keep=keep)))
