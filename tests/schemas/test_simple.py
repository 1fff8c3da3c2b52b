"""The simple types: what they read, what they write, and everything they refuse."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas import simple
from schemas.simple import Simple, Token

ARABIC = "\u0665"


def of(alias: Any) -> Simple:
    found = alias.__metadata__[0]
    assert isinstance(found, Simple)
    return found


@pytest.mark.parametrize(
    ("alias", "text", "value"),
    [
        (simple.UInt8, "255", 255),
        (simple.UInt8, " \t\r\n7 ", 7),
        (simple.UInt8, "007", 7),
        (simple.Int8, "-128", -128),
        (simple.Int8, "+5", 5),
        (simple.Int48, "140737488355327", 2**47 - 1),
        (simple.UInt48, "281474976710655", 2**48 - 1),
        (simple.UInt64, "18446744073709551615", 2**64 - 1),
        (simple.TimeType, "-9223372036854775808", -(2**63)),
        (simple.SFDIType, "687194767359", 687194767359),
        (simple.Boolean, "true", True),
        (simple.Boolean, " 0\n", False),
        (simple.HexBinary8, "0f", "0F"),
        (simple.HexBinary160, " 3e4F ", "3E4F"),
        (simple.String6, " a\u00e9 ", " a\u00e9 "),
        (simple.String, "", ""),
        (simple.AnyURI, " /edev?s=0 ", "/edev?s=0"),
        (simple.Float, "-1.5E1", -15.0),
        (simple.Float, ".5", 0.5),
        (simple.Double, "2.", 2.0),
        (simple.DateTime, "2026-02-28T23:59:59Z", datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)),
        (simple.DateTime, "2026-01-01T00:00:00", datetime(2026, 1, 1, tzinfo=UTC)),
        (
            simple.DateTime,
            "2026-01-01T00:00:00.1234567Z",
            datetime(2026, 1, 1, microsecond=123456, tzinfo=UTC),
        ),
        (simple.Duration, "PT10M", timedelta(minutes=10)),
        (simple.Duration, "P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        (simple.Duration, "-PT5M", timedelta(minutes=-5)),
        (simple.Duration, "+PT1H", timedelta(hours=1)),
        (simple.Duration, "P2W", timedelta(weeks=2)),
        (simple.Duration, "1W", timedelta(weeks=1)),
        (simple.Duration, "P1Y2M", timedelta(days=425)),
        (simple.Duration, "P", timedelta()),
        (simple.Duration, "PT", timedelta()),
        (simple.Duration, "P1DT", timedelta(days=1)),
    ],
)
def test_a_fitting_text_loads(alias: Any, text: str, value: object) -> None:
    loaded = of(alias).load(text)
    assert loaded == value
    assert type(loaded) is type(value)


@pytest.mark.parametrize(
    ("alias", "text"),
    [
        (simple.UInt8, ""),
        (simple.UInt8, "256"),
        (simple.UInt8, "-1"),
        (simple.UInt8, "+5"),
        (simple.UInt8, "1_0"),
        (simple.UInt8, "1 0"),
        (simple.UInt8, "1.0"),
        (simple.UInt8, ARABIC),
        (simple.UInt8, "\u00a05"),
        (simple.UInt8, "\u00b2"),
        (simple.UInt8, "0x10"),
        (simple.UInt64, "9" * 5000),
        (simple.Int8, "128"),
        (simple.Int8, "- 1"),
        (simple.Int48, "140737488355328"),
        (simple.PerCent, "10001"),
        (simple.SignedPerCent, "-10001"),
        (simple.OneHourRangeType, "3601"),
        (simple.PINType, "1000000"),
        (simple.SFDIType, "687194767360"),
        (simple.Boolean, "True"),
        (simple.Boolean, ""),
        (simple.HexBinary8, ""),
        (simple.HexBinary8, "F"),
        (simple.HexBinary8, "0FF0"),
        (simple.HexBinary8, "0G"),
        (simple.HexBinary8, "0x"),
        (simple.HexBinary128, ARABIC * 2),
        (simple.HexBinary128, "0" * 34),
        (simple.String6, "1234567"),
        (simple.AnyURI, "/a b"),
        (simple.Float, "NaN"),
        (simple.Float, "INF"),
        (simple.Float, "inf"),
        (simple.Float, "1e39"),
        (simple.Float, "1_0"),
        (simple.Float, ARABIC),
        (simple.Float, ""),
        (simple.Double, "1e999"),
        (simple.DateTime, "2026-01-01"),
        (simple.DateTime, "2026-13-01T00:00:00Z"),
        (simple.DateTime, "2026-01-01T00:00:00+01:00"),
        (simple.DateTime, "2026-01-01 00:00:00Z"),
        (simple.DateTime, "0000-01-01T00:00:00Z"),
        (simple.DateTime, f"202{ARABIC}-01-01T00:00:00Z"),
        (simple.Duration, ""),
        (simple.Duration, "+"),
        (simple.Duration, "10M"),
        (simple.Duration, "PT1.5S"),
        (simple.Duration, "an hour"),
        (simple.Duration, f"PT{ARABIC}M"),
        (simple.Duration, "P" + "9" * 30 + "D"),
    ],
)
def test_an_unfitting_text_is_refused(alias: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        of(alias).load(text)


@pytest.mark.parametrize(
    ("alias", "value", "text"),
    [
        (simple.UInt8, 0, "0"),
        (simple.UInt8, True, "1"),
        (simple.Boolean, True, "true"),
        (simple.Boolean, False, "false"),
        (simple.HexBinary16, "ab", "AB"),
        (simple.String32, "<&\">'", "&lt;&amp;&quot;&gt;'"),
        (simple.String32, "a\r\n\tb", "a&#13;&#10;&#9;b"),
        (simple.AnyURI, "/a?b&c", "/a?b&amp;c"),
        (simple.Float, 1, "1.0"),
        (simple.Float, 0.1, "0.1"),
        (simple.Float, 1e-7, "0.0000001"),
        (simple.Double, -1e22, "-10000000000000000000000"),
        (simple.DateTime, datetime(987, 1, 2, tzinfo=UTC), "0987-01-02T00:00:00Z"),
        (
            simple.DateTime,
            datetime(2026, 1, 2, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-01T23:00:00Z",
        ),
        (
            simple.DateTime,
            datetime(2026, 1, 1, microsecond=999999, tzinfo=UTC),
            "2026-01-01T00:00:00Z",
        ),
        (simple.Duration, timedelta(), "PT0S"),
        (simple.Duration, timedelta(days=1), "P1D"),
        (simple.Duration, timedelta(days=1, hours=2, seconds=5), "P1DT2H5S"),
        (simple.Duration, timedelta(minutes=90), "PT1H30M"),
        (simple.Duration, timedelta(minutes=-5), "-PT5M"),
        (simple.Duration, timedelta(microseconds=1), "PT0S"),
    ],
)
def test_a_fitting_value_is_written_normalised(alias: Any, value: object, text: str) -> None:
    assert of(alias).dump(value) == text


@pytest.mark.parametrize(
    ("alias", "value"),
    [
        (simple.UInt8, 256),
        (simple.UInt8, -1),
        (simple.UInt8, 1.0),
        (simple.UInt8, "1"),
        (simple.HexBinary8, "0FF0"),
        (simple.HexBinary8, "xy"),
        (simple.String6, "1234567"),
        (simple.String6, "\0"),
        (simple.String6, "\x0b"),
        (simple.String6, "\ud800"),
        (simple.String6, "\uffff"),
        (simple.AnyURI, "/a b"),
        (simple.Float, float("nan")),
        (simple.Float, float("inf")),
        (simple.Float, 1e39),
        (simple.DateTime, datetime(2026, 1, 1)),  # noqa: DTZ001
    ],
)
def test_an_unfitting_value_is_not_written(alias: Any, value: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        of(alias).dump(value)


def test_a_token_is_one_of_its_words() -> None:
    token = Token("pulse count", "J/s", "a&b")
    assert token.load("J/s") == "J/s"
    assert token.load(" pulse \n count ") == "pulse count"
    assert token.dump("a&b") == "a&amp;b"
    for text in ("", "j/s", "x-other", "pulse\u00a0count"):
        with pytest.raises(ValueError, match=r".*"):
            token.load(text)
    with pytest.raises(ValueError, match="never"):
        token.dump("never")


def test_an_extensible_token_admits_words_of_others() -> None:
    token = Token("simple", extensible=True)
    assert token.load(" x-mine ") == "x-mine"
    assert token.dump("x-mine") == "x-mine"
    for text in ("x-", "x- mine", "mine"):
        with pytest.raises(ValueError, match=r".*"):
            token.load(text)


@given(st.text())
def test_what_is_escaped_parses_back_or_is_refused(text: str) -> None:
    try:
        escaped = simple.escape(text)
    except ValueError:
        with pytest.raises(ValueError, match=r".*"):
            etree.Element("a").text = text
        return
    root = etree.fromstring(f'<a b="{escaped}">{escaped}</a>'.encode())
    assert (root.get("b"), root.text or "") == (text, text)
