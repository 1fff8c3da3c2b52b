"""The log events that a device reports.

What a code means depends on profile and function set, and is not known here.
"""

from typing import Annotated

from schemas.sep2.base import PENType, Resource, SubscribableList
from schemas.simple import String32, TimeType, UInt8, UInt16, UInt32
from schemas.wire import ATTR


class LogEvent(Resource):
    """Something that happened on a device."""

    createdDateTime: TimeType
    details: String32 | None = None
    extendedData: UInt32 | None = None
    functionSet: UInt8
    logEventCode: UInt8
    logEventID: UInt16
    logEventPEN: PENType
    profileID: UInt8


class LogEventList(SubscribableList):
    """What happened on a device."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    LogEvent_: tuple[LogEvent, ...] = ()
