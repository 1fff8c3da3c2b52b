"""Nested events with resume_after: what goes on, for whom, from when to when."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.apply import apply
from server.core.book import Book
from server.core.command import (
    AddDevice,
    CancelEvent,
    ChangeMembers,
    Command,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    IntervalDraft,
)
from server.core.decide import decide
from server.core.model import (
    Controls,
    DeviceId,
    Event,
    GroupId,
    Language,
    Lfdi,
    ProgramId,
    Signal,
    Targets,
)
from server.core.setpoint import setpoint
from server.errors import Invalid
from tests.events.reference import ACTIVE, Cancellation, Control, Past

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAP, DEEP = Controls(max_limit_percent=50.0), Controls(max_limit_percent=10.0)
BOTH = Controls(max_limit_percent=50.0, connect=True)
ONE, TWO = DeviceId("d5"), DeviceId("d7")
P, FEW = ProgramId("p3"), GroupId("g2")
SIMPLE = Signal(name="SIMPLE", type="level")


class Utility:
    """A book with two devices, both in one group and the second in another, and one program."""

    def __init__(self) -> None:
        self.book, self.now, self.rng = Book(), NOON, random.Random(1)
        self.do(CreateGroup(name="all", joins_new_devices=True))
        self.do(CreateGroup(name="few"))
        everyone = frozenset({GroupId("g1")})
        self.do(CreateProgram(name="p", primacy=1, groups=everyone, market_context="urn:x:p"))
        for letter in "AB":
            self.do(AddDevice(name=letter, language=Language.SEP2, lfdi=Lfdi(letter * 40)))
        self.do(ChangeMembers(group_id=FEW, add=frozenset({TWO})))

    def do(self, command: Command) -> tuple:
        changes = decide(self.book, command, now=self.now, rng=self.rng, pen=28547)
        for change in changes:
            apply(self.book, change, seq=self.book.head + 1)
        return changes

    def state(self, name: str, start: int, *lengths: int, asks=CAP, **others) -> list[Event]:
        """State an event of intervals of some minutes; superseding, unless it is the first."""
        each = asks if isinstance(asks, tuple) else (asks,) * len(lengths)
        rows = others.pop("values", ((),) * len(lengths))
        command = CreateEvent(
            program_id=P,
            name=name,
            start=NOON + start * MINUTE,
            intervals=tuple(
                IntervalDraft(duration=length * MINUTE, controls=controls, values=row)
                for length, controls, row in zip(lengths, each, rows, strict=True)
            ),
            supersede=True,
            **others,
        )
        return [change.event for change in self.do(command)]

    def nest(self, start: int, length: int, *, asks=DEEP, **others) -> list[Event]:
        """State an event that has what it supersedes go on; return only what goes on."""
        _, *rests = self.state("nested", start, length, asks=asks, resume_after=True, **others)
        return rests


@pytest.fixture
def utility() -> Utility:
    return Utility()


def spelled(event: Event) -> list[tuple[int, int, Controls | None]]:
    """The intervals of an event: their first minute, the one after the last, what they ask."""
    return [
        ((one.start - NOON) // MINUTE, (one.end - NOON) // MINUTE, one.controls)
        for one in event.intervals
    ]


def test_what_is_superseded_goes_on_from_the_end_of_the_nested_event(utility):
    utility.state("peak", 0, 60)
    (rest,) = utility.nest(10, 20)
    assert spelled(rest) == [(30, 60, CAP)]
    assert (rest.name, rest.program_id, rest.targets) == ("rest of peak", P, Targets())
    old, nested, _ = utility.book.events.values()
    assert old.created_at < nested.created_at < rest.created_at
    for minute, percent in ((5, 50), (10, 10), (29, 10), (30, 50), (59, 50), (60, None)):
        wanted = setpoint(utility.book, ONE, NOON + minute * MINUTE)
        assert wanted.controls.max_limit_percent == percent


def test_rule_7_superseded_is_for_good_without_resume_after(utility):
    utility.state("peak", 0, 60)
    assert len(utility.state("nested", 10, 20, asks=DEEP)) == 1
    assert setpoint(utility.book, ONE, NOON + 40 * MINUTE).controls == Controls()


def test_nothing_goes_on_where_nothing_is_left(utility):
    utility.state("over by then", 0, 30)
    utility.state("asks something else", 0, 60, asks=Controls(connect=True))
    utility.state("later", 40, 20)
    called_off = utility.state("called off", 100, 60)[0]
    utility.do(CancelEvent(event_id=called_off.id))
    assert utility.nest(10, 30) == []
    assert utility.nest(110, 10) == []


def test_what_was_called_off_while_the_clock_was_ahead_does_not_come_back(utility):
    (peak,) = utility.state("peak", 0, 60)
    utility.now += 30 * MINUTE
    utility.do(CancelEvent(event_id=peak.id))
    utility.now -= 30 * MINUTE
    assert utility.nest(10, 10) == []


def test_what_was_superseded_before_does_not_come_back(utility):
    utility.state("peak", 0, 60)
    utility.state("final", 5, 5, asks=DEEP)
    utility.now += 7 * MINUTE
    assert utility.nest(20, 10) == []


def test_resume_after_says_that_it_supersedes(utility):
    wish = CreateEvent(
        program_id=P,
        name="x",
        start=NOON,
        intervals=(IntervalDraft(duration=MINUTE, controls=CAP),),
        resume_after=True,
    )
    with pytest.raises(Invalid) as caught:
        utility.do(wish)
    assert caught.value.pointer == "/resume_after"


def test_the_rest_keeps_what_is_left_of_the_interval_and_the_later_ones(utility):
    steps = (CAP, Controls(max_limit_percent=40.0), Controls(max_limit_percent=30.0), None)
    utility.state(
        "steps", 0, 10, 10, 10, 10, asks=steps, signals=(SIMPLE,),
        values=((1.0,), (2.0,), (3.0,), (0.0,)),
    )  # fmt: skip
    (rest,) = utility.nest(5, 10)
    assert spelled(rest) == [(15, 20, steps[1]), (20, 30, steps[2]), (30, 40, None)]
    assert [one.values for one in rest.intervals] == [(2.0,), (3.0,), (0.0,)]
    assert rest.signals == (SIMPLE,)


def test_a_rest_starts_no_earlier_than_the_nested_event_ends(utility):
    early = {"randomize_start": -MINUTE, "randomize_duration": MINUTE}
    utility.state("peak", 0, 60, **early)
    utility.state("late", 100, 60, randomize_start=MINUTE)
    (rest,) = utility.nest(10, 20, randomize_duration=5 * MINUTE)
    assert (rest.start, rest.randomize_start) == (NOON + 30 * MINUTE, timedelta(0))
    assert rest.randomize_duration == MINUTE
    (rest,) = utility.nest(110, 10)
    assert rest.randomize_start == MINUTE


def test_several_events_go_on_each_with_what_it_alone_would_ask(utility):
    utility.state("both", 0, 60, asks=BOTH)
    utility.state("cap", 5, 40, asks=CAP)
    rests = utility.nest(10, 10, asks=replace(BOTH, max_limit_percent=10.0))
    assert [rest.name for rest in rests] == ["rest of both", "rest of cap"]
    assert spelled(rests[0]) == [(20, 45, Controls(connect=True)), (45, 60, BOTH)]
    assert spelled(rests[1]) == [(20, 45, CAP)]


def test_a_rest_ends_where_its_event_would_have_been_superseded(utility):
    utility.state("long", 0, 100)
    (first,) = utility.nest(50, 10)
    assert spelled(first) == [(60, 100, CAP)]
    (second,) = utility.nest(20, 10)
    assert spelled(second) == [(30, 50, CAP)]
    assert second.name == "rest of long"


def test_a_gap_in_which_a_newer_event_asks_all_is_no_part_of_what_begins_later(utility):
    """The first interval is taken over for good, the second one is not touched."""
    utility.state("two", 0, 40, 40)
    utility.state("covers the first", 30, 10, asks=Controls(max_limit_percent=20.0))
    (rest,) = utility.nest(10, 10)
    assert spelled(rest) == [(20, 30, CAP), (30, 40, None), (40, 80, CAP)]


def test_a_rest_begins_when_there_is_something_left_to_ask(utility):
    utility.state("two", 0, 40, 40)
    utility.state("covers the rest of the first", 20, 20, asks=BOTH)
    (rest,) = utility.nest(10, 10)
    assert spelled(rest) == [(40, 80, CAP)]


def test_what_asks_something_else_leaves_a_rest_whole(utility):
    utility.state("cap", 0, 60)
    utility.state("other", 30, 10, asks=Controls(connect=True))
    (rest,) = utility.nest(10, 10)
    assert spelled(rest) == [(20, 60, CAP)]


def test_a_rest_is_for_those_who_see_both(utility):
    few = Targets(groups=frozenset({FEW}))
    utility.state("for all", 0, 60)
    (rest,) = utility.nest(10, 10, targets=few)
    assert rest.targets == few
    later = NOON + 30 * MINUTE
    assert setpoint(utility.book, ONE, later).sources != setpoint(utility.book, TWO, later).sources
    assert setpoint(utility.book, ONE, later).controls == CAP
    assert setpoint(utility.book, TWO, later).controls == CAP


def test_a_rest_for_some_that_share_no_name_names_them(utility):
    utility.state("for few", 0, 60, targets=Targets(groups=frozenset({FEW})))
    utility.state("for one", 0, 60, targets=Targets(devices=frozenset({ONE})))
    same, other = utility.nest(10, 10, targets=Targets(devices=frozenset({ONE, TWO})))
    assert same.targets == Targets(devices=frozenset({TWO}))
    assert other.targets == Targets(devices=frozenset({ONE}))


def test_devices_that_see_other_events_get_other_rests(utility):
    utility.state("for all", 0, 60)
    utility.state("ends it for one", 40, 10, targets=Targets(devices=frozenset({ONE})))
    rests = utility.nest(10, 10)
    assert {(one.targets.devices, one.end) for one in rests} == {
        (frozenset({ONE}), NOON + 40 * MINUTE),
        (frozenset({TWO}), NOON + 60 * MINUTE),
    }


def test_where_nobody_is_yet_whoever_comes_is_meant(utility):
    utility.do(ChangeMembers(group_id=GroupId("g1"), remove=frozenset({ONE, TWO})))
    few = Targets(groups=frozenset({FEW}))
    utility.state("peak", 0, 60, targets=few)
    (rest,) = utility.nest(10, 10)
    assert (rest.targets, spelled(rest)) == (few, [(20, 60, CAP)])


def test_the_name_of_a_rest_fits_the_wire(utility):
    utility.state("ü" * 16, 0, 60)
    (rest,) = utility.nest(10, 10)
    assert rest.name == "rest of " + "ü" * 12
    (again,) = utility.nest(30, 10)
    assert again.name == rest.name


def test_an_event_that_was_stated_while_the_clock_was_ahead_is_superseded_all_the_same(utility):
    utility.now += 10 * MINUTE
    utility.state("stated too late", 0, 60)
    utility.now -= 10 * MINUTE
    (nested,) = utility.state("nested", 5, 20, asks=DEEP)
    assert setpoint(utility.book, ONE, NOON + 6 * MINUTE).controls == DEEP
    (short,) = utility.state("over before the clock is there", 1, 3, asks=DEEP)
    assert (nested.created_at > NOON + 10 * MINUTE, short.created_at) == (True, NOON)


wishes = st.tuples(
    st.integers(0, 9),
    st.lists(st.integers(1, 4), min_size=1, max_size=2),
    st.sampled_from([CAP, Controls(connect=True), BOTH]),
    st.sampled_from([Targets(), Targets(groups=frozenset({FEW})), Targets(devices={ONE})]),
)


@given(st.lists(wishes, min_size=1, max_size=4), wishes, st.integers(0, 4))
@settings(max_examples=60)
def test_after_a_nested_event_all_is_as_without_it(older, nested, age):
    """Minute by minute and mode by mode, told by the reference and by what devices follow."""
    books = []
    for is_nested in (False, True):
        utility = Utility()
        for number, (start, lengths, asks, targets) in enumerate(older):
            own = replace(asks, max_limit_percent=asks.max_limit_percent and 20.0 + number)
            aimed = Targets(groups=targets.groups, devices=frozenset(targets.devices))
            utility.state(f"e{number}", start, *lengths, asks=own, targets=aimed)
        utility.now += age * MINUTE
        start, (length, *_), asks, targets = nested
        aimed = Targets(groups=targets.groups, devices=frozenset(targets.devices))
        start = max(start, age)
        if is_nested:
            utility.state("n", start, length, asks=asks, targets=aimed, resume_after=True)
        books.append(utility.book)
    for device in (ONE, TWO):
        for minute in range(start + length, 25):
            now = NOON + minute * MINUTE
            without, within = (setpoint(book, device, now).controls for book in books)
            assert within == without
            assert followed(books[1], device, now) == within


def followed(book: Book, device: DeviceId, now: datetime) -> Controls:
    """What the active controls ask, the newest first, according to the reference."""
    controls, values = [], {}
    for event in book.events.values():
        for one in event.intervals:
            if one.controls is not None and book.is_targeted(event, device):
                values[one.mrid] = one.controls
                controls.append(
                    Control(
                        mrid=one.mrid, event=event.id, start=one.start, length=one.duration,
                        asks=one.controls.modes, random_start=timedelta(0),
                        random_length=timedelta(0), created=event.created_at,
                    )
                )  # fmt: skip
    cancelled: dict[str, Cancellation] = {}
    active = [c for c, told in Past(controls, cancelled).listed(now) if told.status == ACTIVE]
    asked = {}
    for control in sorted(active, key=lambda c: (c.created, c.mrid)):
        asked |= {mode: getattr(values[control.mrid], mode) for mode in control.asks}
    return Controls(**asked)
