"""Operations on VENs: what holds for one alone, and what is asked of its registration."""

from datetime import timedelta

from server.admin.call import Call
from server.admin.clients import show_client
from server.admin.venmodels import VenSettingsIn
from server.admin.views import ClientView
from server.core.command import AskVen, SetVen
from server.core.model import ClientId
from server.core.ven import RegistrationWish, VenSettings


async def set_ven(call: Call, *, client_id: str, body: VenSettingsIn) -> ClientView:
    """Set what holds for one VEN in place of the configuration."""
    interval_s = body.poll_interval_s
    settings = VenSettings(
        poll_interval=None if interval_s is None else timedelta(seconds=interval_s),
        signatures=body.signatures,
        is_lenient=body.is_lenient,
    )
    await call.submit(SetVen(client_id=ClientId(client_id), settings=settings))
    return await show_client(call, client_id=client_id)


async def reregister_ven(call: Call, *, client_id: str) -> ClientView:
    """Ask a VEN to register again, keeping all that was said; it hears so when it is next told."""
    return await _ask(call, client_id, RegistrationWish.RENEW)


async def cancel_ven_registration(call: Call, *, client_id: str) -> ClientView:
    """Ask a VEN to let go of its registration, which ends when it says so or stays mute."""
    return await _ask(call, client_id, RegistrationWish.CANCEL)


async def _ask(call: Call, client_id: str, wish: RegistrationWish) -> ClientView:
    await call.submit(AskVen(client_id=ClientId(client_id), wish=wish))
    return await show_client(call, client_id=client_id)
