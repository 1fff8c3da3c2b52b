"""What both atheris targets share: seeds, a mutator that knows XML, and the watch for slow inputs.

Runs in the environment of `tests/atheris.lock`. An input is slow when a decoder spends more than
50 ms of CPU on it, three times in a row; what measures the coverage counts against us.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import TypeVar

import atheris
from lxml import etree

from tests.fuzz.mutate import mutate

LIMIT_NS = 50_000_000
TRIES = 3
T = TypeVar("T")
Target = Callable[[bytes], None]


def fuzz(target: Target, seeds: Iterable[bytes]) -> None:
    """Fuzz until libFuzzer's own arguments end it; the first one not an option is the corpus.

    A file instead of a folder is tried alone, which is how a finding is looked at again.
    """
    place = next((Path(arg) for arg in sys.argv[1:] if not arg.startswith("-")), None)
    if place is None:
        sys.exit(f"usage: {sys.argv[0]} CORPUS_FOLDER [-max_total_time=SECONDS ...]")
    if not place.is_file():
        place.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (place / f"seed-{number}").write_bytes(seed)
    options = ["-max_len=16384", f"-artifact_prefix={place.parent}/"]
    atheris.Setup([*sys.argv, *options], target, custom_mutator=damaged)
    atheris.Fuzz()


def watched(decode: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """Return a decoder that fails for slow inputs, too."""

    def run(data: bytes) -> T:
        if all(_spent_ns(decode, data) > LIMIT_NS for _ in range(TRIES)):
            raise TimeoutError(f"more than {LIMIT_NS // 1_000_000} ms of CPU, {TRIES} times")
        return decode(data)

    return run


def _spent_ns(decode: Callable[[bytes], object], data: bytes) -> int:
    start = time.process_time_ns()
    with contextlib.suppress(ValueError):
        decode(data)
    return time.process_time_ns() - start


def damaged(data: bytes, most: int, seed: int) -> bytes:
    """Damage the XML or, every other time and where it is none, the bytes."""
    if seed % 2:
        try:
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        except (etree.XMLSyntaxError, ValueError):
            return atheris.Mutate(data, most)
        try:
            mutate(root, Random(seed))
        except ValueError:
            return atheris.Mutate(data, most)
        return etree.tostring(root)[:most]
    return atheris.Mutate(data, most)
