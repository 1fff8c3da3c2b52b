"""From wire types to bytes: the writing half of the codec.

Strings are joined without a tree in between; a plan for each class and set of prefixes, compiled
once, holds every tag ready to write. It must not know any particular type.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from schemas.declare import XSI, Element, Member, Opaque, Shape, members, type_name
from schemas.opaque import put
from schemas.parse import WireError
from schemas.simple import Simple

View = Callable[[type[Element]], tuple[Member, ...]]
_Write = Callable[[Any, list[str]], None]
DECLARATION = b'<?xml version="1.0"?>\n'
"""Names no encoding, which means UTF-8: clients that parse text, not bytes, choke on a name."""


class NsMap:
    """The prefixes to write with, by prefix; the prefix "" is the default namespace.

    The root declares the default namespace and the prefixes in use, or all with `declare_all`.
    For another edition, `written_as` gives the namespaces that go by another name in it, and `view`
    the members that it has of a type.
    """

    def __init__(
        self,
        prefixes: Mapping[str, str],
        *,
        declare_all: bool = False,
        written_as: Mapping[str, str] = MappingProxyType({}),
        view: View = members,
    ) -> None:
        self.view = view
        self._prefixes = {prefix: written_as.get(uri, uri) for prefix, uri in prefixes.items()}
        self._declare_all = declare_all
        self._names = {uri: prefix and f"{prefix}:" for prefix, uri in prefixes.items()}
        self._plans: dict[type[Element], _WritePlan] = {}

    def name(self, ns: str | None, local: str) -> str:
        """Return a name as it is written; KeyError for a namespace without a prefix."""
        return self._names[ns] + local if ns else local

    def declarations(self, body: bytes) -> bytes:
        """Return the namespace declarations that a root with this body needs."""
        return "".join(
            f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"'
            for prefix, uri in self._prefixes.items()
            if not prefix or self._declare_all or f"{prefix}:".encode() in body
        ).encode()

    def plan(self, cls: type[Element]) -> "_WritePlan":
        """Return how instances of a class are written, compiled at the first call."""
        plan = self._plans.get(cls)
        if plan is None:
            plan = self._plans[cls] = _write_plan(cls, self)
        return plan


def encode(element: Element, *, ns_map: NsMap, fragments: Iterable[bytes] = ()) -> bytes:
    """Return the document that holds an instance; WireError for a value outside its type.

    `fragments` are members encoded before (`encode_fragment` with the same `ns_map`), put behind
    what the instance itself holds: so a list is built from parts that were encoded once.
    """
    cls = type(element)
    tag = ns_map.name(cls.wire_ns, cls.wire_tag)
    out = _written(element, tag, "", ns_map)
    end = out.pop()
    body = b"".join(["".join(out).encode(), *fragments, end.encode()])
    start = f"<{tag}".encode()
    return DECLARATION + start + ns_map.declarations(start + body) + body


def encode_fragment(
    element: Element, *, ns_map: NsMap, declared: type[Element] | None = None
) -> bytes:
    """Return an instance as a part of a document: no declaration, no namespaces.

    `declared` is the type of the list's member where the instance is of a derived one; the element
    then bears the declared name and an `xsi:type`.
    """
    cls = declared or type(element)
    tag = ns_map.name(cls.wire_ns, cls.wire_tag)
    start = f"<{tag}" + ("" if type(element) is cls else _xsi_type(type(element), ns_map))
    return "".join(_written(element, tag, start, ns_map)).encode()


def _written(element: Element, tag: str, start: str, ns_map: NsMap) -> list[str]:
    out: list[str] = []
    try:
        _write(ns_map.plan(type(element)), element, start, f"</{tag}>", out)
    except WireError as error:
        error.path = f"/{type(element).wire_tag}{error.path}"
        raise
    return out


@dataclass(frozen=True, slots=True)
class _WritePlan:
    attributes: tuple[tuple[Member, str, Simple], ...]
    text: tuple[Member, Simple] | None
    slots: tuple[tuple[Member, str, bool, _Write], ...]
    size: int
    blank: dict[str, Any]


def _write_plan(cls: type[Element], ns_map: NsMap) -> _WritePlan:
    every = ns_map.view(cls)
    return _WritePlan(
        tuple(
            (
                member,
                f' {ns_map.name(member.shapes[0].ns, member.shapes[0].name)}="',
                _simple(member),
            )
            for member in every
            if member.place == "attribute"
        ),
        next(((member, _simple(member)) for member in every if member.place == "text"), None),
        tuple(
            (member, member.field, member.required, _writer(member, ns_map))
            for member in every
            if member.place == "element"
        ),
        len(members(cls)),
        _blank(cls),
    )


def _blank(cls: type[Element]) -> dict[str, Any]:
    return {member.field: member.default for member in members(cls) if not member.required}


def _simple(member: Member) -> Simple:
    simple, recode = member.simple, member.recode
    if recode is None:
        return simple
    return replace(simple, dump=lambda value: simple.dump(recode(value)))


def _write(plan: _WritePlan, element: Element, start: str, end: str, out: list[str]) -> None:
    """Append the element's text to out; the last item is its end tag (or `/>`)."""
    values = element.__dict__
    if len(values) != plan.size:  # what was read holds no defaults
        values = plan.blank | values
    if plan.attributes:
        start += _attributes(plan, values)
    if plan.text:
        out += (start + ">", _dump(*plan.text, values[plan.text[0].field]), end)
    elif plan.slots:
        out.append(start + ">")
        for member, field, required, write in plan.slots:
            value = values[field]
            if value is not None:
                write(value, out)
            elif required:
                raise WireError(member.label, "is missing")
        out.append(end)
    else:
        out += (start, "/>")


def _attributes(plan: _WritePlan, values: dict[str, Any]) -> str:
    text = ""
    for member, lead, simple in plan.attributes:
        value = values[member.field]
        if value is not None:
            text += f'{lead}{_dump(member, simple, value)}"'
        elif member.required:
            raise WireError(member.label, "is missing")
    return text


def _dump(member: Member, simple: Simple, value: Any) -> str:
    try:
        return simple.dump(value)
    except ValueError:
        raise _misfit(member, simple, value) from None


def _writer(member: Member, ns_map: NsMap) -> _Write:
    shape = member.shapes[0]
    if isinstance(shape.type, Opaque):
        write = _opaque_writer(member, shape.clark)
    elif isinstance(shape.type, Simple):
        write = _value_writer(member, shape.type, ns_map.name(shape.ns, shape.name))
    else:
        write = _kind_writer(member, ns_map)
    if member.repeated:
        write = _each_writer(member, write)
    return write if member.recode is None else _recoding_writer(member, member.recode, write)


def _recoding_writer(member: Member, recode: Callable[[Any], Any], write: _Write) -> _Write:
    def write_recoded(value: Any, out: list[str]) -> None:
        try:
            value = recode(value)
        except ValueError:
            raise WireError(member.label, f"{str(value)[:40]!r} cannot be recoded") from None
        if value is not None:
            write(value, out)

    return write_recoded


def _each_writer(member: Member, write: _Write) -> _Write:
    least = 1 if member.required else 0

    def write_each(values: tuple[Any, ...], out: list[str]) -> None:
        if len(values) < least:
            raise WireError(member.label, "is missing")
        if member.at_most and len(values) > member.at_most:
            raise WireError(member.label, f"stands more than {member.at_most} times")
        for value in values:
            write(value, out)

    return write_each


def _value_writer(member: Member, simple: Simple, name: str) -> _Write:
    start, end, dump = f"<{name}>", f"</{name}>", simple.dump

    def write(value: Any, out: list[str]) -> None:
        try:
            out.append(f"{start}{dump(value)}{end}")
        except ValueError:
            raise _misfit(member, simple, value) from None

    return write


def _opaque_writer(member: Member, name: str) -> _Write:
    def write(value: Any, out: list[str]) -> None:
        try:
            out.append(put(value, name))
        except WireError as error:
            error.path = member.label + error.path
            raise

    return write


def _misfit(member: Member, simple: Simple, value: Any) -> WireError:
    return WireError(member.label, f"{str(value)[:40]!r} is no {simple.name}")


def _kind_writer(member: Member, ns_map: NsMap) -> _Write:
    seen: dict[type[Element], tuple[_WritePlan, str, str, str]] = {}

    def meet(kind: type[Element]) -> tuple[_WritePlan, str, str, str]:
        shape, exact = _fitting(member, kind)
        name = ns_map.name(shape.ns, shape.name)
        start = f"<{name}" + ("" if exact else _xsi_type(kind, ns_map))
        seen[kind] = ns_map.plan(kind), start, f"</{name}>", f"/{shape.name}"
        return seen[kind]

    def write(value: Any, out: list[str]) -> None:
        plan, start, end, step = seen.get(type(value)) or meet(type(value))
        try:
            _write(plan, value, start, end, out)
        except WireError as error:
            error.path = step + error.path
            raise

    return write


def _fitting(member: Member, kind: type[Element]) -> tuple[Shape, bool]:
    """Return the shape to write a kind in, and whether its declared type is that very kind."""
    for shape in member.shapes:
        if shape.type is kind:
            return shape, True
    for shape in member.shapes:
        if isinstance(shape.type, type) and issubclass(kind, shape.type):
            return shape, False
    raise WireError(member.label, f"a {kind.__name__} cannot stand here")


def _xsi_type(kind: type[Element], ns_map: NsMap) -> str:
    return f' xmlns:xsi="{XSI}" xsi:type="{ns_map.name(kind.wire_ns, type_name(kind))}"'
