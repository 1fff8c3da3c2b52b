"""The options that say what is asked of devices, shared by events and programs' defaults.

It must not know what becomes of them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from server.cli import values
from server.cli.connection import UsageError
from server.cli.session import Session


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
    storage_target_w: Annotated[
        float | None, typer.Option(help="Watts of storage alone; charging is negative.")
    ] = None
    fixed_var: Annotated[
        str | None,
        typer.Option(help="PERCENT:REFERENCE, of max_w, max_var or available_var; positive out."),
    ] = None
    fixed_pf_inject: Annotated[
        str | None, typer.Option(help="COSINE:under or COSINE:over while power goes out.")
    ] = None
    fixed_pf_absorb: Annotated[
        str | None, typer.Option(help="COSINE:under or COSINE:over while power comes in.")
    ] = None
    freq_droop: Annotated[
        str | None,
        typer.Option(help="Dead bands in Hz and slopes, each over:under, then seconds; by colons."),
    ] = None
    curve: Annotated[
        list[str] | None, typer.Option(help="A curve of the program, id or name; repeatable.")
    ] = None
    connect: Annotated[
        bool | None, typer.Option("--connect/--disconnect", help="Connected to the grid or not.")
    ] = None
    energize: Annotated[
        bool | None, typer.Option("--energize/--de-energize", help="Running or not.")
    ] = None
    ramp_s: Annotated[float | None, typer.Option(help="Seconds to move to the new values.")] = None

    def controls(self) -> dict[str, Any]:
        """Return the modes that something was said of, but for curves, as the server takes them."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        said.pop("curve", None)
        return {name: _READERS.get(name, _as_it_is)(value) for name, value in said.items()}

    def curves(self, session: Session, program_id: str) -> dict[str, str]:
        """Return the modes of the curves that were named, which the server is asked for."""
        within = {"program_id": program_id}
        modes: dict[str, str] = {}
        for name in self.curve or ():
            place = {**within, "curve_id": session.resolve("curve", name, within)}
            curve = session.connection.ask("show_curve", place)
            if modes.setdefault(curve["kind"], curve["id"]) != curve["id"]:
                raise UsageError(f"two curves are of the kind {curve['kind']}")
        return modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a default sets devices to for good; None leaves a setting to the device."""

    enter_service_delay_s: Annotated[
        float | None, typer.Option(help="Seconds to wait before entering service.")
    ] = None
    enter_service_random_delay_s: Annotated[
        float | None, typer.Option(help="Wait up to this much longer.")
    ] = None
    enter_service_ramp_s: Annotated[
        float | None, typer.Option(help="Seconds to come to power when entering service.")
    ] = None
    enter_service_low_hz: Annotated[
        float | None, typer.Option(help="Enter service only above this frequency.")
    ] = None
    enter_service_high_hz: Annotated[
        float | None, typer.Option(help="Enter service only below this frequency.")
    ] = None
    enter_service_low_v_percent: Annotated[
        float | None, typer.Option(help="Enter service only above this voltage.")
    ] = None
    enter_service_high_v_percent: Annotated[
        float | None, typer.Option(help="Enter service only below this voltage.")
    ] = None
    ramp_percent_per_s: Annotated[
        float | None, typer.Option(help="How fast power changes; 0 is no limit.")
    ] = None
    soft_start_percent_per_s: Annotated[
        float | None, typer.Option(help="How fast it changes after a start; 0 is no limit.")
    ] = None

    def body(self) -> dict[str, float]:
        """Return the settings that something was said of, as the server takes them."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def _as_it_is(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "fixed_var": values.var_share,
    "fixed_pf_inject": values.power_factor,
    "fixed_pf_absorb": values.power_factor,
    "freq_droop": values.droop,
}
