"""The IEEE 2030.5 decoders under atheris: no crash, nothing slow, no exception but WireError.

What is taken has to be written again, and to be written the same way ever after.
"""

from collections.abc import Iterator
from random import Random

import atheris

with atheris.instrument_imports(include=["schemas"]):
    from schemas import sep2, wire
    from schemas.describe.catalog import STANDARDS
    from tests.instances import random_instance

from tests.fuzz.harness import fuzz, watched

TYPES = STANDARDS["sep2"].types


def seeds() -> Iterator[bytes]:
    for number, cls in enumerate(TYPES):
        yield sep2.encode(random_instance(cls, Random(number)))


def target(data: bytes) -> None:
    for decode in (tolerantly, strictly):
        try:
            element = decode(data)
        except wire.WireError:
            continue
        written = sep2.encode(element)
        assert sep2.encode(strictly(written)) == written


@watched
def tolerantly(data: bytes) -> wire.Element:
    return sep2.decode(TYPES, data)


@watched
def strictly(data: bytes) -> wire.Element:
    return wire.decode(TYPES, data, strict=True)


if __name__ == "__main__":
    fuzz(target, seeds())
