"""Operations on programs: making them and saying what holds when no event does."""

from server.admin.call import Call, the
from server.admin.models import DefaultIn, PageQuery, ProgramIn
from server.admin.optmodels import VenRulesView
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
        default_settings=body.default_settings,
    )
    created = the(ProgramCreated, await call.submit(command))
    return view(created.program)


async def list_programs(call: Call, *, query: PageQuery) -> ProgramList:
    """List programs, the oldest first."""
    found, cursor = page(call.book.programs.values(), query)
    return ProgramList(items=tuple(map(view, found)), next_cursor=cursor)


async def show_program(call: Call, *, program_id: str) -> ProgramView:
    """Show a program."""
    return view(find(call.book.programs, ProgramId(program_id), "program"))


async def set_default(call: Call, *, program_id: str, body: DefaultIn) -> ProgramView:
    """Replace what holds in a program when no event does, its settings included."""
    command = SetDefault(
        program_id=ProgramId(program_id), controls=body.controls, settings=body.settings
    )
    await call.submit(command)
    return view(call.book.programs[command.program_id])


def view(program: Program) -> ProgramView:
    """Return a program as operators see it."""
    return ProgramView(
        id=program.id,
        mrid=program.mrid,
        name=program.name,
        primacy=program.primacy,
        groups=tuple(sorted(program.groups, key=number_of)),
        market_context=program.market_context,
        default=program.default,
        default_settings=program.default_settings,
        ven_rules=VenRulesView(
            opt_policy=program.ven_rules.opt_policy, simple_steps=program.ven_rules.simple_steps
        ),
        default_version=program.default_version,
        version=program.version,
        created_at=program.created_at,
    )
