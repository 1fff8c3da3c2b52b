import pytest


def test_parties_are_counted_once_however_often_they_say_it(ledger, line):
    for who in ("inverter-01", "inverter-02", "inverter-01"):
        ledger.take_fleet(line("received", who))
    assert ledger.count("sep2", "received") == 2
    assert ledger.count("sep2", "started") == 0
    assert ledger.count("openadr", "received") == 0


def test_lateness_is_that_of_what_was_due(ledger, line, at):
    ledger.take_fleet(line("started", when=10.25, due=at(10).isoformat()))
    ledger.take_fleet(line("started", "inverter-02", when=11))
    assert ledger.lateness_s("sep2", "started") == [0.25]


def test_failures_are_kept_with_who_had_them(ledger, line):
    ledger.take_fleet(line("failed", detail="GET /dcap: 503"))
    assert ledger.faults == ["inverter-01: GET /dcap: 503"]
    assert ledger.seen == {}


def test_registers_are_read_as_limit_and_power(ledger, words, at):
    ledger.take_dump(502, words(50, 5000), at(0))
    assert ledger.registers[502].limit_percent == 50
    assert ledger.registers[502].power_w == 5000
    ledger.take_dump(502, words(None), at(1))
    assert ledger.registers[502].limit_percent is None


def test_a_device_is_released_only_after_it_was_limited(ledger, words, at):
    ledger.take_dump(502, words(None), at(0))
    assert (ledger.first_limited_at, ledger.released_at) == ({}, {})
    ledger.take_dump(502, words(50), at(1))
    ledger.take_dump(502, words(50), at(2))
    assert ledger.first_limited_at == {502: at(1)}
    ledger.take_dump(502, words(None), at(3))
    ledger.take_dump(502, words(None), at(4))
    assert ledger.released_at == {502: at(3)}


def test_one_that_is_limited_again_is_not_released(ledger, words, at):
    for second, limit in enumerate((50, None, 50)):
        ledger.take_dump(502, words(limit), at(second))
    assert ledger.released_at == {}


def test_a_line_that_lacks_its_members_is_an_error(ledger):
    with pytest.raises(KeyError):
        ledger.take_fleet({"type": "received"})
