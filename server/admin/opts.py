"""Operations on what VENs opt: what they said, what holds at an instant, what is made of it."""

from collections.abc import Iterator

from server.admin.call import Call, Opting
from server.admin.models import PageQuery
from server.admin.optmodels import (
    AvailabilityQuery,
    AvailabilityView,
    OptList,
    OptView,
    VenRulesIn,
    WindowView,
)
from server.admin.paging import page_by_name
from server.admin.programs import view
from server.admin.views import ProgramView
from server.core.availability import Opts, scope_of
from server.core.context import find
from server.core.model import ClientId, EventId, ProgramId
from server.core.program_commands import SetVenRules
from server.core.venrules import VenRules
from server.errors import Conflict


async def list_opts(call: Call, *, client_id: str, query: PageQuery) -> OptList:
    """List what a VEN opted and may still matter: its schedules, then its words on events."""
    opts = await _opting(call).of(ClientId(client_id))
    numbered = [(f"{number:06}", found) for number, found in enumerate(_views(opts))]
    found, cursor = page_by_name(numbered, query, lambda each: each[0])
    return OptList(items=tuple(each for _, each in found), next_cursor=cursor)


async def show_availability(
    call: Call, *, client_id: str, query: AvailabilityQuery
) -> AvailabilityView:
    """Show what a VEN's schedules say of an instant, for all of it or for a part."""
    opts = await _opting(call).of(ClientId(client_id))
    context = ""
    if query.program_id is not None:
        context = find(call.book.programs, query.program_id, "program").market_context
    at = query.at or call.now
    scope = scope_of(query.resource, context, query.device_class)
    return AvailabilityView(at=at, opt_type=opts.at(at, scope))


async def set_ven_rules(call: Call, *, program_id: str, body: VenRulesIn) -> ProgramView:
    """Set what holds for the VENs of a program."""
    rules = VenRules(opt_policy=body.opt_policy, simple_steps=body.simple_steps)
    command = SetVenRules(program_id=ProgramId(program_id), rules=rules)
    await call.submit(command)
    return view(call.book.programs[command.program_id])


def _opting(call: Call) -> Opting:
    if call.house.opting is None:
        raise Conflict("no VENs are served here")
    return call.house.opting


def _views(opts: Opts) -> Iterator[OptView]:
    for each in opts.schedules:
        yield OptView(
            opt_id=each.opt_id,
            opt_type=each.opt_type,
            reason=each.reason,
            event_id=None,
            resources=tuple(sorted(each.scope.resources)),
            market_contexts=tuple(sorted(each.scope.market_contexts)),
            device_classes=tuple(sorted(each.scope.device_classes)),
            windows=tuple(
                WindowView(start=one.start, duration_s=one.duration.total_seconds())
                for one in each.windows
            ),
        )
    for said in opts.qualifications:
        yield OptView(
            opt_id=said.opt_id,
            opt_type=said.opt_type,
            reason=said.reason,
            event_id=EventId(said.event_id),
            resources=tuple(sorted(said.resources)),
            market_contexts=(),
            device_classes=(),
            windows=(),
        )
