"""Operations that change or take away groups and programs which devices may be using."""

from server.admin.call import Call
from server.admin.models import Model
from server.admin.programs import view
from server.admin.views import ProgramView
from server.core.model import GroupId, ProgramId
from server.core.program_commands import ChangeProgram, RemoveGroup, RemoveProgram


class ProgramChangeIn(Model):
    """What is to be another in a program; what is left out stays."""

    name: str | None = None
    primacy: int | None = None
    """0..255; lower wins."""
    groups: frozenset[GroupId] | None = None
    """All that it is to be offered to."""


async def change_program(call: Call, *, program_id: str, body: ProgramChangeIn) -> ProgramView:
    """Change a program's name, its primacy or the groups that it is offered to."""
    command = ChangeProgram(
        program_id=ProgramId(program_id),
        name=body.name,
        primacy=body.primacy,
        groups=body.groups,
    )
    await call.submit(command)
    return view(call.book.programs[command.program_id])


async def remove_program(call: Call, *, program_id: str) -> None:
    """Take away a program whose events are all over or cancelled; they stay known."""
    await call.submit(RemoveProgram(program_id=ProgramId(program_id)))


async def remove_group(call: Call, *, group_id: str) -> None:
    """Take away a group that nothing is offered to; its devices stay."""
    await call.submit(RemoveGroup(group_id=GroupId(group_id)))
