"""The controls that a 2030.5 client knows, and what each of them makes it do, and when.

Pure: lists of controls and the time go in, steps come out, each exactly once. The schedule goes on
alone when the server is silent. It must not know sockets, nor whether a step was told to anybody.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.sep2.der import DERControl
from server.clients.notice import Kind

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
KEPT_AFTER_END: Final = timedelta(days=1)
"""How long an ended control is remembered, so that one that is listed again is not begun anew."""

_CANCELLED, _CANCELLED_AT_RANDOM, _SUPERSEDED = 2, 3, 4
_RECEIVED_BIT, _SPECIFIC_BIT = 1, 2


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a control made the client do, and the response status that says so."""

    kind: Kind
    status: int
    control: DERControl
    due: datetime
    """When it was to be done; equal to now where the server's word is the cause."""

    @property
    def is_asked_for(self) -> bool:
        """Whether the control wants this told (2030.5 responseRequired)."""
        wanted = int(self.control.responseRequired or "0", 16)
        return bool(wanted & (_RECEIVED_BIT if self.kind is Kind.RECEIVED else _SPECIFIC_BIT))


RESPONSE_STATUS: Final = {
    Kind.RECEIVED: 1,
    Kind.STARTED: 2,
    Kind.COMPLETED: 3,
    Kind.CANCELLED: 6,
    Kind.SUPERSEDED: 7,
}
INVALID, TOO_LATE = 253, 254


@dataclass(slots=True)
class _Held:
    """One control of a program with the ends that this client gave it."""

    program: str
    control: DERControl
    starts_at: datetime
    ends_at: datetime
    is_started: bool = False
    is_over: bool = False
    ends_as: Kind = Kind.COMPLETED


class Schedule:
    """The controls of all programs of one device."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._held: dict[str, _Held] = {}

    def take(self, program: str, controls: Iterable[DERControl], now: datetime) -> list[Step]:
        """Take the whole list of a program's controls and return what follows at once.

        A control that is no longer listed before its end counts as cancelled.
        """
        listed = {control.mRID: control for control in controls}
        steps: list[Step] = []
        for mrid, control in listed.items():
            held = self._held.get(mrid)
            steps += self._meet(program, control, now) if held is None else []
            if (held := self._held[mrid]).is_over:
                continue
            held.control = control
            steps += self._obey(held, now)
        for mrid, held in tuple(self._held.items()):
            if held.program == program and mrid not in listed:
                steps += self._miss(mrid, held, now)
        return steps + self.advance(now)

    def advance(self, now: datetime) -> list[Step]:
        """Return the starts and ends that have come due."""
        steps: list[Step] = []
        for held in self._held.values():
            if not held.is_over and not held.is_started and held.starts_at <= now:
                held.is_started = True
                steps.append(_step(Kind.STARTED, held.control, held.starts_at))
            if not held.is_over and held.ends_at <= now:
                steps.append(_end(held, held.ends_as, held.ends_at))
        return steps

    def next_due(self) -> datetime | None:
        """Return when `advance` has something to do next."""
        open_ = (held for held in self._held.values() if not held.is_over)
        return min((h.ends_at if h.is_started else h.starts_at for h in open_), default=None)

    def in_force(self) -> tuple[DERControl, ...]:
        """Return the controls that have started and not ended."""
        return tuple(h.control for h in self._held.values() if h.is_started and not h.is_over)

    def drop_programs_but(self, kept: Iterable[str], now: datetime) -> list[Step]:
        """Forget the programs that are no longer assigned; what they had going is cancelled."""
        gone = {held.program for held in self._held.values()} - set(kept)
        return [step for program in sorted(gone) for step in self.take(program, (), now)]

    def _meet(self, program: str, control: DERControl, now: datetime) -> list[Step]:
        """Begin to hold a control; one that makes no sense or is over is rejected."""
        received = _step(Kind.RECEIVED, control, now)
        try:
            starts_at, ends_at = self._window(control)
        except OverflowError:
            held = _Held(program, control, now, now, is_over=True)
            self._held[control.mRID] = held
            return [received, Step(Kind.REJECTED, INVALID, control, now)]
        held = self._held[control.mRID] = _Held(program, control, starts_at, ends_at)
        if ends_at <= now and control.EventStatus_.currentStatus < _CANCELLED:
            held.is_over = True
            return [received, Step(Kind.REJECTED, TOO_LATE, control, now)]
        return [received]

    def _window(self, control: DERControl) -> tuple[datetime, datetime]:
        """Draw this client's own start and end (2030.5 randomizeStart, randomizeDuration)."""
        starts_at = EPOCH + timedelta(seconds=control.interval.start)
        duration = timedelta(seconds=control.interval.duration)
        starts_at += self._drawn(control.randomizeStart)
        return starts_at, starts_at + duration + self._drawn(control.randomizeDuration)

    def _drawn(self, most_s: int | None) -> timedelta:
        return timedelta(seconds=round(self._rng.uniform(0, most_s))) if most_s else timedelta(0)

    def _obey(self, held: _Held, now: datetime) -> list[Step]:
        """Follow what the server says of a control's status."""
        status = held.control.EventStatus_.currentStatus
        if status == _SUPERSEDED:
            return [_end(held, Kind.SUPERSEDED, now)]
        if status == _CANCELLED or (status == _CANCELLED_AT_RANDOM and not held.is_started):
            return [_end(held, Kind.CANCELLED, now)]
        if status == _CANCELLED_AT_RANDOM and held.ends_as is not Kind.CANCELLED:
            self._end_at_random(held, now)
        return []

    def _end_at_random(self, held: _Held, now: datetime) -> None:
        """Draw the moment at which a running control ends, within the larger of its ranges."""
        ranges = (held.control.randomizeStart, held.control.randomizeDuration)
        pause = self._drawn(max(abs(most_s or 0) for most_s in ranges))
        held.ends_as, held.ends_at = Kind.CANCELLED, min(held.ends_at, now + pause)

    def _miss(self, mrid: str, held: _Held, now: datetime) -> list[Step]:
        """Deal with a control that is listed no more."""
        if held.is_over:
            if held.ends_at + KEPT_AFTER_END <= now:
                del self._held[mrid]
            return []
        return [_end(held, Kind.CANCELLED, now)] if now < held.ends_at else []


def _step(kind: Kind, control: DERControl, due: datetime) -> Step:
    return Step(kind, RESPONSE_STATUS[kind], control, due)


def _end(held: _Held, kind: Kind, due: datetime) -> Step:
    held.is_over = True
    held.ends_at = min(held.ends_at, due)
    return _step(kind, held.control, due)
