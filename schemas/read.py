"""From bytes to wire types: the reading half of the codec.

A plan for each class, compiled once from its declaration, says which elements and attributes may
stand and how their text loads. It must not know any particular type.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

from lxml import etree

from schemas.declare import (
    XSI,
    Element,
    Kind,
    Member,
    Opaque,
    Place,
    clark,
    kind_named,
    members,
    type_name,
)
from schemas.opaque import take
from schemas.parse import LIMITS, Limits, WireError, parse
from schemas.simple import BLANK, Simple, collapse

E = TypeVar("E", bound=Element)
_Read = Callable[[etree._Element, bool], Any]
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
    return decode_tree(classes, parse(data, limits), strict=strict)


def decode_tree(
    classes: type[E] | tuple[type[E], ...], root: etree._Element, *, strict: bool = False
) -> E:
    """Return the instance that a parsed element holds, see `decode`.

    Comments, processing instructions and entities that a parser left in the tree are refused.
    """
    accepted = classes if isinstance(classes, tuple) else (classes,)
    cls = next((cls for cls in accepted if clark(cls) == root.tag), None)
    if cls is None:
        raise WireError(_step(root), f"is not expected here (namespace {_space(root)!r})")
    try:
        return _read(cls, root, strict)
    except WireError as error:
        error.path = _step(root) + error.path
        raise


class _ReadSlot(NamedTuple):
    order: int
    field: str
    most: int | None
    read: _Read


@dataclass(frozen=True, slots=True)
class _ReadPlan:
    attributes: dict[str, tuple[str, Simple]]
    text: tuple[str, _Read] | None
    slots: dict[str, _ReadSlot]
    repeated: tuple[str, ...]
    required: dict[str, str]
    blank: dict[str, Any]
    size: int


_new, _set = object.__new__, object.__setattr__
_PLANS: dict[type[Element], _ReadPlan] = {}


def _plan(cls: type[Element]) -> _ReadPlan:
    every = members(cls)
    _PLANS[cls] = _ReadPlan(
        {m.shapes[0].clark: (m.field, m.simple) for m in _at("attribute", every)},
        next(((m.field, _reader(m.simple)) for m in _at("text", every)), None),
        _slots(cls, _at("element", every)),
        tuple(m.field for m in every if m.repeated),
        {m.field: m.label for m in every if m.required},
        _defaults(every),
        len(every),
    )
    return _PLANS[cls]


def _defaults(every: tuple[Member, ...]) -> dict[str, Any]:
    return {m.field: m.default for m in every if not m.required}


def _at(place: Place, every: tuple[Member, ...]) -> list[Member]:
    return [member for member in every if member.place == place]


def _slots(cls: type[Element], elements: list[Member]) -> dict[str, _ReadSlot]:
    slots: dict[str, _ReadSlot] = {}
    for order, m in enumerate(elements):
        most = m.at_most if m.repeated else 1
        for shape in m.shapes:
            if shape.clark in slots:
                raise TypeError(f"{cls.__name__} declares {shape.clark} twice")
            slots[shape.clark] = _ReadSlot(order, m.field, most, _reader(shape.type))
    return slots


def _read(cls: type[E], node: etree._Element, strict: bool) -> E:
    names = node.keys()
    if names:
        cls = _kind(cls, node)
    plan = _PLANS.get(cls) or _plan(cls)
    values: dict[str, Any] = {}
    if names:
        _read_attributes(plan.attributes, node, values, strict)
    if plan.text:
        field, read = plan.text
        values[field] = read(node, False)
    elif strict:
        _read_strictly(plan, node, values)
    else:
        _read_tolerantly(plan, node, values)
    return _build(cls, plan, values)


def _read_attributes(
    declared: dict[str, tuple[str, Simple]],
    node: etree._Element,
    values: dict[str, Any],
    strict: bool,
) -> None:
    for name, text in _attributes(node):
        known = declared.get(name)
        if known:
            field, simple = known
            try:
                values[field] = simple.load(text)
            except ValueError:
                raise WireError(f"/@{name}", f"{text[:40]!r} is no {simple.name}") from None
        elif strict and name not in _XSI_KNOWN:
            raise WireError(f"/@{name}", "is not declared here")


def _attributes(node: etree._Element) -> list[tuple[str, str]]:
    if len(node.keys()) > _ATTRIBUTES:  # lxml looks for each value from the first one on
        raise WireError("", f"has more than {_ATTRIBUTES} attributes")
    return cast(list[tuple[str, str]], node.items())  # the stubs also allow for bytes


def _read_tolerantly(plan: _ReadPlan, node: etree._Element, values: dict[str, Any]) -> None:
    """Read the children in any order, those skipped that are not declared."""
    slot_of = plan.slots.get
    for child in node:
        slot = slot_of(child.tag)
        if slot is None:
            _check_name(child)
            continue
        _, field, most, read = slot
        try:
            value = read(child, False)
            if field in values:
                _add(field, most, value, values)
            else:
                values[field] = value
        except WireError as error:
            error.path = _step(child) + error.path
            raise


def _read_strictly(plan: _ReadPlan, node: etree._Element, values: dict[str, Any]) -> None:
    """Read the children; refuse unknown ones, wrong order and text in between."""
    last, slot_of = 0, plan.slots.get
    if text := node.text:
        _check_blank(text)
    for child in node:
        slot = slot_of(child.tag)
        if slot is None or slot[0] < last:
            raise _misplaced(child, slot)
        last, field, most, read = slot
        try:
            value = read(child, True)
            if field in values:
                _add(field, most, value, values)
            else:
                values[field] = value
        except WireError as error:
            error.path = _step(child) + error.path
            raise
        if text := child.tail:
            _check_blank(text)


def _check_blank(text: str) -> None:
    if text.strip(BLANK):
        raise WireError("", "holds text beside elements")


def _misplaced(child: etree._Element, slot: _ReadSlot | None) -> WireError:
    _check_name(child)
    return WireError(_step(child), "stands out of order" if slot else "is not declared here")


def _add(field: str, most: int | None, value: Any, values: dict[str, Any]) -> None:
    """Keep a further value of a member; a list from the second one on."""
    if most == 1:
        raise WireError("", "stands twice")
    kept = values[field]
    if not isinstance(kept, list):
        kept = values[field] = [kept]
    if len(kept) == most:
        raise WireError("", f"stands more than {most} times")
    kept.append(value)


def _check_name(node: etree._Element) -> None:
    if not isinstance(node.tag, str):
        raise WireError("", "holds a comment, a processing instruction or an entity")


def _build(cls: type[E], plan: _ReadPlan, values: dict[str, Any]) -> E:
    for field in plan.repeated:
        if field in values:
            kept = values[field]
            values[field] = tuple(kept) if isinstance(kept, list) else (kept,)
    whole = values if len(values) == plan.size else plan.blank | values
    if len(whole) < plan.size:
        missing = next(field for field in plan.required if field not in values)
        raise WireError(plan.required[missing], "is missing")
    element = _new(cls)  # a frozen dataclass's own __init__ takes three times as long
    _set(element, "__dict__", whole)
    return element


def _kind(cls: type[E], node: etree._Element) -> type[E]:
    name = node.get(_XSI_TYPE)
    if name is None:
        return cls
    kind = kind_named(cls, collapse(name).rpartition(":")[2])
    if kind is None:
        raise WireError("", f"{name[:40]!r} is no kind of {type_name(cls)}")
    return kind


def _reader(kind: Kind) -> _Read:
    if isinstance(kind, Opaque):
        return lambda node, strict: take(node)
    if not isinstance(kind, Simple):
        return functools.partial(_read, kind)
    load = kind.load

    def read(node: etree._Element, strict: bool) -> Any:
        if strict and node.keys():
            _read_attributes({}, node, {}, strict)
        if len(node):
            raise WireError("", "holds more than text")
        try:
            return load(node.text or "")
        except ValueError:
            text = (node.text or "")[:40]
            raise WireError("", f"{text!r} is no {kind.name}") from None

    return read


def _step(node: etree._Element) -> str:
    return "/" + etree.QName(node).localname


def _space(node: etree._Element) -> str:
    return etree.QName(node).namespace or ""
