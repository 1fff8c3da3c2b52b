"""What must be said before a VEN's readings are taken, and the request of `update_report`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from schemas.openadr import Message, decode_payload, encode_payload, wrap
from schemas.openadr.blocks import DurationProp, EiResponse
from schemas.openadr.payload import OadrPoll
from schemas.openadr.report import (
    OadrCreatedReport,
    OadrCreateReport,
    OadrPendingReports,
    OadrRegisterReport,
    OadrReport,
    OadrReportDescription,
    OadrSamplingRate,
)
from tests.bench import codec

NAME = "TELEMETRY_USAGE"
POLLS = 20
Say = Callable[[str, bytes], Awaitable[bytes]]
"""Posts a body to a service and returns the body of the answer."""


async def agree(say: Say, ven_id: str) -> bytes:
    """Offer a report, have it asked for, agree, and return an update of 20 intervals."""
    await say("EiReport", _written(_offer(ven_id)))
    for _ in range(POLLS):
        heard = await say("OadrPoll", _written(OadrPoll(venID=ven_id)))
        asked = decode_payload(heard).oadrSignedObject.message
        if isinstance(asked, OadrCreateReport):
            await say("EiReport", _written(_agreed(asked.requestID, ven_id)))
            return _update(asked.oadrReportRequest[0].reportRequestID, ven_id)
    raise RuntimeError("the report was not asked for")


def _written(message: Message) -> bytes:
    return encode_payload(wrap(message))


def _offer(ven_id: str) -> OadrRegisterReport:
    rate = OadrSamplingRate(
        oadrMinPeriod=timedelta(seconds=1), oadrMaxPeriod=timedelta(hours=1), oadrOnChange=False
    )
    point = OadrReportDescription(
        rID="power",
        reportType="usage",
        itemBase=codec.dispatch(timedelta(hours=1)).itemBase,
        readingType="Direct Read",
        oadrSamplingRate=rate,
    )
    report = OadrReport(
        duration=DurationProp(duration=timedelta(hours=1)),
        oadrReportDescription=(point,),
        reportRequestID="0",
        reportSpecifierID=NAME,
        reportName=f"METADATA_{NAME}",
        createdDateTime=datetime.now(UTC),  # noqa: TID251
    )
    return OadrRegisterReport(requestID="offer", oadrReport=(report,), venID=ven_id)


def _agreed(request_id: str, ven_id: str) -> OadrCreatedReport:
    return OadrCreatedReport(
        eiResponse=EiResponse(responseCode="200", requestID=request_id),
        oadrPendingReports=OadrPendingReports(reportRequestID=(request_id,)),
        venID=ven_id,
    )


def _update(request_id: str, ven_id: str) -> bytes:
    message = codec.update(20).oadrSignedObject.message
    (report,) = message.oadrReport
    ours = replace(report, reportRequestID=request_id, reportSpecifierID=NAME, reportName=NAME)
    return _written(replace(message, oadrReport=(ours,), venID=ven_id))
