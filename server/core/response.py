"""What comes back from devices about an event, in one vocabulary for all three languages.

2030.5 responses, OpenADR opts and the edge's own writes become the same kind of record, so that an
operator sees one table. Nothing here decides anything.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.core.model import DeviceId, EventId, Mrid
from server.core.publication import PublicationId

About = EventId | PublicationId
"""What a response may be about; their ids are told apart by the first letter."""


class ResponseStatus(StrEnum):
    """What a device said or what was seen at it."""

    RECEIVED = "received"
    STARTED = "started"
    COMPLETED = "completed"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    PARTIAL_OPTED_OUT = "partial_opted_out"
    PARTIAL_OPTED_IN = "partial_opted_in"
    NO_PARTICIPATION = "no_participation"
    ACKNOWLEDGED = "acknowledged"
    NOT_DISPLAYED = "not_displayed"
    ABORTED = "aborted"
    REJECTED = "rejected"
    WRITTEN = "written"
    VERIFIED = "verified"
    RESTORED = "restored"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    """Said by the house: a VEN was told until patience ended, and gave no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One device's word on one event, or on one interval of it."""

    device_id: DeviceId
    event_id: About
    mrid: Mrid | None = None
    """The interval it is about; None if about the event as a whole."""
    status: ResponseStatus
    code: int | None = None
    """The number that the wire carried (2030.5 status, OpenADR responseCode)."""
    said_at: datetime | None = None
    """The device's own time, if it gave one."""
    received_at: datetime
    version: int = 0
    """The event's version that it is about."""
    detail: str = ""
    request_id: str = ""
    """What a VEN named with its answer; not kept with responses, only with opt words."""
