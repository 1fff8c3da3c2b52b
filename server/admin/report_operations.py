"""The part of the table of operations that is about reports and readings.

It must not know how any of them is done.
"""

from operator import attrgetter

from server.admin import models, reportmodels, reports, series
from server.admin.operation import Operation
from server.core.model import Role

_API = "/api/v1"
_CLIENT = f"{_API}/clients/{{client_id}}"
_REQUESTS = f"{_CLIENT}/report-requests"
_VIEWER, _OPERATOR, _, _ = Role

REPORTS: tuple[Operation, ...] = (
    Operation(
        name="list_report_offers",
        method="GET",
        path=f"{_CLIENT}/report-offers",
        role=_VIEWER,
        handler=reports.list_report_offers,
        query=reportmodels.NamesQuery,
        answers={200: reportmodels.OfferList},
        may_conflict=True,
    ),
    Operation(
        name="request_report",
        method="POST",
        path=_REQUESTS,
        role=_OPERATOR,
        handler=reports.request_report,
        body=reportmodels.ReportIn,
        answers={201: reportmodels.ReportRequestDetail},
        id_of=attrgetter("id"),
        may_conflict=True,
    ),
    Operation(
        name="list_report_requests",
        method="GET",
        path=_REQUESTS,
        role=_VIEWER,
        handler=reports.list_report_requests,
        query=models.PageQuery,
        answers={200: reportmodels.ReportRequestList},
        may_conflict=True,
    ),
    Operation(
        name="show_report_request",
        method="GET",
        path=f"{_REQUESTS}/{{request_id}}",
        role=_VIEWER,
        handler=reports.show_report_request,
        answers={200: reportmodels.ReportRequestDetail},
        may_conflict=True,
    ),
    Operation(
        name="cancel_report_request",
        method="POST",
        path=f"{_REQUESTS}/{{request_id}}:cancel",
        role=_OPERATOR,
        handler=reports.cancel_report_request,
        body=reportmodels.CancelReportIn,
        answers={200: reportmodels.ReportRequestDetail},
        may_conflict=True,
    ),
    Operation(
        name="list_points",
        method="GET",
        path=f"{_API}/devices/{{device_id}}/points",
        role=_VIEWER,
        handler=series.list_points,
        query=reportmodels.NamesQuery,
        answers={200: reportmodels.PointList},
    ),
    Operation(
        name="list_readings",
        method="GET",
        path=f"{_API}/readings",
        role=_VIEWER,
        handler=series.list_readings,
        query=reportmodels.ReadingsQuery,
        answers={200: reportmodels.ReadingList},
    ),
)
