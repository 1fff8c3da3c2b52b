"""One request from its arrival to its answer: what is known of it, for the log and the audit trail.

Filled in as the face finds things out, so that what failed half-way is told as far as it came.
It must not know any one operation.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from server.admin.operation import Operation
from server.admin.repeating import Claim
from server.core.model import Token
from server.store.values import Audited

DONE, FAILED = "done", "failed"
PATH_LIMIT = 2000
_DENIED = {401, 403}


@dataclass(slots=True, kw_only=True)
class Visit:
    """A request that is being answered."""

    at: datetime
    request_id: str
    method: str
    target: str
    """The path with its query, as it came."""
    operation: Operation | None = None
    token: Token | None = None
    body: bytes = b""
    claim: Claim | None = None
    verdict: str = DONE
    """Or the code of the refusal, or `failed`."""

    @property
    def path(self) -> str:
        """Return the path without its query."""
        return self.target.partition("?")[0]

    @property
    def digest(self) -> str:
        """Return what stands for the request as a whole."""
        said = f"{self.method} {self._target_told}\n".encode()
        return sha256(said + self.body).hexdigest()

    def is_audited(self, status: int) -> bool:
        """Tell whether it belongs into the audit trail: it was to change something, or denied."""
        may_change = self.operation is not None and self.operation.is_change
        return may_change or status in _DENIED

    def audited(self, status: int) -> Audited:
        """Return what the audit trail says of it."""
        token, operation = self.token, self.operation
        return Audited(
            at=self.at,
            actor="" if token is None else token.name,
            token_id="" if token is None else token.id,
            role="" if token is None else token.role.value,
            operation="" if operation is None else operation.name,
            method=self.method,
            path=self._target_told[:PATH_LIMIT],
            status=status,
            verdict=self.verdict,
            request_id=self.request_id,
            digest=sha256(self.body).hexdigest() if self.body else "",
        )

    def told(self, status: int) -> str:
        """Return the line of the log."""
        who = "nobody known" if self.token is None else self.token.id
        target = self._target_told[:PATH_LIMIT]
        return f"{self.method} {target} {status} {self.verdict} by {who} ({self.request_id})"

    @property
    def _target_told(self) -> str:
        return self.target.encode("ascii", "backslashreplace").decode()
