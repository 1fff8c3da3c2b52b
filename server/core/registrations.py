"""Decides on the registrations of VENs, and on what an operator sets for one."""

from dataclasses import replace
from datetime import timedelta

from server.core.book import Book
from server.core.change import (
    Change,
    RegistrationCancelled,
    RegistrationWished,
    VenRegistered,
    VenSet,
)
from server.core.command import AskVen, CancelRegistration, RegisterVen, SetVen
from server.core.context import Context, find
from server.core.model import Client, ClientKind
from server.core.ven import RegistrationWish, VenRegistration
from server.errors import Conflict, Forbidden, Invalid, Unknown

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def register_ven(book: Book, command: RegisterVen, context: Context) -> tuple[Change, ...]:
    """Register a VEN: anew without a registrationID, else renewed (OADR 2.0b rule 406).

    Raises Unknown if the registrationID is not the one it holds, Forbidden if it is denied.
    """
    client = find(book.clients, command.client_id, "client")
    if not client.enabled:
        raise Forbidden("this client is denied")
    held = client.registration
    if command.registration_id is not None and (
        held is None or held.registration_id != command.registration_id
    ):
        raise Unknown("this registrationID is not held")
    registration = VenRegistration(
        registration_id=command.registration_id or f"reg-{context.names.opaque()}",
        ven_name=command.ven_name,
        profile=command.profile,
        pull=command.pull,
        transport_address=command.transport_address,
        report_only=command.report_only,
        xml_signature=command.xml_signature,
        registered_at=context.now,
        wish=_wish_after(held, command),
    )
    if held is not None and registration == replace(held, registered_at=context.now):
        return ()
    return (VenRegistered(client_id=client.id, registration=registration),)


def _wish_after(held: VenRegistration | None, command: RegisterVen) -> RegistrationWish | None:
    """Return what is still wished: a renewal fulfils the wish for one, but ends no cancellation."""
    is_renewal = held is not None and command.registration_id is not None
    if held is not None and is_renewal and held.wish is RegistrationWish.CANCEL:
        return held.wish
    return None


def cancel_registration(
    book: Book, command: CancelRegistration, context: Context
) -> tuple[Change, ...]:
    """End a VEN's registration; Unknown if it does not hold that one."""
    client = find(book.clients, command.client_id, "client")
    held = client.registration
    if held is None or held.registration_id != command.registration_id:
        raise Unknown("this registrationID is not held")
    return (RegistrationCancelled(client_id=client.id),)


def ask_ven(book: Book, command: AskVen, context: Context) -> tuple[Change, ...]:
    """Wish for something; nothing changes if it is wished already.

    Conflict if the VEN is not registered, or is to be so no more.
    """
    client = _ven(book, command)
    held = client.registration
    if held is None:
        raise Conflict("this VEN is not registered")
    if held.wish is command.wish:
        return ()
    if held.wish is RegistrationWish.CANCEL:
        raise Conflict("this VEN's registration is being cancelled")
    return (RegistrationWished(client_id=client.id, wish=command.wish),)


def set_ven(book: Book, command: SetVen, context: Context) -> tuple[Change, ...]:
    """Set what holds for one VEN; nothing changes if it is so already."""
    client = _ven(book, command)
    interval = command.settings.poll_interval
    if interval is not None and (interval % _SECOND or not _SECOND <= interval <= _DAY):
        raise Invalid("a VEN polls every 1 s to 86400 s", pointer="/poll_interval_s")
    if client.ven_settings == command.settings:
        return ()
    return (VenSet(client_id=client.id, settings=command.settings),)


def _ven(book: Book, command: AskVen | SetVen) -> Client:
    client = find(book.clients, command.client_id, "client")
    if client.kind is not ClientKind.VEN:
        raise Conflict("this client is no VEN")
    return client
