"""What the first start on a state folder leaves there: a place for a first event, and a way in.

A later start changes none of it. It must not know who listens, or on what.
"""

import os
from datetime import timedelta
from pathlib import Path

from server.admin.access import digest_of, new_secret
from server.core.command import CreateGroup, CreateProgram, IssueToken
from server.core.model import GroupId, Role
from server.desk import Desk
from server.errors import Conflict

TOKEN_LIFETIME = timedelta(days=365)


async def seed(desk: Desk) -> None:
    """Give an empty book a group of all and a program for it, so that a first event has a place."""
    if desk.book.groups or desk.book.programs:
        return
    try:
        await desk.submit(CreateGroup(name="all", joins_new_devices=True), actor="start")
    except Conflict:
        return  # another instance that starts, too, was faster
    groups = frozenset({GroupId(next(iter(desk.book.groups)))})
    program = CreateProgram(
        name="default", primacy=10, groups=groups, market_context="urn:gridherald:default"
    )
    await desk.submit(program, actor="start")


async def write_token(desk: Desk, path: Path) -> None:
    """Leave a token of full rights in a file, for the command line here."""
    if path.exists():  # noqa: ASYNC240 - nobody is served yet
        return
    secret = new_secret()
    await desk.submit(
        IssueToken(
            name="state folder",
            role=Role.ADMIN,
            digest=digest_of(secret),
            expires_at=desk.clock.now() + TOKEN_LIFETIME,
        ),
        actor="start",
    )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")
