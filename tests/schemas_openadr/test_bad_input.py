"""What breaks the declarations is refused with the place and the reason; odd spellings are not."""

import re
from datetime import timedelta

import pytest

from schemas.openadr import decode_payload, encode_payload, wrap
from schemas.openadr.blocks import DurationProp, EiResponse
from schemas.openadr.payload import OadrPoll, OadrResponse
from schemas.wire import Limits, WireError


def refusal(text: str) -> WireError:
    with pytest.raises(WireError) as caught:
        decode_payload(text.encode())
    return caught.value


def replaced(text: str, old: str, new: str, flags: int = re.DOTALL) -> str:
    changed, count = re.subn(old, new, text, count=1, flags=flags)
    assert count == 1
    return changed


@pytest.mark.parametrize(
    ("name", "old", "new", "path", "why"),
    [
        pytest.param(
            "oadrCreatePartyRegistration",
            "<oadr:oadrProfileName>.*?</oadr:oadrTransportName>",
            "<oadr:oadrTransportName>simpleHttp</oadr:oadrTransportName>"
            "<oadr:oadrProfileName>2.0b</oadr:oadrProfileName>",
            "/oadrCreatePartyRegistration/oadrProfileName",
            "out of order",
            id="members in the wrong order",
        ),
        pytest.param(
            "oadrPoll",
            "</oadr:oadrPoll>",
            "<oadr:oadrHurry>1</oadr:oadrHurry></oadr:oadrPoll>",
            "/oadrPoll/oadrHurry",
            "not declared",
            id="an unknown element",
        ),
        pytest.param(
            "oadrPoll",
            "ei:schemaVersion",
            "schemaVersion",
            "/oadrPoll/@schemaVersion",
            "not declared",
            id="an attribute without its namespace",
        ),
        pytest.param(
            "oadrPoll", "<ei:venID>.*</ei:venID>", "", "/oadrPoll/venID", "missing", id="no venID"
        ),
        pytest.param(
            "oadrResponse",
            "<pyld:requestID>.*</pyld:requestID>",
            "",
            "/oadrResponse/eiResponse/requestID",
            "missing",
            id="an eiResponse without requestID",
        ),
        pytest.param(
            "oadrCreatedPartyRegistration",
            "<oadr:oadrProfiles>.*</oadr:oadrProfiles>",
            "",
            "/oadrCreatedPartyRegistration/oadrProfiles",
            "missing",
            id="no profiles",
        ),
        pytest.param(
            "oadrCreateReport",
            "<ei:specifierPayload>.*</ei:specifierPayload>",
            "",
            "/reportSpecifier/specifierPayload",
            "missing",
            id="a report request for no point",
        ),
        pytest.param(
            "oadrPoll",
            "ei:venID>.*</ei:",
            "oadr:venID>VEN-1</oadr:",
            "/oadrPoll/venID",
            "not declared",
            id="the wrong namespace",
        ),
        pytest.param(
            "oadrPoll",
            "<ei:venID>",
            "<ei:venID>1</ei:venID><ei:venID>",
            "/oadrPoll/venID",
            "twice",
            id="two venIDs",
        ),
        pytest.param(
            "oadrPoll",
            "<oadr:oadrPoll.*</oadr:oadrPoll>",
            "",
            "/oadrSignedObject",
            "is missing",
            id="no message",
        ),
        pytest.param(
            "oadrPoll",
            "</oadr:oadrPoll>",
            "</oadr:oadrPoll><oadr:oadrPoll><ei:venID>1</ei:venID></oadr:oadrPoll>",
            "/oadrSignedObject/oadrPoll",
            "twice",
            id="two messages",
        ),
        pytest.param(
            "oadrPoll",
            "</oadr:oadrSignedObject>",
            "</oadr:oadrSignedObject><oadr:oadrSignedObject/>",
            "/oadrPayload",
            "exactly one",
            id="two signed objects",
        ),
        pytest.param(
            "oadrPoll",
            "<oadr:oadrSignedObject>.*</oadr:oadrSignedObject>",
            "",
            "/oadrPayload",
            "exactly one",
            id="an empty payload",
        ),
        pytest.param(
            "oadrPoll",
            "<oadr:oadrSignedObject>.*</oadr:oadrSignedObject>",
            "<oadr:oadrPoll><ei:venID>1</ei:venID></oadr:oadrPoll>",
            "/oadrPayload/oadrPoll",
            "not declared",
            id="a message without signed object",
        ),
        pytest.param(
            "oadrDistributeEvent",
            "PT1H",
            "an hour",
            "/eiActivePeriod/properties/duration/duration",
            "no duration",
            id="a duration in words",
        ),
        pytest.param(
            "oadrRegisterReport",
            "PT10S",
            "PT1.5S",
            "/oadrSamplingRate/oadrMinPeriod",
            "no duration",
            id="a duration with a fraction",
        ),
        pytest.param(
            "oadrDistributeEvent",
            "2026-06-01T12:00:00Z",
            "2026-06-01T14:00:00+02:00",
            "/properties/dtstart/date-time",
            "no dateTime",
            id="an instant with an offset",
        ),
        pytest.param(
            "oadrDistributeEvent",
            "2026-06-01T12:00:00Z",
            "2026-02-30T12:00:00Z",
            "/properties/dtstart/date-time",
            "no dateTime",
            id="a day that never was",
        ),
        pytest.param(
            "oadrUpdateReport",
            "21.5",
            "NaN",
            "/oadrReportPayload/payloadFloat/value",
            "no float",
            id="not a number",
        ),
        pytest.param(
            "oadrUpdateReport",
            "21.5",
            "INF",
            "/oadrReportPayload/payloadFloat/value",
            "no float",
            id="infinity",
        ),
        pytest.param(
            "oadrResponse", ">200<", ">20<", "/responseCode", "no responseCode", id="two digits"
        ),
        pytest.param(
            "oadrResponse",
            ">200<",
            ">٢٠٠<",
            "/responseCode",
            "no responseCode",
            id="digits of another script",
        ),
        pytest.param(
            "oadrCreatePartyRegistration",
            "simpleHttp",
            "simpleHTTP",
            "/oadrTransportName",
            "no oadrTransportName",
            id="the transport as the text of the profile spells it",
        ),
        pytest.param(
            "oadrDistributeEvent",
            "<ei:signalType>level",
            "<ei:signalType>x-level",
            "/signalType",
            "no signalType",
            id="an extension where none may be",
        ),
        pytest.param(
            "oadrDistributeEvent",
            "<ei:modificationNumber>0",
            "<ei:modificationNumber>-1",
            "/modificationNumber",
            "no UInt32",
            id="a negative modification number",
        ),
        pytest.param(
            "oadrUpdateReport",
            "</ei:rID>",
            "</ei:rID><ei:confidence>101</ei:confidence>",
            "/oadrReportPayload/confidence",
            "no confidence",
            id="more than certain",
        ),
        pytest.param(
            "oadrDistributeEvent",
            ">EUR<",
            ">euro<",
            "/currencyPerKWh/itemUnits",
            "no currencyCode",
            id="a currency by its name",
        ),
        pytest.param(
            "oadrUpdateReport",
            "<oadr:oadrReportPayload>.*?</oadr:oadrReportPayload>",
            '<oadr:oadrGBPayload><entry xmlns="http://www.w3.org/2005/Atom"/></oadr:oadrGBPayload>',
            "/interval/oadrGBPayload/entry",
            "not declared",
            id="something else than a Green Button feed",
        ),
        pytest.param(
            "oadrPoll",
            "<oadr:oadrSignedObject>",
            "?<oadr:oadrSignedObject>",
            "/oadrPayload",
            "text beside elements",
            id="text in the payload",
        ),
        pytest.param(
            "oadrPoll",
            "<oadr:oadrPayload ",
            '<oadr:oadrPayload oadr:Id="1" ',
            "/oadrPayload/@",
            "not declared",
            id="an attribute of the payload",
        ),
    ],
)
def test_what_breaks_the_declarations_is_refused(sample, *, name, old, new, path, why) -> None:
    error = refusal(replaced(sample(name), old, new))
    assert path in error.path
    assert why in error.why


@pytest.mark.parametrize("lenient", [False, True])
def test_very_many_attributes_are_refused_before_they_are_read(sample, lenient) -> None:
    many = " ".join(f'a{number}="1"' for number in range(65))
    text = sample("oadrPoll").replace("<oadr:oadrPoll ", f"<oadr:oadrPoll {many} ")
    with pytest.raises(WireError, match="more than 64 attributes"):
        decode_payload(text.encode(), lenient=lenient)


def test_a_doctype_is_refused(sample) -> None:
    text = replaced(sample("oadrPoll"), "(<oadr:oadrPayload)", r"<!DOCTYPE a [<!ENTITY b 'c'>]>\1")
    assert "DOCTYPE" in refusal(text).why


def test_broken_xml_is_refused(sample) -> None:
    assert "well-formed" in refusal(sample("oadrPoll")[:-4]).why


def test_a_body_beyond_its_limit_is_refused(sample) -> None:
    with pytest.raises(WireError, match="longer than 100 bytes"):
        decode_payload(sample("oadrPoll").encode(), limits=Limits(size=100))


@pytest.mark.parametrize(
    "prefixes",
    [{"oadr": "p1", "ei": "p2"}, {"oadr": "ns2", "ei": "ns3", "xcal": "ns9"}, {"oadr": ""}],
    ids=["p1", "ns2", "default namespace"],
)
@pytest.mark.parametrize("name", ["oadrPoll", "oadrDistributeEvent", "oadrUpdateReport"])
def test_any_spelling_of_prefixes_is_read(sample, respelled, name, prefixes) -> None:
    text = respelled(sample(name), prefixes)
    assert text != sample(name)
    assert decode_payload(text.encode()) == decode_payload(sample(name).encode())


@pytest.mark.parametrize("name", ["0123", "1e3", " 7 ", "2026-06-01", "true", "", "Ж<&>\"'"])
def test_an_identifier_stays_the_text_it_was(name) -> None:
    payload = wrap(OadrPoll(venID=name))
    read = decode_payload(encode_payload(payload)).oadrSignedObject.message
    assert read == OadrPoll(venID=name)


def test_an_identifier_of_digits_is_read_as_text(sample) -> None:
    text = sample("oadrPoll").replace("VEN-1", "0123")
    assert decode_payload(text.encode()).oadrSignedObject.message == OadrPoll(venID="0123")


@pytest.mark.parametrize("code", ["20", "2000", "abc", ""])
def test_a_value_outside_its_type_is_not_written(code) -> None:
    response = OadrResponse(eiResponse=EiResponse(responseCode=code, requestID=""))
    with pytest.raises(WireError, match="responseCode"):
        encode_payload(wrap(response))


def test_an_element_that_is_no_message_is_not_written() -> None:
    with pytest.raises(WireError, match="cannot stand here"):
        encode_payload(wrap(DurationProp(duration=timedelta())))
