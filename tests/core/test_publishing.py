"""Publications: what may be published, changed, called off and taken back, and their course."""

from datetime import timedelta

import pytest

from server.core.command import AddDevice, CreateGroup, RemoveDevice
from server.core.model import Language
from server.core.publication import Publication, Window, posting_of
from server.core.publication_commands import CancelPublication, Publish, Revise, Withdraw
from server.core.timeline import Status, standings
from server.errors import Conflict, Invalid, Unknown
from server.store.codec import decode, encode

MINUTE = timedelta(minutes=1)


@pytest.fixture
def device(world):
    made = AddDevice(name="d", language=Language.SEP2, lfdi="AB" * 20, pin=111115)
    return world.do(made)[-1].device.id


@pytest.fixture
def group(world, device):
    return world.do(CreateGroup(name="all", members=frozenset({device})))[0].group.id


@pytest.fixture
def publish(world):
    def make(kind="line", document=b"<a/>", *, groups=(), **members) -> Publication:
        command = Publish(kind=kind, document=document, groups=frozenset(groups), **members)
        return world.do(command)[0].publication

    return make


@pytest.fixture
def line(publish, group):
    return publish(groups=(group,))


@pytest.fixture
def span(world):
    def make(start=1, length=10, *modes, **members) -> Window:
        start_at = world.now + start * MINUTE
        modes = frozenset(modes)
        return Window(start=start_at, duration=length * MINUTE, modes=modes, **members)

    return make


def test_what_is_published_is_offered_to_its_group_or_device(world, publish, line, group, device):
    below = publish("item", parent=line.id)
    own = publish("bill", device_id=device)
    assert world.book.publications_for(device) == (own, line)
    assert world.book.publications_below(line.id) == (below,)
    assert world.book.line_of(below) == (below, line)
    assert world.book.is_offered(below, device)
    assert world.book.is_offered(own, device)
    assert not world.book.is_offered(own, "d99")
    assert not world.book.is_offered(below, "d99")
    assert (line.family, below.family, own.family) == (line.id, line.id, device)
    assert tuple(world.book.beside(line)) == ()
    assert tuple(world.book.beside(own)) == (own,)
    assert world.book.publications[world.book.publication_by_mrid[below.mrid]] == below


@pytest.mark.parametrize(
    "members", [{}, {"groups": ("g99",)}, {"device_id": "d99"}, {"parent": "u99"}]
)
def test_it_must_be_for_somebody(publish, members):
    with pytest.raises(Invalid):
        publish(**members)


def test_it_is_in_one_place_only(publish, line, device, group):
    with pytest.raises(Invalid):
        publish(groups=(group,), device_id=device)
    with pytest.raises(Invalid):
        publish(groups=(group,), parent=line.id)


def test_of_some_kinds_there_is_one_in_a_place(publish, line):
    publish("supplier", parent=line.id, is_only=True)
    publish("other", parent=line.id, is_only=True)
    with pytest.raises(Conflict):
        publish("supplier", parent=line.id, is_only=True)


@pytest.mark.parametrize(
    ("start", "length", "members"),
    [
        (1, 0, {}),
        (1, -1, {}),
        (-20, 20, {}),
        (1, 1, {"randomize_start": timedelta(hours=-2)}),
        (1, 1, {"randomize_duration": timedelta(hours=2)}),
        (1, 1, {"randomize_duration": timedelta(milliseconds=5)}),
        (1.00001, 1, {}),
    ],
)
def test_windows_that_cannot_be_are_refused(*, publish, line, span, start, length, members):
    with pytest.raises(Invalid):
        publish("item", parent=line.id, window=span(start, length, **members))


def test_what_asks_the_same_at_that_time_needs_a_word(publish, line, span, world):
    first = publish("item", parent=line.id, window=span(0, 10, "heat"))
    publish("item", parent=line.id, window=span(0, 10, "cool"))
    publish("item", parent=line.id, window=span(10, 10, "heat"))
    publish("other", parent=line.id, window=span(0, 10, "heat"))
    publish("note", parent=line.id)
    with pytest.raises(Conflict):
        publish("item", parent=line.id, window=span(5, 3, "heat"))
    world.do(CancelPublication(publication_id=first.id))
    newer = publish("item", parent=line.id, window=span(5, 3, "heat"))
    world.now += MINUTE
    last = publish("item", parent=line.id, window=span(4, 3, "heat", "fan"), supersede=True)
    world.now += 6 * MINUTE
    beside = tuple(filter(None, map(posting_of, world.book.beside(newer))))
    found = standings(beside, world.now)
    assert found[first.mrid].status is Status.CANCELLED
    assert found[newer.mrid].status is Status.SUPERSEDED
    assert found[last.mrid].status is Status.ACTIVE
    assert [one.source for one in beside].count(last.id) == 1


def test_randomisation_moves_the_edges(publish, line, span, world):
    window = span(5, 10, randomize_start=-MINUTE, randomize_duration=2 * MINUTE)
    made = posting_of(publish("item", parent=line.id, window=window))
    assert made.earliest_start == made.start - MINUTE
    assert made.latest_end == made.end + 2 * MINUTE
    assert made.modes == frozenset()
    assert posting_of(line) is None


def test_a_document_is_revised(world, line):
    (revised,) = world.do(Revise(publication_id=line.id, document=b"<b/>"))
    assert world.book.publications[line.id].document == b"<b/>"
    assert world.book.publications[line.id].version == revised.version == 1
    assert world.do(Revise(publication_id=line.id, document=b"<b/>")) == ()
    with pytest.raises(Unknown):
        world.do(Revise(publication_id="u99", document=b""))


def test_what_holds_for_a_time_is_not_changed_nor_what_stands_below(world, publish, line, span):
    timed = publish("item", parent=line.id, window=span())
    below = publish("price", parent=timed.id)
    for one in (timed, below):
        with pytest.raises(Conflict):
            world.do(Revise(publication_id=one.id, document=b"<b/>"))
        with pytest.raises(Conflict):
            world.do(Withdraw(publication_id=one.id))


def test_what_holds_for_a_time_is_cancelled_once(world, publish, line, span):
    timed = publish("item", parent=line.id, window=span(randomize_start=MINUTE))
    calm = publish("item", parent=line.id, window=span())
    world.do(CancelPublication(publication_id=timed.id, at_random=True))
    known = world.book.publications[timed.id]
    assert (known.cancelled_at, known.is_cancelled_at_random) == (world.now, True)
    assert known.version == 1
    with pytest.raises(Conflict):
        world.do(CancelPublication(publication_id=timed.id))
    with pytest.raises(Conflict):
        world.do(CancelPublication(publication_id=line.id))
    with pytest.raises(Invalid):
        world.do(CancelPublication(publication_id=calm.id, at_random=True))
    world.now += 11 * MINUTE
    with pytest.raises(Conflict):
        world.do(CancelPublication(publication_id=calm.id))


def test_all_below_goes_with_what_is_withdrawn(world, publish, line, span, device):
    timed = publish("item", parent=line.id, window=span())
    publish("price", parent=timed.id)
    own = publish("bill", device_id=device)
    with pytest.raises(Conflict):
        world.do(Withdraw(publication_id=line.id))
    world.now += 11 * MINUTE
    world.do(Withdraw(publication_id=line.id))
    assert tuple(world.book.publications) == (own.id,)
    assert tuple(world.book.publication_by_mrid) == (own.mrid,)
    world.do(RemoveDevice(device_id=device))
    assert world.book.publications == {}
    assert world.book.publications_for(device) == ()


def test_a_cancelled_one_may_be_withdrawn(world, publish, line, span):
    timed = publish("item", parent=line.id, window=span())
    beside = publish("item", parent=line.id)
    world.do(CancelPublication(publication_id=timed.id))
    before = world.book.revision_by_family[line.id]
    world.do(Withdraw(publication_id=timed.id))
    assert world.book.publications_below(line.id) == (beside,)
    assert world.book.revision_by_family[line.id] > before


def test_the_feed_keeps_all_of_it(new_world, world, publish, line, span):
    document = "<a>\u00e4 & \u20ac</a>".encode()
    timed = publish("item", document, parent=line.id, window=span(1, 10, "heat"))
    world.do(Revise(publication_id=line.id, document=document))
    world.do(CancelPublication(publication_id=timed.id))
    again = new_world()
    for change in world.feed:
        again.feed.append(decode(len(again.feed) + 1, *encode(change)))
    assert again.feed == world.feed
