"""`gridherald curve`: the curves that the controls of a program may ask for."""

from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from server.cli import values
from server.cli.output import Columns, Output, print_line
from server.cli.session import Session, command
from server.core.curve import CurveKind, CurveReference

app = typer.Typer(
    help="Make curves of a program; one is asked for with --curve.", no_args_is_help=True
)

LISTED: Columns = {"id": "id", "name": "name", "kind": "kind", "points": "points"}
SHOWN: Columns = {
    **LISTED,
    "y_reference": "y is a percentage of",
    "open_loop_s": "open loop s",
    "ramp_down_percent_per_s": "ramp down %/s",
    "ramp_up_percent_per_s": "ramp up %/s",
    "filter_s": "filter s",
    "v_ref_percent": "reference voltage %",
    "autonomous_v_ref": "autonomous reference",
    "autonomous_v_ref_s": "its time constant s",
    "program_id": "program",
    "mrid": "mRID",
    "created_at": "created",
}

Program = Annotated[str, typer.Argument(metavar="PROGRAM", help="Id or name.")]
Curve = Annotated[str, typer.Argument(metavar="CURVE", help="Id or name.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The options that say what a curve is for and how it runs."""

    kind: Annotated[CurveKind, typer.Option(help="What it is for.")]
    point: Annotated[
        list[str], typer.Option(help="X:Y, for watt_pf X:Y:under or X:Y:over; repeatable.")
    ]
    y_reference: Annotated[
        CurveReference | None,
        typer.Option(help="What y is a percentage of, where the kind leaves a choice."),
    ] = None
    open_loop_s: Annotated[
        float | None, typer.Option(help="Until 90 % of a change is done; 0 is no limit.")
    ] = None
    ramp_down_percent_per_s: Annotated[
        float | None, typer.Option(help="How fast the output may fall; 0 is no limit.")
    ] = None
    ramp_up_percent_per_s: Annotated[
        float | None, typer.Option(help="How fast it may rise; else as fast as it may fall.")
    ] = None
    filter_s: Annotated[
        float | None, typer.Option(help="Until a low-pass filter has settled to 95 %.")
    ] = None
    v_ref_percent: Annotated[
        float | None, typer.Option(help="What x of volt_var is multiplied by beside.")
    ] = None
    autonomous_v_ref: Annotated[
        bool, typer.Option("--autonomous-v-ref", help="Let volt_var follow the voltage on its own.")
    ] = False
    autonomous_v_ref_s: Annotated[float | None, typer.Option(help="The time constant of that.")] = (
        None
    )


@command(app, "add")
def add(
    session: Session,
    program: Program,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    shape: Shape,
) -> None:
    """Make a curve; it can be removed, never changed."""
    body = {
        **asdict(shape),
        "name": name,
        "points": [values.point(text) for text in shape.point],
    }
    del body["point"]
    program_id = session.resolve("program", program)
    session.show(session.connection.call("add_curve", program_id=program_id, body=body), SHOWN)


@command(app, "list")
def list_curves(session: Session, program: Program) -> None:
    """List the curves of a program."""
    within = {"program_id": session.resolve("program", program)}
    session.show_list(LISTED, "list_curves", within)


@command(app, "show")
def show(session: Session, program: Program, curve: Curve) -> None:
    """Show a curve."""
    session.show(session.connection.ask("show_curve", _place(session, program, curve)), SHOWN)


@command(app, "remove")
def remove(session: Session, program: Program, curve: Curve) -> None:
    """Take away a curve that nothing asks for."""
    place = _place(session, program, curve)
    session.connection.ask("remove_curve", place)
    if session.output is Output.TABLE:
        print_line(f"removed {place['curve_id']}")


def _place(session: Session, program: str, curve: str) -> dict[str, str]:
    within = {"program_id": session.resolve("program", program)}
    return {**within, "curve_id": session.resolve("curve", curve, within)}
