"""Random valid instances of whatever is declared, for tests, fuzzing and simulated clients.

Drawn from the declarations alone, with an argument for all randomness. What a standard demands
beyond its schema (sums, references, order in time) is not met, and must not be known here.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from schemas.declare import Element, Member, Opaque, Shape, members
from schemas.simple import Simple

E = TypeVar("E", bound=Element)
TEXT = "abcXYZ019 .-_/é€漢😀&<>\"']\t\n\r"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


WORDS = {
    "currencyCode": ("AUD", "EUR", "USD"),
    "doubleList": ("1 2 3.5 -4", ""),
    "responseCode": ("200", "452"),
}
CARRIED = {
    "feed": b"""<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:1</id><title/>\
<updated>2026-06-01T00:00:00Z</updated></feed>""",
    "Signature": b"""<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>\
<CanonicalizationMethod Algorithm="urn:c14n"/><SignatureMethod Algorithm="urn:rsa"/><Reference>\
<DigestMethod Algorithm="urn:sha"/><DigestValue/></Reference></SignedInfo><SignatureValue/>\
</Signature>""",
}
"""Sound ones of the elements that are carried as they stand."""


def random_instance(
    cls: type[E], rng: Random, *, share: float = 0.5, without: frozenset[str] = frozenset()
) -> E:
    """Return an instance that fills each optional member with the probability `share`.

    Repeated members stand up to twice; deeper down there is less of everything. `without` names
    fields that are never filled.
    """
    values = {}
    for member in members(cls):
        absent = () if member.repeated else member.default
        if member.field in without or (not member.required and rng.random() >= share):
            values[member.field] = absent
        else:
            values[member.field] = _value(member, rng, share * 0.9, without)
    return cls(**values)


def _value(member: Member, rng: Random, share: float, without: frozenset[str]) -> Any:
    if not member.repeated:
        return _one(rng.choice(member.shapes), rng, share, without)
    count = min(rng.randint(1, 2), member.at_most or 2)
    return tuple(_one(rng.choice(member.shapes), rng, share, without) for _ in range(count))


def _one(shape: Shape, rng: Random, share: float, without: frozenset[str]) -> Any:
    if isinstance(shape.type, Opaque):
        return CARRIED[shape.name]
    if isinstance(shape.type, Simple):
        return random_value(shape.type, rng)
    return random_instance(shape.type, rng, share=share, without=without)


def random_value(simple: Simple, rng: Random) -> Any:
    """Return a random value of a simple type, the ends of its range among them."""
    if simple.values:
        return rng.choice(simple.values)
    if simple.name in WORDS:
        return rng.choice(WORDS[simple.name])
    return _MAKERS[simple.base](simple, rng)


def _integer(simple: Simple, rng: Random) -> int:
    low, high = int(simple.low or 0), int(simple.high or 0)
    return rng.choice((low, high, rng.randint(low, high), rng.randint(max(low, -9), min(high, 9))))


def _real(simple: Simple, rng: Random) -> float:
    return rng.choice((0.0, rng.randint(-999, 999) / 4, rng.uniform(-1, 1) * 2.0**100))


def _hexadecimal(simple: Simple, rng: Random) -> str:
    size = rng.randint(1, simple.length or 1)
    return f"{rng.getrandbits(8 * size):0{2 * size}X}"


def _text(simple: Simple, rng: Random) -> str:
    most = 12 if simple.length is None else min(12, simple.length)
    return "".join(rng.choice(TEXT) for _ in range(rng.randint(0, most)))


def _uri(simple: Simple, rng: Random) -> str:
    start = rng.choice(("", "/a", "https://a.example", "http://[::1]:8443"))
    return f"{start}/{rng.getrandbits(16):x}{rng.choice(('', '/', '?s=0&l=255', '#x'))}"


_MAKERS: dict[str, Callable[[Simple, Random], Any]] = {
    "ID": lambda simple, rng: f"id-{rng.getrandbits(64):x}",
    "NCName": lambda simple, rng: f"name-{rng.getrandbits(64):x}",
    "anyURI": _uri,
    "boolean": lambda simple, rng: rng.random() < 0.5,
    "dateTime": lambda simple, rng: EPOCH + timedelta(seconds=rng.randint(-(10**9), 4 * 10**9)),
    "decimal": lambda simple, rng: rng.randint(-(10**6), 10**6) / 100,
    "double": _real,
    "float": _real,
    "hexBinary": _hexadecimal,
    "integer": _integer,
    "string": _text,
    "token": lambda simple, rng: timedelta(seconds=rng.randint(-(10**6), 10**6)),
}
