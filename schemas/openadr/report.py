"""The messages of OpenADR 2.0b EiReport: what can be reported, what is asked for, what is measured.

Either party may be the one that reports. It must not know how points become readings.
"""

from typing import Annotated

from schemas.openadr.blocks import (
    CreatedDateTime,
    Dtstart,
    DurationProp,
    EiResponse,
    Intervals,
    MarketContext,
    Properties,
    ReportRequestID,
    ReportSpecifierID,
    RequestID,
    VenID,
    Versioned,
)
from schemas.openadr.namespaces import EI, OADR, PYLD, STRM, XCAL
from schemas.openadr.targets import EiTarget
from schemas.openadr.types import ReadingType, ReportName, ReportType
from schemas.openadr.units import ItemBase
from schemas.simple import Boolean, Duration, String
from schemas.wire import Element, In


class OadrSamplingRate(Element, ns=OADR, tag="oadrSamplingRate"):
    """How often a point can be sampled."""

    oadrMinPeriod: Duration
    oadrMaxPeriod: Duration
    oadrOnChange: Boolean


class OadrReportDescription(Element, ns=OADR, tag="oadrReportDescription"):
    """One point that can be reported."""

    rID: Annotated[String, In(EI)]
    reportSubject: Annotated[EiTarget, In(EI)] | None = None
    reportDataSource: Annotated[EiTarget, In(EI)] | None = None
    reportType: Annotated[ReportType, In(EI)]
    itemBase: ItemBase | None = None
    readingType: Annotated[ReadingType, In(EI)]
    marketContext: MarketContext | None = None
    oadrSamplingRate: OadrSamplingRate | None = None


class OadrReport(Element, ns=OADR, tag="oadrReport"):
    """A report: its description (metadata) or its data, told apart by the `reportName`."""

    dtstart: Annotated[Dtstart, In(XCAL)] | None = None
    duration: Annotated[DurationProp, In(XCAL)] | None = None
    intervals: Annotated[Intervals, In(STRM)] | None = None
    eiReportID: Annotated[String, In(EI)] | None = None
    oadrReportDescription: tuple[OadrReportDescription, ...] = ()
    reportRequestID: ReportRequestID
    reportSpecifierID: ReportSpecifierID
    reportName: Annotated[ReportName, In(EI)] | None = None
    createdDateTime: CreatedDateTime


class ReportInterval(Element, ns=EI, tag="reportInterval"):
    """The time that a report is to cover."""

    properties: Annotated[Properties, In(XCAL)]


class SpecifierPayload(Element, ns=EI, tag="specifierPayload"):
    """One point that is asked for."""

    rID: String
    itemBase: ItemBase | None = None
    readingType: ReadingType


class ReportSpecifier(Element, ns=EI, tag="reportSpecifier"):
    """Which points are asked for, how dense and how often."""

    reportSpecifierID: String
    granularity: Annotated[DurationProp, In(XCAL)]
    reportBackDuration: DurationProp
    reportInterval: ReportInterval | None = None
    specifierPayload: tuple[SpecifierPayload, ...]


class OadrReportRequest(Element, ns=OADR, tag="oadrReportRequest"):
    """One report that is asked for."""

    reportRequestID: ReportRequestID
    reportSpecifier: Annotated[ReportSpecifier, In(EI)]


class OadrPendingReports(Element, ns=OADR, tag="oadrPendingReports"):
    """The requests that the sender still has to serve."""

    reportRequestID: Annotated[tuple[String, ...], In(EI)] = ()


class OadrRegisterReport(Versioned, tag="oadrRegisterReport"):
    """All reports that the sender offers; they replace what it offered before."""

    requestID: RequestID
    oadrReport: tuple[OadrReport, ...] = ()
    venID: VenID | None = None
    reportRequestID: ReportRequestID | None = None


class OadrRegisteredReport(Versioned, tag="oadrRegisteredReport"):
    """The outcome of an offer, with the first requests."""

    eiResponse: Annotated[EiResponse, In(EI)]
    oadrReportRequest: tuple[OadrReportRequest, ...] = ()
    venID: VenID | None = None


class OadrCreateReport(Versioned, tag="oadrCreateReport"):
    """The sender asks for reports."""

    requestID: RequestID
    oadrReportRequest: tuple[OadrReportRequest, ...]
    venID: VenID | None = None


class OadrCreatedReport(Versioned, tag="oadrCreatedReport"):
    """The outcome of asking for reports."""

    eiResponse: Annotated[EiResponse, In(EI)]
    oadrPendingReports: OadrPendingReports
    venID: VenID | None = None


class OadrUpdateReport(Versioned, tag="oadrUpdateReport"):
    """Data of one or more reports."""

    requestID: RequestID
    oadrReport: tuple[OadrReport, ...] = ()
    venID: VenID | None = None


class OadrCancelReport(Versioned, tag="oadrCancelReport"):
    """The sender wants no more of some reports, perhaps after a last one."""

    requestID: RequestID
    reportRequestID: Annotated[tuple[String, ...], In(EI)]
    reportToFollow: Annotated[Boolean, In(PYLD)]
    venID: VenID | None = None


class OadrUpdatedReport(Versioned, tag="oadrUpdatedReport"):
    """The outcome of a report, perhaps with a cancellation."""

    eiResponse: Annotated[EiResponse, In(EI)]
    oadrCancelReport: OadrCancelReport | None = None
    venID: VenID | None = None


class OadrCanceledReport(Versioned, tag="oadrCanceledReport"):
    """The outcome of cancelling reports."""

    eiResponse: Annotated[EiResponse, In(EI)]
    oadrPendingReports: OadrPendingReports
    venID: VenID | None = None
