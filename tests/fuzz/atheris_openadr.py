"""The OpenADR 2.0b decoders under atheris: no crash, nothing slow, no exception but WireError.

What is taken has to be written again, and to be written the same way ever after.
"""

from collections.abc import Iterator
from random import Random
from typing import get_args

import atheris

with atheris.instrument_imports(include=["schemas"]):
    from schemas import openadr
    from schemas.wire import WireError
    from tests.instances import random_instance

from tests.fuzz.harness import fuzz, watched


def seeds() -> Iterator[bytes]:
    for number, cls in enumerate(get_args(openadr.Message)):
        yield openadr.encode_payload(openadr.wrap(random_instance(cls, Random(number))))
    yield openadr.encode_payload(random_instance(openadr.OadrPayload, Random(0), share=1))


def target(data: bytes) -> None:
    for decode in (strictly, leniently):
        try:
            payload = decode(data)
        except WireError:
            continue
        written = openadr.encode_payload(payload)
        assert openadr.encode_payload(openadr.decode_payload(written)) == written


@watched
def strictly(data: bytes) -> openadr.OadrPayload:
    return openadr.decode_payload(data)


@watched
def leniently(data: bytes) -> openadr.OadrPayload:
    return openadr.decode_payload(data, lenient=True)


if __name__ == "__main__":
    fuzz(target, seeds())
