"""How declared types stand in another edition of their standard.

A table says what differs, member by member; a view made of it takes the place of
`schemas.declare.members` when a `schemas.write.NsMap` writes for that edition. It must not know any
particular type or edition.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from schemas.declare import Element, Member, members
from schemas.write import View


@dataclass(frozen=True, slots=True)
class Variant:
    """How one member stands in another edition: its name and kind there, where they differ.

    `recode` makes the value that is written there, an instance of `kind` if that is given; None
    where the edition cannot carry the value, which is then left out.
    """

    name: str | None = None
    kind: type[Element] | None = None
    recode: Callable[[Any], Any] | None = None


_SAME = Variant()
Table = Mapping[type[Element], Mapping[str, Variant | None]]
"""What differs, by the declaring class and the field; None for a member that does not exist."""


def view_of(*tables: Table, without: Collection[str] = ()) -> View:
    """Return the members of types as an edition has them, `without` those of some namespaces.

    Where members are renamed, those that the class itself declares go by alphabet again.
    """

    def view(cls: type[Element]) -> tuple[Member, ...]:
        every, found, start = members(cls), [], 0
        for owner in _lineage(cls):
            end = len(fields(owner))  # type: ignore[arg-type]
            own = every[start:end]
            start = end
            for table in tables:
                own = _varied(own, table.get(owner, {}))
            foreign = set(without) - {owner.wire_ns}
            found += [member for member in own if member.shapes[0].ns not in foreign]
        return tuple(found)

    return view


def _lineage(cls: type[Element]) -> list[type[Element]]:
    """Return a class and the bases that it has members of, the first base first."""
    return [base for base in reversed(cls.__mro__) if base not in (object, Element)]


def _varied(own: tuple[Member, ...], table: Mapping[str, Variant | None]) -> tuple[Member, ...]:
    kept = [_variant(member, table) for member in own if table.get(member.field, _SAME)]
    if any(variant and variant.name for variant in table.values()):
        kept.sort(key=lambda member: member.shapes[0].name.lower())
    return tuple(kept)


def _variant(member: Member, table: Mapping[str, Variant | None]) -> Member:
    variant = table.get(member.field)
    if variant is None:
        return member
    (shape,) = member.shapes
    shape = replace(shape, name=variant.name or shape.name, type=variant.kind or shape.type)
    return replace(member, shapes=(shape,), recode=variant.recode)
