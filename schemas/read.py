"""From bytes to wire types: the reading half of the codec.

A reader for each class, compiled once from its declaration, knows which elements and attributes may
stand and how their text loads. Levels are counted on the way, because a look at the whole tree for
them costs more. It must not know any particular type.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from lxml import etree

from schemas.declare import (
    XSI,
    Element,
    Member,
    Opaque,
    Place,
    Shape,
    clark,
    kind_named,
    members,
    type_name,
)
from schemas.opaque import take
from schemas.parse import LIMITS, Limits, WireError, parse_deep
from schemas.simple import BLANK, SIGNED, Simple, collapse

E = TypeVar("E", bound=Element)
_Node = Any
"""An `etree._Element`, of which the stubs know no slices, and bytes for names."""
_Read = Callable[[_Node, int], Any]
"""Reads an element inside which so many levels may stand."""
_Slot = tuple[int, str, int | None, Callable[[str], Any] | None, _Read, Simple | None]
"""A child that may stand; a plain tuple, which is taken apart faster than a named one."""
_Find = Callable[[str], _Slot | None]
_Attributes = Callable[[str], tuple[str, Simple] | None]
_Values = dict[str, Any]
_Inside = Callable[[Any, _Node, int, _Values], None]
_ATTRIBUTES = 64
_XSI_TYPE = f"{{{XSI}}}type"
_XSI_KNOWN = {_XSI_TYPE, f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"}


def decode(
    classes: type[E] | tuple[type[E], ...],
    data: bytes,
    *,
    strict: bool = False,
    limits: Limits = LIMITS,
) -> E:
    """Return the instance that a document holds; WireError if it is none of the classes.

    Unknown elements and attributes are skipped; `strict` refuses them, and wrong order, too.
    """
    return decode_tree(classes, parse_deep(data, limits), strict=strict, depth=limits.depth)


def decode_tree(
    classes: type[E] | tuple[type[E], ...],
    root: etree._Element,
    *,
    strict: bool = False,
    depth: int = LIMITS.depth,
) -> E:
    """Return the instance that a parsed element of at most `depth` levels holds, see `decode`.

    Comments, processing instructions and entities that a parser left in the tree are refused.
    """
    accepted = classes if isinstance(classes, tuple) else (classes,)
    cls = next((cls for cls in accepted if clark(cls) == root.tag), None)
    if cls is None:
        space = etree.QName(root).namespace or ""
        raise WireError(_step(root), f"is not expected here (namespace {space!r})")
    try:
        return cast(E, _reader(cls, strict)(root, depth - 1))
    except WireError as error:
        error.path = _step(root) + error.path
        raise


_new = object.__new__
_READERS: dict[tuple[type[Element], bool], _Read] = {}


def _reader(cls: type[Element], strict: bool) -> _Read:
    if (cls, strict) not in _READERS:
        _READERS[cls, strict] = _compile(cls, strict)
    return _READERS[cls, strict]


def _compile(cls: type[Element], strict: bool) -> _Read:
    every = members(cls)
    attribute_of = {m.shapes[0].clark: (m.field, m.simple) for m in _at("attribute", every)}.get
    inside, content = _inside(cls, every, strict)
    repeated = [m.field for m in every if m.repeated]
    required = {m.field: m.label for m in every if m.required}
    size = -1 if repeated else len(every)

    def read(node: _Node, room: int) -> Element:
        element = _new(cls)  # a frozen dataclass's own __init__ takes ten times as long
        values = element.__dict__
        names = node.keys()
        if names:
            if _XSI_TYPE in names and (kind := _kind(cls, node)) is not cls:
                return cast(Element, _reader(kind, strict)(node, room))
            _read_attributes(attribute_of, node, names, values, strict)
        if room < 1:
            _check_levels(node, room)
        inside(content, node, room, values)
        if len(values) != size and (repeated or not values.keys() >= required.keys()):
            _complete(repeated, required, values)
        return element

    return read


def _inside(cls: type[Element], every: tuple[Member, ...], strict: bool) -> tuple[_Inside, Any]:
    """Return what reads the inside of an element, and what it must know of the class for that."""
    for member in _at("text", every):
        return _read_text, member
    slots: dict[str, _Slot] = {}
    for order, member in enumerate(_at("element", every)):
        for shape in member.shapes:
            if shape.clark in slots:
                raise TypeError(f"{cls.__name__} declares {shape.clark} twice")
            slots[shape.clark] = _slot(order, member, shape, strict, slots)
    return _read_strictly if strict else _read_tolerantly, slots.get


def _slot(order: int, member: Member, shape: Shape, strict: bool, slots: dict[str, _Slot]) -> _Slot:
    kind, most = shape.type, member.at_most if member.repeated else 1
    if isinstance(kind, Simple):
        read = partial(_read_simple, kind, strict)
        return order, member.field, most, kind.load, read, kind
    if isinstance(kind, Opaque):
        return order, member.field, most, None, _take, None

    def read_first(node: _Node, room: int) -> Any:
        """Compile the class when it is met: a type may hold itself, and many are never met."""
        found = _reader(kind, strict)
        slots[shape.clark] = order, member.field, most, None, found, None
        return found(node, room)

    return order, member.field, most, None, read_first, None


def _read_text(member: Member, node: _Node, room: int, values: _Values) -> None:
    values[member.field] = _read_simple(member.simple, False, node, room)


def _read_tolerantly(slot_of: _Find, node: _Node, room: int, values: _Values) -> None:
    """Read the children in any order, those skipped that are not declared."""
    for child in node[:]:  # the list is made faster than an iterator
        slot = slot_of(child.tag)
        if slot is None:
            _check_name(child)
            _check_levels(child, room - 1)
            continue
        _order, field, most, load, read, _simple = slot
        try:
            value = read(child, room - 1) if load is None or len(child) else load(child.text or "")
            if field in values:
                _add(field, most, value, values)
            else:
                values[field] = value
        except ValueError as error:
            raise _misfit(error, child, slot) from None


def _read_strictly(slot_of: _Find, node: _Node, room: int, values: _Values) -> None:
    """Read the children; refuse unknown ones, wrong order and text in between."""
    last = 0
    if text := node.text:
        _check_blank(text)
    for child in node[:]:
        slot = slot_of(child.tag)
        if slot is None or slot[0] < last:
            raise _misplaced(child, slot)
        last, field, most, _load, read, _simple = slot
        try:
            value = read(child, room - 1)
            if field in values:
                _add(field, most, value, values)
            else:
                values[field] = value
        except WireError as error:
            raise _misfit(error, child, slot) from None
        if text := child.tail:
            _check_blank(text)


def _complete(repeated: list[str], required: dict[str, str], values: _Values) -> None:
    """Make tuples of repeated members; what does not stand has its default in the class."""
    for field in repeated:
        if field in values:
            kept = values[field]
            values[field] = tuple(kept) if isinstance(kept, list) else (kept,)
    for field, label in required.items():
        if field not in values:
            raise WireError(label, "is missing")


def _kind(cls: type[Element], node: _Node) -> type[Element]:
    """Return the class that an element says it is of."""
    name = node.get(_XSI_TYPE, "")
    kind = kind_named(cls, collapse(name).rpartition(":")[2])
    if kind is None:
        raise WireError("", f"{name[:40]!r} is no kind of {type_name(cls)}")
    return kind


def _at(place: Place, every: tuple[Member, ...]) -> list[Member]:
    return [member for member in every if member.place == place]


def _read_attributes(
    attribute_of: _Attributes, node: _Node, names: list[str], values: _Values, strict: bool
) -> None:
    if len(names) > _ATTRIBUTES:  # lxml looks for each value from the first one on
        raise WireError("", f"has more than {_ATTRIBUTES} attributes")
    for name, text in zip(names, node.values(), strict=True):
        known = attribute_of(name)
        if known:
            field, simple = known
            try:
                values[field] = simple.load(text)
            except ValueError:
                raise _no(simple, text, f"/@{name}") from None
        elif strict and name not in _XSI_KNOWN:
            raise WireError(f"/@{name}", "is not declared here")


def _read_simple(kind: Simple, strict: bool, node: _Node, _room: int) -> Any:
    if strict and (names := node.keys()):
        _read_attributes(dict[str, tuple[str, Simple]]().get, node, names, {}, strict)
    if len(node):
        raise WireError("", "holds more than text")
    try:
        return kind.load(node.text or "")
    except ValueError:
        raise _no(kind, node.text) from None


def _take(node: _Node, room: int) -> bytes:
    _check_levels(node, room)
    return take(node)


def _check_levels(node: _Node, room: int) -> None:
    """Refuse an element inside which more levels stand than there is room for."""
    if room < 1 and len(node):
        raise WireError("", "is nested too deep")
    for child in node[:]:
        if len(child):
            _check_levels(child, room - 1)


def _check_name(node: _Node) -> None:
    if not isinstance(node.tag, str):
        raise WireError("", "holds a comment, a processing instruction or an entity")


def _check_blank(text: str) -> None:
    if text.strip(BLANK):
        raise WireError("", "holds text beside elements")


def _add(field: str, most: int | None, value: Any, values: _Values) -> None:
    """Keep a further value of a member; a list from the second one on."""
    if most == 1:
        raise WireError("", "stands twice")
    kept = values[field]
    if not isinstance(kept, list):
        kept = values[field] = [kept]
    if len(kept) == most:
        raise WireError("", f"stands more than {most} times")
    kept.append(value)


def _misplaced(child: etree._Element, slot: _Slot | None) -> WireError:
    _check_name(child)
    return WireError(_step(child), "stands out of order" if slot else "is not declared here")


def _misfit(error: ValueError, child: etree._Element, slot: _Slot) -> WireError:
    """Return what is wrong with a child, its step put before the path."""
    if isinstance(error, WireError):
        error.path = _step(child) + error.path
        return error
    return _no(cast(Simple, slot[-1]), child.text, _step(child))


def _no(kind: Simple, text: str | None, path: str = "") -> WireError:
    is_range = kind.low is not None and SIGNED.fullmatch((text or "").strip(BLANK)) is not None
    return WireError(path, f"{(text or '')[:40]!r} is no {kind.name}", is_range=is_range)


def _step(node: etree._Element) -> str:
    return "/" + etree.QName(node).localname
