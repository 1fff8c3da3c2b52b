import pytest

from server.sim.outcome import Stated, report

EXPECTED = {"sep2": 1, "openadr": 1, "modbus": 1}


@pytest.fixture
def stated(at) -> Stated:
    return Stated(event_id="e1", posted_at=at(0), accepted_at=at(1), start=at(10), end=at(20))


@pytest.fixture
def followed(event):
    return event(
        ("sep2", {"completed": 20.5, "started": 10.5, "received": 3}),
        ("openadr", {"opted_in": 4}),
        ("modbus", {"restored": 21, "verified": 10.25, "written": 10.125}),
    )


@pytest.fixture
def seen(ledger, line, words, at):
    for kind, when, due in (("received", 3, 3), ("started", 10.5, 10), ("completed", 20, 20)):
        ledger.take_fleet(line(kind, when=when, due=at(due).isoformat()))
    for kind in ("opted_in", "started", "completed"):
        ledger.take_fleet(line(kind, "ven-01", "openadr", when=10, due=at(10).isoformat()))
    ledger.take_dump(502, words(50), at(11))
    ledger.take_dump(502, words(None), at(21))
    return ledger


def test_what_all_have_seen_and_said_is_passed(followed, seen, stated):
    made = report(followed, seen, stated, EXPECTED)
    assert made["passed"]
    assert made["missed"] == []
    assert made["sep2"] == {"received": 1, "started": 1, "completed": 1}
    assert made["openadr"] == {"opted_in": 1}
    assert made["modbus"] == {"written": 1, "verified": 1, "restored": 1}
    assert made["devices"]["modbus"] == {"limited": 1, "released": 1}


def test_latencies_are_measured_from_what_was_told(followed, seen, stated):
    told = report(followed, seen, stated, EXPECTED)["latency_s"]
    assert told["post_to_accepted"] == 1.0
    assert told["accepted_to_received"] == {"min": 2.0, "median": 2.0, "max": 2.0}
    assert told["accepted_to_first_verified"] == 9.25
    assert told["start_to_verified"]["max"] == 0.25
    assert told["end_to_restored"]["max"] == 1.0
    assert told["sep2_start_lateness"]["max"] == 0.5


@pytest.mark.parametrize(
    ("language", "lacking", "missed"),
    [
        ("sep2", "completed", "server sep2 completed: 0 of 1"),
        ("openadr", "opted_in", "server openadr opted_in: 0 of 1"),
        ("modbus", "restored", "server modbus restored: 0 of 1"),
    ],
)
def test_each_word_that_the_server_lacks_is_missed(
    *, followed, seen, stated, language, lacking, missed
):
    for follower in followed["followers"]:
        if follower["language"] == language:
            follower["responses"] = [r for r in follower["responses"] if r["status"] != lacking]
    made = report(followed, seen, stated, EXPECTED)
    assert not made["passed"]
    assert made["missed"] == [missed]


def test_what_a_device_did_not_see_is_missed_though_the_server_heard_of_it(followed, seen, stated):
    seen.released_at.clear()
    made = report(followed, seen, stated, EXPECTED)
    assert made["missed"] == ["devices modbus released: 0 of 1"]


def test_more_than_expected_is_not_as_expected_either(followed, seen, stated):
    made = report(followed, seen, stated, EXPECTED | {"openadr": 0})
    assert "server openadr opted_in: 1 of 0" in made["missed"]


def test_a_device_that_is_no_target_does_not_count(followed, seen, stated):
    followed["followers"][0]["is_targeted"] = False
    made = report(followed, seen, stated, EXPECTED)
    assert "server sep2 received: 0 of 1" in made["missed"]


def test_without_an_event_everything_is_missed_and_nothing_is_made_up(ledger):
    made = report(None, ledger, None, EXPECTED)
    assert not made["passed"]
    assert len(made["missed"]) == 15
    assert made["latency_s"] == {}
    assert made["event"] is None


def test_what_was_not_seen_is_null(event, ledger, stated):
    told = report(event(), ledger, stated, EXPECTED)["latency_s"]
    assert told["accepted_to_received"] is None
    assert told["accepted_to_first_verified"] is None
