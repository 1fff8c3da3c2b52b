"""The wrapping of messages: prefixes, signatures, and what is forgiven to clients known to err."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from schemas.openadr import (
    MEDIA_TYPE,
    PREFIXES,
    decode_payload,
    decode_payload_tree,
    encode_payload,
    wrap,
)
from schemas.openadr.event import OadrDistributeEvent
from schemas.openadr.payload import OadrPoll
from schemas.wire import WireError

SIGNATURE = (
    '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
    '<ds:Reference URI="#a"/></ds:SignedInfo><ds:Whatever>more</ds:Whatever></ds:Signature>'
)
POLL = wrap(OadrPoll(venID="VEN-1"))


@pytest.fixture
def poll(sample) -> str:
    return sample("oadrPoll")


def with_signature(text: str) -> str:
    return text.replace("<oadr:oadrSignedObject>", SIGNATURE + "<oadr:oadrSignedObject>")


def inner(text: str, tag: str) -> bytes:
    """Return an element of a document as a document of its own."""
    found = etree.fromstring(text.encode()).find(f".//{{{PREFIXES['oadr']}}}{tag}")
    assert found is not None
    return etree.tostring(found)


def test_the_media_type_is_plain_xml() -> None:
    assert MEDIA_TYPE == "application/xml"


def test_every_message_declares_all_prefixes_on_its_root_and_nowhere_else(sample) -> None:
    for name in ("oadrPoll", "oadrDistributeEvent"):
        data = encode_payload(decode_payload(sample(name).encode()))
        root = etree.fromstring(data)
        assert root.nsmap == PREFIXES
        assert data.count(b"xmlns") == len(PREFIXES)


def test_a_message_says_its_version_unasked() -> None:
    assert b'<oadr:oadrPoll ei:schemaVersion="2.0b">' in encode_payload(POLL)


def test_a_message_that_does_not_say_its_version_is_20b(poll) -> None:
    assert decode_payload(poll.replace(' ei:schemaVersion="2.0b"', "").encode()) == POLL


def test_a_signature_before_the_signed_object_is_carried_as_it_stands(poll) -> None:
    payload = decode_payload(with_signature(poll).encode())
    assert payload.oadrSignedObject == POLL.oadrSignedObject
    assert payload.Signature == SIGNATURE.encode()
    assert SIGNATURE.encode() in encode_payload(payload)


def test_a_signature_stays_in_the_tree_that_is_read(poll) -> None:
    root = etree.fromstring(with_signature(poll).encode())
    before = etree.tostring(root)
    assert decode_payload_tree(root).oadrSignedObject == POLL.oadrSignedObject
    assert etree.tostring(root) == before


@pytest.mark.parametrize("lenient", [False, True])
def test_a_signature_behind_the_signed_object_is_refused(poll, lenient) -> None:
    text = poll.replace("</oadr:oadrSignedObject>", "</oadr:oadrSignedObject>" + SIGNATURE)
    with pytest.raises(WireError, match="exactly one"):
        decode_payload(text.encode(), lenient=lenient)


def test_a_second_signature_is_refused(poll) -> None:
    with pytest.raises(WireError, match="exactly one"):
        decode_payload(with_signature(with_signature(poll)).encode())


@pytest.mark.parametrize(("spelling", "field"), [("oadr:Id", "Id"), ("Id", "plainId")])
def test_the_identifier_of_the_signed_object_is_read_with_and_without_prefix(
    poll, spelling, field
) -> None:
    text = poll.replace("<oadr:oadrSignedObject>", f'<oadr:oadrSignedObject {spelling}="part-1">')
    assert getattr(decode_payload(text.encode()).oadrSignedObject, field) == "part-1"


def test_an_identifier_that_a_signature_could_not_name_is_refused(poll) -> None:
    text = poll.replace("<oadr:oadrSignedObject>", '<oadr:oadrSignedObject oadr:Id="1 2">')
    with pytest.raises(WireError, match="no ID"):
        decode_payload(text.encode())


@pytest.mark.parametrize("tag", ["oadrPoll", "oadrSignedObject"])
def test_a_message_without_wrapper_is_read_only_when_lenient(poll, tag) -> None:
    data = inner(poll, tag)
    assert decode_payload(data, lenient=True) == POLL
    with pytest.raises(WireError, match="is not oadrPayload"):
        decode_payload(data)


def test_what_is_no_message_is_refused_even_when_lenient() -> None:
    with pytest.raises(WireError, match="not expected"):
        decode_payload(b"<oadrPoll/>", lenient=True)


def test_wrong_order_and_unknown_members_are_read_when_lenient(sample) -> None:
    text = sample("oadrCreatePartyRegistration")
    moved = re.search("<pyld:requestID>.*?</pyld:requestID>", text)
    assert moved
    end = "</oadr:oadrCreatePartyRegistration>"
    odd = text.replace(moved[0], "").replace(end, f"<oadr:oadrMood/>{moved[0]}{end}")
    assert decode_payload(odd.encode(), lenient=True) == decode_payload(text.encode())
    with pytest.raises(WireError):
        decode_payload(odd.encode())


@pytest.fixture
def distribution(sample) -> OadrDistributeEvent:
    message = decode_payload(sample("oadrDistributeEvent").encode()).oadrSignedObject.message
    assert isinstance(message, OadrDistributeEvent)
    return message


def test_an_event_is_read_in_full(distribution) -> None:
    event = distribution.oadrEvent[0].eiEvent
    period = event.eiActivePeriod.properties
    assert period.dtstart.date_time == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert period.duration.duration == timedelta(hours=1)
    assert period.tolerance.tolerate.startafter == timedelta(minutes=5)
    assert period.x_eiRampUp.duration == timedelta(minutes=10)
    signals = event.eiEventSignals.eiEventSignal
    assert [signal.signalName for signal in signals] == [
        "SIMPLE",
        "LOAD_DISPATCH",
        "ELECTRICITY_PRICE",
    ]
    assert [
        payload.payloadFloat.value
        for interval in signals[0].intervals.interval
        for payload in interval.streamPayloadBase
    ] == [1.0, 2.0]
    assert signals[1].itemBase.siScaleCode == "k"
    assert event.eiTarget.venID == ("VEN-1",)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P1W", timedelta(weeks=1)),
        ("1W", timedelta(weeks=1)),
        ("P0D", timedelta()),
        ("-PT5M", timedelta(minutes=-5)),
        ("+PT1H", timedelta(hours=1)),
    ],
)
def test_a_duration_is_read_in_every_spelling_that_clients_use(sample, text, span) -> None:
    odd = sample("oadrDistributeEvent").replace("PT5M", text)
    message = decode_payload(odd.encode()).oadrSignedObject.message
    period = message.oadrEvent[0].eiEvent.eiActivePeriod.properties
    assert period.tolerance.tolerate.startafter == span


@pytest.mark.parametrize(
    "text", ["2026-06-01T12:00:00", "2026-06-01T12:00:00.000Z", "\n 2026-06-01T12:00:00Z "]
)
def test_an_instant_is_read_without_zone_and_with_fraction(sample, distribution, text) -> None:
    odd = sample("oadrDistributeEvent").replace("2026-06-01T12:00:00Z", text)
    assert decode_payload(odd.encode()).oadrSignedObject.message == distribution


@pytest.mark.interop
def test_an_empty_description_of_a_unit_is_taken_for_the_fixed_one(sample, valid) -> None:
    odd = sample("oadrRegisterReport").replace(">RealPower<", "><")
    payload = decode_payload(odd.encode())
    assert valid(encode_payload(payload))


@pytest.mark.parametrize("name", ["x-mine", "SIMPLE", "simple"])
def test_a_signal_name_may_be_an_extension(sample, name) -> None:
    text = sample("oadrDistributeEvent").replace(">SIMPLE<", f">{name}<")
    message = decode_payload(text.encode()).oadrSignedObject.message
    assert message.oadrEvent[0].eiEvent.eiEventSignals.eiEventSignal[0].signalName == name
