"""What goes wrong between us and a device, as values: on a line it is normal.

It must not know who met the fault nor what follows from it.
"""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What went wrong."""

    NOT_CONNECTED = "not-connected"
    HUNG_UP = "hung-up"
    TIMEOUT = "timeout"
    WRONG_REPLY = "wrong-reply"
    EXCEPTION = "exception"
    UNSENDABLE = "unsendable"
    RESTING = "resting"
    QUEUE_FULL = "queue-full"
    WAITED_TOO_LONG = "waited-too-long"
    NOT_TAKEN = "not-taken"
    BAD_MAP = "bad-map"
    READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFault:
    """Why a request brought nothing."""

    kind: FaultKind
    detail: str
    code: int | None = None
    """The exception code that the device answered with (1..11), if it did."""

    def __str__(self) -> str:
        """Return it as one clause, for operators."""
        return f"{self.kind}: {self.detail}"
