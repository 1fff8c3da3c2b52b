"""From the one known address to a device's programs, by links only.

DeviceCapability, Time, EndDevice (posted in band if it is absent), DER, FunctionSetAssignments,
DERPrograms. It must not know controls or responses.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeGuard

from certs.identity import sfdi
from schemas.sep2.base import Link, ListLink
from schemas.sep2.der import (
    DER,
    DefaultDERControl,
    DERAvailability,
    DERCapability,
    DERList,
    DERProgram,
    DERProgramList,
    DERSettings,
)
from schemas.sep2.derstatus import DERStatus
from schemas.sep2.device import (
    DeviceCapability,
    EndDevice,
    EndDeviceList,
    FunctionSetAssignmentsList,
    Time,
)
from server.clients.peer import ExchangeFailed
from server.clients.sep2_clock import ServerClock
from server.clients.sep2_schedule import EPOCH
from server.clients.sep2_tree import Tree

DEFAULT_POLL_RATE_S: Final = 900
"""What holds where the server names no pollRate."""

Document = DERCapability | DERSettings | DERStatus | DERAvailability
Documents = Callable[[datetime], Iterable[Document]]
"""What a device has to say of its DER at an instant."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """A program that is assigned to the device, and what holds in it while no control does."""

    program: DERProgram
    default: DefaultDERControl | None


@dataclass(frozen=True, slots=True)
class Found:
    """What one walk found; rates in seconds."""

    device: EndDevice
    der: DER | None
    programs: tuple[Assigned, ...]
    walk_s: int
    poll_s: int


class Discovery:
    """The way of one device through the server's links."""

    def __init__(
        self, tree: Tree, clock: ServerClock, *, lfdi: str, start: str, category: int | None
    ) -> None:
        self._tree = tree
        self._clock = clock
        self._lfdi = lfdi
        self._start = start
        self._category = category
        self._put: dict[str, Document] = {}

    async def walk(self) -> Found:
        """Walk from the start to the programs; raises ExchangeFailed."""
        capability = await self._tree.fetch(self._start, DeviceCapability)
        if capability.TimeLink is not None:
            await self._set_clock(capability.TimeLink)
        device = await self._own_device(_needed(capability.EndDeviceListLink, "EndDeviceListLink"))
        der = await self._first_der(device)
        programs, poll_s = await self._programs(device, capability)
        return Found(
            device=device,
            der=der,
            programs=programs,
            walk_s=_rate(capability.pollRate),
            poll_s=poll_s,
        )

    async def put_documents(self, der: DER | None, documents: Iterable[Document]) -> None:
        """Put what the device says of its DER where links lead, unless it stands there already."""
        for document in documents:
            name = type(document).__name__
            link: Link | None = getattr(der, f"{name}Link", None)
            if link is not None and self._put.get(link.href) != document:
                await self._tree.put(link.href, document)
                self._put[link.href] = document

    async def _set_clock(self, link: Link) -> None:
        asked_at = self._clock.own_now()
        told = await self._tree.fetch(link.href, Time)
        answered_at = self._clock.own_now()
        try:
            self._clock.heard(told.currentTime, asked_at=asked_at, answered_at=answered_at)
        except OverflowError as fault:
            raise ExchangeFailed(f"GET {link.href}: no such time") from fault

    async def _own_device(self, link: ListLink) -> EndDevice:
        _, devices = await self._tree.fetch_list(
            link.href, EndDeviceList, lambda page: page.EndDevice_
        )
        for device in devices:
            if self._is_own(device):
                return device
        return await self._register(link)

    def _is_own(self, device: EndDevice) -> bool:
        if device.lFDI is None:
            return device.sFDI == sfdi(self._lfdi)
        return device.lFDI.upper() == self._lfdi.upper()

    async def _register(self, link: ListLink) -> EndDevice:
        category = None if self._category is None else f"{self._category:08X}"
        posted = EndDevice(
            deviceCategory=category,
            lFDI=self._lfdi,
            sFDI=sfdi(self._lfdi),
            changedTime=int((self._clock.now() - EPOCH).total_seconds()),
        )
        location = await self._tree.post(link.href, posted)
        if not location:
            raise ExchangeFailed(f"POST {link.href}: no Location of the new EndDevice")
        return await self._tree.fetch(location, EndDevice)

    async def _first_der(self, device: EndDevice) -> DER | None:
        if not _leads_on(device.DERListLink):
            return None
        _, ders = await self._tree.fetch_list(
            device.DERListLink.href, DERList, lambda page: page.DER_
        )
        return ders[0] if ders else None

    async def _programs(
        self, device: EndDevice, capability: DeviceCapability
    ) -> tuple[tuple[Assigned, ...], int]:
        """Return the programs of all assignments, each once, and the shortest rate among them."""
        links, rates = await self._program_lists(device, capability)
        found: dict[str, DERProgram] = {}
        for link in links:
            page, programs = await self._tree.fetch_list(
                link.href, DERProgramList, lambda page: page.DERProgram_
            )
            rates.append(_rate(page.pollRate))
            found.update((program.mRID, program) for program in programs)
        in_order = sorted(found.values(), key=lambda program: program.primacy)
        return tuple([await self._assigned(program) for program in in_order]), min(rates)

    async def _program_lists(
        self, device: EndDevice, capability: DeviceCapability
    ) -> tuple[list[ListLink], list[int]]:
        """Return the lists of programs: those of the assignments, else that of the capability."""
        if not _leads_on(device.FunctionSetAssignmentsListLink):
            links = [capability.DERProgramListLink]
            return [link for link in links if _leads_on(link)], [_rate(capability.pollRate)]
        page, assignments = await self._tree.fetch_list(
            device.FunctionSetAssignmentsListLink.href,
            FunctionSetAssignmentsList,
            lambda page: page.FunctionSetAssignments_,
        )
        links = [assignment.DERProgramListLink for assignment in assignments]
        return [link for link in links if _leads_on(link)], [_rate(page.pollRate)]

    async def _assigned(self, program: DERProgram) -> Assigned:
        link = program.DefaultDERControlLink
        default = None if link is None else await self._tree.fetch(link.href, DefaultDERControl)
        return Assigned(program, default)


def _leads_on(link: ListLink | None) -> TypeGuard[ListLink]:
    """Tell whether a link is there and its list is not said to be empty."""
    return link is not None and link.all != 0


def _needed(link: ListLink | None, name: str) -> ListLink:
    if link is None:
        raise ExchangeFailed(f"the server gives no {name}")
    return link


def _rate(poll_rate: int | None) -> int:
    return DEFAULT_POLL_RATE_S if poll_rate is None else max(1, poll_rate)
