"""What is told of one device's controls: written, verified, restored, failed, each once.

Turns what the edge did into Responses and hands them to the store, which a control never waits for.
It must not know registers or lines.
"""

import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

from server.core.model import DeviceId, Interval, Mrid
from server.core.response import Response, ResponseStatus
from server.desk import Desk
from server.edge.plan import Unsaid, Write
from server.errors import Refusal

log = logging.getLogger(__name__)
_UNSENT_LIMIT = 1000
_ENDED = frozenset({ResponseStatus.RESTORED, ResponseStatus.COMPLETED, ResponseStatus.SUPERSEDED})
Sources = Mapping[str, Mrid]
"""The mRID of the interval that each mode comes from."""


class Account:
    """What has been said of a device, and which controls it holds."""

    def __init__(self, desk: Desk, device_id: DeviceId) -> None:
        self._desk = desk
        self._device_id = device_id
        self._held: dict[Mrid, frozenset[str]] = {}
        self._said: dict[Mrid, set[str]] = {}
        self._has_recalled = False
        self._unsent: deque[Response] = deque(maxlen=_UNSENT_LIMIT)

    async def recall(self) -> None:
        """Take from the store, once, which controls the device held when it was last looked at."""
        if self._has_recalled:
            return
        try:
            responses = await self._desk.store.responses(device_id=self._device_id)
        except Refusal as refusal:
            log.warning("what device %s held is not known: %s", self._device_id, refusal.reason)
            return
        mrids: dict[ResponseStatus, set[Mrid]] = defaultdict(set)
        for _, word in responses:
            if word.mrid is not None:
                mrids[word.status].add(word.mrid)
        ended = set[Mrid]().union(*(mrids[status] for status in _ENDED))
        for mrid in mrids[ResponseStatus.VERIFIED] - ended:
            self._hold(mrid)
        self._has_recalled = True

    def written(self, sources: Sources, writes: Sequence[Write], unsaid: Sequence[Unsaid]) -> None:
        """Say which values the device has acknowledged."""
        for mrid in _mrids(sources):
            if mine := _said(mrid, sources, writes, unsaid):
                self._say(mrid, ResponseStatus.WRITTEN, "written", _text(mine))

    def verified(self, sources: Sources, wanted: Sequence[Write], unsaid: Sequence[Unsaid]) -> None:
        """Say what was read back, what cannot be said to the device, and what has ended."""
        for mrid in _mrids(sources):
            mine = _said(mrid, sources, wanted, unsaid)
            missing = _missing(mrid, sources, unsaid)
            if mine:
                self._held[mrid] = frozenset(write.mode for write in mine)
            if missing:
                self._say(mrid, ResponseStatus.FAILED, f"failed {missing}", missing)
            else:
                self._said.setdefault(mrid, set()).intersection_update({"written", "verified"})
                self._say(mrid, ResponseStatus.VERIFIED, "verified", _text(mine))
        for mrid in self._held.keys() - sources.values():
            self._end(mrid, sources, wanted)

    def failed(self, sources: Sources, kind: str, detail: str) -> None:
        """Say why what is asked, or the end of what was held, did not reach the device.

        The same kind of fault is said once until the control is verified again.
        """
        for mrid in _mrids(sources) | self._held.keys():
            self._said.setdefault(mrid, set()).discard("verified")
            self._say(mrid, ResponseStatus.FAILED, f"failed {kind}", detail)

    async def send(self) -> None:
        """Hand what was said to the store; what it declines is kept for the next time."""
        try:
            while self._unsent:
                await self._desk.store.add_response(self._unsent[0])
                self._unsent.popleft()
        except Refusal as refusal:
            log.warning("responses of device %s wait: %s", self._device_id, refusal.reason)

    def _end(self, mrid: Mrid, sources: Sources, wanted: Sequence[Write]) -> None:
        """Say how a control that the device held has ended."""
        modes = self._held.pop(mrid)
        mine = [write for write in wanted if write.mode in modes]
        if modes.isdisjoint(sources):
            self._say(mrid, ResponseStatus.RESTORED, "restored", _text(mine))
        elif (interval := self._interval(mrid)) and interval.end <= self._desk.clock.now():
            self._say(mrid, ResponseStatus.COMPLETED, "completed", "followed by another control")
        else:
            self._say(mrid, ResponseStatus.SUPERSEDED, "superseded", "by another control")
        self._said.pop(mrid, None)

    def _hold(self, mrid: Mrid) -> None:
        interval = self._interval(mrid)
        if interval is not None and interval.controls is not None:
            self._held[mrid] = interval.controls.modes

    def _interval(self, mrid: Mrid) -> Interval | None:
        place = self._desk.book.event_by_mrid.get(mrid)
        return None if place is None else self._desk.book.events[place[0]].published[place[1]]

    def _say(self, mrid: Mrid, status: ResponseStatus, key: str, detail: str) -> None:
        said = self._said.setdefault(mrid, set())
        place = self._desk.book.event_by_mrid.get(mrid)
        if key in said or place is None:
            return
        said.add(key)
        event = self._desk.book.events[place[0]]
        now = self._desk.clock.now()
        self._unsent.append(
            Response(
                device_id=self._device_id,
                event_id=event.id,
                mrid=mrid,
                status=status,
                received_at=now,
                version=event.version,
                detail=detail,
            )
        )


def _mrids(sources: Sources) -> set[Mrid]:
    return set(sources.values())


def _said(
    mrid: Mrid, sources: Sources, writes: Iterable[Write], unsaid: Iterable[Unsaid]
) -> list[Write]:
    """Return the writes that say a control; where it cannot be said there is a default instead."""
    missing = {u.mode for u in unsaid}
    return [w for w in writes if sources.get(w.mode) == mrid and w.mode not in missing]


def _missing(mrid: Mrid, sources: Sources, unsaid: Iterable[Unsaid]) -> str:
    """Return what of a control cannot be said, for operators; empty if all can."""
    return "; ".join(str(u) for u in unsaid if sources.get(u.mode) == mrid)


def _text(writes: Iterable[Write]) -> str:
    return "; ".join(map(str, writes))
