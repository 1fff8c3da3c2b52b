"""Applies what becomes of publications to the book, for `server.core.apply` alone.

Cannot refuse: what is in the feed has happened.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from server.core.book import Book
from server.core.change import PublicationCancelled, Published, Revised, Withdrawn
from server.core.ids import number_of
from server.core.publication import Publication, PublicationId


def _published(book: Book, change: Published) -> None:
    publication = change.publication
    book.next_number = max(book.next_number, number_of(publication.id) + 1)
    book.publication_by_mrid[publication.mrid] = publication.id
    if publication.parent is not None:
        book.publications_by_parent[publication.parent][publication.id] = None
    if publication.device_id is not None:
        book.publications_by_device[publication.device_id][publication.id] = None
    for group_id in publication.groups:
        book.publications_by_group[group_id][publication.id] = None
    _put(book, publication)


def _revised(book: Book, change: Revised) -> None:
    publication = book.publications[change.publication_id]
    _put(book, replace(publication, document=change.document, version=change.version))


def _cancelled(book: Book, change: PublicationCancelled) -> None:
    publication = book.publications[change.publication_id]
    cancelled = replace(
        publication,
        cancelled_at=change.at,
        is_cancelled_at_random=change.at_random,
        version=publication.version + 1,
    )
    _put(book, cancelled)


def _put(book: Book, publication: Publication) -> None:
    book.publications[publication.id] = publication
    book.revision_by_family[publication.family] = book.head


def _withdrawn(book: Book, change: Withdrawn) -> None:
    _take_back(book, change.publication_id)


def _take_back(book: Book, publication_id: PublicationId) -> None:
    for below in tuple(book.publications_by_parent.get(publication_id, ())):
        _take_back(book, below)
    book.publications_by_parent.pop(publication_id, None)
    publication = book.publications.pop(publication_id)
    del book.publication_by_mrid[publication.mrid]
    if publication.parent is not None:
        del book.publications_by_parent[publication.parent][publication_id]
    if publication.device_id is not None:
        del book.publications_by_device[publication.device_id][publication_id]
    for group_id in publication.groups:
        del book.publications_by_group[group_id][publication_id]
    book.revision_by_family[publication.family] = book.head


APPLIERS: Mapping[type, Callable[[Book, Any], None]] = {
    Published: _published,
    Revised: _revised,
    PublicationCancelled: _cancelled,
    Withdrawn: _withdrawn,
}
