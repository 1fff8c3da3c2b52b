from tests.conformance.ledger import LEDGER, ledger, rules
from tests.conformance.reasons import REASONS


def test_the_ledger_says_what_is_so():
    assert LEDGER.read_text() == ledger(), "run `make ledger`"


def test_rules_are_found_by_their_numbers():
    assert {2, 100, 103, 25, 50} <= rules().keys()


def test_no_rule_has_both_a_test_and_a_reason_to_have_none():
    assert not REASONS.keys() & rules().keys()
