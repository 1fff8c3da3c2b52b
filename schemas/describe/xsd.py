"""XML schemas of our own, written from the declarations: what a strict reader takes.

One file for each namespace, for operators and tools; the text is ours and so are the names of the
types. It must not know any particular type.
"""

import itertools

from schemas.declare import Element, Member, Opaque, Shape, type_name
from schemas.describe.catalog import STANDARDS, Standard, own_members
from schemas.describe.facets import builtin, simple_type
from schemas.simple import UNNAMED, Simple, escape

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SIMPLE = "simpleType"
XS = "http://www.w3.org/2001/XMLSchema"


def export_xsd(name: str) -> dict[str, str]:
    """Return the schemas of a standard (`sep2`, `openadr`), text by file name."""
    standard = STANDARDS[name]
    files = {uri: _File(name, prefix, uri) for prefix, uri in standard.prefixes.items()}
    export = _Export(standard, files)
    for cls in standard.types:
        export.declare(cls)
    for cls in standard.roots:
        export.place("element", Shape(cls.wire_ns, cls.wire_tag, cls))
    return {file.name: file.text(files) for file in files.values() if file.holds}


class _File:
    """One schema in the making: its global components by kind and name."""

    def __init__(self, standard: str, prefix: str, uri: str) -> None:
        self.prefix, self.uri = prefix, uri
        self.name = f"{standard}.xsd" if prefix == standard else f"{standard}-{prefix}.xsd"
        self.holds: dict[tuple[str, str], str] = {}

    def add(self, kind: str, name: str, text: str) -> None:
        """Keep a component; TypeError if another one has its name."""
        if self.holds.setdefault((kind, name), text) != text:
            raise TypeError(f"two different {kind}s are {name} in {self.uri}")

    def text(self, files: "dict[str, _File]") -> str:
        """Return the schema as text, with imports of the other ones."""
        used = [file for file in files.values() if file.holds]
        spaces = "".join(f'\n  xmlns:{file.prefix}="{file.uri}"' for file in used)
        imports = "".join(
            f'<xs:import namespace="{file.uri}" schemaLocation="{file.name}"/>\n'
            for file in used
            if file is not self
        )
        body = "\n".join(self.holds[key] for key in sorted(self.holds))
        return (
            f'{HEAD}<xs:schema xmlns:xs="{XS}"{spaces}\n  targetNamespace="{self.uri}"'
            f' elementFormDefault="qualified">\n{imports}{body}\n</xs:schema>\n'
        )


class _Export:
    """Puts each component into the file of its namespace and refers to it from the others."""

    def __init__(self, standard: Standard, files: dict[str, _File]) -> None:
        self.standard, self.files = standard, files

    def declare(self, cls: type[Element]) -> None:
        """Add the complex type of a class."""
        own = own_members(cls)
        attributes = "".join(self.attribute(cls, m) for m in own if m.place == "attribute")
        content = self.content(cls, own, attributes)
        about = escape((cls.__doc__ or "").splitlines()[0])
        self.files[cls.wire_ns].add(
            "complexType",
            type_name(cls),
            f'<xs:complexType name="{type_name(cls)}">\n'
            f"<xs:annotation><xs:documentation>{about}</xs:documentation></xs:annotation>\n"
            f"{content}</xs:complexType>",
        )

    def content(self, cls: type[Element], own: tuple[Member, ...], attributes: str) -> str:
        """Return what stands in a complex type: a sequence, or text, and attributes."""
        text = next((m for m in own if m.place == "text"), None)
        if text:
            name = self.simple(cls.wire_ns, text.simple, text.field)
            return _extension("simpleContent", name, attributes)
        parts = "".join(self.particle(cls, m) for m in own if m.place == "element")
        inside = f"<xs:sequence>\n{parts}</xs:sequence>\n{attributes}"
        base = cls.__mro__[1]
        if base is Element:
            return inside
        return _extension("complexContent", self.complex(base), inside)

    def particle(self, cls: type[Element], member: Member) -> str:
        occurs = _occurs(member)
        if len(member.shapes) == 1:
            return self.element(cls, member.shapes[0], occurs)
        choices = "".join(self.element(cls, shape, "") for shape in member.shapes)
        return f"<xs:choice{occurs}>\n{choices}</xs:choice>\n"

    def element(self, cls: type[Element], shape: Shape, occurs: str) -> str:
        """Return an element as a part: described here, or a reference to another namespace."""
        if shape.ns == cls.wire_ns:
            return f'<xs:element name="{shape.name}"{self.typed(shape)}{occurs}/>\n'
        self.place("element", shape)
        return f'<xs:element ref="{self.qname(shape.ns, shape.name)}"{occurs}/>\n'

    def attribute(self, cls: type[Element], member: Member) -> str:
        shape = member.shapes[0]
        use = ' use="required"' if member.required else ""
        if shape.ns not in (None, cls.wire_ns):
            self.place("attribute", shape)
            return f'<xs:attribute ref="{self.qname(shape.ns, shape.name)}"{use}/>\n'
        form = ' form="qualified"' if shape.ns else ""
        kind = self.typed(Shape(cls.wire_ns, shape.name, shape.type))
        return f'<xs:attribute name="{shape.name}"{kind}{form}{use}/>\n'

    def place(self, kind: str, shape: Shape) -> None:
        """Add a global element or attribute to the file of its namespace."""
        text = f'<xs:{kind} name="{shape.name}"{self.typed(shape)}/>'
        self.files[shape.ns or ""].add(kind, shape.name, text)

    def typed(self, shape: Shape) -> str:
        if isinstance(shape.type, Opaque):
            return ""
        if isinstance(shape.type, Simple):
            return f' type="{self.simple(shape.ns or "", shape.type, shape.name)}"'
        return f' type="{self.complex(shape.type)}"'

    def complex(self, cls: type[Element]) -> str:
        return self.qname(cls.wire_ns, type_name(cls))

    def simple(self, ns: str, simple: Simple, place: str) -> str:
        """Return the name of a simple type in a namespace, added there unless XSD has it."""
        if builtin(simple):
            return f"xs:{simple.base}"
        holds, base = self.files[ns].holds, place if simple.name == UNNAMED else simple.name
        names = itertools.chain((base,), (f"{base}{number}" for number in itertools.count(2)))
        texts = ((name, simple_type(simple, name)) for name in names)
        free = (name for name, text in texts if holds.setdefault((SIMPLE, name), text) == text)
        return self.qname(ns, next(free))

    def qname(self, ns: str | None, name: str) -> str:
        return f"{self.files[ns or ''].prefix}:{name}"


def _occurs(member: Member) -> str:
    least = "" if member.required else ' minOccurs="0"'
    if not member.repeated:
        return least
    return f'{least} maxOccurs="{member.at_most or "unbounded"}"'


def _extension(content: str, base: str, inside: str) -> str:
    return (
        f'<xs:{content}>\n<xs:extension base="{base}">\n{inside}</xs:extension>\n</xs:{content}>\n'
    )
