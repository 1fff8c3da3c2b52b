"""Operations on publications: publishing, changing, calling off and taking back."""

from collections.abc import Iterable, Iterator, Mapping

from server.admin.call import Call, the
from server.admin.models import CancelIn
from server.admin.paging import page
from server.admin.publicationmodels import (
    Document,
    PublicationAnswer,
    PublicationDetail,
    PublicationIn,
    PublicationList,
    PublicationsQuery,
    PublicationView,
    RevisionIn,
    status_name,
)
from server.core.book import Book
from server.core.change import Published
from server.core.context import find
from server.core.model import Mrid
from server.core.publication import Publication, PublicationId, posting_of
from server.core.publication_commands import CancelPublication, Publish, Revise, Withdraw
from server.core.response import Response
from server.core.timeline import Standing, standings
from server.publications.drafts import Draft, from_view, from_xml, view_of
from server.publications.kinds import KINDS, Kind, check_place, kind_of

RESPONSES_LIMIT = 1000


async def publish(call: Call, *, body: PublicationIn) -> PublicationView:
    """Publish a document to 2030.5 clients."""
    kind = kind_of(body.kind)
    above = None if body.parent is None else call.book.publications.get(body.parent)
    parent_kind = None if above is None else above.kind
    check_place(kind, parent_kind, is_for_device=body.device_id is not None)
    draft = _draft(kind, body)
    command = Publish(
        kind=kind.name,
        parent=body.parent,
        groups=body.groups,
        device_id=body.device_id,
        document=draft.document,
        window=draft.window,
        is_only=kind.is_only,
        supersede=body.supersede,
    )
    return _shown(call, the(Published, await call.submit(command)).publication)


async def list_publications(call: Call, *, query: PublicationsQuery) -> PublicationList:
    """List publications, the oldest first."""
    found, cursor = page(_wanted(call.book, query), query)
    where = _standings(call, found)
    return PublicationList(items=tuple(_view(one, where) for one in found), next_cursor=cursor)


async def show_publication(call: Call, *, publication_id: str) -> PublicationDetail:
    """Show a publication and what devices answered to it."""
    one = _found(call, publication_id)
    said = await call.house.desk.store.responses(event_id=one.id, limit=RESPONSES_LIMIT)
    answers = tuple(_answer(response) for _, response in said)
    return PublicationDetail(**_shown(call, one).model_dump(), responses=answers)


async def revise_publication(
    call: Call, *, publication_id: str, body: RevisionIn
) -> PublicationView:
    """Replace the document of what does not hold for a span of time."""
    one = _found(call, publication_id)
    draft = _draft(KINDS[one.kind], body)
    await call.submit(Revise(publication_id=one.id, document=draft.document))
    return _shown(call, _found(call, publication_id))


async def cancel_publication(call: Call, *, publication_id: str, body: CancelIn) -> PublicationView:
    """Call off what holds for a span of time; it stays known to the end of it."""
    known = PublicationId(publication_id)
    await call.submit(CancelPublication(publication_id=known, at_random=body.at_random))
    return _shown(call, _found(call, publication_id))


async def withdraw_publication(call: Call, *, publication_id: str) -> None:
    """Take a publication back, with all that stands below it."""
    await call.submit(Withdraw(publication_id=PublicationId(publication_id)))


def _found(call: Call, publication_id: str) -> Publication:
    return find(call.book.publications, PublicationId(publication_id), "publication")


def _draft(kind: Kind, document: Document) -> Draft:
    if document.xml is not None:
        return from_xml(kind, document.xml)
    return from_view(kind, document.content or {})


def _wanted(book: Book, query: PublicationsQuery) -> Iterator[Publication]:
    for one in book.publications.values():
        is_meant = query.kind in {None, one.kind} and query.parent in {None, one.parent}
        if is_meant and query.device_id in {None, one.device_id}:
            yield one


def _shown(call: Call, one: Publication) -> PublicationView:
    return _view(one, _standings(call, (one,)))


def _standings(call: Call, ones: Iterable[Publication]) -> Mapping[Mrid, Standing]:
    """Return where publications stand; what stands beside each other is settled once."""
    families = {(one.kind, one.family): one for one in ones if one.window is not None}
    found: dict[Mrid, Standing] = {}
    for one in families.values():
        beside = filter(None, map(posting_of, call.book.beside(one)))
        found |= standings(tuple(beside), call.now)
    return found


def _view(one: Publication, found: Mapping[Mrid, Standing]) -> PublicationView:
    window, standing = one.window, found.get(one.mrid)
    return PublicationView(
        id=one.id,
        mrid=one.mrid,
        kind=one.kind,
        parent=one.parent,
        groups=tuple(sorted(one.groups)),
        device_id=one.device_id,
        content=view_of(KINDS[one.kind], one.document),
        created_at=one.created_at,
        version=one.version,
        start=None if window is None else window.start,
        end=None if window is None else window.end,
        status=None if standing is None else status_name(standing.status),
        cancelled_at=one.cancelled_at,
    )


def _answer(response: Response) -> PublicationAnswer:
    return PublicationAnswer(
        device_id=response.device_id,
        status=response.status,
        mrid=response.mrid,
        code=response.code,
        said_at=response.said_at,
        received_at=response.received_at,
        version=response.version,
        detail=response.detail,
    )
