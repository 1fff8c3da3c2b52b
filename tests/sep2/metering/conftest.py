"""How clients spell what they post of their meters."""

import pytest

SITE = "0A" * 12 + "00028547"
POWER = "A1" * 12 + "00028547"
VOLTAGE = "B2" * 12 + "00028547"
SET = "C3" * 12 + "00028547"
NS = 'xmlns="urn:ieee:std:2030.5:ns"'
WATTS = "<powerOfTenMultiplier>1</powerOfTenMultiplier><uom>38</uom>"
VOLTS = "<powerOfTenMultiplier>-1</powerOfTenMultiplier><uom>29</uom>"
START = 1767225600


@pytest.fixture
def lfdi(desk, world):
    """Tell the LFDI of a device by its name."""
    return lambda name: desk.book.devices[getattr(world, name)].lfdi


def reading(value, start=None, *, length=60, local_id=None, more="", tail="") -> str:
    period = ""
    if start is not None:
        period = f"<timePeriod><duration>{length}</duration><start>{start}</start></timePeriod>"
    local = "" if local_id is None else f"<localID>{local_id}</localID>"
    number = "" if value is None else f"<value>{value}</value>"
    return f"<Reading>{more}{period}{tail}{number}{local}</Reading>"


def reading_set(*readings, start=START, length=300, mrid=SET, words="") -> str:
    return (
        f"<MirrorReadingSet><mRID>{mrid}</mRID>{words}<timePeriod><duration>{length}</duration>"
        f"<start>{start}</start></timePeriod>{''.join(readings)}</MirrorReadingSet>"
    )


def meter(*sets, mrid=POWER, kind=WATTS, words="", lone="", at="") -> str:
    last = f"<lastUpdateTime>{at}</lastUpdateTime>" if at else ""
    said = "" if kind is None else f"<ReadingType>{kind}</ReadingType>"
    return (
        f"<MirrorMeterReading {NS}><mRID>{mrid}</mRID>{words}{last}"
        f"{''.join(sets)}{lone}{said}</MirrorMeterReading>"
    )


def several(*meters) -> str:
    return (
        f'<MirrorMeterReadingList {NS} all="{len(meters)}" results="{len(meters)}">'
        f"{''.join(meters)}</MirrorMeterReadingList>"
    )


def usage_point(lfdi, *meters, mrid=SITE, flags="0003", status=1, rate=None, words="") -> str:
    post_rate = "" if rate is None else f"<postRate>{rate}</postRate>"
    return (
        f"<MirrorUsagePoint {NS}><mRID>{mrid}</mRID>{words}<roleFlags>{flags}</roleFlags>"
        f"<serviceCategoryKind>0</serviceCategoryKind><status>{status}</status>"
        f"<deviceLFDI>{lfdi}</deviceLFDI>{''.join(meters)}{post_rate}</MirrorUsagePoint>"
    )


@pytest.fixture
def said():
    """How clients spell what they post."""
    from types import SimpleNamespace

    return SimpleNamespace(
        reading=reading,
        reading_set=reading_set,
        meter=meter,
        several=several,
        usage_point=usage_point,
        SITE=SITE,
        POWER=POWER,
        VOLTAGE=VOLTAGE,
        SET=SET,
        WATTS=WATTS,
        VOLTS=VOLTS,
        START=START,
        NS=NS,
    )


@pytest.fixture
async def site(alpha, lfdi) -> str:
    """A usage point of alpha with one meter reading; its path."""
    made = await alpha.post("/mup", usage_point(lfdi("alpha"), meter()))
    assert made.status == 201
    return made.headers["Location"]


@pytest.fixture
def series(desk, world):
    """Read what the store keeps of a point."""
    from datetime import UTC, datetime

    async def read(point=POWER, device=None):
        return await desk.store.readings(
            source=device or world.alpha,
            point=point,
            since=datetime(1970, 1, 1, tzinfo=UTC),
            until=datetime(2100, 1, 1, tzinfo=UTC),
        )

    return read
