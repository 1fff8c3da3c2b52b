"""Which client is answered in which profile, and what a body shows of its sender's.

What is remembered of a client stands in the book. It must not know how a profile is written.
"""

import re

from schemas.sep2 import NS, NS_2013, NS_CSIPAUS, NS_CSIPAUS_13
from schemas.sep2.profile import Profile
from server.core.model import Client

_DRAFT, _PLAIN, _CSIPAUS, _CSIPAUS_13 = (
    space.encode() for space in (NS_2013, NS, NS_CSIPAUS, NS_CSIPAUS_13)
)
_ROOT = re.compile(rb"<[^?!<>][^<>]*>")
_IN_ORDER = (Profile.DRAFT_2013, Profile.PLAIN, Profile.CSIPAUS_12, Profile.CSIPAUS_13)
"""The earliest edition first."""


class Profiles:
    """The profiles of clients, with a default for those of which none is known."""

    def __init__(self, default: Profile) -> None:
        """Take the profile of clients that have shown none, and for which none is fixed."""
        self._default = default
        self._modern = Profile.PLAIN if default is Profile.DRAFT_2013 else default
        self._by_name: dict[str | None, Profile] = {one.value: one for one in Profile}

    def of(self, client: Client | None) -> Profile:
        """Return what a client is answered in."""
        return self._by_name.get(client.profile if client else None, self._default)

    def of_sender(self, client: Client | None, body: bytes) -> Profile:
        """Return what the sender of a body is answered in, known or not."""
        return self.learnt(client, body) or self.of(client)

    def learnt(self, client: Client | None, body: bytes) -> Profile | None:
        """Return what a client is to be answered in from now on, if its body tells that.

        A later edition counts against an earlier one and never the other way round, so that nobody
        changes back and forth. Plain 2030.5-2018 tells no more than that it is not the draft.
        """
        if client is not None and client.is_profile_fixed:
            return None
        shown, known = _profile_in(body), self.of(client)
        if shown is Profile.PLAIN:
            shown = self._modern if known is Profile.DRAFT_2013 else None
        is_first = client is None or client.profile is None
        return shown if is_first or _is_later(shown, known) else None


def _is_later(shown: Profile | None, known: Profile) -> bool:
    return shown is not None and _IN_ORDER.index(shown) > _IN_ORDER.index(known)


def _profile_in(body: bytes) -> Profile | None:
    """Return the profile that the namespaces of a body belong to; None for other namespaces."""
    if _CSIPAUS in body:
        return Profile.CSIPAUS_13 if _CSIPAUS_13 in body else Profile.CSIPAUS_12
    found = _ROOT.search(body)
    root = found[0] if found else b""
    if _DRAFT in root:
        return Profile.DRAFT_2013
    return Profile.PLAIN if _PLAIN in root else None
