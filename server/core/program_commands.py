"""The commands that change or take away groups and programs which devices may be using.

Data only, as all commands; what follows from them is decided with the other commands on programs.
"""

from dataclasses import dataclass

from server.core.model import GroupId, ProgramId
from server.core.venrules import VenRules


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveGroup:
    """Take away a group that nothing is offered to; its devices stay."""

    group_id: GroupId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProgram:
    """Change a program in what is not None."""

    program_id: ProgramId
    name: str | None = None
    primacy: int | None = None
    groups: frozenset[GroupId] | None = None
    """All that it is to be offered to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVenRules:
    """Set what holds for the VENs of a program, as a whole."""

    program_id: ProgramId
    rules: VenRules


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveProgram:
    """Take away a program with nothing under way."""

    program_id: ProgramId
