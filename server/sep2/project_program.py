"""Programs, their controls and defaults as 2030.5 spells them.

What is asked, mode by mode, is spelled in `project_controls`. Pure; it must not know HTTP.
"""

from collections.abc import Sequence

from schemas.sep2.base import DateTimeInterval, EventStatus, Link, ListLink
from schemas.sep2.der import (
    DefaultDERControl,
    DERControl,
    DERProgram,
    DERProgramList,
)
from server.core.model import Program
from server.core.timeline import Control, Standing
from server.sep2.numbers import hundredths
from server.sep2.pace import Pace
from server.sep2.project_controls import control_base
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.routes import href

RESPONSE_REQUIRED = "03"
"""That the message came, and what becomes of it (2030.5 responseRequired bits 0 and 1)."""


def program(of: Program, scope: str, *, controls: int, active: int, curves: int) -> DERProgram:
    """Return a program as an EndDevice sees it, with the counts of its three lists."""
    at = {"e": scope, "p": of.id}
    return DERProgram(
        href=href("program", **at),
        subscribable=SUBSCRIBABLE,
        mRID=of.mrid,
        description=of.name,
        version=of.version,
        ActiveDERControlListLink=ListLink(href=href("active_controls", **at), all=active),
        DefaultDERControlLink=Link(href=href("default_control", **at)),
        DERControlListLink=ListLink(href=href("controls", **at), all=controls),
        DERCurveListLink=ListLink(href=href("curves", **at), all=curves),
        primacy=of.primacy,
    )


def program_list(
    path: str, programs: Sequence[DERProgram], pace: Pace, *, total: int
) -> DERProgramList:
    """Return some of the `total` programs of the list at a path."""
    return DERProgramList(
        href=path,
        subscribable=SUBSCRIBABLE,
        pollRate=pace.poll_rate("DERProgramList"),
        all=total,
        results=len(programs),
        DERProgram_=tuple(programs),
    )


def default_control(of: Program, scope: str) -> DefaultDERControl:
    """Return a program's default; an empty one asks nothing."""
    settings = of.default_settings
    return DefaultDERControl(
        href=href("default_control", e=scope, p=of.id),
        subscribable=SUBSCRIBABLE,
        mRID=of.default_mrid,
        description=of.name,
        version=of.default_version,
        DERControlBase_=control_base(of.default, scope, of.id),
        setESDelay=hundredths(settings.enter_service_delay_s),
        setESHighFreq=hundredths(settings.enter_service_high_hz),
        setESHighVolt=hundredths(settings.enter_service_high_v_percent),
        setESLowFreq=hundredths(settings.enter_service_low_hz),
        setESLowVolt=hundredths(settings.enter_service_low_v_percent),
        setESRampTms=hundredths(settings.enter_service_ramp_s),
        setESRandomDelay=hundredths(settings.enter_service_random_delay_s),
        setGradW=hundredths(settings.ramp_percent_per_s),
        setSoftGradW=hundredths(settings.soft_start_percent_per_s),
    )


def control(of: Control, standing: Standing, scope: str) -> DERControl:
    """Return an interval of an event as a DERControl that stands so."""
    event = of.event
    return DERControl(
        href=href("control", e=scope, p=of.program_id, c=of.mrid),
        subscribable=SUBSCRIBABLE,
        replyTo=href("responses", e=scope, p=of.program_id),
        responseRequired=RESPONSE_REQUIRED,
        mRID=of.mrid,
        description=of.name,
        version=of.version,
        creationTime=int(of.created_at.timestamp()),
        EventStatus_=event_status(standing),
        interval=DateTimeInterval(
            duration=int(of.interval.duration.total_seconds()), start=int(of.start.timestamp())
        ),
        randomizeDuration=int(event.randomize_duration.total_seconds()) or None,
        randomizeStart=None if of.goes_on else int(event.randomize_start.total_seconds()) or None,
        DERControlBase_=control_base(of.controls, scope, of.program_id),
    )


def event_status(standing: Standing) -> EventStatus:
    """Return where an event stands."""
    doubted_since = standing.potentially_superseded_since
    return EventStatus(
        currentStatus=int(standing.status),
        dateTime=int(standing.since.timestamp()),
        potentiallySuperseded=standing.potentially_superseded,
        potentiallySupersededTime=None if doubted_since is None else int(doubted_since.timestamp()),
    )
