"""What operators send and are answered about publications.

What a document may say is known to the kinds alone. It must not know what is done with it.
"""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from server.admin.models import Instant, Model, PageQuery
from server.admin.views import ResponseView
from server.core.model import DeviceId, GroupId, Mrid
from server.core.publication import PublicationId
from server.core.timeline import Status

KindName = Annotated[str, Field(max_length=64)]
XmlText = Annotated[str, Field(max_length=512 * 1024)]


class Document(Model):
    """A document: its JSON view in `content`, or all of it as XML in `xml`.

    The mRID, the status and the links are the server's, whatever is said of them.
    """

    content: dict[str, JsonValue] | None = None
    """By the names of 2030.5; numbers as numbers, times in seconds since 1970."""
    xml: XmlText | None = None
    """Instead of `content`: a whole document as application/sep+xml."""

    @model_validator(mode="after")
    def _is_given_once(self) -> Self:
        if (self.content is None) == (self.xml is None):
            raise ValueError("a document is exactly one of content and xml")
        return self


class PublicationIn(Document):
    """What is to be published: below a `parent`, or for `groups`, or for one device."""

    kind: KindName
    """Such as `text_message`; openapi.json does not list them, a wrong one is told of."""
    parent: PublicationId | None = None
    groups: frozenset[GroupId] = frozenset()
    device_id: DeviceId | None = None
    supersede: bool = False
    """True if it may take the place of what asks the same at the same time."""


class RevisionIn(Document):
    """What a document is to say from now on."""


class PublicationsQuery(PageQuery):
    """Which publications are wanted."""

    kind: KindName | None = None
    parent: PublicationId | None = None
    device_id: DeviceId | None = None


class PublicationView(Model):
    """A publication."""

    id: PublicationId
    mrid: Mrid
    kind: str
    parent: PublicationId | None
    groups: tuple[GroupId, ...]
    device_id: DeviceId | None
    content: dict[str, JsonValue]
    created_at: Instant
    version: int
    start: Instant | None
    """Of what holds for a span of time only, as are the three below."""
    end: Instant | None
    status: str | None
    """scheduled, active, cancelled, cancelled_at_random or superseded; null once it is over."""
    cancelled_at: Instant | None


class PublicationAnswer(ResponseView):
    """One word of a device on a publication."""

    device_id: DeviceId


class PublicationDetail(PublicationView):
    """A publication with what devices answered to it, the newest first."""

    responses: tuple[PublicationAnswer, ...]


class PublicationList(Model):
    """A page of publications."""

    items: tuple[PublicationView, ...]
    next_cursor: str | None


def status_name(status: Status) -> str:
    """Return how a status is spelled."""
    return status.name.lower()
