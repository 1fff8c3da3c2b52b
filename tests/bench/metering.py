"""The request of the `mmr_post` yardstick: five readings of a meter that is known already."""

from schemas.sep2 import encode
from schemas.sep2.base import DateTimeInterval
from schemas.sep2.metering import Reading, ReadingType
from schemas.sep2.mirror import MirrorMeterReading, MirrorReadingSet, MirrorUsagePoint

SITE, METER, SET = ("0A" * 16, "A1" * 16, "C3" * 16)
START = 1_767_225_600
PERIOD_S = 300


def mirror(lfdi: str) -> bytes:
    """Return the mirror, with the meter's reading type, as it is posted once."""
    watts = ReadingType(powerOfTenMultiplier=0, uom=38)
    return encode(
        MirrorUsagePoint(
            mRID=SITE,
            roleFlags="0049",
            serviceCategoryKind=0,
            status=1,
            deviceLFDI=lfdi,
            MirrorMeterReading_=(MirrorMeterReading(mRID=METER, ReadingType_=watts),),
        )
    )


def readings() -> bytes:
    """Return five readings, as they are posted over and over; each time they take their place."""
    whole = DateTimeInterval(duration=5 * PERIOD_S, start=START)
    told = tuple(
        Reading(
            timePeriod=DateTimeInterval(duration=PERIOD_S, start=START + n * PERIOD_S),
            value=1000 + n,
        )
        for n in range(5)
    )
    sets = (MirrorReadingSet(mRID=SET, timePeriod=whole, Reading_=told),)
    return encode(MirrorMeterReading(mRID=METER, MirrorReadingSet_=sets))
