"""What is to be said next to a VEN, whether it polls or is pushed to (rules 500 to 502).

Nothing is queued: what a VEN was told is compared with what the book says now, and only when the
book has moved. A look with nothing to say reads no database and builds nothing.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from schemas.openadr import Message
from schemas.openadr.registration import OadrCancelPartyRegistration, OadrRequestReregistration
from schemas.openadr.report import OadrRegisterReport
from server.core.book import Book
from server.core.model import Client, Event
from server.core.ven import RegistrationWish, VenRegistration
from server.openadr.answer import Answer
from server.openadr.asker import Asker
from server.openadr.events import Events
from server.openadr.registration import Registrar
from server.openadr.talk import Talk, Talks

log = logging.getLogger(__name__)


class Said(NamedTuple):
    """Something for a VEN."""

    service: str
    """Where it belongs."""
    answer: Answer
    take_back: Callable[[], None]
    """Makes it due again; to be called if it is known not to have arrived."""


class Agenda:
    """Decides what comes next."""

    def __init__(
        self, book: Book, talks: Talks, events: Events, asker: Asker, registrar: Registrar
    ) -> None:
        self._book = book
        self._talks = talks
        self._events = events
        self._asker = asker
        self._registrar = registrar

    async def next(
        self, client: Client, now: datetime, *, request_id: str | None, counts: bool = True
    ) -> Said | None:
        """Return a wish about the registration, our offer, one about reports, or the events.

        In this order: the end of a registration drops the rest, and our offer comes before other
        traffic (rule 309). `counts` tells whether this is a poll, or the time of one, by which
        answers are waited for; `request_id` is None if nothing is answered by it.
        """
        talk = self._events.talk(client)
        is_overdue = counts and talk.count_poll()
        if talk.is_up_to_date(self._book.head) and not is_overdue:
            return None
        held = self._book.clients[client.id].registration
        if held is None:
            return None
        if said := await self._wish(client, talk, held):
            return said
        if held.wish is RegistrationWish.CANCEL:
            talk.head = self._book.head
            return None
        return await self._subject(client, talk, now, request_id, is_overdue=is_overdue)

    async def _subject(
        self, client: Client, talk: Talk, now: datetime, request_id: str | None, *, is_overdue: bool
    ) -> Said | None:
        """Return our offer, a word about reports, or the events."""
        if talk.offer_is_due:
            return _offer(talk, anew=True)
        if talk.asks_are_due and (ask := await self._asker.next(client, talk)):
            return Said("EiReport", Answer.of(ask), talk.look_for_asks)
        return await self._tell(talk, now, request_id, is_overdue=is_overdue)

    async def _wish(self, client: Client, talk: Talk, held: VenRegistration) -> Said | None:
        """Return what is wished of a registration, if it was not said or is to be said again."""
        is_anew = talk.wished is not held.wish
        is_due = is_anew or talk.wish_is_due
        talk.wished, talk.wish_is_due = held.wish, False
        if held.wish is None:
            talk.wish_patience.stop()
        if held.wish is None or not is_due:
            return None
        if not is_anew and not talk.wish_patience.may_repeat:
            await self._give_up(client, held)
            return None
        talk.wish_patience.wait(anew=is_anew)
        message = _wishing(client, held, held.wish)
        return Said("EiRegisterParty", Answer.of(message), talk.wish_anew)

    async def _give_up(self, client: Client, held: VenRegistration) -> None:
        """Wait no more; a registration that is to end ends without the VEN's word, too."""
        log.warning("VEN %s was told to %s its registration in vain", client.ven_id, held.wish)
        if held.wish is RegistrationWish.CANCEL:
            await self._registrar.end(client, held.registration_id)

    async def _tell(
        self, talk: Talk, now: datetime, request_id: str | None, *, is_overdue: bool
    ) -> Said | None:
        before = talk.told
        due = await self._news(talk, now, is_overdue=is_overdue)
        if due is not None:
            answer = self._events.distribute(talk, due, now, request_id=request_id)
            return Said("EiEvent", answer, partial(talk.unlearn, before))
        if is_overdue and talk.lacks_offer_answer:
            return _offer(talk, anew=False)
        return None

    async def _news(
        self, talk: Talk, now: datetime, *, is_overdue: bool
    ) -> tuple[Event, ...] | None:
        """Return all events if the VEN holds others, or owes an answer for too long (rule 52)."""
        due = self._talks.due(talk.client, talk, now)
        talk.head = self._book.head
        is_new = self._talks.is_news(talk, due, now)
        owed = _owed(talk, due, now)
        if not is_new and not (is_overdue and owed):
            return None
        if is_new or talk.patience.may_repeat:
            if owed:
                talk.patience.wait(anew=is_new)
            return due
        await self._events.note_silence(talk.client, owed, now)
        return None


def _owed(talk: Talk, due: tuple[Event, ...], now: datetime) -> tuple[Event, ...]:
    """Return the events that a VEN owes an answer to."""
    return tuple(event for event in due if talk.lacks_answer(event, now))


def _wishing(client: Client, held: VenRegistration, wish: RegistrationWish) -> Message:
    if wish is RegistrationWish.RENEW:
        return OadrRequestReregistration(venID=client.ven_id or "")
    return OadrCancelPartyRegistration(
        requestID="cancel", registrationID=held.registration_id, venID=client.ven_id
    )


def _offer(talk: Talk, *, anew: bool) -> Said:
    """Return our report offer, which is empty and comes before all other traffic (rule 309)."""
    talk.offer_is_due = False
    talk.patience.wait(anew=anew)
    offer = OadrRegisterReport(
        requestID="offer", venID=talk.client.ven_id, reportRequestID=talk.offer_request_id
    )
    return Said("EiReport", Answer.of(offer), talk.offer_anew)
