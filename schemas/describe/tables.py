"""Reference pages in Markdown: every type with its members, every simple type with its bounds.

It must not know any particular type.
"""

import inspect
from collections.abc import Iterator
from types import ModuleType

from schemas.declare import Element, Member, Opaque, Shape, type_name
from schemas.describe.catalog import STANDARDS, Standard, own_members
from schemas.simple import UNNAMED, Simple


def tables(name: str) -> str:
    """Return the reference page of a standard (`sep2`, `openadr`)."""
    standard = STANDARDS[name]
    return "\n".join((*_page(standard), *_simples(standard))) + "\n"


def _page(standard: Standard) -> Iterator[str]:
    yield f"# {standard.title}: the declared types\n\n| prefix | namespace |\n|---|---|"
    for prefix, uri in standard.prefixes.items():
        yield f"| {prefix} | `{uri}` |"
    for module in standard.modules:
        yield from _section(standard, module)


def _section(standard: Standard, module: ModuleType) -> Iterator[str]:
    purpose = (module.__doc__ or "").splitlines()[0]
    yield f"\n## {module.__name__.rpartition('.')[2]}\n\n{purpose}"
    for cls in standard.types:
        if cls.__module__ == module.__name__:
            yield from _entry(standard, cls)


def _entry(standard: Standard, cls: type[Element]) -> Iterator[str]:
    yield f"\n### {type_name(cls)}\n\n{inspect.getdoc(cls)}"
    base = cls.__mro__[1]
    if base is not Element:
        yield f"Extends {_linked(base)}."
    own = own_members(cls)
    if own:
        yield "\n| member | stands as | type | times |\n|---|---|---|---|"
    for member in own:
        yield _row(standard, cls, member)


def _row(standard: Standard, cls: type[Element], member: Member) -> str:
    names = " or ".join(_name(standard, cls, shape) for shape in member.shapes)
    types = " or ".join(dict.fromkeys(_type(shape) for shape in member.shapes))
    return f"| {names} | {member.place} | {types} | {_times(member)} |"


def _name(standard: Standard, cls: type[Element], shape: Shape) -> str:
    prefix = next((p for p, uri in standard.prefixes.items() if uri == shape.ns), "")
    foreign = shape.ns not in (None, cls.wire_ns)
    return f"`{prefix}:{shape.name}`" if foreign else f"`{shape.name}`"


def _type(shape: Shape) -> str:
    if isinstance(shape.type, Opaque):
        return "carried as it stands"
    if not isinstance(shape.type, Simple):
        return _linked(shape.type)
    return _bounds(shape.type) if shape.type.name == UNNAMED else shape.type.name


def _linked(cls: type[Element]) -> str:
    return f"[{type_name(cls)}](#{type_name(cls).lower()})"


def _times(member: Member) -> str:
    least = 1 if member.required else 0
    most = str(member.at_most or "n") if member.repeated else "1"
    return most if most == str(least) else f"{least}..{most}"


def _simples(standard: Standard) -> Iterator[str]:
    simples = (shape.type for shape in standard.shapes if isinstance(shape.type, Simple))
    named = (kind for kind in simples if kind.name != UNNAMED)
    found = {(kind.name, _bounds(kind)): kind for kind in named}
    yield "\n## Simple types\n\n| type | of | what it admits |\n|---|---|---|"
    for name, bounds in sorted(found):
        yield f"| {name} | {found[name, bounds].base} | {bounds} |"


def _bounds(simple: Simple) -> str:
    words = [f"`{word}`" for word in simple.values if word]
    if simple.extensible:
        words.append("or a word of a deployment's own, `x-...`")
    if simple.length is not None:
        unit = "bytes" if simple.base == "hexBinary" else "characters"
        words.append(f"at most {simple.length} {unit}")
    if simple.low is not None:
        words.append(f"{simple.low} to {simple.high}")
    elif simple.pattern:
        words.append("`" + simple.pattern.replace("|", r"\|") + "`")
    return ", ".join(words)
