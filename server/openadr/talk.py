"""What has been said between us and each VEN since it registered, as far as this instance knows.

In memory only: after a restart everything is said again, which is harmless. What a VEN should know
is derived from the book (`due`), never queued; this is what it was told and what it answered.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from server.core.book import Book
from server.core.model import Client, ClientId, Event, EventId, ResponsePolicy
from server.core.overlap import effective_end
from server.core.ven import RegistrationWish, VenRegistration
from server.openadr.answer import Answer, response
from server.openadr.patience import Patience


class Talk:
    """The conversation with one VEN under one registration."""

    def __init__(self, client: Client, *, repeat_after_polls: int, repeat_limit: int) -> None:
        self.client = client
        self.idle = Answer.of(response(None, client.ven_id))
        """The answer to a poll when there is nothing to say."""
        self.head = -1
        """The book's head when a poll last found nothing more to say; -1 if it has to look."""
        self.sought_at = -1
        """The book's head when `sought` was found."""
        self.sought: tuple[Event, ...] = ()
        """The events for this VEN that were not over then."""
        self.told: dict[EventId, int] = {}
        """The events that the VEN holds and their versions."""
        self.answered: dict[EventId, int] = {}
        """The versions that it has answered."""
        self.offer_is_due = True
        """Whether our own (empty) oadrRegisterReport is to be delivered (rules 301 and 309)."""
        self.offer_is_answered = False
        self.offer_request_id: str | None = None
        """The reportRequestID of a METADATA request that the offer answers."""
        self.asks_are_due = True
        """Whether there may be a report to ask for, or to ask for no more."""
        self.asked: str | None = None
        """The reportRequestID that the VEN owes an answer to."""
        self.unanswered: set[str] = set()
        """The ones that it was told often enough."""
        self.strangers: set[str] = set()
        """The ones of nobody's that it sent data for."""
        new_patience = partial(
            Patience, repeat_after_polls=repeat_after_polls, repeat_limit=repeat_limit
        )
        self.patience = new_patience()
        """The waiting for the answer to our offer or to events."""
        self.asks_patience = new_patience()
        """The waiting for the answer to `asked`."""
        self.wished: RegistrationWish | None = None
        """What the VEN was told to do about its registration."""
        self.wish_is_due = False
        """Whether that is to be said again."""
        self.wish_patience = new_patience()
        """The waiting for `wished` to be done."""

    def ask_offer(self, request_id: str) -> None:
        """Deliver our report offer again, because the VEN asked for it (rule 311)."""
        self.offer_is_due, self.offer_is_answered = True, False
        self.offer_request_id = request_id
        self.head = -1

    def offer_anew(self) -> None:
        """Deliver our report offer again, because it did not arrive."""
        self.offer_is_due, self.head = True, -1

    def wish_anew(self) -> None:
        """Say again what the VEN is to do about its registration, because it did not arrive."""
        self.wished, self.head = None, -1

    def look_for_asks(self) -> None:
        """Look for what is to be asked of the VEN, as if nothing had been."""
        self.asked = None
        self.asks_patience.stop()
        self.asks_are_due = True

    def unlearn(self, told: dict[EventId, int]) -> None:
        """Have the VEN hold the events that it did before, because no others arrived."""
        self.told, self.head = told, -1

    def count_poll(self) -> bool:
        """Count a poll; True at the one that ends the waiting for an answer to offer or events."""
        if self.asks_patience.count_poll():
            self.asks_are_due = True
        if self.wish_patience.count_poll():
            self.wish_is_due = True
        return self.patience.count_poll()

    @property
    def is_waiting(self) -> bool:
        """Whether polls are counted until something is said again."""
        waits = (self.patience, self.asks_patience, self.wish_patience)
        return any(patience.is_waiting for patience in waits)

    def is_up_to_date(self, head: int) -> bool:
        """Tell whether nothing has come up since a poll last found nothing more to say."""
        return self.head == head and not self.asks_are_due and not self.wish_is_due

    @property
    def lacks_offer_answer(self) -> bool:
        """Whether our offer is unanswered and may be made once more."""
        return not self.offer_is_answered and self.patience.may_repeat

    def lacks_answer(self, event: Event, now: datetime) -> bool:
        """Tell whether the VEN owes an answer to an event's present version."""
        is_asked = event.response_policy is ResponsePolicy.ALWAYS and now < event.end
        return is_asked and self.answered.get(event.id) != event.version


class Talks:
    """The conversations of this instance, each begun anew with a new registration (rule 406)."""

    def __init__(self, book: Book, *, repeat_after_polls: int, repeat_limit: int) -> None:
        self._book = book
        self._repeat_after_polls = repeat_after_polls
        self._repeat_limit = repeat_limit
        self._talks: dict[ClientId, tuple[str, Talk]] = {}

    def with_ven(self, client: Client, registration: VenRegistration) -> Talk:
        """Return the conversation with a VEN under its registration."""
        name, talk = self._talks.get(client.id, ("", None))
        if talk is None or name != registration.registration_id:
            talk = Talk(
                client,
                repeat_after_polls=self._repeat_after_polls,
                repeat_limit=self._repeat_limit,
            )
            self._talks[client.id] = (registration.registration_id, talk)
        return talk

    def due(self, client: Client, talk: Talk, now: datetime) -> tuple[Event, ...]:
        """Return the events that a VEN is to hold, in the order of rule 15."""
        if talk.sought_at != self._book.head:
            talk.sought_at = self._book.head
            talk.sought = tuple(self._sought(client, now))
        due = [event for event in talk.sought if _is_due(event, talk, now)]
        return tuple(sorted(due, key=lambda event: _rank(event, now)))

    def is_news(self, talk: Talk, due: Iterable[Event], now: datetime) -> bool:
        """Tell whether a VEN holds something else than it should; status alone is none (502)."""
        left = dict(talk.told)
        for event in due:
            if left.pop(event.id, None) != event.version:
                return True
        # What is left is gone: rightly so if it ran out, or if the VEN knows it to be cancelled.
        return any(
            now < event.end and (event.cancelled_at is None or event.version != version)
            for event, version in ((self._book.events[id_], told) for id_, told in left.items())
        )

    def _sought(self, client: Client, now: datetime) -> Iterable[Event]:
        """Return each event that a VEN is to hold at some time from now on."""
        if client.registration is None or client.registration.report_only:
            return ()
        found: dict[EventId, Event] = {}
        for device in self._book.devices_of(client.id):
            for program in self._book.programs_of(device.id):
                for event in self._book.events_for(device.id, program.id):
                    if event.signals and not is_over(event, now):
                        found[event.id] = event
        return found.values()


def is_over(event: Event, now: datetime) -> bool:
    """Tell whether an event's last trace is gone: its window, with the random start (rule 66)."""
    if event.cancelled_at is not None:
        return now >= event.end
    return now >= effective_end(event)


def versions(events: Iterable[Event]) -> Mapping[EventId, int]:
    """Return the version of each event."""
    return {event.id: event.version for event in events}


def _is_due(event: Event, talk: Talk, now: datetime) -> bool:
    """Tell whether an event belongs into a distribution (rules 50, 52 and 66)."""
    if is_over(event, now):
        return False
    is_confirmed = talk.answered.get(event.id) == event.version
    return event.cancelled_at is None or not is_confirmed


def _rank(event: Event, now: datetime) -> tuple[int, float, datetime, str]:
    """Order as rule 15: active by priority, then those to come; a cancelled one keeps its place."""
    if event.start <= now < event.end:
        return 0, event.priority or float("inf"), event.start, event.id
    return (1 if now < event.start else 2), 0, event.start, event.id
