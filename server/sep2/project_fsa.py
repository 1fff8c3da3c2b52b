"""Groups as FunctionSetAssignments: one for each group that has programs.

Pure functions of the book; they must not know HTTP.
"""

from collections.abc import Sequence

from schemas.sep2.base import Link, ListLink
from schemas.sep2.device import FunctionSetAssignments, FunctionSetAssignmentsList
from server.core.book import Book
from server.core.model import Device, Group
from server.sep2.project_device import SUBSCRIBABLE
from server.sep2.routes import href
from server.sep2.settings import Sep2Settings


def groups_with_programs(book: Book, device: Device) -> tuple[Group, ...]:
    """Return the groups that give a device something to follow, mRID descending."""
    groups = (group for group in book.groups_of(device.id) if book.programs_by_group.get(group.id))
    return tuple(sorted(groups, key=lambda group: group.mrid, reverse=True))


def assignment(book: Book, device: Device, group: Group) -> FunctionSetAssignments:
    """Return what a group assigns to one of its devices."""
    programs = len(book.programs_by_group[group.id])
    return FunctionSetAssignments(
        href=href("assignment", e=device.id, g=group.id),
        subscribable=SUBSCRIBABLE,
        DERProgramListLink=ListLink(
            href=href("group_programs", e=device.id, g=group.id), all=programs
        ),
        TimeLink=Link(href=href("time")),
        mRID=group.mrid,
        description=group.name,
        version=0,
    )


def assignment_list(
    device: Device,
    assignments: Sequence[FunctionSetAssignments],
    settings: Sep2Settings,
    *,
    total: int,
) -> FunctionSetAssignmentsList:
    """Return some of the `total` assignments of a device."""
    return FunctionSetAssignmentsList(
        href=href("assignments", e=device.id),
        subscribable=SUBSCRIBABLE,
        pollRate=settings.poll_rate("FunctionSetAssignmentsList"),
        all=total,
        results=len(assignments),
        FunctionSetAssignments_=tuple(assignments),
    )
