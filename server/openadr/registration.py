"""The EiRegisterParty service: VENs come and go.

It must not know what a registered VEN is told.
"""

import logging
import zlib
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from schemas.openadr import Message
from schemas.openadr.blocks import DurationProp
from schemas.openadr.registration import (
    OadrCanceledPartyRegistration,
    OadrCancelPartyRegistration,
    OadrCreatedPartyRegistration,
    OadrCreatePartyRegistration,
    OadrQueryRegistration,
)
from server.core.command import CancelRegistration, RegisterVen
from server.core.model import Client, ClientId
from server.core.ven import RegistrationWish
from server.desk import Desk
from server.errors import Invalid, Unknown
from server.openadr.answer import MISSING, NOT_DEPLOYED, PROFILES, Declined, outcome
from server.openadr.call import Call, acknowledge
from server.openadr.settings import OpenAdrSettings

log = logging.getLogger(__name__)

NAME_LIMIT = 128
ADDRESS_LIMIT = 1024
SPREAD = 0.1
"""How far, as a share of it, what a VEN is asked for may be from the poll interval."""

AddressRule = Callable[[str], object]
"""Raises ValueError for an address that may not be pushed to."""


class Registrar:
    """Registers enrolled VENs and lets them go."""

    def __init__(
        self, desk: Desk, settings: OpenAdrSettings, check_address: AddressRule | None
    ) -> None:
        """Take what judges the addresses of VENs that want to be pushed to; None if none may."""
        self._desk = desk
        self._settings = settings
        self._check_address = check_address

    async def query(self, call: Call[OadrQueryRegistration]) -> Message:
        """Tell what is offered, and to a registered VEN its own identifiers (rule 404)."""
        is_registered = call.client is not None and call.client.registration is not None
        return self._offer(call.message, call.client if is_registered else None)

    async def register(self, call: Call[OadrCreatePartyRegistration]) -> Message:
        """Register a VEN anew, or renew what its `registrationID` names (rules 402 to 406)."""
        message, client = call.message, call.ven
        _check_offered(message)
        registration_id = message.registrationID or None
        command = RegisterVen(
            client_id=client.id,
            ven_name=message.oadrVenName or client.name,
            profile=message.oadrProfileName,
            pull=bool(message.oadrHttpPullModel),
            transport_address=self._address(message, client),
            report_only=message.oadrReportOnly,
            xml_signature=message.oadrXmlSignature,
            registration_id=registration_id,
        )
        await self._desk.submit(command, actor=client.id)
        if registration_id is None:
            await self._forget(client)
        return self._offer(message, self._desk.book.clients[client.id])

    async def cancel(self, call: Call[OadrCancelPartyRegistration]) -> Message:
        """End a registration and forget what came under it (rule 407)."""
        client, registration_id = call.ven, call.message.registrationID
        await self.end(client, registration_id)
        return OadrCanceledPartyRegistration(
            eiResponse=outcome(call.message), registrationID=registration_id, venID=client.ven_id
        )

    async def canceled(self, call: Call[OadrCanceledPartyRegistration]) -> Message:
        """End the registration that a VEN was told to let go of, whatever it says of it.

        Said again it is harmless; raises Unknown for another registrationID than the VEN's.
        """
        client, said = call.ven, call.message
        held = self._desk.book.clients[client.id].registration
        if held is not None and held.wish is RegistrationWish.CANCEL:
            if said.registrationID and said.registrationID != held.registration_id:
                raise Unknown("this registrationID is not held")
            code = said.eiResponse.responseCode
            if not code.startswith("2"):
                log.warning("VEN %s says %s to the end of its registration", client.ven_id, code)
            await self.end(client, held.registration_id)
        return await acknowledge(call)

    async def end(self, client: Client, registration_id: str) -> None:
        """End a registration, and forget what came under it (rule 407)."""
        command = CancelRegistration(client_id=client.id, registration_id=registration_id)
        await self._desk.submit(command, actor=client.id)
        await self._forget(client)

    async def _forget(self, client: Client) -> None:
        for device in self._desk.book.devices_of(client.id):
            await self._desk.store.delete_documents(device.id)

    def _offer(self, message: Message, client: Client | None) -> Message:
        held = None if client is None else client.registration
        return OadrCreatedPartyRegistration(
            eiResponse=outcome(message),
            registrationID=None if held is None else held.registration_id,
            venID=None if client is None else client.ven_id,
            vtnID=self._settings.vtn_id,
            oadrProfiles=PROFILES,
            oadrRequestedOadrPollFreq=DurationProp(duration=self._poll_interval(client)),
        )

    def _poll_interval(self, client: Client | None) -> timedelta:
        """Return how often a VEN is to poll: what an operator set for it, or about the usual."""
        usual = self._settings.poll_interval
        if client is None:
            return usual
        return client.ven_settings.poll_interval or spread(usual, client.id)

    def _address(self, message: OadrCreatePartyRegistration, client: Client) -> str:
        """Return where a VEN is to be pushed to; empty for one that polls, whatever it says."""
        if message.oadrHttpPullModel:
            return ""
        if self._check_address is None:
            raise Declined(NOT_DEPLOYED, "this VTN does not push: register to poll")
        address = (message.oadrTransportAddress or "").strip()
        if not address:
            raise Declined(MISSING, "oadrTransportAddress is missing")
        try:
            _check_form(address, "http" if client.fingerprint is None else "https")
        except ValueError as fault:
            raise Invalid(f"oadrTransportAddress: {fault}") from fault
        try:
            self._check_address(address)
        except ValueError as fault:
            raise Declined(NOT_DEPLOYED, f"oadrTransportAddress: {fault}") from fault
        return address


def _check_offered(message: OadrCreatePartyRegistration) -> None:
    """Refuse what this VTN does not do rather than leave a VEN waiting for it."""
    if message.oadrProfileName != "2.0b" or message.oadrTransportName != "simpleHttp":
        raise Declined(NOT_DEPLOYED, "this VTN speaks 2.0b over simpleHttp")
    if message.oadrHttpPullModel is None:
        raise Declined(MISSING, "oadrHttpPullModel is missing")
    if len(message.oadrVenName or "") > NAME_LIMIT:
        raise Invalid(f"oadrVenName has at most {NAME_LIMIT} characters")


def _check_form(address: str, scheme: str) -> None:
    """Refuse what is no address, or no safe one for a VEN of a kind: only a lab's goes plain."""
    parts = urlsplit(address)
    if parts.scheme.lower() != scheme or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"it is a base URL that begins with {scheme}://")
    if parts.query or parts.fragment or len(address) > ADDRESS_LIMIT:
        raise ValueError("it has neither query nor fragment, and is not too long")
    if parts.port == 0:
        raise ValueError("port 0 is none")


def spread(interval: timedelta, client_id: ClientId) -> timedelta:
    """Return about an interval, in whole seconds and the same for a VEN each time.

    So that VENs which all began at once do not poll at once for ever (rule 500).
    """
    share = 2 * zlib.crc32(client_id.encode()) / 2**32 - 1
    return timedelta(seconds=max(1, round(interval.total_seconds() * (1 + SPREAD * share))))
