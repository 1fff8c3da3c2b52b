"""Groups as FunctionSetAssignments: one for each group that gives something to follow.

Pure functions of the book; they must not know HTTP.
"""

from collections.abc import Sequence

from schemas.sep2.base import Link, ListLink
from schemas.sep2.device import FunctionSetAssignments, FunctionSetAssignmentsList
from server.core.book import Book
from server.core.model import Device, Group
from server.sep2.pace import Pace
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.published.links import function_sets, has_any
from server.sep2.routes import href


def assigned_groups(book: Book, device: Device) -> tuple[Group, ...]:
    """Return the groups that give a device something to follow, mRID descending.

    If none of its groups does yet it has them all: a client without any assignment waits for none.
    """
    mine = book.groups_of(device.id)
    giving = [
        group
        for group in mine
        if book.programs_by_group.get(group.id) or has_any(book, device, group)
    ]
    return tuple(sorted(giving or mine, key=lambda group: group.mrid, reverse=True))


def assignment(book: Book, device: Device, group: Group) -> FunctionSetAssignments:
    """Return what a group assigns to one of its devices."""
    programs = len(book.programs_by_group.get(group.id, ()))
    path = href("group_programs", e=device.id, g=group.id)
    is_for_der = bool(programs) or not has_any(book, device, group)
    return FunctionSetAssignments(
        href=href("assignment", e=device.id, g=group.id),
        subscribable=SUBSCRIBABLE,
        DERProgramListLink=ListLink(href=path, all=programs) if is_for_der else None,
        TimeLink=Link(href=href("time")),
        mRID=group.mrid,
        description=group.name,
        version=0,
        **function_sets(book, device, group),
    )


def assignment_list(
    device: Device,
    assignments: Sequence[FunctionSetAssignments],
    pace: Pace,
    *,
    total: int,
) -> FunctionSetAssignmentsList:
    """Return some of the `total` assignments of a device."""
    return FunctionSetAssignmentsList(
        href=href("assignments", e=device.id),
        subscribable=SUBSCRIBABLE,
        pollRate=pace.poll_rate("FunctionSetAssignmentsList"),
        all=total,
        results=len(assignments),
        FunctionSetAssignments_=tuple(assignments),
    )
