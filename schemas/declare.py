"""How an XML type is declared, and what can be read off a declaration.

A class is a complex type, a field a member; its annotation says everything (see `Element`). It must
not know XML text: reading and writing stand in `schemas.wire`, the checks of values in
`schemas.simple`.
"""

import inspect
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from schemas.simple import Simple


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Element:
    """Base of the wire types: one class for one complex type, one field for one member.

    Base class first, then fields in schema order, spelled as on the wire (one trailing `_` is
    dropped). `T` is required, `T | None = None` optional, `tuple[T, ...] = ()` repeated (without
    the default: at least one), `A | B` of elements a choice by element name. `Annotated` adds
    `ATTR`, `Attr(ns)`, `TEXT`, `In(ns)`, `Tag(name)` and `AtMost(count)`. The class keyword `ns`
    names the namespace of what the class declares itself and of its element; `tag` that element's
    name, if it is not the class's. Instances are frozen dataclasses.
    """

    wire_ns: ClassVar[str] = ""
    wire_tag: ClassVar[str] = ""

    def __init_subclass__(
        cls, *, ns: str | None = None, tag: str | None = None, **others: Any
    ) -> None:
        super().__init_subclass__(**others)
        cls.wire_ns = cls.wire_ns if ns is None else ns
        cls.wire_tag = tag or type_name(cls)
        dataclass(frozen=True, kw_only=True)(cls)
        _NAMED.setdefault(type_name(cls), []).append(cls)


XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NAMED: dict[str, list[type[Element]]] = {}


@dataclass(frozen=True, slots=True)
class Attr:
    """Marks an attribute; `ns` is given for a qualified one only."""

    ns: str | None = None


@dataclass(frozen=True, slots=True)
class In:
    """Marks an element that stands in another namespace than the declaring class."""

    ns: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Gives a wire name that Python cannot spell."""

    name: str


@dataclass(frozen=True, slots=True)
class AtMost:
    """Bounds how often a repeated member may stand."""

    count: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """Types an element that is carried as it stands, see `schemas.opaque`."""


class _Text:
    """Marks the text content of an element that has attributes as well."""


E = TypeVar("E", bound=Element)
ATTR = Attr()
TEXT = _Text()
Kind = Simple | Opaque | type[Element]
Place = Literal["attribute", "text", "element"]
_UNIONS = (Union, types.UnionType)


@dataclass(frozen=True, slots=True)
class Shape:
    """One way a member may stand: its name and its type."""

    ns: str | None
    name: str
    type: Kind

    @property
    def clark(self) -> str:
        """The name as lxml spells it."""
        return f"{{{self.ns}}}{self.name}" if self.ns else self.name


@dataclass(frozen=True, slots=True)
class Member:
    """One declared member: where it stands, how often, and in which shapes (several: a choice).

    `recode` makes of a value what is written in its place (None: nothing), see `schemas.variant`.
    """

    field: str
    place: Place
    default: Any
    repeated: bool
    at_most: int | None
    shapes: tuple[Shape, ...]
    recode: Callable[[Any], Any] | None = None

    @property
    def simple(self) -> Simple:
        """The simple type of an attribute or of text content."""
        kind = self.shapes[0].type
        if isinstance(kind, Simple):
            return kind
        raise TypeError(f"{self.field} cannot hold elements")

    @property
    def label(self) -> str:
        """The member's step in the path of a WireError."""
        return (
            f"/@{self.shapes[0].name}" if self.place == "attribute" else f"/{self.shapes[0].name}"
        )

    @property
    def required(self) -> bool:
        """Whether the member must stand (a repeated one: at least once)."""
        return self.default is MISSING


_MEMBERS: dict[type[Element], tuple[Member, ...]] = {}


def type_name(cls: type[Element]) -> str:
    """Return the name of the complex type that a class declares."""
    return cls.__name__.removesuffix("_")


def clark(cls: type[Element]) -> str:
    """Return the name of the class's own element as lxml spells it."""
    return f"{{{cls.wire_ns}}}{cls.wire_tag}" if cls.wire_ns else cls.wire_tag


def members(cls: type[Element]) -> tuple[Member, ...]:
    """Return the members of a wire type in schema order, those of its bases first."""
    found = _MEMBERS.get(cls)
    if found is None:
        hints = get_type_hints(cls, include_extras=True)
        found = _MEMBERS[cls] = tuple(
            _member(cls, field, hints[field.name])
            for field in fields(cls)  # type: ignore[arg-type]
        )
    return found


def kind_named(base: type[E], name: str) -> type[E] | None:
    """Return the class for an `xsi:type`: of that type name, and the base or derived from it."""
    return next((cls for cls in _NAMED.get(name, ()) if issubclass(cls, base)), None)


def _member(cls: type[Element], field: Field[Any], hint: Any) -> Member:
    found, repeated, ends = _unwrap(hint)
    marks = {type(mark): mark for mark in found}
    inside = marks[In].ns if In in marks else _owner(cls, field.name).wire_ns
    ns = marks[Attr].ns if Attr in marks else inside
    name = marks[Tag].name if Tag in marks else field.name.removesuffix("_")
    shapes = _shapes(ns, name, _plain(marks) or ends)
    if not shapes:
        raise TypeError(f"{cls.__name__}.{field.name} is declared as {hint}")
    at_most = marks[AtMost].count if AtMost in marks else None
    return Member(field.name, _place(marks), field.default, repeated, at_most, shapes)


def _plain(marks: dict[type, Any]) -> list[Kind]:
    return [marks[kind] for kind in (Simple, Opaque) if kind in marks]


def _shapes(ns: str | None, name: str, ends: list[Any]) -> tuple[Shape, ...]:
    """Return the shapes of a member; none if something in its hint is no wire type."""
    if not all(_is_wire_type(end) for end in ends):
        return ()
    if len(ends) == 1:
        return (Shape(ns, name, ends[0]),)
    return tuple(Shape(end.wire_ns, end.wire_tag, end) for end in ends)


def _is_wire_type(end: Any) -> bool:
    if isinstance(end, type):
        return issubclass(end, Element)
    return isinstance(end, Simple | Opaque)


def _place(marks: dict[type, Any]) -> Place:
    if Attr in marks:
        return "attribute"
    return "text" if _Text in marks else "element"


def _unwrap(hint: Any) -> tuple[list[Any], bool, list[type[Element]]]:
    """Peel marks, optionality and repetition off a hint; what is left are the choices."""
    marks: list[Any] = []
    repeated = False
    while True:
        origin = get_origin(hint)
        if origin is Annotated:
            marks += hint.__metadata__
            hint = hint.__origin__
        elif origin is tuple:
            repeated = True
            hint = get_args(hint)[0]
        elif origin in _UNIONS:
            ends = [end for end in get_args(hint) if end is not types.NoneType]
            if len(ends) > 1:
                return marks, repeated, ends
            hint = ends[0]
        else:
            return marks, repeated, [hint]


def _owner(cls: type[Element], name: str) -> type[Element]:
    return next(
        base
        for base in cls.__mro__
        if issubclass(base, Element) and name in inspect.get_annotations(base)
    )
