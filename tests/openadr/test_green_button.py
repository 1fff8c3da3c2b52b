"""Readings out of Green Button data."""

from datetime import UTC, datetime, timedelta

import pytest

from server.openadr.green_button import readings_in

START = 1_780_315_200
KIND = "<ReadingType><powerOfTenMultiplier>{}</powerOfTenMultiplier><uom>{}</uom></ReadingType>"
VALUE = (
    "<IntervalReading><timePeriod><duration>900</duration><start>{}</start></timePeriod>"
    "<value>{}</value></IntervalReading>"
)


def feed(*parts):
    entries = "".join(
        f'<entry><content><x xmlns="http://naesb.org/espi">{part}</x></content></entry>'
        for part in parts
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def found(*parts):
    return readings_in(feed(*parts), source="d1", point="gb/usage")


def test_values_of_one_kind_are_read_with_their_unit_and_power_of_ten():
    first, second = found(
        KIND.format(3, 72), VALUE.format(START, 5) + VALUE.format(START + 900, -2)
    )
    assert first == (
        "d1",
        "gb/usage",
        datetime.fromtimestamp(START, UTC),
        timedelta(minutes=15),
        5000.0,
        "good",
        "Wh",
    )
    assert (second.value, second.start - first.start) == (-2000.0, timedelta(minutes=15))


@pytest.mark.parametrize(
    "parts",
    [
        (VALUE.format(START, 5),),
        (KIND.format(0, 72), KIND.format(0, 38), VALUE.format(START, 5)),
        (KIND.format(0, 999), VALUE.format(START, 5)),
        (KIND.format(0, ""), VALUE.format(START, 5)),
        (KIND.format(99, 72), VALUE.format(START, 5)),
        (KIND.format("x", 72), VALUE.format(START, 5)),
        (KIND.format(0, 72), VALUE.format(START, "x")),
        (KIND.format(0, 72), VALUE.format(10**20, 5)),
        (KIND.format(0, 72), VALUE.format("", 5)),
        (KIND.format(0, 72),),
    ],
)
def test_what_is_not_simple_gives_no_reading(parts):
    assert found(*parts) == ()


def test_what_is_no_document_gives_no_reading():
    assert readings_in(b"<feed", source="d1", point="p") == ()
