"""The one family of refusals: a request that was understood and is declined.

Raised anywhere, caught in exactly one function of each face, which turns it into the face's own
form. It must not know any wire format. Whatever is not a Refusal is a bug of ours.
"""


class Refusal(Exception):  # noqa: N818 - the house calls it so: nothing went wrong on our side
    """A declined request; `reason` is one sentence for the one who asked."""

    code = "refused"

    def __init__(self, reason: str, *, pointer: str = "") -> None:
        """Take the reason and, where one member of the request is at fault, the path to it."""
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer


class Malformed(Refusal):
    """The form is wrong: not XML or JSON, not of the schema."""

    code = "malformed"


class Invalid(Refusal):
    """The form is right and a value is not acceptable."""

    code = "invalid"


class Unauthenticated(Refusal):
    """Nobody known: no credential, or one that is wrong, expired or revoked."""

    code = "unauthenticated"


class Forbidden(Refusal):
    """Known, and not allowed."""

    code = "forbidden"


class Unknown(Refusal):
    """No such thing, or none that the one who asks may see: the same answer on purpose."""

    code = "unknown"


class Conflict(Refusal):
    """It collides with what is already so."""

    code = "conflict"


class Unsupported(Refusal):
    """A method, media type or feature that is not offered here."""

    code = "unsupported"

    def __init__(self, reason: str, *, allow: tuple[str, ...] = ()) -> None:
        """Take the reason and the methods that are allowed, if the method was the fault."""
        super().__init__(reason)
        self.allow = allow


class NotAcceptable(Refusal):
    """No representation that the client accepts, or a body of a type that is not taken."""

    code = "not-acceptable"


class TooLarge(Refusal):
    """More bytes, nodes or items than are taken."""

    code = "too-large"


class Unavailable(Refusal):
    """Not now: overloaded or without its store; worth another try."""

    code = "unavailable"

    def __init__(self, reason: str, *, retry_after_s: int = 5) -> None:
        """Take the reason and the seconds after which a retry makes sense."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class TooMany(Unavailable):
    """Not now, because the one who asks has asked too often."""

    code = "too-many"
