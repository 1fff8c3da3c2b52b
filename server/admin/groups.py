"""Operations on groups: making them and moving devices."""

from server.admin.call import Call, the
from server.admin.models import GroupIn, MembersIn, PageQuery
from server.admin.paging import page
from server.admin.views import GroupDetail, GroupList, GroupView
from server.core.book import Book
from server.core.change import GroupCreated
from server.core.command import ChangeMembers, CreateGroup
from server.core.context import find
from server.core.model import Group, GroupId


async def create_group(call: Call, *, body: GroupIn) -> GroupDetail:
    """Make a group."""
    command = CreateGroup(
        name=body.name, members=body.members, joins_new_devices=body.joins_new_devices
    )
    created = the(GroupCreated, await call.submit(command))
    return _detail(call.book, created.group.id)


async def list_groups(call: Call, *, query: PageQuery) -> GroupList:
    """List groups, the oldest first."""
    found, cursor = page(call.book.groups.values(), query)
    items = tuple(GroupView.model_validate(_facts(call.book, group)) for group in found)
    return GroupList(items=items, next_cursor=cursor)


async def show_group(call: Call, *, group_id: str) -> GroupDetail:
    """Show a group with its members."""
    return _detail(call.book, GroupId(group_id))


async def change_members(call: Call, *, group_id: str, body: MembersIn) -> GroupDetail:
    """Move devices into and out of a group; those that are there already do not count."""
    command = ChangeMembers(group_id=GroupId(group_id), add=body.add, remove=body.remove)
    await call.submit(command)
    return _detail(call.book, command.group_id)


def _facts(book: Book, group: Group) -> dict[str, object]:
    return {
        "id": group.id,
        "mrid": group.mrid,
        "name": group.name,
        "joins_new_devices": group.joins_new_devices,
        "member_count": len(book.devices_by_group.get(group.id, {})),
        "programs": tuple(program.id for program in book.programs_of_group(group.id)),
        "created_at": group.created_at,
    }


def _detail(book: Book, group_id: GroupId) -> GroupDetail:
    group = find(book.groups, group_id, "group")
    inside = book.devices_by_group.get(group_id, {})
    members = tuple(device for device in book.devices if device in inside)
    return GroupDetail.model_validate({**_facts(book, group), "members": members})
