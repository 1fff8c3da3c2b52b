"""Our strict decoder, the official schemas and those we export judge the same damaged documents.

    python -m tests.fuzz.differential --count 100000 --seed 7

Whatever they disagree on has to stand in `tests.fuzz.known` with its reason; anything else is
printed and makes the run fail.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from lxml import etree

from schemas import openadr, sep2, wire
from schemas.describe import STANDARDS, export_xsd
from schemas.openadr.payload import OadrPayload
from schemas.parse import parse
from schemas.wire import Element, WireError
from tests.fuzz.known import KINDS, reason_for
from tests.fuzz.mutate import XSI, mutate
from tests.instances import CARRIED, random_instance

ORACLES = Path(__file__).parents[2] / "build" / "oracles"
FROM_ONE = 20  # so many damaged documents are made of one instance
NEVER_WRITTEN = frozenset({"plainId"})


PREFIXES = STANDARDS["openadr"].prefixes
PLACES = {
    "ds:Signature": "Signature",
    ".//oadr:oadrGBPayload/atom:feed": "feed",
    ".//oadr:oadrGBDataDescription/atom:feed": "feed",
}


@dataclass(frozen=True)
class Arena:
    """One standard: its documents, and the three judges."""

    name: str
    types: tuple[type[Element], ...]
    encode: Callable[[Element], bytes]
    decode: Callable[[type[Element], bytes], Element]
    official: etree.XMLSchema
    exported: etree.XMLSchema


@dataclass
class Tally:
    """What a run found."""

    judged: int = 0
    accepted: int = 0
    known: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)


def sep2_arena(oracles: Path = ORACLES) -> Arena:
    """Return the arena of IEEE 2030.5; FileNotFoundError without the official schemas."""
    official = _schema(oracles / "csipaus12" / "csipaus-core.xsd")
    named = _global_elements(oracles / "csipaus12" / "sep.xsd")
    types = (cls for cls in STANDARDS["sep2"].roots if cls.wire_tag in named)
    return Arena(
        "sep2",
        tuple(cls for cls in types if cls.wire_ns == sep2.NS),
        sep2.encode,
        lambda cls, data: wire.decode(cls, data, strict=True),
        official,
        exported("sep2", "sep2.xsd"),
    )


def openadr_arena(oracles: Path = ORACLES) -> Arena:
    """Return the arena of OpenADR 2.0b; FileNotFoundError without the official schemas."""
    return Arena(
        "openadr",
        (OadrPayload,),
        openadr.encode_payload,
        lambda cls, data: openadr.decode_payload(data),
        _schema(oracles / "openadr" / "oadr_20b.xsd"),
        exported("openadr", "openadr-oadr.xsd"),
    )


ARENAS = {"sep2": sep2_arena, "openadr": openadr_arena}


def exported(standard: str, start: str) -> etree.XMLSchema:
    """Return the schema that we export ourselves."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in export_xsd(standard).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return _schema(Path(folder) / start)


def _schema(path: Path) -> etree.XMLSchema:
    if not path.exists():
        raise FileNotFoundError(path)
    return etree.XMLSchema(etree.parse(path))


def _global_elements(path: Path) -> set[str]:
    tag = "{http://www.w3.org/2001/XMLSchema}element"
    return {node.get("name") for node in etree.parse(path).getroot().iterchildren(tag)}


def documents(arena: Arena, count: int, seed: int) -> Iterator[tuple[type[Element], bytes]]:
    """Yield damaged documents, and one in FROM_ONE undamaged."""
    for number in range(count):
        rng = Random(f"{arena.name}/{seed}/{number}")
        if number % FROM_ONE == 0:
            cls = rng.choice(arena.types)
            whole = random_instance(cls, rng, share=rng.random(), without=NEVER_WRITTEN)
            intact = arena.encode(whole)
            tree = etree.fromstring(intact)
            yield cls, intact
            continue
        damaged = deepcopy(tree)
        mutate(damaged, rng)
        yield cls, etree.tostring(damaged, encoding="utf-8")


def judge(arena: Arena, cls: type[Element], data: bytes, tally: Tally) -> None:
    """Let all three judge one document."""
    tally.judged += 1
    try:
        arena.decode(cls, data)
        refusal = None
    except WireError as error:
        refusal = str(error)
    tally.accepted += refusal is None
    try:
        root = parse(data, openadr.LIMITS)
    except WireError:
        return  # the schemas cannot see what no parser reads
    # A root of another type is for others to read, valid or not.
    if root.tag != f"{{{cls.wire_ns}}}{cls.wire_tag}":
        return
    restore(root)
    taken = refusal is None
    for who, schema in (("official", arena.official), ("exported", arena.exported)):
        if schema.validate(root) == taken:
            continue
        if schema.validate(without_kinds(root)) == taken:
            tally.known[f"{who}: {KINDS}"] += 1
            continue
        said = [refusal] if refusal else list(dict.fromkeys(e.message for e in schema.error_log))
        reasons = {reason_for(taken, each) for each in said}
        if None not in reasons:
            tally.known.update(f"{who}: {reason}" for reason in reasons)
        else:
            verdict = "we take it" if taken else "we refuse it"
            told = "; ".join(said)
            tally.unknown.append(f"{arena.name}, {who}, {verdict}: {told}\n{data.decode()}")


def without_kinds(root: etree._Element) -> etree._Element:
    """Return the same document with no xsi:type in it."""
    copy = deepcopy(root)
    for node in copy.iter(etree.Element):
        node.attrib.pop(f"{{{XSI}}}type", None)
    return copy


def restore(root: etree._Element) -> None:
    """Put a sound one in the place of each damaged element that we carry as it stands."""
    for path, name in PLACES.items():
        for node in root.iterfind(path, namespaces=PREFIXES):
            new = etree.fromstring(CARRIED[name])
            new.tail = node.tail
            node.getparent().replace(node, new)


def run(arena: Arena, count: int, seed: int) -> Tally:
    """Judge so many documents."""
    tally = Tally()
    for cls, data in documents(arena, count, seed):
        judge(arena, cls, data, tally)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    unknown = 0
    for name, arena in ARENAS.items():
        tally = run(arena(), given.count // len(ARENAS), given.seed)
        sys.stdout.write(f"{name}: {tally.judged} documents, {tally.accepted} taken\n")
        for reason, times in tally.known.most_common():
            sys.stdout.write(f"{times:8} {reason}\n")
        for case in tally.unknown[:20]:
            sys.stdout.write(f"UNKNOWN {case}\n")
        unknown += len(tally.unknown)
    sys.exit(f"{unknown} unknown disagreements" if unknown else 0)


if __name__ == "__main__":
    main()
