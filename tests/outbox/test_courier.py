"""Which addresses may be reached, and how steps follow each other."""

import ipaddress
import random
from datetime import UTC, datetime

import pytest

from server.core.model import Subject, Subscription
from server.outbox.courier import Failure, is_public
from server.outbox.progress import PAUSES_S, begun, digest, failed, news_of
from server.store.values import Delivery

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.112.1", "2600::1", "2a00:1450::5"])
def test_public_addresses_may_be_reached(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),  # noqa: S104
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "198.51.100.1", "192.0.0.8"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "fe80::1", "fc00::1", "ff02::1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "::7f00:1"),
    ],
)
def test_all_others_may_not(address):
    assert not is_public(ipaddress.ip_address(address))


def subscription(limit: int) -> Subscription:
    return Subscription(
        id="s1",
        client_id="c1",
        home="c1",
        resource="/edev",
        subject=Subject(topic="end_devices"),
        level="+S1",
        limit=limit,
        notification_uri="https://x",
        created_at=NOW,
        renewed_at=NOW,
    )


def test_a_page_leaves_the_rest_for_the_next():
    told = {"": "1", "a": "1", "gone": "1"}
    versions = {"": "1", "a": "2", "b": "1", "c": "1"}
    first = news_of(subscription(2), told, versions)
    assert (first.keys, first.is_all) == ({"a", "b"}, False)
    second = news_of(subscription(2), first.told, versions)
    assert (second.keys, second.is_all) == ({"c"}, True)
    assert news_of(subscription(2), second.told, versions) is None


def test_what_is_left_for_the_next_page_keeps_its_old_version():
    news = news_of(subscription(1), {"a": "1", "b": "1"}, {"a": "2", "b": "2"})
    assert news.told == {"a": "2", "b": "1"}


def test_what_its_client_does_not_want_told_is_no_news():
    assert news_of(subscription(9), {"a": "1"}, {"a": "", "b": ""}) is None
    news = news_of(subscription(9), {"a": "1"}, {"a": "", "b": "2"})
    assert (news.keys, news.told) == ({"b"}, {"a": "", "b": "2"})
    gone = news_of(subscription(9), {"a": "1", "b": "1"}, {"a": ""})
    assert (gone.keys, gone.told) == (frozenset(), {"a": ""})


def test_a_digest_knows_no_order():
    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"}) != digest({"a": "1"})


def test_an_absurd_retry_after_is_cut():
    attempt = begun(Delivery(subscription_id="s1"), "x", NOW, random.Random(1))
    found = failed(attempt, Failure("busy", is_final=False, retry_after_s=1e9), NOW)
    assert (found.due_at - NOW).total_seconds() == 3600


def test_the_attempt_after_the_last_pause_is_the_last():
    delivery, rng = Delivery(subscription_id="s1"), random.Random(1)
    for number in range(len(PAUSES_S) + 1):
        assert (delivery.attempts, delivery.is_dead) == (number, False)
        delivery = failed(begun(delivery, "x", NOW, rng), Failure("no", is_final=False), NOW)
    assert delivery.is_dead
    assert begun(delivery, "y", NOW, rng).attempts == 1
