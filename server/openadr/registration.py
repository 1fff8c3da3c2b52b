"""The EiRegisterParty service: VENs come and go.

It must not know what a registered VEN is told.
"""

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
from server.core.model import Client
from server.desk import Desk
from server.errors import Invalid
from server.openadr.answer import MISSING, NOT_DEPLOYED, PROFILES, Declined, outcome
from server.openadr.call import Call
from server.openadr.settings import OpenAdrSettings

NAME_LIMIT = 128


class Registrar:
    """Registers enrolled VENs and lets them go."""

    def __init__(self, desk: Desk, settings: OpenAdrSettings) -> None:
        self._desk = desk
        self._settings = settings

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
            pull=True,
            transport_address="",
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
        command = CancelRegistration(client_id=client.id, registration_id=registration_id)
        await self._desk.submit(command, actor=client.id)
        await self._forget(client)
        return OadrCanceledPartyRegistration(
            eiResponse=outcome(call.message), registrationID=registration_id, venID=client.ven_id
        )

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
            oadrRequestedOadrPollFreq=DurationProp(duration=self._settings.poll_interval),
        )


def _check_offered(message: OadrCreatePartyRegistration) -> None:
    """Refuse what this VTN does not do rather than leave a VEN waiting for it."""
    if message.oadrProfileName != "2.0b" or message.oadrTransportName != "simpleHttp":
        raise Declined(NOT_DEPLOYED, "this VTN speaks 2.0b over simpleHttp")
    if message.oadrHttpPullModel is None:
        raise Declined(MISSING, "oadrHttpPullModel is missing")
    if not message.oadrHttpPullModel:
        raise Declined(NOT_DEPLOYED, "this VTN does not push: register with oadrHttpPullModel true")
    if len(message.oadrVenName or "") > NAME_LIMIT:
        raise Invalid(f"oadrVenName has at most {NAME_LIMIT} characters")
