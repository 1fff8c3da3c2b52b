"""Clients of each profile: what they say of themselves, and readers that know only their own."""

from collections import Counter, deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree

from schemas.declare import XSI, Element, Member, kind_named
from schemas.sep2 import MODULES, NS, NS_2013, NS_CSIPAUS, NS_CSIPAUS_13, Profile

_XSI_TYPE = f"{{{XSI}}}type"
_NAMESPACES = {
    Profile.DRAFT_2013: {NS_2013},
    Profile.PLAIN: {NS},
    Profile.CSIPAUS_12: {NS, NS_CSIPAUS},
    Profile.CSIPAUS_13: {NS, NS_CSIPAUS_13},
}
_TYPES = {
    cls.wire_tag: cls
    for module in MODULES
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Element) and cls is not Element
}


@dataclass
class Reader:
    """Knows the declarations of one profile, and takes no document with anything else in it."""

    profile: Profile
    met: Counter[str] = field(default_factory=Counter)

    def check(self, body: bytes) -> etree._Element:
        root = etree.fromstring(body)
        self._check(root, _TYPES[etree.QName(root).localname])
        return root

    def _check(self, node: etree._Element, cls: type[Element]) -> None:
        kind = node.get(_XSI_TYPE)
        known = self._members(kind_named(cls, kind) if kind else cls)
        assert known is not None, kind
        attributes = {m.shapes[0].name for m in known if m.place == "attribute"}
        assert set(node.attrib) - {_XSI_TYPE} <= attributes, (cls.__name__, dict(node.attrib))
        slots = {
            shape.name: (order, shape.type)
            for order, member in enumerate(known)
            if member.place == "element"
            for shape in member.shapes
        }
        last = 0
        for child in node:
            name = self._name(child)
            assert name in slots, f"{cls.__name__} holds no {name}"
            order, inner = slots[name]
            assert order >= last, f"{name} stands out of order"
            last = order
            if isinstance(inner, type):
                self._check(child, inner)
            else:
                assert not len(child)
                assert not child.attrib

    def _members(self, cls: type[Element] | None) -> tuple[Member, ...] | None:
        return None if cls is None else self.profile.ns_map.view(cls)

    def _name(self, node: etree._Element) -> str:
        tag = etree.QName(node)
        assert tag.namespace in _NAMESPACES[self.profile], tag
        if self.profile in {Profile.DRAFT_2013, Profile.PLAIN}:
            assert node.prefix is None, node.prefix
        self.met[tag.localname] += 1
        return tag.localname


@dataclass
class Spoken:
    """A client of one profile: whatever it hears, it checks first."""

    peer: Any
    reader: Reader

    async def ask(self, method, path, body=None, **headers):
        data = body.encode() if isinstance(body, str) else body
        answer = await self.peer.ask(method, path, data, **headers)
        if answer.body:
            root = self.reader.check(answer.body)
            assert self.reader._name(root)
            if answer.status >= 400:
                assert etree.QName(root).localname == "Error"
        return answer

    async def get(self, path):
        return await self.ask("GET", path)

    async def put(self, path, body):
        return await self.ask("PUT", path, body)

    async def post(self, path, body):
        return await self.ask("POST", path, body)

    async def walk(self, start: str = "/dcap") -> dict[str, etree._Element]:
        """Follow every link and href; return what was found at each."""
        found: dict[str, etree._Element] = {}
        left = deque([start])
        while left:
            path = left.popleft()
            if path in found:
                continue
            answer = await self.get(f"{path}?l=255")
            assert answer.status in {200, 404}, path
            found[path] = answer.xml
            if answer.status == 200:
                left += [node.get("href") for node in answer.xml.iter() if node.get("href")]
                left += [one.get("replyTo") for one in answer.xml.iter("{*}DERControl")]
        return found


@pytest.fixture
def reader_of():
    """Make a reader of a profile."""
    return Reader


@pytest.fixture
def speak():
    """Make a client of a profile of the holder of a certificate."""
    return lambda house, name, profile: Spoken(house.peer(name), Reader(profile))


def power(value: int, multiplier: int = 0) -> str:
    return f"<multiplier>{multiplier}</multiplier><value>{value}</value>"


@pytest.fixture
def draft() -> SimpleNamespace:
    """How a client of the 2013 draft spells what it says."""
    ns = f'xmlns="{NS_2013}"'
    factor = "<displacement>95</displacement><multiplier>-2</multiplier>"
    return SimpleNamespace(
        ns=ns,
        der_capability=f"<DERCapability {ns}><modesSupported>00080000</modesSupported>"
        f"<rtgA>{power(20)}</rtgA><rtgMinPF>{factor}</rtgMinPF><rtgVA>{power(5000)}</rtgVA>"
        f"<rtgW>{power(5000)}</rtgW><rtgWh>{power(10, 3)}</rtgWh><type>4</type></DERCapability>",
        der_settings=f"<DERSettings {ns}><modesEnabled>00080000</modesEnabled>"
        f"<setGradW>27</setGradW><setMaxW>{power(4800)}</setMaxW><setMinPF>{factor}</setMinPF>"
        "<updatedTime>1767225600</updatedTime></DERSettings>",
        der_status=f"<DERStatus {ns}><genConnectStatus><dateTime>1767225600</dateTime>"
        "<value>01</value></genConnectStatus><readingTime>1767225600</readingTime></DERStatus>",
        der_availability=f"<DERAvailability {ns}><availabilityDuration>60</availabilityDuration>"
        "<readingTime>1767225600</readingTime></DERAvailability>",
    )


def end_device(ns: str, lfdi: str, short: int, category: str = "loadShedDeviceCategory") -> str:
    return (
        f"<EndDevice {ns}><{category}>200000</{category}><lFDI>{lfdi}</lFDI>"
        f"<sFDI>{short}</sFDI><changedTime>0</changedTime></EndDevice>"
    )


@pytest.fixture
def registration():
    return end_device
