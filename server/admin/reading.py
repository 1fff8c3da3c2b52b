"""Reads what a request brings into the models, or refuses it with a pointer to each fault.

It must not know what the models mean.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from server.admin.models import Model
from server.errors import Invalid, Malformed, Unsupported

BODY_LIMIT_BYTES = 1024 * 1024

_JSON = re.compile(r"\s*application/json\s*(;\s*charset\s*=\s*\"?utf-?8\"?\s*)?", re.IGNORECASE)
_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}

Read = TypeVar("Read", bound=Model)


class InvalidInput(Invalid):
    """Values that are not acceptable: `faults` are pairs of a pointer and a message."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        """Take at least one fault."""
        super().__init__("; ".join(message for _, message in faults))
        self.faults = faults


def parse_body(model: type[Read], content_type: str | None, body: bytes) -> Read:
    """Return the model in a body; an empty one stands for `{}`."""
    if body and not _JSON.fullmatch(content_type or ""):
        raise Unsupported("a body is application/json in UTF-8")
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise Malformed(f"the body is not JSON: {errors[0]['ctx']['error']}") from None
        raise InvalidInput(tuple((_pointer("", e), _message(e)) for e in errors)) from None


def parse_query(model: type[Read], query: Sequence[tuple[str, str]]) -> Read:
    """Return the model in a query; a parameter that stands twice is refused."""
    times = Counter(name for name, _ in query)
    if twice := [name for name, count in times.items() if count > 1]:
        raise InvalidInput(tuple((f"/query/{name}", "it stands twice") for name in twice))
    try:
        return model.model_validate_strings(dict(query))
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        raise InvalidInput(tuple((_pointer("/query", e), _message(e)) for e in errors)) from None


_NO_MEMBER = "there is no such member"


def _pointer(base: str, error: ErrorDetails) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in error["loc"])
    return "".join((base, *(f"/{step}" for step in steps)))


def _message(error: ErrorDetails) -> str:
    if error["type"] in _UNKNOWN:
        return _NO_MEMBER
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    message = error["msg"]
    return message[:1].lower() + message[1:]
