"""A JSON view of wire instances: plain dictionaries there and back.

Keys are the names of the fields; numbers and truth values stay what they are, all else is text as
on the wire. Where several elements may stand, and where an instance is of a derived type, its kind
is said. It must not know any particular type.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from schemas.declare import Element, Member, Opaque, Shape, kind_named, members, type_name
from schemas.parse import WireError
from schemas.simple import Simple

E = TypeVar("E", bound=Element)
KIND = "@type"


def to_json(element: Element) -> dict[str, Any]:
    """Return an instance as what `json.dumps` takes; absent members are left out."""
    view: dict[str, Any] = {}
    for member in members(type(element)):
        value = getattr(element, member.field)
        if member.repeated and value:
            view[_key(member)] = [_shown(member, each) for each in value]
        elif not member.repeated and value is not None:
            view[_key(member)] = _shown(member, value)
    return view


def _key(member: Member) -> str:
    return member.field.removesuffix("_")


def _shown(member: Member, value: Any) -> Any:
    if isinstance(value, Element):
        declared = [shape.type for shape in member.shapes]
        told = {} if declared == [type(value)] else {KIND: type_name(type(value))}
        return told | to_json(value)
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str | int | float) else member.simple.dump(value)


def from_json(cls: type[E], view: Mapping[str, Any]) -> E:
    """Return the instance that a view shows; WireError if it breaks the declarations."""
    values: dict[str, Any] = {}
    left = dict(view)
    for member in members(cls):
        key = _key(member)
        values[member.field] = _member(member, key, left.pop(key, None))
    left.pop(KIND, None)
    if left:
        raise WireError(f"/{next(iter(left))}", "is not declared here")
    return cls(**values)


def _member(member: Member, key: str, value: Any) -> Any:
    if value is None or value == []:
        if member.required:
            raise WireError(f"/{key}", "is missing")
        return member.default
    try:
        return _several(member, value) if member.repeated else _read(member.shapes, value)
    except WireError as error:
        error.path = f"/{key}{error.path}"
        raise


def _several(member: Member, values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list):
        raise WireError("", "is no list")
    if member.at_most and len(values) > member.at_most:
        raise WireError("", f"stands more than {member.at_most} times")
    return tuple(_read(member.shapes, value) for value in values)


def _read(shapes: tuple[Shape, ...], value: Any) -> Any:
    kind = shapes[0].type
    if isinstance(kind, Simple):
        return _simple(kind, value)
    if isinstance(kind, Opaque) and isinstance(value, str):
        return value.encode()
    if not isinstance(value, dict):
        raise WireError("", "is no object")
    return from_json(_kind(shapes, value), value)


def _kind(shapes: tuple[Shape, ...], view: Mapping[str, Any]) -> type[Element]:
    name = view.get(KIND)
    kinds = [shape.type for shape in shapes if isinstance(shape.type, type)]
    if name is None and len(kinds) == 1:
        return kinds[0]
    found = (kind_named(kind, str(name)) for kind in kinds)
    kind = next(filter(None, found), None)
    if kind is None:
        raise WireError(f"/{KIND}", f"{str(name)[:40]!r} cannot stand here")
    return kind


def _simple(simple: Simple, value: Any) -> Any:
    try:
        if isinstance(value, str):
            return simple.load(value)
        read = simple.load(simple.dump(value))
    except (ValueError, TypeError, AttributeError):
        read = None
    if read is None or read != value:  # what is written of a value may be more than it is
        raise WireError("", f"{str(value)[:40]!r} is no {simple.name}")
    return read
