"""Simple types as XSD writes them.

It must not know elements.
"""

from collections.abc import Iterable, Iterator

from schemas.simple import EXTENSION, Simple, escape

_OWN = ("anyURI", "boolean", "string")


def builtin(simple: Simple) -> bool:
    """Return whether XSD has the type already, so that its base can be named instead."""
    return simple.base in _OWN and simple.length is None


def simple_type(simple: Simple, name: str) -> str:
    """Return the definition of a simple type under a name."""
    inside = _restriction(simple.base, _facets(simple))
    if simple.extensible:
        words = (inside, _restriction(simple.base, [_facet("pattern", EXTENSION.pattern)]))
        inside = (
            f"<xs:union>{''.join(f'<xs:simpleType>{w}</xs:simpleType>' for w in words)}</xs:union>"
        )
    return f'<xs:simpleType name="{name}">{inside}</xs:simpleType>'


def _facets(simple: Simple) -> Iterator[str]:
    if simple.pattern:
        yield _facet("pattern", simple.pattern.replace("(?:", "("))
    if simple.base == "hexBinary":
        yield _facet("minLength", "1")
    if simple.length is not None:
        yield _facet("maxLength", str(simple.length))
    if simple.low is not None and simple.high is not None:
        yield _facet("minInclusive", str(simple.low)) + _facet("maxInclusive", str(simple.high))
    yield from (_facet("enumeration", word) for word in simple.values)


def _facet(name: str, value: str) -> str:
    return f'<xs:{name} value="{escape(value)}"/>'


def _restriction(base: str, facets: Iterable[str]) -> str:
    return f'<xs:restriction base="xs:{base}">{"".join(facets)}</xs:restriction>'
