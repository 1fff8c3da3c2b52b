"""The OadrPoll service: one message for each poll, or none (rules 500 to 502).

It must not know what comes first.
"""

from schemas.openadr import Message
from schemas.openadr.payload import OadrPoll
from server.openadr.agenda import Agenda
from server.openadr.answer import Answer
from server.openadr.call import Call
from server.openadr.events import Events


class Polling:
    """Answers polls."""

    def __init__(self, agenda: Agenda, events: Events) -> None:
        self._agenda = agenda
        self._events = events

    async def poll(self, call: Call[OadrPoll]) -> Message | Answer:
        """Answer with what is to be said next, or with nothing, which is made once."""
        said = await self._agenda.next(call.ven, call.now, request_id="")
        return self._events.talk(call.ven).idle if said is None else said.answer
