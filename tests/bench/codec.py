"""What our codec costs on the four busiest messages, as ratios to a bare lxml parse of the bytes.

All are timed in turns inside one run, xsdata and pydantic-xml as well, and the best rounds are
compared: process time, so that a busy machine moves the ratios little. Asserts nothing.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from schemas import sep2
from schemas.openadr import OadrPayload, decode_payload, encode_payload, wrap
from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    Interval,
    Intervals,
    OadrReportPayload,
    PayloadFloat,
    Properties,
    SignalPayload,
    Tolerance,
    Tolerate,
    Uid,
)
from schemas.openadr.event import (
    Components,
    EiActivePeriod,
    EiEvent,
    EiEventSignal,
    EiEventSignals,
    EiMarketContext,
    EventDescriptor,
    OadrDistributeEvent,
    OadrEvent,
)
from schemas.openadr.report import OadrReport, OadrUpdateReport
from schemas.openadr.targets import EiTarget
from schemas.openadr.units import PowerAttributes, PowerReal
from schemas.sep2.base import DateTimeInterval, EventStatus
from schemas.sep2.der import DERControl, DERControlBase, DERControlList
from schemas.sep2.metering import Reading, ReadingType
from schemas.sep2.mirror import MirrorMeterReading, MirrorReadingSet
from schemas.sep2.units import ActivePower
from schemas.wire import Element
from tests.bench.beside import Ask, Round, peers

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
EPOCH = 1_780_000_000


class Case(NamedTuple):
    """One message: its bytes and how it is read and written."""

    data: bytes
    decode: Callable[[], Any]
    encode: Callable[[], bytes]


def control_list(count: int) -> DERControlList:
    return DERControlList(
        href="/edev/1/derp/1/derc",
        subscribable=1,
        all=count,
        results=count,
        DERControl_=tuple(map(control, range(count))),
    )


def control(number: int) -> DERControl:
    start = EPOCH + 900 * number
    return DERControl(
        href=f"/edev/1/derp/1/derc/{number}",
        replyTo="/rsps/1/rsp",
        responseRequired="03",
        mRID=f"{number:032X}",
        description=f"Peak {number}",
        creationTime=EPOCH,
        EventStatus_=EventStatus(currentStatus=0, dateTime=EPOCH, potentiallySuperseded=False),
        interval=DateTimeInterval(duration=900, start=start),
        randomizeStart=60,
        DERControlBase_=DERControlBase(
            opModConnect=True,
            opModExpLimW=ActivePower(multiplier=0, value=1500 + number),
            opModLoadLimW=ActivePower(multiplier=0, value=5000),
        ),
    )


def mirror(readings: int) -> MirrorMeterReading:
    span = DateTimeInterval(duration=300 * readings, start=EPOCH)
    return MirrorMeterReading(
        mRID="0F" * 16,
        description="Active power",
        MirrorReadingSet_=(
            MirrorReadingSet(
                mRID="F0" * 16,
                timePeriod=span,
                Reading_=tuple(map(reading, range(readings))),
            ),
        ),
        ReadingType_=ReadingType(
            accumulationBehaviour=12,
            commodity=1,
            dataQualifier=2,
            flowDirection=1,
            intervalLength=300,
            powerOfTenMultiplier=0,
            uom=38,
        ),
    )


def reading(number: int) -> Reading:
    span = DateTimeInterval(duration=300, start=EPOCH + 300 * number)
    return Reading(qualityFlags="0001", timePeriod=span, value=1500 + number)


def distribution(events: int) -> OadrPayload:
    return wrap(
        OadrDistributeEvent(
            requestID="request-1",
            vtnID="vtn-1",
            oadrEvent=tuple(
                OadrEvent(eiEvent=event(number), oadrResponseRequired="always")
                for number in range(events)
            ),
        )
    )


def event(number: int) -> EiEvent:
    hour = timedelta(hours=1)
    return EiEvent(
        eventDescriptor=EventDescriptor(
            eventID=f"event-{number}",
            modificationNumber=0,
            priority=1,
            eiMarketContext=EiMarketContext(marketContext="http://market.example/peak"),
            createdDateTime=START,
            eventStatus="far",
            testEvent="false",
        ),
        eiActivePeriod=EiActivePeriod(
            properties=Properties(
                dtstart=Dtstart(date_time=START + number * hour),
                duration=DurationProp(duration=hour),
                tolerance=Tolerance(tolerate=Tolerate(startafter=timedelta(minutes=5))),
                x_eiNotification=DurationProp(duration=timedelta()),
            ),
            components=Components(),
        ),
        eiEventSignals=EiEventSignals(eiEventSignal=(simple(hour), dispatch(hour))),
        eiTarget=EiTarget(venID=("ven-1",)),
    )


def simple(span: timedelta) -> EiEventSignal:
    return EiEventSignal(
        intervals=signal_intervals(span, (1.0,)),
        signalName="SIMPLE",
        signalType="level",
        signalID="signal-1",
    )


def dispatch(span: timedelta) -> EiEventSignal:
    return EiEventSignal(
        intervals=signal_intervals(span / 2, (-1500.0, -2500.0)),
        signalName="LOAD_DISPATCH",
        signalType="setpoint",
        signalID="signal-2",
        itemBase=PowerReal(
            itemDescription="RealPower",
            itemUnits="W",
            siScaleCode="none",
            powerAttributes=PowerAttributes(hertz=50.0, voltage=230.0, ac=True),
        ),
    )


def signal_intervals(span: timedelta, values: tuple[float, ...]) -> Intervals:
    return Intervals(
        interval=tuple(
            Interval(
                duration=DurationProp(duration=span),
                uid=Uid(text=str(number)),
                streamPayloadBase=(SignalPayload(payloadFloat=PayloadFloat(value=value)),),
            )
            for number, value in enumerate(values)
        )
    )


def update(intervals: int) -> OadrPayload:
    minute = timedelta(minutes=1)
    report = OadrReport(
        dtstart=Dtstart(date_time=START),
        intervals=Intervals(
            interval=tuple(
                Interval(
                    dtstart=Dtstart(date_time=START + number * minute),
                    duration=DurationProp(duration=minute),
                    streamPayloadBase=(
                        OadrReportPayload(
                            rID="power",
                            confidence=100,
                            accuracy=0.5,
                            payloadBase=PayloadFloat(value=1234.5 + number),
                            oadrDataQuality="Quality Good - Non Specific",
                        ),
                    ),
                )
                for number in range(intervals)
            )
        ),
        reportRequestID="request-7",
        reportSpecifierID="specifier-1",
        reportName="TELEMETRY_USAGE",
        createdDateTime=START,
    )
    return wrap(OadrUpdateReport(requestID="u-1", oadrReport=(report,), venID="ven-1"))


def sep2_case(element: Element) -> Case:
    data = sep2.encode(element)
    return Case(
        data,
        lambda: sep2.decode(type(element), data),
        lambda: sep2.encode(element),
    )


def openadr_case(payload: OadrPayload) -> Case:
    data = encode_payload(payload)
    return Case(data, lambda: decode_payload(data), lambda: encode_payload(payload))


def cases() -> dict[str, Case]:
    return {
        "codec_derc_list_10": sep2_case(control_list(10)),
        "codec_mirror_reading_5": sep2_case(mirror(5)),
        "codec_distribute_event_3": openadr_case(distribution(3)),
        "codec_update_report_20": openadr_case(update(20)),
        "codec_update_report_1440": openadr_case(update(1440)),
    }


def measure(rounds: int = 15) -> dict[str, dict[str, float]]:
    """Return, by case and by case and library, the ratios and the microseconds under them."""
    every = cases()
    with tempfile.TemporaryDirectory() as folder:
        save(every, Path(folder))
        with peers(Path(folder)) as ask:
            found: dict[str, dict[str, float]] = {}
            for name, case in every.items():
                found |= _compare(name, case, rounds, ask)
            return found


def _compare(name: str, case: Case, rounds: int, ask: Ask) -> dict[str, dict[str, float]]:
    """Time a case in turns with the libraries, each beside a bare parse of its own."""
    repeat = max(1, 100_000 // len(case.data))
    steps = {
        "parse": lambda: etree.fromstring(case.data),
        "decode": case.decode,
        "encode": case.encode,
    }
    spent: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        ours = {step: _microseconds(run, repeat) for step, run in steps.items()}
        for who, costs in {name: ours, **_beside(name, ask)}.items():
            spent.setdefault(who, []).append(costs)
    found = {who: _ratios(each) for who, each in spent.items()}
    for who, figures in found.items():
        if who != name:
            for step in ("decode", "encode"):
                times = figures[f"{step}_ratio"] / found[name][f"{step}_ratio"]
                figures[f"{step}_times_faster"] = round(times, 1)
    return found


def _beside(name: str, ask: Ask) -> Round:
    return {f"{name}/{peer}": costs for peer, costs in ask(name).items()}


def _ratios(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return what the best round of each step cost, and that beside the best bare parse."""
    cost = {step: min(each[step] for each in rounds) for step in rounds[0]}
    return {
        "decode_ratio": round(cost["decode"] / cost["parse"], 2),
        "encode_ratio": round(cost["encode"] / cost["parse"], 2),
        **{f"{step}_us": round(each, 1) for step, each in cost.items()},
    }


def _microseconds(step: Callable[[], Any], repeat: int) -> float:
    start = time.process_time_ns()
    for _ in range(repeat):
        step()
    return (time.process_time_ns() - start) / repeat / 1000


def save(every: dict[str, Case], folder: Path) -> None:
    for name, case in every.items():
        (folder / f"{name}.xml").write_bytes(case.data)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
