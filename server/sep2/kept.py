"""What devices put, as it is kept: in the one dialect that can say all of it.

Readers of other dialects are given it rewritten, where that makes a difference. It must not know
what a document is about.
"""

from schemas.sep2 import NS_CSIPAUS, NS_CSIPAUS_13, Profile, decode, encode
from schemas.wire import Element

_KEPT_IN = Profile.CSIPAUS_13
_CSIPAUS = NS_CSIPAUS.encode()
_CSIPAUS_13 = NS_CSIPAUS_13.encode()


def body_to_keep(element: Element) -> bytes:
    """Return a document for the store."""
    return encode(element, profile=_KEPT_IN)


def body_for(profile: Profile, kind: type[Element], body: bytes) -> bytes:
    """Return a stored document as a profile writes it."""
    if profile is not Profile.DRAFT_2013 and _CSIPAUS not in body:
        return body
    if profile is _KEPT_IN and _CSIPAUS_13 in body:
        return body
    return encode(decode(kind, body), profile=profile)
