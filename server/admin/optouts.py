"""What an operator is told of VENs that are out in the window of an event, and what is made of it.

Schedules are looked at as the event is stated: what a VEN opts later is its answer to the event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from server.admin.call import Call
from server.admin.optmodels import EffectiveOptView, OptOutView
from server.config import OptPolicy
from server.core.availability import Opts
from server.core.command import CreateEvent
from server.core.model import Device, DeviceId, Event
from server.core.optouts import OptOut, effective_opt, opt_out, vens_of
from server.core.response import Response


async def heed_opts(
    call: Call, command: CreateEvent, event_of: Callable[[CreateEvent], Event]
) -> tuple[CreateEvent, tuple[OptOutView, ...]]:
    """Return the command without whom it must skip, and the VENs that are out in its window.

    `event_of` decides as if the command were meant.
    """
    policy = _policy(call, command)
    if policy is OptPolicy.SEND:
        return command, ()
    found = await _opt_outs(call, event_of(command))
    is_skipping = policy is OptPolicy.SKIP
    skipped = frozenset(each.device_id for each in found if is_skipping and each.is_whole)
    views = tuple(_view(each, is_skipped=each.device_id in skipped) for each in found)
    return replace(command, skipped=skipped), views


async def effective_opts(
    call: Call, event: Event, words: Mapping[DeviceId, Sequence[Response]]
) -> dict[DeviceId, EffectiveOptView]:
    """Return whether each VEN that an event is for takes part, as far as it said; see `Opts`."""
    found: dict[DeviceId, EffectiveOptView] = {}
    for device in vens_of(call.book, event):
        opts = await _opts(call, device)
        said = effective_opt(call.book, event, device, opts, words.get(device.id, ()))
        if said is not None:
            found[device.id] = EffectiveOptView(opt_type=said.opt_type, source=said.source)
    return found


def _policy(call: Call, command: CreateEvent) -> OptPolicy:
    if call.house.opting is None or not command.signals:
        return OptPolicy.SEND
    rules = call.book.programs[command.program_id].ven_rules
    return rules.opt_policy or call.house.opting.policy


async def _opt_outs(call: Call, event: Event) -> list[OptOut]:
    devices = vens_of(call.book, event)
    found = [opt_out(call.book, event, one, await _opts(call, one)) for one in devices]
    return [each for each in found if each is not None]


async def _opts(call: Call, device: Device) -> Opts:
    if call.house.opting is None or device.client_id is None:
        return Opts()
    return await call.house.opting.of(device.client_id)


def _view(found: OptOut, *, is_skipped: bool) -> OptOutView:
    return OptOutView(
        device_id=found.device_id,
        stance=found.stance,
        resources=dict(found.resources),
        is_skipped=is_skipped,
    )
