"""The readings of all resources: GET and HEAD.

Each handler projects the book, or a document of the store, into a body. Whether the caller may ask
was decided before. It must not change anything.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from aiohttp import web

from schemas.sep2 import encode
from schemas.sep2.der import DERList, DERProgram
from server.core.model import Client, CurveId, Device, DeviceId, GroupId, Program
from server.desk import Desk
from server.errors import Unknown
from server.sep2 import (
    project_curve,
    project_device,
    project_fsa,
    project_program,
    project_time,
)
from server.sep2.access import Access
from server.sep2.call import Call, DeviceHandler, Handler
from server.sep2.entries import Entries
from server.sep2.memo import Memo
from server.sep2.metering_read import MeteringReads
from server.sep2.mirror import Mirrors
from server.sep2.pace import Pace, Paces
from server.sep2.published.counting import GRANTS, Counting
from server.sep2.published.links import function_sets
from server.sep2.query import Page, page_of
from server.sep2.reply import document, raw_document
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings
from server.sep2.views import Views, fill

T = TypeVar("T")
_BODIES_LIMIT = 10_000


class Reads:
    """The handlers of GET and HEAD, by the name of their route."""

    def __init__(
        self, desk: Desk, access: Access, settings: Sep2Settings, mirrors: Mirrors, views: Views
    ) -> None:
        self._book = desk.book
        self._store = desk.store
        self._access = access
        self._settings = settings
        self._paces = Paces(desk.book, settings)
        self._limit = settings.list_limit
        self._views = views
        self._count = Counting(desk)
        self._entries = Entries(desk.book, access, settings, self._count)
        self._memo = Memo(_BODIES_LIMIT)
        self._metering = MeteringReads(desk, access, settings, mirrors)
        self.handlers: dict[str, Handler] = {
            **self._metering.handlers,
            "capability": self._capability,
            "time": self._time,
            "self_device": self._self_device,
            "end_devices": self._end_devices,
            "end_device": self._end_device,
        }
        self.device_handlers = self._of_devices()

    def _of_devices(self) -> dict[str, DeviceHandler]:
        return {
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
            "curves": self._curves,
            "curve": self._curve,
            "ders": self._ders,
            "der": self._der,
            "der_programs": self._der_programs,
            "current_program": self._current_program,
            "der_usage_point": self._metering.usage_point_of_der,
        }

    def _pace(self, call: Call) -> Pace:
        return self._paces.of(call.caller.client)

    def _page(self, call: Call) -> Page:
        return page_of(call.query, call.route.paging, self._limit)

    async def _capability(self, call: Call) -> web.Response:
        entries = self._entries.seen_by(call.caller)
        device = None
        if len(entries) == 1 and isinstance(entries[0], Device):
            device = entries[0]
        return document(
            project_device.capability(
                self._pace(call),
                entries=len(entries),
                own_device=device,
                programs=0 if device is None else len(self._book.programs_of(device.id)),
                mirrors=await self._metering.count(call.caller),
                links={} if device is None else function_sets(self._book, device),
            ),
            call.profile,
        )

    async def _time(self, call: Call) -> web.Response:
        rate_s = self._pace(call).poll_rate("Time")

        def make() -> bytes:
            said = project_time.time(call.now, self._settings, poll_rate_s=rate_s)
            return encode(said, profile=call.profile)

        second = int(call.now.timestamp())
        return raw_document(self._memo.body((rate_s, call.profile), second, make))

    async def _self_device(self, call: Call) -> web.Response:
        return document(project_device.self_device(self._pace(call)), call.profile)

    async def _end_devices(self, call: Call) -> web.Response:
        entries = self._entries.seen_by(call.caller)
        if not entries and not self._access.may_register(call.caller):
            raise Unknown("there is no such resource")
        chosen = _part(entries, page := self._page(call))

        def make() -> bytes:
            elements = [self._entries.element(entry, call.caller.client) for entry in chosen]
            pace, total = self._pace(call), len(entries)
            said = project_device.end_device_list(elements, pace, total=total)
            return encode(said, profile=call.profile)

        key = (call.caller.lfdi, page, call.profile)
        return raw_document(self._memo.body(key, self._stamp(chosen), make))

    def _stamp(self, entries: Sequence[Client | Device]) -> Hashable:
        """Say what entries are made of: the book, what devices keep, and what time brings."""
        published = self._book.publications_by_device
        grants = [self._count(DeviceId(one.id), GRANTS) for one in entries if one.id in published]
        return self._book.head, self._store.items.revision, tuple(grants)

    async def _end_device(self, call: Call) -> web.Response:
        entry_id = call.variables[0]
        own = self._access.own_entry(call.caller, entry_id)
        entry = own or self._access.device(call.caller, entry_id)
        return document(self._entries.element(entry, call.caller.client), call.profile)

    async def _registration(self, call: Call, device: Device) -> web.Response:
        return document(project_device.registration(device, self._pace(call)), call.profile)

    async def _assignments(self, call: Call, device: Device) -> web.Response:
        groups = project_fsa.assigned_groups(self._book, device)
        chosen = _part(groups, self._page(call))
        found = [project_fsa.assignment(self._book, device, group) for group in chosen]
        total = len(groups)
        return document(
            project_fsa.assignment_list(device, found, self._pace(call), total=total), call.profile
        )

    async def _assignment(self, call: Call, device: Device) -> web.Response:
        for group in project_fsa.assigned_groups(self._book, device):
            if group.id == call.variables[1]:
                return document(project_fsa.assignment(self._book, device, group), call.profile)
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
        return document(
            project_program.program_list(path, found, self._pace(call), total=total), call.profile
        )

    def _projected(self, call: Call, device: Device, program: Program) -> DERProgram:
        controls, active = self._views.view(device, program.id, call.now).counts(call.now)
        curves = len(self._book.curves_of(program.id))
        return project_program.program(
            program, device.id, controls=controls, active=active, curves=curves
        )

    def _offered(self, call: Call, device: Device) -> Program:
        for program in self._book.programs_of(device.id):
            if program.id == call.variables[1]:
                return program
        raise Unknown("there is no such resource")

    async def _program(self, call: Call, device: Device) -> web.Response:
        return document(self._projected(call, device, self._offered(call, device)), call.profile)

    async def _controls(self, call: Call, device: Device) -> web.Response:
        view = self._views.view(device, call.variables[1], call.now)
        page = page_of(call.query, call.route.paging, self._limit)
        return raw_document(fill(view.page(page, call.now, call.profile), device.id))

    async def _active_controls(self, call: Call, device: Device) -> web.Response:
        view = self._views.view(device, call.variables[1], call.now)
        page = page_of(call.query, call.route.paging, self._limit)
        return raw_document(
            fill(view.page(page, call.now, call.profile, only_active=True), device.id)
        )

    async def _control(self, call: Call, device: Device) -> web.Response:
        view = self._views.view(device, call.variables[1], call.now)
        body = view.one(call.variables[2], call.now, call.profile)
        return raw_document(fill(body, device.id))

    async def _default_control(self, call: Call, device: Device) -> web.Response:
        program = self._offered(call, device)
        return document(project_program.default_control(program, device.id), call.profile)

    async def _curves(self, call: Call, device: Device) -> web.Response:
        program = self._offered(call, device)
        curves = project_curve.in_order(self._book.curves_of(program.id).values())
        found = [project_curve.curve(one, device.id) for one in _part(curves, self._page(call))]
        path = href("curves", e=device.id, p=program.id)
        return document(project_curve.curve_list(path, found, total=len(curves)), call.profile)

    async def _curve(self, call: Call, device: Device) -> web.Response:
        program = self._offered(call, device)
        curve = self._book.curves_of(program.id).get(CurveId(call.variables[2]))
        if curve is None:
            raise Unknown("there is no such resource")
        return document(project_curve.curve(curve, device.id), call.profile)

    async def _ders(self, call: Call, device: Device) -> web.Response:
        programs = len(self._book.programs_of(device.id))
        chosen = _part((project_device.der(device, programs=programs),), self._page(call))
        return document(
            DERList(
                href=href("ders", e=device.id),
                pollRate=self._pace(call).poll_rate("DERList"),
                all=1,
                results=len(chosen),
                DER_=tuple(chosen),
            ),
            call.profile,
        )

    async def _der(self, call: Call, device: Device) -> web.Response:
        project_device.check_der(call.variables[1])
        programs = len(self._book.programs_of(device.id))
        return document(project_device.der(device, programs=programs), call.profile)

    async def _der_programs(self, call: Call, device: Device) -> web.Response:
        project_device.check_der(call.variables[1])
        programs = self._book.programs_of(device.id)
        return self._program_list(
            call, device, programs, href("der_programs", e=device.id, d=call.variables[1])
        )

    async def _current_program(self, call: Call, device: Device) -> web.Response:
        """Answer with the program whose controls or, if none has any now, whose default holds."""
        project_device.check_der(call.variables[1])
        programs = self._book.programs_of(device.id)
        if not programs:
            raise Unknown("there is no such resource")

        def is_active(program: Program) -> bool:
            _, active = self._views.view(device, program.id, call.now).counts(call.now)
            return active > 0

        current = next(filter(is_active, programs), programs[0])
        path = href("current_program", e=device.id, d=call.variables[1])
        shown = replace(self._projected(call, device, current), href=path, subscribable=None)
        return document(shown, call.profile)


def _part(items: Sequence[T], page: Page) -> Sequence[T]:
    return items[page.start : page.start + page.limit]
