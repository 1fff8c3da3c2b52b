"""Elements that are carried as they stand: foreign XML of which only the outside is declared.

What is taken stands by itself, with the namespace declarations that it needs, so that it can be
kept, shown and written again; nothing inside is checked. It must not know what may be carried
where.
"""

import re

from lxml import etree

from schemas.parse import Limits, WireError, parse

NAMESPACES = 32
_START = re.compile(rb"""\A(<[^\s/>]+)((?: xmlns(?::[^\s=]+)?=(?:"[^"]*"|'[^']*'))*)""")
_DECLARATION = re.compile(rb"""( xmlns(?::([^\s=]+))?=(?:"[^"]*"|'[^']*'))""")
_PREFIX = re.compile(rb"""[< "]([^\s<>"'/=:]+):""")
_ALIEN = re.compile(rb"<[!?]|&(?!(?:amp|lt|gt|quot|#[0-9]+|#x[0-9A-F]+);)")


def take(node: etree._Element) -> bytes:
    """Return an element of a document as a document of its own.

    A prefix that is in scope is declared if it may be in use, be it in a name or in a value.
    """
    # Each element that is taken writes them all.
    if len(node.nsmap) > NAMESPACES:
        raise WireError("", f"has more than {NAMESPACES} namespaces")
    data = etree.tostring(node, encoding="utf-8", with_tail=False)
    if _ALIEN.search(data):
        raise WireError("", "holds a comment, a processing instruction or an entity")
    used = {b"", *_PREFIX.findall(data)}

    def sparing(start: re.Match[bytes]) -> bytes:
        declarations = _DECLARATION.findall(start[2])
        return start[1] + b"".join([text for text, prefix in declarations if prefix in used])

    return _START.sub(sparing, data, count=1)


def put(data: bytes, name: str) -> str:
    """Return a document as a part of another one; WireError if its root is not the one named."""
    root = parse(data, Limits(size=len(data), marks=len(data)))
    if root.tag != name:
        raise WireError("", f"is {root.tag[:40]!r}")
    return take(root).decode()
