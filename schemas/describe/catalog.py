"""Which types each standard declares, found by looking into its package.

It must not know what is done with them.
"""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from schemas.declare import Element, Member, Shape, members
from schemas.openadr.namespaces import ATOM, DSP, PREFIXES
from schemas.sep2.names import NS, NS_CSIPAUS


def own_members(cls: type[Element]) -> tuple[Member, ...]:
    """Return the members that a class itself adds to those of its base."""
    base = cls.__mro__[1]
    inherited = () if base is Element else members(base)
    own = members(cls)[len(inherited) :]
    if {m.field for m in own} != set(inspect.get_annotations(cls)):
        raise TypeError(f"{cls.__name__} declares a member of its base anew")
    return own


@dataclass(frozen=True)
class Standard:
    """One standard: the package that declares it and the prefixes it is described with.

    `any_root` says whether a document may be of any type, or only of one that is never a part of
    another; `drafts` names modules that hold types of earlier editions.
    """

    title: str
    package: str
    prefixes: Mapping[str, str]
    any_root: bool = False
    drafts: tuple[str, ...] = ()

    @functools.cached_property
    def types(self) -> tuple[type[Element], ...]:
        """All types, module by module, in the order of their declaration."""
        return tuple(cls for module in self.modules for cls in _declared_in(module))

    @functools.cached_property
    def modules(self) -> tuple[ModuleType, ...]:
        """The modules that declare types of this edition, by name."""
        package = importlib.import_module(self.package)
        names = {info.name for info in pkgutil.iter_modules(package.__path__)} - set(self.drafts)
        modules = (importlib.import_module(f"{self.package}.{name}") for name in sorted(names))
        return tuple(module for module in modules if any(_declared_in(module)))

    @functools.cached_property
    def roots(self) -> tuple[type[Element], ...]:
        """The types that a document may be of."""
        if self.any_root:
            return self.types
        held = {shape.type for shape in self.shapes}
        bases = {base for cls in self.types for base in cls.__mro__[1:]}
        return tuple(cls for cls in self.types if cls not in held | bases)

    @functools.cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """All that members of the types may be."""
        every = (member for cls in self.types for member in members(cls))
        return tuple(shape for member in every for shape in member.shapes)


def _declared_in(module: ModuleType) -> Iterator[type[Element]]:
    for value in vars(module).values():
        own = isinstance(value, type) and value.__module__ == module.__name__
        if own and issubclass(value, Element):
            yield value


STANDARDS = {
    "sep2": Standard(
        "IEEE 2030.5",
        "schemas.sep2",
        {"sep2": NS, "csipaus": NS_CSIPAUS},
        any_root=True,
        drafts=("draft2013",),
    ),
    "openadr": Standard("OpenADR 2.0b", "schemas.openadr", {**PREFIXES, "atom": ATOM, "dsp": DSP}),
}
