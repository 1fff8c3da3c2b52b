"""The readings of all resources: GET and HEAD.

Each handler projects the book, or a document of the store, into a body. Whether the caller may ask
was decided before. It must not change anything.
"""

from collections.abc import Sequence
from typing import TypeVar

from aiohttp import web

from schemas.sep2.der import DERList, DERProgram
from schemas.sep2.response import ResponseList
from server.core import response as core
from server.core.model import Device, GroupId, Program
from server.desk import Desk
from server.errors import Unknown
from server.sep2 import project_device, project_fsa, project_program, project_response, project_time
from server.sep2.access import Access
from server.sep2.call import Call, DeviceHandler, Handler
from server.sep2.entries import Entries
from server.sep2.metering_read import MeteringReads
from server.sep2.mirror import Mirrors
from server.sep2.query import Page, page_of
from server.sep2.reply import document, raw_document
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings
from server.sep2.views import Views, fill

T = TypeVar("T")


class Reads:
    """The handlers of GET and HEAD, by the name of their route."""

    def __init__(
        self, desk: Desk, access: Access, settings: Sep2Settings, mirrors: Mirrors, views: Views
    ) -> None:
        self._book = desk.book
        self._store = desk.store
        self._access = access
        self._settings = settings
        self._limit = settings.list_limit
        self._views = views
        self._entries = Entries(desk.book, access, settings, desk.store.items.count)
        self._metering = MeteringReads(desk, access, settings, mirrors)
        self.handlers: dict[str, Handler] = {
            **self._metering.handlers,
            "capability": self._capability,
            "time": self._time,
            "end_devices": self._end_devices,
            "end_device": self._end_device,
        }
        self.device_handlers: dict[str, DeviceHandler] = {
            "registration": self._registration,
            "assignments": self._assignments,
            "assignment": self._assignment,
            "group_programs": self._group_programs,
            "programs": self._programs,
            "program": self._program,
            "controls": self._controls,
            "control": self._control,
            "active_controls": self._active_controls,
            "default_control": self._default_control,
            "ders": self._ders,
            "der": self._der,
            "responses": self._responses,
            "response": self._response,
        }

    def _page(self, call: Call) -> Page:
        return page_of(call.query, call.route.paging, self._limit)

    async def _capability(self, call: Call) -> web.Response:
        entries = self._entries.seen_by(call.caller)
        device = None
        if len(entries) == 1 and isinstance(entries[0], Device):
            device = entries[0]
        return document(
            project_device.capability(
                self._settings,
                entries=len(entries),
                own_device=device,
                programs=0 if device is None else len(self._book.programs_of(device.id)),
                mirrors=await self._metering.count(call.caller),
            )
        )

    async def _time(self, call: Call) -> web.Response:
        return document(project_time.time(call.now, self._settings))

    async def _end_devices(self, call: Call) -> web.Response:
        entries = self._entries.seen_by(call.caller)
        if not entries and not self._access.may_register(call.caller):
            raise Unknown("there is no such resource")
        chosen = _part(entries, self._page(call))
        elements = [self._entries.element(entry, call.caller.client) for entry in chosen]
        total = len(entries)
        return document(project_device.end_device_list(elements, self._settings, total=total))

    async def _end_device(self, call: Call) -> web.Response:
        entry_id = call.variables[0]
        own = self._access.own_entry(call.caller, entry_id)
        entry = own or self._access.device(call.caller, entry_id)
        return document(self._entries.element(entry, call.caller.client))

    async def _registration(self, call: Call, device: Device) -> web.Response:
        return document(project_device.registration(device, self._settings))

    async def _assignments(self, call: Call, device: Device) -> web.Response:
        groups = project_fsa.groups_with_programs(self._book, device)
        chosen = _part(groups, self._page(call))
        found = [project_fsa.assignment(self._book, device, group) for group in chosen]
        total = len(groups)
        return document(project_fsa.assignment_list(device, found, self._settings, total=total))

    async def _assignment(self, call: Call, device: Device) -> web.Response:
        for group in project_fsa.groups_with_programs(self._book, device):
            if group.id == call.variables[1]:
                return document(project_fsa.assignment(self._book, device, group))
        raise Unknown("there is no such resource")

    async def _group_programs(self, call: Call, device: Device) -> web.Response:
        group_id = GroupId(call.variables[1])
        if group_id not in self._book.groups_by_device.get(device.id, {}):
            raise Unknown("there is no such resource")
        programs = self._book.programs_of_group(group_id)
        path = href("group_programs", e=device.id, g=group_id)
        return self._program_list(call, device, programs, path)

    async def _programs(self, call: Call, device: Device) -> web.Response:
        programs = self._book.programs_of(device.id)
        return self._program_list(call, device, programs, href("programs", e=device.id))

    def _program_list(
        self, call: Call, device: Device, programs: Sequence[Program], path: str
    ) -> web.Response:
        chosen = _part(programs, self._page(call))
        found = [self._projected(call, device, program) for program in chosen]
        total = len(programs)
        return document(project_program.program_list(path, found, self._settings, total=total))

    def _projected(self, call: Call, device: Device, program: Program) -> DERProgram:
        controls, active = self._views.view(device, program.id, call.now).counts(call.now)
        return project_program.program(program, device.id, controls=controls, active=active)

    def _offered(self, call: Call, device: Device) -> Program:
        for program in self._book.programs_of(device.id):
            if program.id == call.variables[1]:
                return program
        raise Unknown("there is no such resource")

    async def _program(self, call: Call, device: Device) -> web.Response:
        return document(self._projected(call, device, self._offered(call, device)))

    async def _controls(self, call: Call, device: Device) -> web.Response:
        view = self._views.view(device, call.variables[1], call.now)
        page = page_of(call.query, call.route.paging, self._limit)
        return raw_document(fill(view.page(page, call.now), device.id))

    async def _active_controls(self, call: Call, device: Device) -> web.Response:
        view = self._views.view(device, call.variables[1], call.now)
        page = page_of(call.query, call.route.paging, self._limit)
        return raw_document(fill(view.page(page, call.now, only_active=True), device.id))

    async def _control(self, call: Call, device: Device) -> web.Response:
        view = self._views.view(device, call.variables[1], call.now)
        body = view.one(call.variables[2], call.now)
        return raw_document(fill(body, device.id))

    async def _default_control(self, call: Call, device: Device) -> web.Response:
        program = self._offered(call, device)
        return document(
            project_program.default_control(program, device.id, csip_aus=self._settings.csip_aus)
        )

    async def _ders(self, call: Call, device: Device) -> web.Response:
        programs = len(self._book.programs_of(device.id))
        chosen = _part((project_device.der(device, programs=programs),), self._page(call))
        return document(
            DERList(
                href=href("ders", e=device.id),
                pollRate=self._settings.poll_rate("DERList"),
                all=1,
                results=len(chosen),
                DER_=tuple(chosen),
            )
        )

    async def _der(self, call: Call, device: Device) -> web.Response:
        project_device.check_der(call.variables[1])
        programs = len(self._book.programs_of(device.id))
        return document(project_device.der(device, programs=programs))

    async def _responses(self, call: Call, device: Device) -> web.Response:
        program = self._offered(call, device)
        said = [
            (number, response)
            for number, response in await self._store.responses(device_id=device.id)
            if self._is_about(response, program)
        ]
        said.sort(key=project_response.sort_key, reverse=True)
        chosen = _part(said, self._page(call))
        return document(
            ResponseList(
                href=href("responses", e=device.id, p=program.id),
                all=len(said),
                results=len(chosen),
                Response_=tuple(
                    project_response.der_control_response(*numbered, device, program.id)
                    for numbered in chosen
                ),
            )
        )

    async def _response(self, call: Call, device: Device) -> web.Response:
        program = self._offered(call, device)
        number = project_response.number_of(call.variables[2])
        response = await self._store.response(number)
        if (
            response is None
            or response.device_id != device.id
            or not self._is_about(response, program)
        ):
            raise Unknown("there is no such resource")
        return document(project_response.der_control_response(number, response, device, program.id))

    def _is_about(self, response: core.Response, program: Program) -> bool:
        event = self._book.events.get(response.event_id)
        return event is not None and response.mrid is not None and event.program_id == program.id


def _part(items: Sequence[T], page: Page) -> Sequence[T]:
    return items[page.start : page.start + page.limit]
