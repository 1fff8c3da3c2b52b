"""One request as a handler sees it: who asks, when, and what there is to ask.

No HTTP here, so that a handler is a function from values to a model.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from server.admin.validators import Bond
from server.config import OptPolicy
from server.core.availability import Opts
from server.core.book import Book
from server.core.change import Change
from server.core.command import Command
from server.core.model import ClientId, DeviceId, Role, Subscription, SubscriptionId
from server.core.report import ReportOffer, ReportWish, Standing

if TYPE_CHECKING:  # the command line reads the table of operations and needs no store for it
    from server.desk import Desk
    from server.store.values import Delivery

Made = TypeVar("Made")


class Telling(Protocol):
    """What tells subscribers, as far as operators have to do with it."""

    def delivery(self, subscription_id: SubscriptionId) -> "Delivery | None":
        """Return how far the telling of a subscription is."""
        ...

    def dead_letters(self) -> "tuple[tuple[Subscription, Delivery], ...]":
        """Return what was given up."""
        ...

    def replay(self, subscription_id: SubscriptionId) -> None:
        """Begin anew with what was given up."""
        ...


class Reporting(Protocol):
    """What asks VENs for reports, as far as operators have to do with it; all raise a Refusal."""

    async def offers(self, client_id: ClientId) -> tuple[ReportOffer, ...]:
        """Return what a VEN offers."""
        ...

    async def ask(self, client_id: ClientId, wish: ReportWish, *, actor: str) -> Standing:
        """Ask a VEN for a report."""
        ...

    async def cancel(
        self, client_id: ClientId, request_id: str, *, report_to_follow: bool
    ) -> Standing:
        """Ask a VEN to report no more."""
        ...

    async def standings(self, client_id: ClientId) -> tuple[Standing, ...]:
        """Return what a VEN is asked for."""
        ...

    async def standing(self, client_id: ClientId, request_id: str) -> Standing:
        """Return one request, with what is missing of its data."""
        ...


class Opting(Protocol):
    """What knows what VENs have opted, as far as operators have to do with it."""

    policy: OptPolicy
    """What becomes of VENs that are out where their program does not say."""

    async def of(self, client_id: ClientId) -> Opts:
        """Return what a VEN has opted; raises a Refusal."""
        ...


class Step(Protocol):
    """A resource that a client reads on its way."""

    @property
    def path(self) -> str:
        """Return where it is."""
        ...

    @property
    def resource(self) -> str:
        """Return the name of its type."""
        ...

    @property
    def count(self) -> int | None:
        """Return how many items a list has."""
        ...

    @property
    def refusal(self) -> str:
        """Return why the client is refused; empty if it is not."""
        ...


Walk = Callable[[str, datetime], Awaitable[Sequence[Step]]]
"""Returns what a client with an LFDI finds from the root on at an instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all requests are answered from."""

    desk: "Desk"
    describe_edge: Callable[[DeviceId], Mapping[str, object]] | None
    """What the edge knows of a Modbus device; None where there is no edge."""
    is_ready: Callable[[], bool]
    outbox: Telling | None
    """What tells subscribers; None where nobody is told."""
    reporting: Reporting | None
    """What asks VENs for reports; None where no VENs are served."""
    opting: Opting | None
    """What knows what VENs have opted; None where no VENs are served."""
    maps: Callable[[str], frozenset[str]]
    """The modes that a register map can say; raises a Refusal if there is no such map."""
    walk: Walk | None = None
    """What goes the way of a 2030.5 client; None where none are served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; `actor` and `role` are those of the token."""

    house: House
    now: datetime
    actor: str
    role: Role | None
    """None if nobody needed to be known."""
    bond: Bond | None = None
    """What the request is bound to, if it says so."""

    @property
    def book(self) -> Book:
        """Return the book as it is now."""
        return self.house.desk.book

    async def submit(self, command: Command) -> tuple[Change, ...]:
        """Do what a command asks in the name of the caller; raises a Refusal."""
        desk, bond = self.house.desk, self.bond
        if bond is None:
            return await desk.submit(command, actor=self.actor)
        changes = await desk.submit(command, actor=self.actor, check=bond.check)
        bond.end()
        return changes


def the(kind: type[Made], changes: Iterable[Change]) -> Made:
    """Return the one change of a kind that a command brought."""
    (found,) = (change for change in changes if isinstance(change, kind))
    return found
