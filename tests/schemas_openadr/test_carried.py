"""What is carried as it stands (feeds, signatures), and the words that make a message unique."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from schemas.opaque import NAMESPACES
from schemas.openadr import PREFIXES, decode_payload, encode_payload, wrap
from schemas.openadr.blocks import Interval, Intervals
from schemas.openadr.greenbutton import OadrGBPayload
from schemas.openadr.namespaces import ATOM, DSP
from schemas.openadr.report import OadrReport, OadrUpdateReport
from schemas.openadr.signature import NS_MAP, Nonce, ReplayProtect
from schemas.wire import NsMap, WireError, decode, decode_tree, encode

HEAD = (
    f'<g:oadrGBPayload xmlns:g="{PREFIXES["oadr"]}" xmlns="{ATOM}" xmlns:k="urn:k" xmlns:u="urn:u"'
)
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def carried(feed: str) -> bytes:
    body = f"{HEAD}>{feed}</g:oadrGBPayload>"
    return decode(OadrGBPayload, body.encode(), strict=True).feed


def test_a_feed_is_taken_out_with_the_namespaces_it_uses_and_no_others() -> None:
    assert carried("<feed><id>1</id></feed>") == f'<feed xmlns="{ATOM}"><id>1</id></feed>'.encode()
    feed = etree.fromstring(carried("<feed><k:a k:b='1'/></feed>"))
    assert feed.nsmap == {None: ATOM, "k": "urn:k"}


def test_the_prefix_of_a_type_name_counts_as_used() -> None:
    feed = etree.fromstring(carried(f'<feed {XSI}><a xsi:type="k:kind"/></feed>'))
    assert feed.nsmap["k"] == "urn:k"
    assert "u" not in feed.nsmap


def test_text_and_layout_inside_are_kept() -> None:
    text = "<feed>\n <a>&lt;é&#13;</a> tail</feed>"
    feed = etree.fromstring(carried(text))
    assert feed[0].text == "<é\r"
    assert feed.text == "\n "
    assert feed[0].tail == " tail"


def test_a_report_with_a_feed_reads_back_as_it_was_written() -> None:
    feed = carried("<feed><k:a/></feed>")
    interval = Interval(streamPayloadBase=(OadrGBPayload(feed=feed),))
    report = OadrReport(
        intervals=Intervals(interval=(interval,)),
        reportRequestID="1",
        reportSpecifierID="2",
        reportName="HISTORY_GREENBUTTON",
        createdDateTime=datetime(2026, 6, 1, tzinfo=UTC),
    )
    payload = wrap(OadrUpdateReport(requestID="3", oadrReport=(report,)))
    assert decode_payload(encode_payload(payload)) == payload


@pytest.mark.parametrize(
    ("feed", "why"),
    [
        (b"<entry/>", "is 'entry'"),
        (b"<feed/>", "is 'feed'"),
        (b"<feed xmlns='urn:other'/>", "is '{urn:other}feed'"),
        (b"<feed", "not well-formed"),
        (b"<!DOCTYPE feed><feed/>", "DOCTYPE"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>" + b"<a>" * 40, "not well-formed"),
    ],
)
def test_what_is_no_feed_is_not_written(feed: bytes, why: str) -> None:
    with pytest.raises(WireError) as refused:
        encode(OadrGBPayload(feed=feed), ns_map=NsMap(PREFIXES))
    assert refused.value.path == "/oadrGBPayload/feed"
    assert why in refused.value.why


def test_a_feed_with_very_many_namespaces_is_refused() -> None:
    many = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(NAMESPACES + 1))
    with pytest.raises(WireError, match=f"more than {NAMESPACES} namespaces"):
        carried(f"<feed {many}/>")


@pytest.mark.parametrize("inside", ["&e;", "<!-- -->", "<?p?>", "&amp;&e;"])
def test_what_a_parser_should_have_dropped_is_refused(inside: str) -> None:
    body = f'<!DOCTYPE a [<!ENTITY e "x">]>{HEAD}><feed>{inside}</feed></g:oadrGBPayload>'
    tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    with pytest.raises(WireError, match="holds a comment"):
        decode_tree(OadrGBPayload, tree)


PROTECT = ReplayProtect(
    timestamp=datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC), nonce=Nonce(text="n-1")
)


def test_the_words_of_a_signature_read_back_as_they_were_written() -> None:
    data = encode(PROTECT, ns_map=NS_MAP)
    assert b"<dsp:timestamp>2026-06-01T12:00:00.250000Z</dsp:timestamp>" in data
    assert decode(ReplayProtect, data, strict=True) == PROTECT


def protected(text: str) -> bytes:
    body = f"<timestamp>{text}</timestamp><nonce>n-1</nonce>"
    return f'<ReplayProtect xmlns="{DSP}">{body}</ReplayProtect>'.encode()


@pytest.mark.parametrize(
    "text", ["2026-06-01T14:00:00.25+02:00", "2026-06-01T12:00:00.25", " 2026-06-01T12:00:00.25Z "]
)
def test_the_moment_of_signing_is_read_with_any_offset(text: str) -> None:
    assert decode(ReplayProtect, protected(text), strict=True) == PROTECT


@pytest.mark.parametrize("text", ["noon", "2026-06-01", "2026-06-01T14:00:00+0200", ""])
def test_what_is_no_moment_of_signing_is_refused(text: str) -> None:
    with pytest.raises(WireError, match="is no instant"):
        decode(ReplayProtect, protected(text))


def test_a_moment_without_zone_is_not_written() -> None:
    naive = PROTECT.timestamp.replace(tzinfo=None)
    with pytest.raises(WireError, match="is no instant"):
        encode(ReplayProtect(timestamp=naive, nonce=PROTECT.nonce), ns_map=NS_MAP)


@pytest.mark.interop
def test_the_words_of_a_signature_are_valid_by_their_schema(oracle_folder, some) -> None:
    schema = etree.XMLSchema(etree.parse(oracle_folder / "oadr_xmldsig-properties-schema.xsd"))
    for element in some(ReplayProtect, 50):
        data = encode(element, ns_map=NS_MAP)
        schema.assertValid(etree.fromstring(data))
        assert decode(ReplayProtect, data, strict=True) == element
