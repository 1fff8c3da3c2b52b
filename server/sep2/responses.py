"""What devices answer to events: the sets of responses, taken and read back.

Each program has its set, and so has each publication that events stand below; a set takes what is
about its own events and may be from the device. It must not know what an answer brings about.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from schemas.sep2 import decode, encode
from schemas.sep2.base import ListLink
from schemas.sep2.response import (
    DERControlResponse,
    DrResponse,
    Response,
    ResponseList,
    ResponseSet,
    ResponseSetList,
)
from server.core import response as core
from server.core.book import Book
from server.core.model import Device, EventId, Lfdi, Mrid
from server.core.publication import PublicationId
from server.desk import Desk
from server.errors import Invalid, Unknown
from server.sep2.access import Access, Caller
from server.sep2.body import body_of, instant_of
from server.sep2.call import Call, DeviceHandler
from server.sep2.pace import Paces
from server.sep2.project_response import ANSWERS, number_of, response, sort_key, status_of
from server.sep2.query import page_of
from server.sep2.reply import created, document
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings


class AnswerSet(NamedTuple):
    """Where the responses to some events go; `kind` is what they are on the wire."""

    id: str
    mrid: Mrid
    name: str | None
    kind: type[Response]


class Subject(NamedTuple):
    """What a response may be about."""

    id: core.About
    version: int


class AnswerSets:
    """The sets of responses in the book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def of(self, device: Device) -> Sequence[AnswerSet]:
        """Return the sets of a device, mRID descending."""
        programs = [
            AnswerSet(program.id, program.mrid, program.name, DERControlResponse)
            for program in self._book.programs_of(device.id)
        ]
        published = [
            AnswerSet(one.id, one.mrid, None, ANSWERS[one.kind])
            for one in self._book.publications_for(device.id)
            if one.kind in ANSWERS
        ]
        return sorted((*programs, *published), key=lambda one: one.mrid, reverse=True)

    def one(self, device: Device, set_id: str) -> AnswerSet:
        """Return a set of a device; Unknown if it has none of that id."""
        for found in self.of(device):
            if found.id == set_id:
                return found
        raise Unknown("there is no such resource")

    def subject(self, mrid: Mrid, device: Device, set_id: str) -> Subject | None:
        """Return what an mRID names, if its answers go into a set and it is for a device."""
        event_id, _ = self._book.event_by_mrid.get(mrid, (None, 0))
        if event_id is not None:
            event = self._book.events[event_id]
            is_targeted = self._book.is_targeted(event, device.id)
            is_found = event.program_id == set_id and is_targeted
            return Subject(event_id, event.version) if is_found else None
        publication_id = self._book.publication_by_mrid.get(mrid)
        if publication_id is None or not self.holds(publication_id, set_id):
            return None
        publication = self._book.publications[publication_id]
        if publication.window is None or not self._book.is_offered(publication, device.id):
            return None
        return Subject(publication_id, publication.version)

    def holds(self, about: core.About, set_id: str) -> bool:
        """Tell whether the answers to an event or a publication go into a set."""
        event = self._book.events.get(EventId(about))
        if event is not None:
            return event.program_id == set_id
        publication = self._book.publications.get(PublicationId(about))
        return publication is not None and self._book.line_of(publication)[-1].id == set_id


class Responses:
    """The handlers of responses and their sets, by the name of their route."""

    def __init__(self, desk: Desk, access: Access, settings: Sep2Settings) -> None:
        self._book = desk.book
        self._store = desk.store
        self._access = access
        self._settings = settings
        self._paces = Paces(desk.book, settings)
        self._sets = AnswerSets(desk.book)
        self.reads: dict[str, DeviceHandler] = {
            "response_sets": self._list_sets,
            "response_set": self._one_set,
            "responses": self._list,
            "response": self._one,
        }
        self.writes: dict[str, DeviceHandler] = {"responses": self._respond}

    async def _list_sets(self, call: Call, device: Device) -> web.Response:
        page = page_of(call.query, call.route.paging, self._settings.list_limit)
        sets = self._sets.of(device)
        chosen = sets[page.start : page.start + page.limit]
        made = ResponseSetList(
            href=href("response_sets", e=device.id),
            pollRate=self._paces.of(call.caller.client).poll_rate("ResponseSetList"),
            all=len(sets),
            results=len(chosen),
            ResponseSet_=tuple([await self._set(device, one) for one in chosen]),
        )
        return document(made, call.profile)

    async def _one_set(self, call: Call, device: Device) -> web.Response:
        found = self._sets.one(device, call.variables[1])
        return document(await self._set(device, found), call.profile)

    async def _set(self, device: Device, of: AnswerSet) -> ResponseSet:
        total = len(await self._said(device, of))
        return ResponseSet(
            href=href("response_set", e=device.id, p=of.id),
            mRID=of.mrid,
            description=of.name,
            version=0,
            ResponseListLink=ListLink(href=href("responses", e=device.id, p=of.id), all=total),
        )

    async def _said(self, device: Device, of: AnswerSet) -> Sequence[tuple[int, core.Response]]:
        """Return the responses of a device in a set, the latest first."""
        said = [
            (number, one)
            for number, one in await self._store.responses(device_id=device.id)
            if one.mrid is not None and self._sets.holds(one.event_id, of.id)
        ]
        return sorted(said, key=sort_key, reverse=True)

    async def _list(self, call: Call, device: Device) -> web.Response:
        of = self._sets.one(device, call.variables[1])
        page = page_of(call.query, call.route.paging, self._settings.list_limit)
        said = await self._said(device, of)
        chosen = said[page.start : page.start + page.limit]
        made = ResponseList(
            href=href("responses", e=device.id, p=of.id),
            all=len(said),
            results=len(chosen),
            Response_=tuple([await self._shown(*one, device, of) for one in chosen]),
        )
        return document(made, call.profile)

    async def _one(self, call: Call, device: Device) -> web.Response:
        of = self._sets.one(device, call.variables[1])
        number = number_of(call.variables[2])
        found = await self._store.response(number)
        is_here = found is not None and found.device_id == device.id and found.mrid is not None
        if found is None or not is_here or not self._sets.holds(found.event_id, of.id):
            raise Unknown("there is no such resource")
        return document(await self._shown(number, found, device, of), call.profile)

    async def _shown(
        self, number: int, said: core.Response, device: Device, of: AnswerSet
    ) -> Response:
        """Return a response as it was given, with all that the device said in it."""
        kept = None
        if of.kind is DrResponse:
            kept = await self._store.document(device.id, _name_of(number))
        whole = None if kept is None else decode(DrResponse, kept.body)
        return response(number, said, device, of.id, kind=of.kind, whole=whole)

    async def _respond(self, call: Call, device: Device) -> web.Response:
        """Keep a response; one that says the same again is found where the first is."""
        of = self._sets.one(device, call.variables[1])
        limit = self._settings.body_limit
        posted = await body_of(call, (of.kind, Response), limit)
        speaker = self._speaker(call.caller, device, posted)
        number = await self._store.add_response(self._understood(posted, speaker, of, call.now))
        if isinstance(posted, DrResponse):
            body = encode(posted)
            await self._store.put_document(speaker.id, _name_of(number), body, at=call.now)
        return created(href("response", e=speaker.id, p=of.id, r=str(number)))

    def _speaker(self, caller: Caller, device: Device, posted: Response) -> Device:
        """Return the device that a response is from: the caller's own, whichever list it uses."""
        lfdi = Lfdi(posted.endDeviceLFDI)
        if lfdi in (device.lfdi, caller.lfdi):
            return device
        known = self._book.device_by_lfdi.get(lfdi)
        try:
            return self._access.device(caller, known or "")
        except Unknown as fault:
            pointer = "/endDeviceLFDI"
            raise Invalid("endDeviceLFDI is none of your devices", pointer=pointer) from fault

    def _understood(
        self, posted: Response, speaker: Device, of: AnswerSet, now: datetime
    ) -> core.Response:
        said = posted.createdDateTime
        mrid = Mrid(posted.subject)
        status, detail = status_of(posted.status)
        about = self._sets.subject(mrid, speaker, of.id)
        if about is None:
            raise Invalid("subject is no event of this set for this device", pointer="/subject")
        return core.Response(
            device_id=speaker.id,
            event_id=about.id,
            mrid=mrid,
            status=status,
            code=posted.status,
            said_at=None if said is None else instant_of(said, "/createdDateTime"),
            received_at=now,
            version=about.version,
            detail=detail,
        )


def _name_of(number: int) -> str:
    """Return the name under which the whole of a response is kept."""
    return f"DrResponse {number}"
