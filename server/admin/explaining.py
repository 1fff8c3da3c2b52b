"""Operations that explain: why a device follows what it follows, and why a client sees nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from server.admin.call import Call
from server.admin.devices import setpoint_view
from server.admin.explainmodels import (
    CandidateView,
    ExplainQuery,
    ExplanationView,
    FallbackView,
    FoundView,
    IdentityView,
    StepView,
)
from server.core import findings
from server.core.context import find
from server.core.explain import explain
from server.core.findings import Finding, Found
from server.core.model import ClientId, Device, DeviceId, EventId, Fingerprint, Lfdi
from server.core.response import Response, ResponseStatus

CLOCK_LIMIT = timedelta(seconds=60)
"""Beyond this a device's clock counts as wrong."""
_OUT = {ResponseStatus.OPTED_OUT, ResponseStatus.REJECTED, ResponseStatus.NO_PARTICIPATION}
_OPTS = {*_OUT, ResponseStatus.OPTED_IN}


async def explain_device(call: Call, *, device_id: str, query: ExplainQuery) -> ExplanationView:
    """Tell what a device should follow at an instant, why, and what it would find on its way."""
    device = find(call.book.devices, DeviceId(device_id), "device")
    at = query.at or call.now
    words = await _words(call, device)
    outs = _outs(words)
    why = explain(call.book, device, at, outs)
    heard = await _last_heard(call, device, words)
    off = _clock_off(words)
    found = [*findings.of_device(call.book, device), *_of_words(device, heard, off)]
    return ExplanationView(
        device_id=device.id,
        at=at,
        setpoint=setpoint_view(call.book, device, at),
        candidates=tuple(CandidateView(**asdict(one)) for one in why.candidates),
        fallbacks=tuple(FallbackView(**asdict(one)) for one in why.fallbacks),
        opted_out=outs,
        last_heard_at=heard,
        clock_off_s=None if off is None else off.total_seconds(),
        findings=_views(found),
        walk=() if device.lfdi is None else await _walk(call, _asks_with(call, device), at),
    )


async def explain_identity(call: Call, *, identity: str, query: ExplainQuery) -> IdentityView:
    """Tell who asks with an LFDI, an SFDI or a fingerprint, and what that one finds."""
    bare = identity.replace("-", "").upper()
    client_id = _client_of(call, bare)
    if client_id is None:
        found = tuple(findings.of_unknown(call.book, bare))
        return IdentityView(client_id=None, devices=(), findings=_views(found), walk=())
    client = call.book.clients[client_id]
    devices = tuple(device.id for device in call.book.devices_of(client_id))
    found = tuple(findings.of_client(client, has_devices=bool(devices)))
    walk = () if client.lfdi is None else await _walk(call, client.lfdi, query.at or call.now)
    return IdentityView(client_id=client_id, devices=devices, findings=_views(found), walk=walk)


def _client_of(call: Call, identity: str) -> ClientId | None:
    book = call.book
    by_fingerprint = book.client_by_fingerprint.get(Fingerprint(identity))
    return book.client_by_lfdi.get(Lfdi(identity)) or by_fingerprint


def _asks_with(call: Call, device: Device) -> str:
    """Return the LFDI of whoever speaks for a device."""
    client = None if device.client_id is None else call.book.clients[device.client_id]
    return (client and client.lfdi) or device.lfdi or ""


async def _walk(call: Call, lfdi: str, at: datetime) -> tuple[StepView, ...]:
    if call.house.walk is None:
        return ()
    steps = await call.house.walk(lfdi, at)
    return tuple(
        StepView(path=one.path, resource=one.resource, count=one.count, refusal=one.refusal)
        for one in steps
    )


async def _words(call: Call, device: Device) -> tuple[Response, ...]:
    """Return what a device said of events, the latest first."""
    found = await call.house.desk.store.responses(device_id=device.id)
    return tuple(response for _, response in found)


def _outs(words: Iterable[Response]) -> Mapping[EventId, str]:
    """Return the events whose latest opt is out."""
    latest: dict[EventId, ResponseStatus] = {}
    for word in words:
        if word.status in _OPTS:
            latest.setdefault(EventId(word.event_id), word.status)
    return {event: status.value for event, status in latest.items() if status in _OUT}


async def _last_heard(call: Call, device: Device, words: tuple[Response, ...]) -> datetime | None:
    if not findings.speaks_for_itself(device):
        return None
    documents = await call.house.desk.store.documents(device.id)
    instants = [*(one.at for one in documents), *(word.received_at for word in words[:1])]
    return max(instants, default=None)


def _clock_off(words: Iterable[Response]) -> timedelta | None:
    return next((w.said_at - w.received_at for w in words if w.said_at is not None), None)


def _of_words(device: Device, heard: datetime | None, off: timedelta | None) -> Iterable[Found]:
    if heard is None and findings.speaks_for_itself(device):
        detail = "it has answered no event and told nothing of itself"
        yield Found(finding=Finding.NEVER_HEARD, detail=detail)
    if off is not None and abs(off) > CLOCK_LIMIT:
        detail = f"its clock was {off.total_seconds():+.0f} s off when it last named a time"
        yield Found(finding=Finding.CLOCK_OFF, detail=detail)


def _views(found: Iterable[Found]) -> tuple[FoundView, ...]:
    return tuple(FoundView(finding=one.finding, detail=one.detail) for one in found)
