"""Every sample message is read, written and read again, and what is written is valid."""

from pathlib import Path

import pytest

from schemas.openadr import decode_payload, encode_payload

SAMPLES = sorted((Path(__file__).parents[2] / "fixtures" / "openadr").glob("*.xml"))


def named(path: Path) -> str:
    return path.stem


def test_there_is_a_sample_of_each_kind() -> None:
    assert len(SAMPLES) == 27


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_a_sample_reads_back_as_it_was_written(path: Path) -> None:
    payload = decode_payload(path.read_bytes())
    assert decode_payload(encode_payload(payload)) == payload


@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_a_sample_holds_the_message_it_is_named_after(path: Path) -> None:
    message = decode_payload(path.read_bytes()).oadrSignedObject.message
    assert message.wire_tag == path.stem.partition("-")[0]


@pytest.mark.interop
@pytest.mark.parametrize("path", SAMPLES, ids=named)
def test_a_sample_is_valid_when_written_again(path: Path, valid) -> None:
    assert valid(path.read_bytes())
    assert valid(encode_payload(decode_payload(path.read_bytes())))
