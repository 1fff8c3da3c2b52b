"""Poll rates and post rates on an operator's word: set, asked for, taken back."""

import pytest

from server.core.change import PollRateSet, PostRateSet
from server.core.command import AddDevice, EnrolClient, RemoveDevice, SetPollRate, SetPostRate
from server.core.model import ClientKind, Language
from server.core.rates import LONGEST_S
from server.errors import Invalid, Unknown


@pytest.fixture
def house(world):
    """A device d2 with its client c1, an aggregator c3 and a VEN c4."""
    world.do(AddDevice(name="own", language=Language.SEP2, lfdi="A" * 40))
    world.do(EnrolClient(kind=ClientKind.AGGREGATOR, name="agg", lfdi="B" * 40))
    world.do(EnrolClient(kind=ClientKind.VEN, name="ven", ven_id="v"))
    return world


def test_a_poll_rate_is_for_all_clients_unless_one_has_its_own(house):
    assert house.book.poll_rate_s("Time", "c1") is None
    house.do(SetPollRate(resource="Time", rate_s=30))
    house.do(SetPollRate(resource="Time", client_id="c3", rate_s=60))
    rates = [house.book.poll_rate_s("Time", client) for client in ("c1", "c3", None)]
    assert rates == [30, 60, 30]
    assert house.book.poll_rate_s("DERList", "c3") is None


def test_a_poll_rate_that_is_so_already_changes_nothing(house):
    ask = SetPollRate(resource="Time", client_id="c1", rate_s=30)
    assert house.do(ask) == (PollRateSet(resource="Time", client_id="c1", rate_s=30),)
    assert house.do(ask) == ()


def test_a_poll_rate_is_taken_back(house):
    house.do(SetPollRate(resource="Time", rate_s=30))
    house.do(SetPollRate(resource="Time", client_id="c1", rate_s=60))
    house.do(SetPollRate(resource="Time", client_id="c1", rate_s=None))
    assert house.book.poll_rate_s("Time", "c1") == 30
    house.do(SetPollRate(resource="Time", rate_s=None))
    assert house.book.poll_rates == {}
    with pytest.raises(Unknown):
        house.do(SetPollRate(resource="Time", rate_s=None))


@pytest.mark.parametrize("rate_s", [0, -1, LONGEST_S + 1])
def test_a_rate_out_of_range_is_refused(house, rate_s):
    with pytest.raises(Invalid):
        house.do(SetPollRate(resource="Time", rate_s=rate_s))
    with pytest.raises(Invalid):
        house.do(SetPostRate(device_id="d2", resource="EndDevice", rate_s=rate_s))


@pytest.mark.parametrize(("client_id", "fault"), [("c99", Unknown), ("c5", Invalid)])
def test_a_poll_rate_is_for_2030_5_clients_only(house, client_id, fault):
    ven = next(c.id for c in house.book.clients.values() if c.kind is ClientKind.VEN)
    wanted = ven if client_id == "c5" else client_id
    with pytest.raises(fault):
        house.do(SetPollRate(resource="Time", client_id=wanted, rate_s=30))


def test_a_post_rate_is_for_all_of_a_kind_unless_one_has_its_own(house):
    house.do(SetPostRate(device_id="d2", resource="MirrorUsagePoint", rate_s=300))
    ask = SetPostRate(device_id="d2", resource="MirrorUsagePoint", item="AB", rate_s=60)
    house.do(ask)
    assert house.do(ask) == ()
    asked = [house.book.post_rate_s("d2", "MirrorUsagePoint", item) for item in ("AB", "CD", "")]
    assert asked == [60, 300, 300]
    assert house.book.post_rate_s("d2", "EndDevice") is None


def test_a_post_rate_is_taken_back(house):
    ask = SetPostRate(device_id="d2", resource="EndDevice", rate_s=60)
    assert house.do(ask) == (PostRateSet(device_id="d2", resource="EndDevice", rate_s=60),)
    house.do(SetPostRate(device_id="d2", resource="EndDevice", rate_s=None))
    assert house.book.post_rate_s("d2", "EndDevice") is None
    with pytest.raises(Unknown):
        house.do(SetPostRate(device_id="d2", resource="EndDevice", rate_s=None))
    with pytest.raises(Unknown):
        house.do(SetPostRate(device_id="d9", resource="EndDevice", rate_s=60))


def test_post_rates_go_with_their_device(house):
    house.do(SetPostRate(device_id="d2", resource="EndDevice", rate_s=60))
    house.do(RemoveDevice(device_id="d2"))
    assert house.book.post_rates == {}
