"""Operations on programs: making them and saying what holds when no event does."""

from server.admin.call import Call, the
from server.admin.models import DefaultIn, PageQuery, ProgramIn
from server.admin.paging import page
from server.admin.views import ProgramList, ProgramView
from server.core.change import ProgramCreated
from server.core.command import CreateProgram, SetDefault
from server.core.context import find
from server.core.ids import number_of
from server.core.model import Program, ProgramId


async def create_program(call: Call, *, body: ProgramIn) -> ProgramView:
    """Make a program and offer it to groups."""
    command = CreateProgram(
        name=body.name,
        primacy=body.primacy,
        groups=body.groups,
        market_context=body.market_context,
        default=body.default,
    )
    created = the(ProgramCreated, await call.submit(command))
    return _view(created.program)


async def list_programs(call: Call, *, query: PageQuery) -> ProgramList:
    """List programs, the oldest first."""
    found, cursor = page(call.book.programs.values(), query)
    return ProgramList(items=tuple(map(_view, found)), next_cursor=cursor)


async def show_program(call: Call, *, program_id: str) -> ProgramView:
    """Show a program."""
    return _view(find(call.book.programs, ProgramId(program_id), "program"))


async def set_default(call: Call, *, program_id: str, body: DefaultIn) -> ProgramView:
    """Replace what holds in a program when no event does."""
    command = SetDefault(program_id=ProgramId(program_id), controls=body.controls)
    await call.submit(command)
    return _view(call.book.programs[command.program_id])


def _view(program: Program) -> ProgramView:
    return ProgramView(
        id=program.id,
        mrid=program.mrid,
        name=program.name,
        primacy=program.primacy,
        groups=tuple(sorted(program.groups, key=number_of)),
        market_context=program.market_context,
        default=program.default,
        default_version=program.default_version,
        created_at=program.created_at,
    )
