"""What we and a schema are known to disagree on, each with its reason."""

import re
from typing import NamedTuple


class Known(NamedTuple):
    """A disagreement, known by what the refusing side says of it."""

    taken: bool
    said: str
    reason: str


BLANKS = "blanks around a word or a number mean nothing in any type"
KINDS = "xsi:type is read where types have heirs, and only its local name; types are named by us"
ID = "whether an id is unique is the verifier's matter"
KNOWN: tuple[Known, ...] = (
    # Taken here, refused by a schema.
    Known(
        True,
        r"Character content is not allowed, because the content type is empty",
        "blanks in an element without members are layout, as anywhere else",
    ),
    Known(True, r"SignedObject', attribute 'Id'", "read for peers that leave the prefix out"),
    Known(True, r"Expected is \( \{.*\}doeModesSupported", "only one profile demands it"),
    Known(True, r"\[facet '\w+'\] The value '(\s.*|.*\s)' is not", BLANKS),
    Known(True, r"The actual value '(\s.*|.*\s)' does not match the fixed value", BLANKS),
    Known(True, r"attribute '[^']*[iI]d': .* is not a valid value of the atomic type '.*ID'", ID),
    Known(True, r"The value '\+?-?P[0-9YM]*[0-9]W", "clients write P1W; the schema knows only 1W"),
    # Refused here, taken by a schema.
    Known(False, r"'(\s|\\[nrt])*' is no HexBinary", "no bytes at all are no number"),
    Known(
        False,
        r"'(\+\d+|-0+)' is no (UInt|TimeType|confidence)",
        "libxml2 takes a sign before what has none",
    ),
    Known(False, r"/components\b.*: (holds|is not)", "the profile has it empty"),
    Known(
        False,
        r": .(.*(\s|\\[rnt]).*|.{40})['\"] is no anyURI",
        "libxml2 takes blanks in a URI, RFC 3986 does not",
    ),
    Known(
        False,
        r"'-?140737488355328' is no Int48|is no UInt40",
        "the schema's bound is not that of the bits",
    ),
    Known(
        False,
        r"is no ((Signed)?PerCent|PINType|SFDIType|OneHourRangeType)",
        "the standard bounds it in words",
    ),
    Known(False, r"is no ID", "only ASCII names: others cannot be told apart by eye"),
    Known(
        False,
        r"'[+-]?P(\d+Y)?(\d+M)?(\d+D)?(\d+H)?(\d+M)?(\d+S)?' is no duration",
        "ISO 8601 demands a T before hours; 5M could be months",
    ),
    Known(False, r"'.*\d{9}.*' is no duration", "longer than a million years"),
    Known(False, r"'(-.*|.*T24:00:00.*)' is no (dateTime|instant)", "B.C., or midnight as 24:00"),
    Known(
        False,
        r"is no (float|double|decimal)",
        "nothing acts on NaN, or on more than a float holds",
    ),
    Known(False, r"is no kind of", KINDS),
)


def reason_for(taken: bool, said: str) -> str | None:
    """Return why we took what a schema refuses, or refused what it takes; None if unknown."""
    found = (known for known in KNOWN if known.taken == taken and re.search(known.said, said))
    return next((known.reason for known in found), None)
