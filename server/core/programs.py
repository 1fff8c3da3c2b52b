"""Decides on groups, programs and their defaults."""

from urllib.parse import urlsplit

from server.core.book import Book
from server.core.change import Change, DefaultSet, GroupCreated, MembersChanged, ProgramCreated
from server.core.command import ChangeMembers, CreateGroup, CreateProgram, SetDefault
from server.core.context import Context, check_known, check_name, find
from server.core.controls import check_controls
from server.core.model import Group, GroupId, Program, ProgramId
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
    joined = command.add - group.members
    left = command.remove & group.members
    if not joined and not left:
        return ()
    return (MembersChanged(group_id=group.id, joined=joined, left=left),)


def create_program(book: Book, command: CreateProgram, context: Context) -> tuple[Change, ...]:
    """Make a program; Conflict if the name or the market context is taken."""
    check_name(command.name)
    check_known(book.groups, command.groups, "group", "/groups")
    check_controls(command.default, "/default")
    _check_primacy(command.primacy)
    _check_market_context(book, command.market_context)
    if any(program.name == command.name for program in book.programs.values()):
        raise Conflict(f"there is a program named {command.name!r}")
    program = Program(
        id=ProgramId(context.names.id("p")),
        mrid=context.names.mrid(),
        name=command.name,
        primacy=command.primacy,
        groups=command.groups,
        market_context=command.market_context,
        default=command.default,
        default_mrid=context.names.mrid(),
        created_at=context.now,
    )
    return (ProgramCreated(program=program),)


def set_default(book: Book, command: SetDefault, context: Context) -> tuple[Change, ...]:
    """Replace a program's default; nothing changes if it is the same."""
    program = find(book.programs, command.program_id, "program")
    check_controls(command.controls, "/controls")
    if command.controls == program.default:
        return ()
    return (
        DefaultSet(
            program_id=program.id,
            controls=command.controls,
            version=program.default_version + 1,
        ),
    )


def _check_primacy(primacy: int) -> None:
    if not 0 <= primacy <= 255:
        raise Invalid("primacy is 0 to 255", pointer="/primacy")


def _check_market_context(book: Book, uri: str) -> None:
    parts = urlsplit(uri)
    if not parts.scheme or not (parts.netloc or parts.path) or not uri.isprintable():
        raise Invalid("a market context is an absolute URI", pointer="/market_context")
    if any(program.market_context == uri for program in book.programs.values()):
        raise Conflict(f"there is a program with the market context {uri}")
