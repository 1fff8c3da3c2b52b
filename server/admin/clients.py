"""Operations on clients: letting the holders of certificates in, allowing and denying them."""

from dataclasses import asdict

from certs.identity import openadr_of_fingerprint, sfdi
from server.admin.call import Call, the
from server.admin.certificates import identity_in
from server.admin.models import ClientIn, ClientsQuery, ProfileIn
from server.admin.paging import page
from server.admin.venmodels import RegistrationView, VenSettingsView
from server.admin.views import ClientList, ClientView
from server.core.book import Book
from server.core.change import ClientEnrolled
from server.core.command import EnrolClient, SetAccess, SetProfile
from server.core.context import find
from server.core.model import Client, ClientId, ClientKind, Fingerprint, Lfdi


async def enrol_client(call: Call, *, body: ClientIn) -> ClientView:
    """Let the holder of a certificate in; a VEN becomes a device at once."""
    lfdi, fingerprint = body.lfdi, body.fingerprint
    if body.certificate is not None:
        identity = identity_in(body.certificate)
        if body.kind is ClientKind.VEN:
            fingerprint = identity.fingerprint
        else:
            lfdi = identity.lfdi
    command = EnrolClient(
        kind=body.kind,
        name=body.name,
        lfdi=None if lfdi is None else Lfdi(lfdi),
        fingerprint=None if fingerprint is None else Fingerprint(fingerprint),
        ven_id=body.ven_id,
        profile=body.profile and body.profile.value,
    )
    enrolled = the(ClientEnrolled, await call.submit(command))
    return _view(call.book, enrolled.client)


async def list_clients(call: Call, *, query: ClientsQuery) -> ClientList:
    """List clients, the oldest first."""
    wanted = (
        client
        for client in call.book.clients.values()
        if query.kind in {None, client.kind} and query.lfdi in {None, client.lfdi}
    )
    found, cursor = page(wanted, query)
    return ClientList(items=tuple(_view(call.book, client) for client in found), next_cursor=cursor)


async def show_client(call: Call, *, client_id: str) -> ClientView:
    """Show a client."""
    return _view(call.book, find(call.book.clients, ClientId(client_id), "client"))


async def allow_client(call: Call, *, client_id: str) -> ClientView:
    """Allow a client, from its next request on."""
    return await _set_access(call, ClientId(client_id), enabled=True)


async def deny_client(call: Call, *, client_id: str) -> ClientView:
    """Deny a client, from its next request on, also on connections that are open."""
    return await _set_access(call, ClientId(client_id), enabled=False)


async def set_profile(call: Call, *, client_id: str, body: ProfileIn) -> ClientView:
    """Fix what a 2030.5 client is answered in, or leave that to what it shows."""
    command = SetProfile(client_id=ClientId(client_id), profile=body.profile and body.profile.value)
    await call.submit(command)
    return _view(call.book, call.book.clients[command.client_id])


async def _set_access(call: Call, client_id: ClientId, *, enabled: bool) -> ClientView:
    await call.submit(SetAccess(client_id=client_id, enabled=enabled))
    return _view(call.book, call.book.clients[client_id])


def _view(book: Book, client: Client) -> ClientView:
    registration = client.registration
    fingerprint = client.fingerprint
    return ClientView(
        id=client.id,
        kind=client.kind,
        name=client.name,
        enabled=client.enabled,
        lfdi=client.lfdi,
        sfdi=None if client.lfdi is None else sfdi(client.lfdi),
        fingerprint=fingerprint,
        openadr_fingerprint=None if fingerprint is None else openadr_of_fingerprint(fingerprint),
        ven_id=client.ven_id,
        registration=None if registration is None else RegistrationView(**asdict(registration)),
        ven_settings=_ven_settings(client),
        profile=client.profile,
        is_profile_fixed=client.is_profile_fixed,
        devices=tuple(device.id for device in book.devices_of(client.id)),
    )


def _ven_settings(client: Client) -> VenSettingsView | None:
    if client.kind is not ClientKind.VEN:
        return None
    held = client.ven_settings
    interval = held.poll_interval
    return VenSettingsView(
        poll_interval_s=None if interval is None else int(interval.total_seconds()),
        signatures=held.signatures,
        is_lenient=held.is_lenient,
    )
