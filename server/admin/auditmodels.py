"""What operators ask of the audit trail and see of it."""

from typing import Annotated

from pydantic import Field

from server.admin.models import Instant, Model, PageQuery

Word = Annotated[str, Field(max_length=255)]


class AuditQuery(PageQuery):
    """Which records are wanted."""

    actor: Word | None = None
    """The name of the token."""
    operation: Word | None = None
    verdict: Word | None = None
    """`done`, or the code of a refusal, such as `forbidden`."""
    request_id: Word | None = None
    since: Instant | None = None
    until: Instant | None = None
    """The first instant that is not wanted any more."""


class AuditView(Model):
    """What an operator asked for and what came of it, as a link in the chain."""

    seq: int
    at: Instant
    actor: str
    """The name of the token; empty if nobody known asked."""
    token_id: str
    role: str
    operation: str
    """Empty if there is none of that kind."""
    method: str
    path: str
    status: int
    verdict: str
    """`done`, or the code of the refusal."""
    request_id: str
    digest: str
    """SHA-256 of the body that was sent; empty without one."""
    previous: str
    """The hash of the record before."""
    hash: str
    """SHA-256 over all of the above."""


class AuditList(Model):
    """A page of the audit trail, the oldest first."""

    items: tuple[AuditView, ...]
    next_cursor: str | None


class AuditState(Model):
    """Whether the audit trail is as it was written."""

    is_whole: bool
    count: int
    """How many records are as they were written, from the first."""
    hash: str
    """Of the last of them. Noted elsewhere, it also tells of a trail that was written anew."""
    broken_at: int | None
    """The number of the first record that is altered, missing or out of place."""
