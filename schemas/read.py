"""From bytes to wire types: the reading half of the codec.

A plan for each class, compiled once from its declaration, says which elements and attributes may
stand and how their text loads. It must not know any particular type.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from lxml import etree

from schemas.declare import XSI, Element, Member, Place, clark, kind_named, members, type_name
from schemas.parse import LIMITS, Limits, WireError, parse
from schemas.simple import Simple, collapse

E = TypeVar("E", bound=Element)
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


@dataclass(frozen=True, slots=True)
class _ReadSlot:
    order: int
    field: str
    repeated: bool
    at_most: int | None
    read: Callable[[etree._Element, bool], Any]


@dataclass(frozen=True, slots=True)
class _ReadPlan:
    attributes: dict[str, tuple[str, Simple]]
    text: tuple[str, Simple] | None
    slots: dict[str, _ReadSlot]
    repeated: tuple[str, ...]
    required: dict[str, str]
    blank: dict[str, Any]


_PLANS: dict[type[Element], _ReadPlan] = {}


def _plan(cls: type[Element]) -> _ReadPlan:
    plan = _PLANS.get(cls)
    if plan is None:
        plan = _PLANS[cls] = _compile(cls)
    return plan


def _compile(cls: type[Element]) -> _ReadPlan:
    every = members(cls)
    return _ReadPlan(
        _simples(every, "attribute"),
        next(iter(_simples(every, "text").values()), None),
        _slots(cls),
        tuple(m.field for m in every if m.repeated),
        {m.field: m.label for m in every if m.required},
        {m.field: m.default for m in every if not m.required},
    )


def _simples(every: tuple[Member, ...], place: Place) -> dict[str, tuple[str, Simple]]:
    return {m.shapes[0].clark: (m.field, m.simple) for m in every if m.place == place}


def _slots(cls: type[Element]) -> dict[str, _ReadSlot]:
    slots: dict[str, _ReadSlot] = {}
    for order, m in enumerate(m for m in members(cls) if m.place == "element"):
        for shape in m.shapes:
            if shape.clark in slots:
                raise TypeError(f"{cls.__name__} declares {shape.clark} twice")
            slots[shape.clark] = _ReadSlot(
                order, m.field, m.repeated, m.at_most, _reader(shape.type)
            )
    return slots


def _read(cls: type[E], node: etree._Element, strict: bool) -> E:
    attributes = _attributes(node)
    values: dict[str, Any] = {}
    if attributes:
        cls = _kind(cls, node)
        _read_attributes(_plan(cls).attributes, attributes, values, strict)
    plan = _plan(cls)
    if plan.text:
        field, simple = plan.text
        values[field] = _load(simple, node)
    else:
        _read_children(plan, node, values, strict)
    return _build(cls, plan, values)


def _read_attributes(
    declared: dict[str, tuple[str, Simple]],
    found: list[tuple[str, str]],
    values: dict[str, Any],
    strict: bool,
) -> None:
    for name, text in found:
        known = declared.get(name)
        if known:
            field, simple = known
            try:
                values[field] = simple.load(text)
            except ValueError:
                raise WireError(f"/@{name}", f"{text[:40]!r} is no {simple.name}") from None
        elif strict and name not in _XSI_KNOWN:
            raise WireError(f"/@{name}", "is not declared here")


def _read_children(
    plan: _ReadPlan, node: etree._Element, values: dict[str, Any], strict: bool
) -> None:
    if strict:
        _check_order(plan, node)
    for child in node:
        slot = plan.slots.get(child.tag)
        if slot is None:
            _check_name(child)
            continue
        try:
            _keep(slot, slot.read(child, strict), values)
        except WireError as error:
            error.path = _step(child) + error.path
            raise


def _keep(slot: _ReadSlot, value: Any, values: dict[str, Any]) -> None:
    if not slot.repeated:
        if slot.field in values:
            raise WireError("", "stands twice")
        values[slot.field] = value
        return
    kept = values.setdefault(slot.field, [])
    kept.append(value)
    if slot.at_most and len(kept) > slot.at_most:
        raise WireError("", f"stands more than {slot.at_most} times")


def _check_order(plan: _ReadPlan, node: etree._Element) -> None:
    """Refuse what a tolerant reader skips: unknown elements, wrong order, text in between."""
    last = 0
    texts = [node.text]
    for child in node:
        _check_name(child)
        slot = plan.slots.get(child.tag)
        if slot is None:
            raise WireError(_step(child), "is not declared here")
        if slot.order < last:
            raise WireError(_step(child), "stands out of order")
        last = slot.order
        texts.append(child.tail)
    if any(text and collapse(text) for text in texts):
        raise WireError("", "holds text beside elements")


def _check_name(node: etree._Element) -> None:
    if not isinstance(node.tag, str):
        raise WireError("", "holds a comment, a processing instruction or an entity")


def _build(cls: type[E], plan: _ReadPlan, values: dict[str, Any]) -> E:
    if not plan.required.keys() <= values.keys():
        missing = next(field for field in plan.required if field not in values)
        raise WireError(plan.required[missing], "is missing")
    for field in plan.repeated:
        if field in values:
            values[field] = tuple(values[field])
    element = object.__new__(cls)  # a frozen dataclass's own __init__ takes three times as long
    element.__dict__.update(plan.blank | values)
    return element


def _attributes(node: etree._Element) -> list[tuple[str, str]]:
    return cast(list[tuple[str, str]], node.items())  # the stubs also allow for bytes


def _kind(cls: type[E], node: etree._Element) -> type[E]:
    name = node.get(_XSI_TYPE)
    if name is None:
        return cls
    kind = kind_named(cls, collapse(name).rpartition(":")[2])
    if kind is None:
        raise WireError("", f"{name[:40]!r} is no kind of {type_name(cls)}")
    return kind


def _reader(kind: Simple | type[Element]) -> Callable[[etree._Element, bool], Any]:
    if not isinstance(kind, Simple):
        return functools.partial(_read, kind)

    def read(node: etree._Element, strict: bool) -> Any:
        if strict:
            _read_attributes({}, _attributes(node), {}, strict)
        return _load(kind, node)

    return read


def _load(simple: Simple, node: etree._Element) -> Any:
    if len(node):
        raise WireError("", "holds more than text")
    text = node.text or ""
    try:
        return simple.load(text)
    except ValueError:
        raise WireError("", f"{text[:40]!r} is no {simple.name}") from None


def _step(node: etree._Element) -> str:
    return "/" + etree.QName(node).localname


def _space(node: etree._Element) -> str:
    return etree.QName(node).namespace or ""
