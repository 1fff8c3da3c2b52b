"""Green Button data in OpenADR 2.0b reports: usage history, and what it is a history of.

The feed (Atom around NAESB ESPI) is carried as it stands and not looked into: nothing here acts on
it, and who does reads it with tools of its own. It must not know reports.
"""

from typing import Annotated

from schemas.openadr.namespaces import ATOM, OADR
from schemas.wire import Element, In, Opaque

Feed = Annotated[bytes, Opaque(), In(ATOM)]


class OadrGBPayload(Element, ns=OADR, tag="oadrGBPayload"):
    """The usage during an interval."""

    feed: Feed


class OadrGBDataDescription(Element, ns=OADR, tag="oadrGBDataDescription"):
    """The unit of Green Button data, told by a feed without readings."""

    feed: Feed
