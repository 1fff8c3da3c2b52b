"""What a 2030.5 client has yet to say to the server: each response exactly once, in order.

One that could not be sent is kept and sent again as it was; one that the server declines is given
up. Responses to one control keep their order, other controls do not wait for it.
"""

from collections.abc import Callable
from datetime import datetime

from schemas.sep2.response import DERControlResponse
from server.clients.notice import Kind, Notice, Notify
from server.clients.peer import ExchangeFailed
from server.clients.sep2_schedule import EPOCH, Step
from server.clients.sep2_tree import Tree


class Responses:
    """The responses of one device that wait to be sent."""

    def __init__(
        self, tree: Tree, *, lfdi: str, now: Callable[[], datetime], notify: Notify
    ) -> None:
        self._tree = tree
        self._lfdi = lfdi
        self._now = now
        self._notify = notify
        self._waiting: dict[tuple[str, int], tuple[str, DERControlResponse]] = {}

    def add(self, step: Step, now: datetime) -> None:
        """Note the response to a step, if its control asks for it and says where to."""
        reply_to = step.control.replyTo
        if not step.is_asked_for or not reply_to:
            return
        response = DERControlResponse(
            createdDateTime=int((now - EPOCH).total_seconds()),
            endDeviceLFDI=self._lfdi,
            status=step.status,
            subject=step.control.mRID,
        )
        self._waiting.setdefault((response.subject, step.status), (reply_to, response))

    async def send(self) -> ExchangeFailed | None:
        """Send what waits; return the last failure after which trying again makes sense."""
        failure: ExchangeFailed | None = None
        stuck: set[str] = set()
        for key, (reply_to, response) in tuple(self._waiting.items()):
            if response.subject in stuck:
                continue
            try:
                await self._tree.post(reply_to, response)
            except ExchangeFailed as fault:
                self._tell(Kind.FAILED, response, fault.why)
                if fault.is_final:
                    del self._waiting[key]
                else:
                    failure = fault
                    stuck.add(response.subject)
            else:
                del self._waiting[key]
                self._tell(Kind.TOLD, response, f"status {response.status}")
        return failure

    def _tell(self, kind: Kind, response: DERControlResponse, detail: str) -> None:
        self._notify(Notice(at=self._now(), kind=kind, subject=response.subject, detail=detail))
