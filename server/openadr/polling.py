"""The OadrPoll service: one message for each poll, or none (rules 500 to 502).

Nothing is queued: what a VEN was told is compared with what the book says now, and only when the
book has moved. A poll with nothing to say reads no database and builds nothing.
"""

import logging

from schemas.openadr import Message
from schemas.openadr.payload import OadrPoll
from schemas.openadr.report import OadrRegisterReport
from server.core.book import Book
from server.openadr.answer import Answer
from server.openadr.asker import Asker
from server.openadr.call import Call
from server.openadr.events import Events
from server.openadr.talk import Talk, Talks

log = logging.getLogger(__name__)


class Polling:
    """Decides what a poll brings."""

    def __init__(self, book: Book, talks: Talks, events: Events, asker: Asker) -> None:
        self._book = book
        self._talks = talks
        self._events = events
        self._asker = asker

    async def poll(self, call: Call[OadrPoll]) -> Message | Answer:
        """Answer with our report offer, a wish for reports, the events if they changed, or nothing.

        In this order: our offer comes before all other traffic (rule 309).
        """
        talk = self._events.talk(call.ven)
        is_overdue = talk.count_poll()
        if talk.is_up_to_date(self._book.head) and not is_overdue:
            return talk.idle
        if talk.offer_is_due:
            return _offer(talk, anew=True)
        if talk.asks_are_due and (ask := await self._asker.next(call.ven, talk)):
            return ask
        return self._tell(talk, call, is_overdue=is_overdue) or talk.idle

    def _tell(
        self, talk: Talk, call: Call[OadrPoll], *, is_overdue: bool
    ) -> Message | Answer | None:
        news = self._news(talk, call, is_overdue=is_overdue)
        if news is None and is_overdue and talk.lacks_offer_answer:
            return _offer(talk, anew=False)
        return news

    def _news(self, talk: Talk, call: Call[OadrPoll], *, is_overdue: bool) -> Answer | None:
        """Return all events if the VEN holds others, or owes an answer for too long (rule 52)."""
        due = self._talks.due(call.ven, talk, call.now)
        talk.head = self._book.head
        is_new = self._talks.is_news(talk, due, call.now)
        is_owed = any(talk.lacks_answer(event, call.now) for event in due)
        if not is_new and not (is_overdue and is_owed):
            return None
        if not is_new and not talk.patience.may_repeat:
            log.warning("VEN %s does not answer its events", talk.client.ven_id)
            return None
        if is_owed:
            talk.patience.wait(anew=is_new)
        return self._events.distribute(talk, due, call)


def _offer(talk: Talk, *, anew: bool) -> Message:
    """Return our report offer, which is empty and comes before all other traffic (rule 309)."""
    talk.offer_is_due = False
    talk.patience.wait(anew=anew)
    return OadrRegisterReport(
        requestID="offer", venID=talk.client.ven_id, reportRequestID=talk.offer_request_id
    )
