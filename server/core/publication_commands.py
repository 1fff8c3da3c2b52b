"""The commands that are about publications.

What one says is wished, never what follows; see `server.core.command`.
"""

from dataclasses import dataclass

from server.core.model import DeviceId, GroupId
from server.core.publication import PublicationId, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publish a document: below another, for groups, or for one device."""

    kind: str
    parent: PublicationId | None = None
    groups: frozenset[GroupId] = frozenset()
    device_id: DeviceId | None = None
    document: bytes
    window: Window | None = None
    is_only: bool = False
    """True if there is at most one of its kind in its place."""
    supersede: bool = False
    """True if it may take the place of what asks the same at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """Replace the document of a publication."""

    publication_id: PublicationId
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPublication:
    """Call off what holds for a span of time; it stays known to the end of it."""

    publication_id: PublicationId
    at_random: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take a publication back, with all that stands below it."""

    publication_id: PublicationId
