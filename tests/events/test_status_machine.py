"""Thousands of random lives of a utility: what devices read is what the rules say, at each step.

The real desk on a real database; the clock is moved by hand, also back. What is read is the XML of
the lists, parsed by another library than ours.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from lxml import etree

from schemas.sep2 import Profile
from server.core.apply import apply
from server.core.book import Book
from server.core.change import EventCreated
from server.core.command import (
    AddDevice,
    CancelEvent,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    IntervalDraft,
)
from server.core.model import (
    Controls,
    DeviceId,
    Event,
    EventId,
    GroupId,
    Language,
    Lfdi,
    ProgramId,
    Targets,
)
from server.desk import Desk
from server.errors import Conflict
from server.sep2.query import Page
from server.sep2.views import Views, fill
from server.store.store import Store
from tests.events.reference import ACTIVE, Cancellation, Control, Past, Told

EXAMPLES, STEPS = 130, 100
STEPS_WANTED = 10_000
EVENTS_LIMIT = 14
NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EVERYTHING = Page(0, 1000)
SHIFTS = [-SECOND, -timedelta.resolution, timedelta(0), SECOND]
"""How far from an edge the clock is set."""

DEVICES = [DeviceId(f"d{number}") for number in (7, 9, 11)]
FEW = set(DEVICES[1:])
"""Who is in the second group; all are in the first."""
PROGRAMS = {ProgramId("p3"): set(DEVICES), ProgramId("p4"): FEW, ProgramId("p5"): set(DEVICES)}
"""Whom each program is offered to."""
PAIRS = [
    (device, program)
    for program, offered in PROGRAMS.items()
    for device in DEVICES
    if device in offered
]
TARGETS = {
    "all": Targets(),
    "few": Targets(groups=frozenset({GroupId("g2")})),
    "one": Targets(devices=frozenset({DEVICES[1]})),
}
AIMED = {"all": set(DEVICES), "few": FEW, "one": {DEVICES[1]}}
TAGS = {
    "max_limit_percent": "opModMaxLimW",
    "target_var": "opModTargetVar",
    "connect": "opModConnect",
}
ASKED: dict[str, Any] = {"max_limit_percent": 40.0, "target_var": 5.0, "connect": True}

asks = st.sets(st.sampled_from(sorted(ASKED)), min_size=1).map(frozenset)
spans = st.sampled_from([1, 60, 300, 900, 1800, 3600])
offsets = st.sampled_from([-900, -300, -60, 0, 0, 0, 60, 300, 600, 1800])
randoms = st.sampled_from([0, 0, 0, -300, -60, 60, 300])
forwards = st.sampled_from([0.25, 1.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0])
backwards = st.sampled_from([-0.5, -1.0, -60.0, -600.0, -3600.0])
edges = st.tuples(st.integers(0, 9), st.sampled_from([timedelta(0), timedelta.resolution]))
moves = edges | forwards | edges | backwards


class HandClock:
    def __init__(self) -> None:
        self.instant = NOON

    def now(self) -> datetime:
        return self.instant


@dataclass(frozen=True)
class Stated:
    """An event as it was asked for."""

    event: str
    program: ProgramId
    seen_by: frozenset[DeviceId]
    controls: tuple[Control, ...]

    @property
    def start(self) -> datetime:
        return self.controls[0].start

    @property
    def end(self) -> datetime:
        return self.controls[-1].end

    @property
    def asks(self) -> frozenset[str]:
        return frozenset[str]().union(*(control.asks for control in self.controls))


def controls_of(event: Event) -> tuple[Control, ...]:
    return tuple(
        Control(
            mrid=interval.mrid,
            event=event.id,
            start=interval.start,
            length=interval.duration,
            asks=interval.controls.modes,
            random_start=event.randomize_start,
            random_length=event.randomize_duration,
            created=event.created_at,
        )
        for interval in event.intervals
        if interval.controls is not None
    )


async def make_world(path: Path) -> None:
    store = await Store.open(f"sqlite:///{path}")
    desk = Desk(store, HandClock(), random.Random(1), pen=28547)
    await desk.submit(CreateGroup(name="all", joins_new_devices=True), actor="test")
    await desk.submit(CreateGroup(name="few"), actor="test")
    everyone, few = GroupId("g1"), GroupId("g2")
    for name, primacy, groups in (("p", 5, {everyone}), ("q", 1, {few}), ("r", 3, {everyone, few})):
        program = CreateProgram(
            name=name, primacy=primacy, groups=frozenset(groups), market_context=f"urn:x:{name}"
        )
        await desk.submit(program, actor="test")
    for number, letter in enumerate("ABC"):
        groups = frozenset({few} if number else set())
        device = AddDevice(
            name=letter, language=Language.SEP2, lfdi=Lfdi(letter * 40), groups=groups
        )
        await desk.submit(device, actor="test")
    assert list(desk.book.devices) == DEVICES
    assert list(desk.book.programs) == list(PROGRAMS)
    await store.close()


def counted(step: Callable[..., None]) -> Callable[..., None]:
    @wraps(step)
    def run(self: "Life", *given: Any, **named: Any) -> None:
        Life.steps += 1
        Life.steps_by_rule[step.__name__] = Life.steps_by_rule.get(step.__name__, 0) + 1
        step(self, *given, **named)

    return run


class Life(RuleBasedStateMachine):
    """A utility that states and cancels events, and three inverters that poll it."""

    steps = 0
    steps_by_rule: ClassVar[dict[str, int]] = {}
    compared = 0
    world: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.world.parent))
        self.path = Path(shutil.copy(self.world, self.folder / "life.db"))
        self.loop = asyncio.new_event_loop()
        self.clock = HandClock()
        self.rng = random.Random(2)
        self.turn = 0
        self.stated: list[Stated] = []
        self.cancelled: dict[str, Cancellation] = {}
        self.seen: set[tuple[bytes, tuple[tuple[str, Told], ...]]] = set()
        self.pasts: dict[tuple[DeviceId, ProgramId], Past] = {}
        self.second = Book()
        self.second_views = Views(self.second)
        self.store: Store | None = None

    def teardown(self) -> None:
        if self.store is not None:
            self.loop.run_until_complete(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open(self) -> None:
        self.store = self.loop.run_until_complete(Store.open(f"sqlite:///{self.path}"))
        self.take_over()

    def take_over(self) -> None:
        """Begin as a server begins: with nothing but what is in the store."""
        assert self.store is not None
        self.desk = Desk(self.store, self.clock, self.rng, pen=28547)
        self.loop.run_until_complete(self.desk.open())
        self.views = Views(self.desk.book)

    @property
    def now(self) -> datetime:
        return self.clock.instant

    def state(self, wish: CreateEvent, aim: str) -> None:
        """State an event; it is refused if, and only if, it displaces another one unasked."""
        seen_by = frozenset(PROGRAMS[wish.program_id] & AIMED[aim])
        length = sum((interval.duration for interval in wish.intervals), timedelta())
        asked = frozenset[str]().union(*(one.controls.modes for one in wish.intervals))
        is_free = not any(
            one.program == wish.program_id
            and one.event not in self.cancelled
            and one.end > self.now
            and wish.start < one.end
            and one.start < wish.start + length
            and asked & one.asks
            and seen_by & one.seen_by
            for one in self.stated
        )
        try:
            changes = self.loop.run_until_complete(self.desk.submit(wish, actor="test"))
        except Conflict:
            assert not is_free
            assert not wish.supersede
            return
        assert is_free or wish.supersede
        events = [change.event for change in changes if isinstance(change, EventCreated)]
        assert len(events) == 1 or wish.resume_after
        for event in events:
            assert event.created_at >= self.now
            aimed = (
                seen_by
                if event is events[0]
                else {d for d in seen_by if self.desk.book.is_targeted(event, d)}
            )
            self.stated.append(
                Stated(event.id, event.program_id, frozenset(aimed), controls_of(event))
            )
        self.pasts.clear()

    @rule(
        program=st.sampled_from(sorted(PROGRAMS)),
        aim=st.sampled_from(sorted(AIMED)),
        offset=offsets,
        intervals=st.lists(st.tuples(spans, asks), min_size=1, max_size=3),
        ranges=st.tuples(randoms, randoms),
        supersede=st.booleans(),
    )
    @precondition(lambda self: len(self.stated) < EVENTS_LIMIT)
    @counted
    def ask(self, *, program, aim, offset, intervals, ranges, supersede):
        start = self.now.replace(microsecond=0) + timedelta(seconds=offset)
        wish = CreateEvent(
            program_id=program,
            name=f"event {len(self.stated)}",
            start=start,
            intervals=tuple(
                IntervalDraft(
                    duration=timedelta(seconds=span),
                    controls=Controls(**{name: ASKED[name] for name in asked}),
                )
                for span, asked in intervals
            ),
            randomize_start=timedelta(seconds=ranges[0]),
            randomize_duration=timedelta(seconds=ranges[1]),
            targets=TARGETS[aim],
            supersede=supersede,
        )
        if start + timedelta(seconds=sum(span for span, _ in intervals)) > self.now:
            self.state(wish, aim)

    @rule(
        which=st.integers(0, 99),
        asked=asks,
        aim=st.sampled_from(sorted(AIMED)),
        resume=st.booleans(),
        share=st.sampled_from([0.25, 0.5, 1.0]),
    )
    @precondition(lambda self: 0 < len(self.stated) < EVENTS_LIMIT)
    @counted
    def nest(self, *, which, asked, aim, resume, share):
        """Put an event into one that is there."""
        of = self.stated[which % len(self.stated)]
        start = max(of.start, self.now.replace(microsecond=0) + SECOND)
        length = (of.end - start) * share
        length -= timedelta(microseconds=length.microseconds)
        if length < SECOND:
            return
        wish = CreateEvent(
            program_id=of.program,
            name=f"event {len(self.stated)}",
            start=start,
            intervals=(
                IntervalDraft(
                    duration=length, controls=Controls(**{name: ASKED[name] for name in asked})
                ),
            ),
            targets=TARGETS[aim],
            supersede=True,
            resume_after=resume,
        )
        self.state(wish, aim)

    @rule(which=st.integers(0, 99), at_random=st.booleans())
    @precondition(lambda self: self.stated)
    @counted
    def cancel(self, which, at_random):
        alive = [e for e in self.stated if e.event not in self.cancelled and e.end > self.now]
        choice = alive if alive and which % 4 else self.stated
        one = choice[which % len(choice)]
        event = self.desk.book.events[EventId(one.event)]
        is_random = at_random and bool(event.randomize_start or event.randomize_duration)
        command = CancelEvent(event_id=event.id, at_random=is_random)
        is_refused = one.event in self.cancelled or event.end <= self.now
        try:
            self.loop.run_until_complete(self.desk.submit(command, actor="test"))
        except Conflict:
            assert is_refused
            return
        assert not is_refused
        self.cancelled[one.event] = Cancellation(self.now, is_random)
        self.pasts.clear()

    @rule(move=moves)
    @counted
    def move_the_clock(self, move):
        if isinstance(move, float):
            self.clock.instant += timedelta(seconds=move)
        else:
            self.go_to_an_edge(*move)

    def go_to_an_edge(self, which: int, short: timedelta) -> None:
        """Move to an instant at which something starts or ends, or to the last one before."""
        called_off = [one for one in self.stated if one.event in self.cancelled]
        edges = {
            edge - short
            for one in (called_off if called_off and which % 3 == 0 else self.stated)
            for control in one.controls
            for edge in (control.first_start, control.start, control.end, control.last_end)
        }
        ahead = sorted(edge for edge in edges if edge > self.now)
        if ahead:
            self.clock.instant = ahead[min(which, len(ahead) - 1)]

    @rule(which=st.integers(0, 99), shift=st.sampled_from(SHIFTS), at_the_end=st.booleans())
    @precondition(lambda self: self.stretched())
    @counted
    def watch_a_cancelled_one_leave(self, which, shift, at_the_end):
        """Read a cancelled control around its nominal or its last end, where these differ."""
        control = (found := self.stretched())[which % len(found)]
        self.clock.instant = (control.end if at_the_end else control.last_end) + shift
        (of,) = (one for one in self.stated if one.event == control.event)
        for device in sorted(of.seen_by):
            self.compare(self.desk.book, self.views, device, of.program)

    def stretched(self) -> list[Control]:
        """Return what is cancelled and has devices that end later than asked for."""
        return [
            control
            for one in self.stated
            if one.event in self.cancelled
            for control in one.controls
            if control.last_end > control.end > self.now - timedelta(hours=1)
        ]

    @rule(is_closed=st.integers(0, 5).map(lambda number: number == 5))
    @counted
    def restart(self, is_closed):
        """Rebuild the book from the store, which was closed and opened once in a while."""
        assert self.store is not None
        if is_closed:
            self.loop.run_until_complete(self.store.close())
            self.store = self.loop.run_until_complete(Store.open(f"sqlite:///{self.path}"))
        self.take_over()
        self.poll_some(self.desk.book, self.views)

    @rule()
    @counted
    def follow(self):
        """Let another instance take in what is new in the feed; it tells the same."""
        assert self.store is not None
        entries = self.loop.run_until_complete(self.store.entries(after=self.second.head))
        for entry in entries:
            apply(self.second, entry.change, seq=entry.seq)
        self.poll_some(self.second, self.second_views)

    @rule()
    @counted
    def poll(self):
        for device, program in PAIRS:
            self.compare(self.desk.book, self.views, device, program)

    def poll_some(self, book: Book, views: Views) -> None:
        """Read two lists, others each time."""
        for _ in range(2):
            self.turn += 1
            self.compare(book, views, *PAIRS[self.turn % len(PAIRS)])

    @invariant()
    def one_device_reads_what_the_rules_say(self) -> None:
        if self.store is not None:
            self.turn += 1
            self.compare(self.desk.book, self.views, *PAIRS[self.turn % len(PAIRS)])

    def past(self, device: DeviceId, program: ProgramId) -> Past:
        if (device, program) not in self.pasts:
            controls = [
                control
                for one in self.stated
                if one.program == program and device in one.seen_by
                for control in one.controls
            ]
            self.pasts[device, program] = Past(controls, self.cancelled)
        return self.pasts[device, program]

    def compare(self, book: Book, views: Views, device: DeviceId, program: ProgramId) -> None:
        """Hold what a device reads of a program against the reference."""
        Life.compared += 1
        now, past = self.now, self.past(device, program)
        view = views.view(book.devices[device], program, now)
        listed = past.listed(now)
        active = [(control, told) for control, told in listed if told.status == ACTIVE]
        assert view.counts(now) == (len(listed), len(active))
        for only_active, expected in ((False, listed), (True, active)):
            body = view.page(EVERYTHING, now, Profile.PLAIN, only_active=only_active)
            self.compare_list(fill(body, device), expected)
        self.compare_one(view, past, device)

    def compare_list(self, body: bytes, expected: list[tuple[Control, Told]]) -> None:
        now = self.now
        key = (body, tuple((control.mrid, told) for control, told in expected))
        if key in self.seen:
            return
        read = etree.fromstring(body)
        assert [read.get("all"), read.get("results")] == [str(len(expected))] * 2
        assert [text(item, "mRID") for item in read] == [one.mrid for one, _ in expected]
        for item, (control, told) in zip(read, expected, strict=True):
            check(item, control, told, now)
        if all(told.since <= now and (told.doubted_since or now) <= now for _, told in expected):
            self.seen.add(key)  # the same will be right again, as long as none of it is to come

    def compare_one(self, view: Any, past: Past, device: DeviceId) -> None:
        """Read one control by its own address, be it long over (rule 8)."""
        now = self.now
        recent = [one for one in past.controls if now < past.leaves(one) + timedelta(hours=1)]
        if recent:
            control = recent[self.turn % len(recent)]
            item = etree.fromstring(fill(view.one(control.mrid, now, Profile.PLAIN), device))
            told = past.told(control, now) or past.told_last(control)
            assert told is not None
            check(item, control, told, now)


def text(item: etree._Element, path: str) -> str | None:
    return item.findtext("/".join(f"{{*}}{step}" for step in path.split("/")))


def check(item: etree._Element, control: Control, told: Told, now: datetime) -> None:
    """Hold one DERControl against what the reference tells of it."""
    doubted = "false" if told.doubted_since is None else "true"
    assert text(item, "EventStatus/currentStatus") == str(told.status)
    assert text(item, "EventStatus/potentiallySuperseded") == doubted
    check_instant(text(item, "EventStatus/dateTime"), told.since, now)
    check_instant(text(item, "EventStatus/potentiallySupersededTime"), told.doubted_since, now)
    assert text(item, "creationTime") == str(int(control.created.timestamp()))
    assert text(item, "interval/start") == str(int(control.start.timestamp()))
    assert text(item, "interval/duration") == str(int(control.length.total_seconds()))
    (base,) = item.findall("{*}DERControlBase")
    assert {etree.QName(mode).localname for mode in base} == {TAGS[mode] for mode in control.asks}


def check_instant(read: str | None, since: datetime | None, now: datetime) -> None:
    """An instant is told as it was; after a clock was set back, at least never one to come."""
    if since is None or read is None:
        assert read is since
    elif since <= now:
        assert int(read) == int(since.timestamp())
    else:
        assert int(read) <= now.timestamp()


@pytest.fixture
def world(tmp_path: Path):
    """A database with groups, programs and devices; in memory, since no power cut is played."""
    memory = Path("/dev/shm")  # noqa: S108 - there is none on some systems, which is allowed for
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else tmp_path))
    asyncio.run(make_world(folder / "world.db"))
    yield folder / "world.db"
    shutil.rmtree(folder)


@pytest.mark.timeout(300)
def test_ten_thousand_steps_show_no_difference_to_the_rules_of_event_status(world: Path) -> None:
    Life.world, Life.steps, Life.compared, Life.steps_by_rule = world, 0, 0, {}
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # A life is told whole, because to shorten it takes longer than a test may last.
            phases=(Phase.reuse, Phase.generate),
        ),
    )
    assert Life.steps >= STEPS_WANTED, Life.steps_by_rule
    assert min(Life.steps_by_rule.values()) > STEPS_WANTED / 200, Life.steps_by_rule
    assert Life.compared > STEPS_WANTED
