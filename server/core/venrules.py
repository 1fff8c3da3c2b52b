"""What an operator sets for all VENs of one program.

Values only; who acts on them is not known here.
"""

from dataclasses import dataclass

from server.config import OptPolicy

SIMPLE_LEVELS = 3
"""Moderate, high and special."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenRules:
    """What holds for the VENs of one program in place of the configuration."""

    opt_policy: OptPolicy | None = None
    """What becomes of VENs that are out in an event's window; None leaves it to the server."""
    simple_steps: tuple[float, ...] = ()
    """What the first signal's value reaches at levels 1, 2 and 3, for VENs that know levels only.

    They rise, or fall where less is graver. Empty: whatever asks for something is level 1.
    """
