"""What a 2030.5 client would find from the root on: each link that leads to its controls.

Reads what the face would answer, without a connection, so that an operator sees where a client is
stuck. It must not know how any of it is answered.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from server.core.model import Lfdi
from server.errors import Refusal

ROOT = "/dcap"
STEPS_LIMIT = 100

Look = Callable[[Lfdi, str, datetime], Awaitable[bytes]]
"""Returns what a client reads at a path at an instant; raises a Refusal."""

_FOLLOWED = {
    "TimeLink",
    "EndDeviceListLink",
    "EndDevice",
    "RegistrationLink",
    "FunctionSetAssignmentsListLink",
    "FunctionSetAssignments",
    "DERProgramListLink",
    "DERProgram",
    "DERControlListLink",
    "ActiveDERControlListLink",
    "DefaultDERControlLink",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One resource on the way."""

    path: str
    resource: str
    """The name of its type; empty if the client is refused."""
    count: int | None
    """How many items a list has."""
    refusal: str
    """Why the client is refused; empty if it is not."""


class Walk:
    """Follows the links as a client does."""

    def __init__(self, look: Look) -> None:
        self._look = look

    async def __call__(self, lfdi: str, at: datetime) -> tuple[Step, ...]:
        """Return what a client with an LFDI finds at an instant, in the order of its steps."""
        found: dict[str, Step] = {}
        waiting = [ROOT]
        while waiting and len(found) < STEPS_LIMIT:
            path = waiting.pop(0)
            if path not in found:
                found[path], further = await self._step(Lfdi(lfdi), path, at)
                waiting += further
        return tuple(found.values())

    async def _step(self, lfdi: Lfdi, path: str, at: datetime) -> tuple[Step, list[str]]:
        try:
            body = await self._look(lfdi, path, at)
        except Refusal as refusal:
            return Step(path=path, resource="", count=None, refusal=refusal.reason), []
        root = etree.fromstring(body)
        said = root.get("all")
        count = None if said is None else int(said)
        step = Step(path=path, resource=_name(root), count=count, refusal="")
        return step, list(_links(root))


def _links(root: etree._Element) -> Iterator[str]:
    for node in root.iter():
        href = node.get("href")
        if node is not root and href and _name(node) in _FOLLOWED:
            yield href if node.get("all") in {None, "0"} else f"{href}?l=255"


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname
