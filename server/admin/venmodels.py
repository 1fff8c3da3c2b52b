"""What operators send about VENs and are answered of them.

It must not know what is done with it.
"""

from typing import Annotated

from pydantic import Field

from server.admin.models import DAY_S, Instant, Model
from server.config import SignaturePolicy
from server.core.ven import RegistrationWish


class RegistrationView(Model):
    """What a VEN told of itself when it registered."""

    registration_id: str
    ven_name: str
    profile: str
    pull: bool
    transport_address: str
    report_only: bool
    xml_signature: bool
    registered_at: Instant
    wish: RegistrationWish | None
    """What the VEN is asked to do about it and has not done yet."""


class VenSettingsIn(Model):
    """What is to hold for one VEN, as a whole; what is left out is left to the configuration."""

    poll_interval_s: Annotated[int, Field(ge=1, le=DAY_S)] | None = None
    """How often it is asked to poll; it hears so when it registers next."""
    signatures: SignaturePolicy | None = None
    is_lenient: bool = False
    """True if its documents may err: members out of order, no wrapper, strange members, no venID.
    """


class VenSettingsView(Model):
    """What holds for one VEN; null is left to the configuration."""

    poll_interval_s: int | None
    signatures: SignaturePolicy | None
    is_lenient: bool
