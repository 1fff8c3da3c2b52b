"""The options that say what is asked of devices, shared by events and programs' defaults.

It must not know what becomes of them.
"""

from dataclasses import asdict, dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """What is asked of devices; None asks nothing of that mode."""

    fixed_w_percent: Annotated[
        float | None, typer.Option(help="-100..100 of the rated power; positive into the grid.")
    ] = None
    max_limit_percent: Annotated[
        float | None, typer.Option(help="0..100 of the rated power: a cap on what goes out.")
    ] = None
    target_w: Annotated[float | None, typer.Option(help="Watts; positive into the grid.")] = None
    target_var: Annotated[float | None, typer.Option(help="Reactive power, in var.")] = None
    export_limit_w: Annotated[
        float | None, typer.Option(help="Watts that may leave at the connection point.")
    ] = None
    import_limit_w: Annotated[
        float | None, typer.Option(help="Watts that may enter at the connection point.")
    ] = None
    generation_limit_w: Annotated[
        float | None, typer.Option(help="Watts that the site may generate.")
    ] = None
    load_limit_w: Annotated[float | None, typer.Option(help="Watts that the site may draw.")] = None
    connect: Annotated[
        bool | None, typer.Option("--connect/--disconnect", help="Connected to the grid or not.")
    ] = None
    energize: Annotated[
        bool | None, typer.Option("--energize/--de-energize", help="Running or not.")
    ] = None
    ramp_s: Annotated[float | None, typer.Option(help="Seconds to move to the new values.")] = None

    def controls(self) -> dict[str, float | bool]:
        """Return the modes that something was said of, as the server takes them."""
        return {name: value for name, value in asdict(self).items() if value is not None}
