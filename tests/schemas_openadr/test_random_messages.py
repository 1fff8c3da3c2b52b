"""Whatever the declarations allow is valid by the official schema and reads back the same."""

import re
from typing import get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schemas.openadr import (
    Message,
    OadrPayload,
    OadrSignedObject,
    decode_payload,
    encode_payload,
    wrap,
)

MESSAGES = get_args(Message)
IDENTIFIERS = re.compile(rb' (?:gml:id|oadr:Id)="([^"]*)"')
FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def with_unique_identifiers(data: bytes) -> bytes:
    found = IDENTIFIERS.findall(data)
    assume(len(found) == len(set(found)))
    return data


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.wire_tag)
def test_a_random_message_reads_back_as_it_was_written(kind, instances) -> None:
    @FEW
    @given(instances(kind).map(wrap))
    def check(payload: OadrPayload) -> None:
        assert decode_payload(encode_payload(payload)) == payload

    check()


@pytest.mark.interop
@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.wire_tag)
def test_a_random_message_is_valid_when_written(kind, instances, valid) -> None:
    @FEW
    @given(instances(kind).map(wrap))
    def check(payload: OadrPayload) -> None:
        assert valid(with_unique_identifiers(encode_payload(payload)))

    check()


@pytest.mark.interop
def test_a_random_identifier_is_valid_when_written(instances, valid, sample) -> None:
    poll = decode_payload(sample("oadrPoll").encode()).oadrSignedObject.message

    @FEW
    @given(st.uuids().map("id-{}".format))
    def check(name: str) -> None:
        payload = OadrPayload(oadrSignedObject=OadrSignedObject(Id=name, message=poll))
        assert valid(encode_payload(payload))
        assert decode_payload(encode_payload(payload)) == payload

    check()
