"""Which clients an entry of the feed may give something to be pushed.

Rather one too many than one too few, because what there is to say is asked anew. It must not know
what that is.
"""

from collections.abc import Iterable

from server.core.change import (
    Change,
    ClientEnrolled,
    DefaultSet,
    DeviceAdded,
    DeviceDescribed,
    SubscriptionEnded,
    SubscriptionSet,
    TokenIssued,
    TokenRevoked,
    VenRegistered,
)
from server.core.model import ClientId

_OF_NOBODY = (
    ClientEnrolled,
    DefaultSet,
    DeviceAdded,
    DeviceDescribed,
    SubscriptionEnded,
    SubscriptionSet,
    TokenIssued,
    TokenRevoked,
    # It is heard from the face, once the answer is on its way.
    VenRegistered,
)


def clients_concerned(change: Change, clients: Iterable[ClientId]) -> tuple[ClientId, ...]:
    """Return those of the clients that a change may be news to."""
    if isinstance(change, _OF_NOBODY):
        return ()
    named = getattr(change, "client_id", None)
    return tuple(one for one in clients if named in (None, one))
