"""Messages to the people behind a device.

Which of them are shown, and how, is the device's matter.
"""

from typing import Annotated

from schemas.sep2.base import (
    Event,
    ListLink,
    LocaleType,
    SubscribableIdentifiedObject,
    SubscribableList,
)
from schemas.simple import PrimacyType, String, String20, UInt8, UInt32
from schemas.wire import ATTR

PriorityType = UInt8
"""0 low, 1 normal, 2 high, 3 critical."""


class TextMessage(Event):
    """A message that holds from one moment to another."""

    originator: String20 | None = None
    priority: PriorityType
    textMessage: String


class TextMessageList(SubscribableList):
    """The messages of a program."""

    TextMessage_: tuple[TextMessage, ...] = ()


class MessagingProgram(SubscribableIdentifiedObject):
    """A source of messages in one language; the lower primacy wins."""

    ActiveTextMessageListLink: ListLink | None = None
    locale: LocaleType
    primacy: PrimacyType
    TextMessageListLink: ListLink | None = None


class MessagingProgramList(SubscribableList):
    """The programs of a function set assignment."""

    pollRate: Annotated[UInt32 | None, ATTR] = None
    MessagingProgram_: tuple[MessagingProgram, ...] = ()
