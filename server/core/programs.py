"""Decides on groups, programs and their defaults."""

from datetime import datetime
from itertools import pairwise
from urllib.parse import urlsplit

from server.core.book import Book
from server.core.change import (
    Change,
    DefaultSet,
    GroupCreated,
    GroupRemoved,
    MembersChanged,
    ProgramChanged,
    ProgramCreated,
    ProgramRemoved,
    VenRulesSet,
)
from server.core.command import (
    ChangeMembers,
    CreateGroup,
    CreateProgram,
    SetDefault,
)
from server.core.context import Context, check_known, check_name, find
from server.core.controls import check_controls, check_settings
from server.core.model import Event, Group, GroupId, Program, ProgramId
from server.core.program_commands import ChangeProgram, RemoveGroup, RemoveProgram, SetVenRules
from server.core.subscriptions import endings_with_program
from server.core.timeline import Control
from server.core.venrules import SIMPLE_LEVELS
from server.errors import Conflict, Invalid


def create_group(book: Book, command: CreateGroup, context: Context) -> tuple[Change, ...]:
    """Make a group; Conflict if the name is taken."""
    check_name(command.name)
    check_known(book.devices, command.members, "device", "/members")
    if any(group.name == command.name for group in book.groups.values()):
        raise Conflict(f"there is a group named {command.name!r}")
    group = Group(
        id=GroupId(context.names.id("g")),
        mrid=context.names.mrid(),
        name=command.name,
        members=command.members,
        joins_new_devices=command.joins_new_devices,
        created_at=context.now,
    )
    return (GroupCreated(group=group),)


def change_members(book: Book, command: ChangeMembers, context: Context) -> tuple[Change, ...]:
    """Move devices into and out of a group; those that are there already do not count."""
    group = find(book.groups, command.group_id, "group")
    check_known(book.devices, command.add, "device", "/add")
    check_known(book.devices, command.remove, "device", "/remove")
    if both := command.add & command.remove:
        raise Invalid(f"{min(both)!r} is to join and to leave", pointer="/remove")
    members = book.devices_by_group.get(group.id, {}).keys()
    joined = frozenset(command.add - members)
    left = frozenset(command.remove & members)
    if not joined and not left:
        return ()
    return (MembersChanged(group_id=group.id, joined=joined, left=left),)


def remove_group(book: Book, command: RemoveGroup, context: Context) -> tuple[Change, ...]:
    """Take a group away; Conflict while something is offered to it or an event names it."""
    group = find(book.groups, command.group_id, "group")
    offers = (
        *book.programs_by_group.get(group.id, ()),
        *book.publications_by_group.get(group.id, ()),
    )
    if offers:
        raise Conflict(f"{min(offers)} is offered to group {group.id}")
    for event in book.events.values():
        if group.id in event.targets.groups and _is_under_way(event, context.now):
            raise Conflict(f"event {event.id} is for group {group.id}, and not over")
    return (
        GroupRemoved(group_id=group.id, members=frozenset(book.devices_by_group.get(group.id, ()))),
    )


def create_program(book: Book, command: CreateProgram, context: Context) -> tuple[Change, ...]:
    """Make a program; Conflict if the name or the market context is taken."""
    check_name(command.name)
    check_known(book.groups, command.groups, "group", "/groups")
    check_controls(command.default, "/default", {})
    check_settings(command.default_settings, "/default_settings")
    _check_primacy(command.primacy)
    _check_market_context(book, command.market_context)
    _check_program_name(book, command.name)
    program = Program(
        id=ProgramId(context.names.id("p")),
        mrid=context.names.mrid(),
        name=command.name,
        primacy=command.primacy,
        groups=command.groups,
        market_context=command.market_context,
        default=command.default,
        default_settings=command.default_settings,
        default_mrid=context.names.mrid(),
        created_at=context.now,
    )
    return (ProgramCreated(program=program),)


def change_program(book: Book, command: ChangeProgram, context: Context) -> tuple[Change, ...]:
    """Change what is said of a program; its version rises unless nothing changes by it."""
    program = find(book.programs, command.program_id, "program")
    name = program.name if command.name is None else command.name
    primacy = program.primacy if command.primacy is None else command.primacy
    groups = program.groups if command.groups is None else command.groups
    if (name, primacy, groups) == (program.name, program.primacy, program.groups):
        return ()
    check_name(name)
    check_known(book.groups, groups, "group", "/groups")
    _check_primacy(primacy)
    if name != program.name:
        _check_program_name(book, name)
    return (
        ProgramChanged(
            program_id=program.id,
            name=name,
            primacy=primacy,
            joined=groups - program.groups,
            left=program.groups - groups,
            version=program.version + 1,
        ),
    )


def remove_program(book: Book, command: RemoveProgram, context: Context) -> tuple[Change, ...]:
    """Take a program away, its curves and what was subscribed of it.

    Conflict while an event of it is neither over nor cancelled; its events stay known.
    """
    program = find(book.programs, command.program_id, "program")
    for event_id in book.events_by_program.get(program.id, ()):
        if _is_under_way(book.events[event_id], context.now):
            raise Conflict(f"event {event_id} is not over: cancel it first")
    return (
        *endings_with_program(book, program.id),
        ProgramRemoved(program_id=program.id, groups=program.groups),
    )


def _is_under_way(event: Event, now: datetime) -> bool:
    last = Control(event=event, index=len(event.intervals) - 1)
    return event.cancelled_at is None and now < last.latest_end


def set_default(book: Book, command: SetDefault, context: Context) -> tuple[Change, ...]:
    """Replace a program's default and its settings; nothing changes if they are the same."""
    program = find(book.programs, command.program_id, "program")
    check_controls(command.controls, "/controls", book.curves_of(program.id))
    check_settings(command.settings, "/settings")
    if (command.controls, command.settings) == (program.default, program.default_settings):
        return ()
    return (
        DefaultSet(
            program_id=program.id,
            controls=command.controls,
            settings=command.settings,
            version=program.default_version + 1,
        ),
    )


def set_ven_rules(book: Book, command: SetVenRules, context: Context) -> tuple[Change, ...]:
    """Set what holds for the VENs of a program; nothing changes if it is the same."""
    program = find(book.programs, command.program_id, "program")
    steps = command.rules.simple_steps
    if len(steps) not in {0, SIMPLE_LEVELS}:
        raise Invalid(f"there are {SIMPLE_LEVELS} steps, or none", pointer="/simple_steps")
    pairs = list(pairwise(steps))
    if not (all(a < b for a, b in pairs) or all(a > b for a, b in pairs)):
        raise Invalid("the steps rise or fall", pointer="/simple_steps")
    if command.rules == program.ven_rules:
        return ()
    return (VenRulesSet(program_id=program.id, rules=command.rules),)


def _check_primacy(primacy: int) -> None:
    if not 0 <= primacy <= 255:
        raise Invalid("primacy is 0 to 255", pointer="/primacy")


def _check_program_name(book: Book, name: str) -> None:
    if any(program.name == name for program in book.programs.values()):
        raise Conflict(f"there is a program named {name!r}")


def _check_market_context(book: Book, uri: str) -> None:
    parts = urlsplit(uri)
    if not parts.scheme or not (parts.netloc or parts.path) or not uri.isprintable():
        raise Invalid("a market context is an absolute URI", pointer="/market_context")
    if any(program.market_context == uri for program in book.programs.values()):
        raise Conflict(f"there is a program with the market context {uri}")
