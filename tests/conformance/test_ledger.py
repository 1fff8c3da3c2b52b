from tests.conformance.ledger import LEDGER, ledger, rules


def test_the_ledger_says_what_is_so():
    assert LEDGER.read_text() == ledger(), "run `make ledger`"


def test_rules_are_found_by_their_numbers():
    assert {2, 100, 103, 25, 50} <= rules().keys()
