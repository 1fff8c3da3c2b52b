from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.clients.sep2_clock import ServerClock
from server.clients.sep2_schedule import EPOCH


class Own:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self):
        return EPOCH + timedelta(seconds=self.seconds)


@given(
    own=st.floats(1e9, 2e9), skew=st.floats(-1e6, 1e6), way=st.floats(0, 2), back=st.floats(0, 2)
)
@settings(max_examples=100, deadline=None)
def test_the_servers_time_is_known_to_a_second_and_the_way(own, skew, way, back):
    machine = Own(own)
    clock = ServerClock(machine)
    asked = clock.own_now()
    told = int(own + way + skew)
    machine.seconds += way + back
    clock.heard(told, asked_at=asked, answered_at=clock.own_now())
    error_s = clock.now().timestamp() - (machine.seconds + skew)
    assert abs(error_s) <= 1 + way + back + 1e-3


def test_a_clock_that_agrees_with_the_server_is_left_alone():
    machine = Own(1e9 + 0.9)
    clock = ServerClock(machine)
    clock.heard(10**9, asked_at=clock.own_now(), answered_at=clock.own_now())
    assert clock.now() == machine.now()


def test_later_words_narrow_the_offset_down():
    machine = Own(1e9 + 0.5)
    clock = ServerClock(machine)
    for told in (10**9 + 100, 10**9 + 101, 10**9 + 101):
        clock.heard(told, asked_at=clock.own_now(), answered_at=clock.own_now())
        machine.seconds += 0.45
    offset_s = (clock.now() - machine.now()).total_seconds()
    assert 99.5 <= offset_s <= 100.5


def test_a_time_outside_the_calendar_is_refused():
    clock = ServerClock(Own(1e9))
    with pytest.raises(OverflowError):
        clock.heard(2**62, asked_at=clock.own_now(), answered_at=clock.own_now())
