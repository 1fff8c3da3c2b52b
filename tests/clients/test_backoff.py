import random

from server.clients.backoff import Backoff


def test_it_doubles_up_to_its_bound_with_jitter_of_a_tenth():
    backoff = Backoff(random.Random(1), first_s=1.0, most_s=10.0)
    pauses = [backoff.failed() for _ in range(6)]
    for pause, nominal in zip(pauses, (1, 2, 4, 8, 10, 10), strict=True):
        assert 0.9 * nominal <= pause <= 1.1 * nominal
    assert len(set(pauses)) == len(pauses)


def test_a_success_begins_anew():
    backoff = Backoff(random.Random(1))
    assert backoff.failed() < backoff.failed() < backoff.failed()
    backoff.succeeded()
    assert backoff.failed() <= 1.1


def test_the_server_may_ask_for_a_longer_pause_but_for_no_shorter():
    backoff = Backoff(random.Random(1))
    assert backoff.failed(30.0) == 30.0
    assert backoff.failed(0.0) >= 1.8


def test_a_thousand_failures_do_not_overflow():
    backoff = Backoff(random.Random(1), most_s=60.0)
    assert max(backoff.failed() for _ in range(2000)) <= 66.0
