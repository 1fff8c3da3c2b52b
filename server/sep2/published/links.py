"""The links to what is published, for whoever points a client to its function sets.

Only what there is, is linked. Pure functions of the book.
"""

from collections import Counter
from typing import Any

from schemas.sep2.base import ListLink
from server.core.book import Book
from server.core.model import Device, Group
from server.core.publication import Publication
from server.sep2.project_response import ANSWERS
from server.sep2.published.linking import ASSIGNED
from server.sep2.published.routes import LINES
from server.sep2.routes import href

Links = dict[str, Any]
"""The links of FunctionSetAssignmentsBase, by their names."""

_KINDS = {line.many.name: line for line in LINES if line.many is not None}


def function_sets(book: Book, device: Device, group: Group | None = None) -> Links:
    """Return the links to answers and to what is published for a device, or to that of one group.

    What is for the device alone is linked from each of its groups.
    """
    answers = {"ResponseSetListLink": _answers_link(book, device)}
    return answers | published_sets(book, device, group)


def published_sets(book: Book, device: Device, group: Group | None) -> Links:
    """Return the links to what is published for a device, or to that of one group."""
    counts = Counter(one.kind for one in book.publications_for(device.id) if _is_of(one, group))
    links: Links = {}
    for field, name in ASSIGNED.items():
        line = _KINDS[name]
        total = counts[line.kind]
        if not total:
            continue
        path = href(name, e=device.id)
        if group is not None and line.of_group is not None:
            path = href(line.of_group.name, e=device.id, g=group.id)
        links[field] = ListLink(href=path, all=total)
    return links


def _is_of(publication: Publication, group: Group | None) -> bool:
    return group is None or publication.device_id is not None or group.id in publication.groups


def _answers_link(book: Book, device: Device) -> ListLink:
    """Return the link to where a device answers."""
    published = (one for one in book.publications_for(device.id) if one.kind in ANSWERS)
    total = len(book.programs_of(device.id)) + len(tuple(published))
    return ListLink(href=href("response_sets", e=device.id), all=total)


def has_any(book: Book, device: Device, group: Group) -> bool:
    """Tell whether something is published for a group, or for a device alone."""
    return bool(
        book.publications_by_group.get(group.id) or book.publications_by_device.get(device.id)
    )
