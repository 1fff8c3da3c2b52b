"""What operators do with what they published, without the admin face."""

from types import SimpleNamespace

import pytest

from server.core.publication_commands import CancelPublication, Revise, Withdraw
from server.publications.drafts import from_view
from server.publications.kinds import KINDS


@pytest.fixture
def desk_of(world):
    """What else an operator does with a publication."""

    async def cancel(one, *, at_random=False):
        await world.do(CancelPublication(publication_id=one.id, at_random=at_random))

    async def revise(one, view):
        document = from_view(KINDS[one.kind], view).document
        await world.do(Revise(publication_id=one.id, document=document))

    async def withdraw(one):
        await world.do(Withdraw(publication_id=one.id))

    return SimpleNamespace(cancel=cancel, revise=revise, withdraw=withdraw)


@pytest.fixture
def span(clock):
    """An interval: offset and length in seconds from now."""

    def make(offset_s=0, length_s=600):
        return {"start": int(clock.now().timestamp()) + offset_s, "duration": length_s}

    return make


@pytest.fixture
def load_control(span):
    """An EndDeviceControl that asks for a duty cycle."""

    def make(offset_s=0, length_s=600, *, category=4, **members):
        return {
            "interval": span(offset_s, length_s),
            "deviceCategory": f"{category:08X}",
            "drProgramMandatory": False,
            "loadShiftForward": False,
            "DutyCycle": {"normalValue": 50},
        } | members

    return make


@pytest.fixture
async def drlc(publish):
    return await publish("demand_response_program", {"primacy": 2, "description": "summer"})
