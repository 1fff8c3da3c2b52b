"""The options that say what only VENs are told of an event.

It must not know what becomes of them.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from server.cli import values

Span = Annotated[str | None, typer.Option(help="A length of time; negative is within the event.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForVens:
    """What only VENs are told; None says nothing of it."""

    comment: Annotated[str | None, typer.Option(help="For VENs: a few words to people.")] = None
    ramp_up: Span = None
    recovery: Span = None
    notification: Annotated[
        str | None, typer.Option(help="How long before its start VENs are to know of it.")
    ] = None
    resource: Annotated[
        list[str] | None,
        typer.Option(help="For one VEN, named by --device: only this part of it; repeatable."),
    ] = None

    def body(self) -> dict[str, Any]:
        """Return what was said, as the server takes it."""
        said: dict[str, Any] = {}
        for name in ("ramp_up", "recovery", "notification"):
            text = getattr(self, name)
            said |= {} if text is None else {f"{name}_s": values.seconds(text)}
        said |= {} if self.comment is None else {"comment": self.comment}
        return said | ({"places": {"resources": self.resource}} if self.resource else {})
