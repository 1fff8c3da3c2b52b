"""Whatever the declarations allow is valid by the official schema and reads back the same."""

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings

from schemas.openadr import (
    Message,
    OadrPayload,
    OadrSignedObject,
    decode_payload,
    encode_payload,
    wrap,
)

MESSAGES = get_args(Message)
FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = 200


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.wire_tag)
def test_a_random_message_reads_back_as_it_was_written(kind, instances) -> None:
    @FEW
    @given(instances(kind).map(wrap))
    def check(payload: OadrPayload) -> None:
        assert decode_payload(encode_payload(payload)) == payload

    check()


@pytest.mark.interop
@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.wire_tag)
def test_two_hundred_random_messages_are_valid_and_read_back(kind, some, valid) -> None:
    for message in some(kind, MANY):
        data = encode_payload(wrap(message))
        assert valid(data)
        assert decode_payload(data).oadrSignedObject.message == message


@pytest.mark.interop
def test_random_payloads_with_signature_and_identifier_are_valid_and_read_back(some, valid) -> None:
    for payload in some(OadrPayload, MANY):
        data = encode_payload(payload)
        assert valid(data)
        assert decode_payload(data) == payload


@pytest.mark.interop
def test_a_random_identifier_is_valid_when_written(some, valid, sample) -> None:
    poll = decode_payload(sample("oadrPoll").encode()).oadrSignedObject.message
    for signed in some(OadrSignedObject, 20):
        payload = OadrPayload(oadrSignedObject=OadrSignedObject(Id=signed.Id, message=poll))
        assert valid(encode_payload(payload))
        assert decode_payload(encode_payload(payload)) == payload
