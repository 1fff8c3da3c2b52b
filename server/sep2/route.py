"""What a resource of the 2030.5 face is declared with, and the few ways to declare one.

It must not know any one resource.
"""

from dataclasses import dataclass
from enum import Enum

from schemas.wire import Element

Paging = tuple[str, ...]
"""The query parameters that a list takes."""
UNPAGED: Paging = ()
LIMITED: Paging = ("s", "l")
TIMED: Paging = ("s", "a", "l")


class Who(Enum):
    """Who may use a method of a route."""

    ADMITTED = "any client that is let in at all"
    OWNER = "the client that speaks for the device in the path"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of resource.

    `methods` are those of `Allow`; `takes` the elements of a body; `order` the keys that a list is
    sorted by, `-` for descending, as 2030.5 gives them; `resource` its name in the WADL, `also`
    those that share its path there. What is no XML is given out whatever a client accepts.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    reads: Who
    writes: Who
    gives: type[Element]
    takes: tuple[type[Element], ...]
    paging: Paging
    order: tuple[str, ...]
    resource: str
    also: tuple[str, ...] = ()
    is_xml: bool = True


def read(name: str, path: str, gives: type[Element], reads: Who) -> Route:
    """Declare what clients only read."""
    methods = ("GET", "HEAD")
    tag = gives.wire_tag
    return Route(name, path, methods, reads, Who.NOBODY, gives, (), UNPAGED, (), tag)


def put(name: str, path: str, gives: type[Element]) -> Route:
    """Declare a document that its owner replaces as a whole."""
    methods = ("GET", "HEAD", "PUT")
    tag = gives.wire_tag
    return Route(name, path, methods, Who.OWNER, Who.OWNER, gives, (gives,), UNPAGED, (), tag)


def kept(name: str, path: str, gives: type[Element], reads: Who, writes: Who) -> Route:
    """Declare what its owner replaces as a whole, and removes."""
    methods = ("GET", "HEAD", "PUT", "DELETE")
    tag = gives.wire_tag
    return Route(name, path, methods, reads, writes, gives, (gives,), UNPAGED, (), tag)


def changed(
    name: str, path: str, gives: type[Element], who: Who, *, takes: tuple[type[Element], ...]
) -> Route:
    """Declare what clients replace, post to and remove."""
    methods = ("GET", "HEAD", "PUT", "POST", "DELETE")
    return Route(name, path, methods, who, who, gives, takes, UNPAGED, (), gives.wire_tag)


def listing(
    name: str,
    path: str,
    gives: type[Element],
    who: Who,
    order: str,
    *,
    takes: tuple[type[Element], ...] = (),
    timed: bool = False,
    resource: str = "",
) -> Route:
    """Declare a list, which may be posted to if it takes anything."""
    methods = ("GET", "HEAD", "POST") if takes else ("GET", "HEAD")
    writes = who if takes else Who.NOBODY
    paging = TIMED if timed else LIMITED
    tag = resource or gives.wire_tag
    return Route(name, path, methods, who, writes, gives, takes, paging, tuple(order.split()), tag)


def items(
    names: tuple[str, str],
    path: str,
    gives: tuple[type[Element], type[Element]],
    order: str,
    *,
    timed: bool = False,
) -> tuple[Route, Route]:
    """Declare a list that its owner posts to, and its items, which it replaces and removes."""
    many, one = names
    item = "{" + one + "}"
    return (
        listing(many, path, gives[0], Who.OWNER, order, takes=(gives[1],), timed=timed),
        kept(one, f"{path}/{item}", gives[1], Who.OWNER, Who.OWNER),
    )
