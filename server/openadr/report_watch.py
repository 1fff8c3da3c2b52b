"""Which reports are late, and which have holes: noticed as time passes, told in the log.

In memory: after a restart every report has its time again. What has holes for good is derived from
the readings. It must not know messages, nor how requests are kept.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from server.core.model import Client
from server.core.report import ReportPhase, ReportRequest
from server.store.store import Reading

log = logging.getLogger(__name__)

PERIODS: Final = 2.5
"""After so many times between reports two that were due are missing."""
ANSWER_TIME: Final = timedelta(minutes=5)
"""How long what is reported once may take."""
GRACE: Final = timedelta(minutes=5)
"""How much later than its end the last report may come (rule 341)."""
BAD: Final = ("Quality Bad", "No Quality")
"""How the qualities of placeholders begin (rule 318)."""
Span = tuple[datetime, datetime]


class ReportWatch:
    """Remembers when each report came last."""

    def __init__(self, began: datetime) -> None:
        """Take the instant before which nothing can have been heard."""
        self._began = began
        self._heard: dict[str, datetime] = {}
        self._covered: dict[str, datetime] = {}
        self._late: set[str] = set()

    def heard_at(self, request: ReportRequest) -> datetime | None:
        """Return when data of a request came last."""
        return self._heard.get(request.id)

    def note(
        self, client: Client, request: ReportRequest, readings: Sequence[Reading], now: datetime
    ) -> None:
        """Take note that data came, and tell of a hole before or within them."""
        self._heard[request.id] = now
        if request.id in self._late:
            self._late.discard(request.id)
            log.info("VEN %s reports %s again", client.ven_id, request.report_name)
        if step := _step(request):
            self._cover(client, request, readings, step)

    def _cover(
        self, client: Client, request: ReportRequest, readings: Sequence[Reading], step: timedelta
    ) -> None:
        covered = self._covered.get(request.id)
        for reading in readings:
            start = reading.start
            if covered is not None and start - covered > step / 2:
                log.warning(
                    "the report %s of VEN %s has a hole from %s to %s",
                    request.report_name,
                    client.ven_id,
                    covered.isoformat(),
                    start.isoformat(),
                )
            end = start + (reading.duration or step)
            covered = end if covered is None else max(covered, end)
        if covered is not None:
            self._covered[request.id] = covered

    def phase(self, request: ReportRequest, now: datetime) -> ReportPhase:
        """Return how far a request is."""
        if request.closed:
            return request.closed
        if request.cancelled_at is not None:
            return ReportPhase.CANCELLED
        if request.end is not None and now >= request.end:
            return ReportPhase.ENDED
        if not request.is_answered:
            return ReportPhase.ASKED
        return ReportPhase.LATE if now > self._due(request) else ReportPhase.RUNNING

    def _due(self, request: ReportRequest) -> datetime:
        """Return until when data of a request are to come."""
        asked = request.asked_at or request.start
        if not request.is_repeated:
            return max(asked, self._began) + ANSWER_TIME
        since = max(asked, request.start, self._began)
        return self._heard.get(request.id, since) + PERIODS * request.every

    def look(self, client: Client, requests: Iterable[ReportRequest], now: datetime) -> None:
        """Tell of each report that has become late."""
        for request in requests:
            is_late = self.phase(request, now) is ReportPhase.LATE
            if is_late and request.id not in self._late:
                self._late.add(request.id)
                log.warning("VEN %s is late with %s", client.ven_id, request.report_name)

    def keep_only(self, request_ids: set[str]) -> None:
        """Forget all requests but some."""
        self._late &= request_ids
        for known in (self._heard, self._covered):
            for request_id in known.keys() - request_ids:
                del known[request_id]


def is_overstayed(request: ReportRequest, now: datetime) -> bool:
    """Tell whether a report goes on though its end has long passed (rule 341)."""
    end = request.end
    return end is not None and now > end + PERIODS * request.every + GRACE


def gaps(
    request: ReportRequest, readings: Iterable[Reading], since: datetime, until: datetime
) -> Iterator[Span]:
    """Yield the stretches within a span for which there is no good value, in order.

    The readings are of one point and in order. None if values come without a granularity.
    """
    step = _step(request)
    if not step:
        return
    covered = since
    for reading in readings:
        if reading.quality.startswith(BAD):
            continue
        if reading.start - covered > step / 2:
            yield covered, reading.start
        covered = max(covered, reading.start + (reading.duration or step))
    if until - covered > step / 2:
        yield covered, until


def _step(request: ReportRequest) -> timedelta:
    return request.every if request.granularity is None else request.granularity
