"""Decides on publications: what may be published, changed, called off and taken back.

Whether a document makes sense, and may stand where it is to stand, was found out by the face.
"""

from collections.abc import Iterator
from datetime import timedelta

from server.core.book import Book
from server.core.change import Change, PublicationCancelled, Published, Revised, Withdrawn
from server.core.context import Context, check_known, find
from server.core.events import RANDOM_LIMIT
from server.core.model import Device
from server.core.publication import Posting, Publication, PublicationId, Window, posting_of
from server.core.publication_commands import CancelPublication, Publish, Revise, Withdraw
from server.errors import Conflict, Invalid

_SECOND = timedelta(seconds=1)
_SPANS = ("duration", "randomize_start", "randomize_duration")


def publish(book: Book, command: Publish, context: Context) -> tuple[Change, ...]:
    """Publish a document; Invalid if it is for nobody, Conflict if it displaces one unasked."""
    _check_place(book, command)
    publication = Publication(
        id=PublicationId(context.names.id("u")),
        mrid=context.names.mrid(),
        kind=command.kind,
        parent=command.parent,
        groups=command.groups,
        device_id=command.device_id,
        document=command.document,
        window=command.window,
        created_at=context.now,
    )
    beside = tuple(book.beside(publication))
    if command.is_only and beside:
        raise Conflict(f"there is {beside[0].id} already, which can be revised")
    if command.window is not None:
        _check_window(command.window, context)
    posting = posting_of(publication)
    if posting is not None and not command.supersede:
        _check_free(posting, beside, context)
    return (Published(publication=publication),)


def _check_place(book: Book, command: Publish) -> None:
    places = (command.parent is not None, bool(command.groups), command.device_id is not None)
    if sum(places) != 1:
        raise Invalid("it stands below another, or is for groups, or for one device")
    check_known(book.groups, command.groups, "group", "/groups")
    if command.device_id is not None:
        check_known(book.devices, (command.device_id,), "device", "/device_id")
    if command.parent is not None:
        check_known(book.publications, (command.parent,), "publication", "/parent")


def _check_window(window: Window, context: Context) -> None:
    if window.start.microsecond or any(getattr(window, name) % _SECOND for name in _SPANS):
        raise Invalid("instants and lengths of time are whole seconds", pointer="/content")
    if window.duration <= timedelta(0):
        raise Invalid("it lasts longer than nothing", pointer="/content/interval/duration")
    if max(abs(window.randomize_start), abs(window.randomize_duration)) > RANDOM_LIMIT:
        raise Invalid("randomisation is at most an hour either way", pointer="/content")
    if window.end <= context.now:
        raise Invalid("it would be over already", pointer="/content/interval")


def _check_free(posting: Posting, beside: tuple[Publication, ...], context: Context) -> None:
    for other in filter(None, map(posting_of, beside)):
        is_live = other.cancelled_at is None and other.end > context.now
        overlaps = posting.start < other.end and other.start < posting.end
        if is_live and overlaps and posting.modes & other.modes:
            raise Conflict(
                f"{other.source} asks the same at that time;"
                " say supersede if this one is to take its place"
            )


def revise(book: Book, command: Revise, context: Context) -> tuple[Change, ...]:
    """Replace a document; Conflict for what is like an event, and for what stands below that."""
    publication = find(book.publications, command.publication_id, "publication")
    if any(one.window is not None for one in book.line_of(publication)):
        raise Conflict("what holds for a span of time is not changed: cancel it, publish anew")
    if command.document == publication.document:
        return ()
    return (
        Revised(
            publication_id=publication.id,
            document=command.document,
            version=publication.version + 1,
        ),
    )


def cancel_publication(
    book: Book, command: CancelPublication, context: Context
) -> tuple[Change, ...]:
    """Call off what is like an event; Conflict if it is over or was called off before."""
    publication = find(book.publications, command.publication_id, "publication")
    window = publication.window
    if window is None:
        raise Conflict(f"{publication.id} holds for no span of time: withdraw it")
    if publication.cancelled_at is not None:
        raise Conflict(f"{publication.id} was cancelled before")
    if window.end <= context.now:
        raise Conflict(f"{publication.id} is over")
    if command.at_random and not (window.randomize_start or window.randomize_duration):
        raise Invalid("it has no randomisation to end by", pointer="/at_random")
    return (
        PublicationCancelled(
            publication_id=publication.id, at=context.now, at_random=command.at_random
        ),
    )


def withdraw(book: Book, command: Withdraw, context: Context) -> tuple[Change, ...]:
    """Take a publication back with all that stands below it.

    Raises Conflict if what is like an event is among that or above it, not over and not cancelled.
    """
    publication = find(book.publications, command.publication_id, "publication")
    for one in (*book.line_of(publication), *_below(book, publication)):
        posting = posting_of(one)
        if posting and posting.cancelled_at is None and posting.latest_end > context.now:
            raise Conflict(f"{one.id} is not over: cancel it first")
    return (_withdrawn(book, publication),)


def _withdrawn(book: Book, publication: Publication) -> Withdrawn:
    offered = book.line_of(publication)[-1]
    return Withdrawn(
        publication_id=publication.id, groups=offered.groups, device_id=offered.device_id
    )


def _below(book: Book, publication: Publication) -> Iterator[Publication]:
    for one in book.publications_below(publication.id):
        yield one
        yield from _below(book, one)


def withdrawals_with(book: Book, device: Device) -> tuple[Withdrawn, ...]:
    """Return the ends of all publications that were for a device alone."""
    mine = book.publications_by_device.get(device.id, ())
    return tuple(_withdrawn(book, book.publications[one]) for one in mine)
