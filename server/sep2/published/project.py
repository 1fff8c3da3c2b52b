"""Publications as 2030.5 spells them: what was published, with what is the server's in it.

Pure functions; which links lead where comes from the table of routes. They must not know HTTP.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, replace
from typing import Any, cast

from schemas.sep2.base import Link, ListLink
from schemas.wire import Element
from server.core.model import Device
from server.core.publication import Publication
from server.core.timeline import Standing
from server.publications.drafts import element_of
from server.publications.kinds import KINDS
from server.sep2.document_rules import path_of
from server.sep2.pace import Pace
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.project_program import RESPONSE_REQUIRED, event_status
from server.sep2.published.linking import LINKS
from server.sep2.published.shelf import Row
from server.sep2.routes import BY_NAME, UNPAGED, Route, href

Count = Callable[[Publication, str], int | None]
"""Returns how many items a list below a publication has, by the list's route.

None if there is no such list, because what it would lead to is not there.
"""


def element(row: Row, device: Device, at: Sequence[str], *, count: Count, set_id: str) -> Element:
    """Return a publication as a device reads it at a path whose variables are `at`.

    `set_id` names the set that takes responses to it.
    """
    publication = row.publication
    kind = KINDS[publication.kind]
    has = cast(Any, kind.type).__dataclass_fields__
    said: Any = element_of(kind, publication.document)
    own: dict[str, Any] = {"href": path_of(BY_NAME[kind.name], at)}
    if "mRID" in has:
        own |= {"mRID": publication.mrid, "version": publication.version}
    if "subscribable" in has:
        own["subscribable"] = SUBSCRIBABLE
    if row.standing is not None:
        own |= _of_event(publication, row.standing, said)
        own["replyTo"] = href("responses", e=device.id, p=set_id)
    for field, name in LINKS.get(kind.name, {}).items():
        total = count(publication, name)
        is_there = total is not None or has[field].default is MISSING
        own[field] = _link(name, at, total) if is_there else None
    return cast(Element, replace(said, **own))


def _of_event(publication: Publication, standing: Standing, said: Any) -> dict[str, Any]:
    return {
        "responseRequired": said.responseRequired or RESPONSE_REQUIRED,
        "creationTime": int(publication.created_at.timestamp()),
        "EventStatus_": event_status(standing),
    }


def _link(name: str, at: Sequence[str], total: int | None) -> Link:
    """Return the link to what stands below an item at a path whose variables are `at`."""
    route = BY_NAME[name]
    variables = at[1 - route.path.count("{") :]
    path = path_of(route, (at[0], *variables))
    return Link(href=path) if route.paging == UNPAGED else ListLink(href=path, all=total)


def listing(
    route: Route,
    at: Sequence[str],
    chosen: Sequence[Element],
    pace: Pace,
    *,
    total: int,
) -> Element:
    """Return some of the `total` items of a list at a path whose variables are `at`."""
    has = cast(Any, route.gives).__dataclass_fields__
    member = next(name for name in has if name.endswith("_"))
    more: dict[str, Any] = {member: tuple(chosen)}
    if "pollRate" in has:
        more["pollRate"] = pace.poll_rate(route.gives.wire_tag)
    if "subscribable" in has:
        more["subscribable"] = SUBSCRIBABLE
    made: Any = route.gives
    return cast(Element, made(href=path_of(route, at), all=total, results=len(chosen), **more))
