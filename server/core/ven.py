"""What a VEN told of itself, what an operator sets for it and asks of its registration.

Values only; who acts on them is not known here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.config import SignaturePolicy


class RegistrationWish(StrEnum):
    """What a registered VEN is asked to do about its registration."""

    RENEW = "renew"
    CANCEL = "cancel"
    """Nothing else is said to it until it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenRegistration:
    """What a VEN told of itself when it registered."""

    registration_id: str
    ven_name: str
    profile: str
    pull: bool
    transport_address: str
    report_only: bool
    xml_signature: bool
    registered_at: datetime
    wish: RegistrationWish | None = None
    """What the VEN is asked to do about it and has not done yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenSettings:
    """What holds for one VEN in place of the configuration; None leaves it to that."""

    poll_interval: timedelta | None = None
    """How often it is asked to poll, in whole seconds; it hears so when it registers next."""
    signatures: SignaturePolicy | None = None
    is_lenient: bool = False
    """True if its documents may err: members out of order, no wrapper, strange members, no venID.

    That needs a certificate by which it is known before its document is read.
    """
