"""Whatever is done in whatever order, the indexes agree and the feed rebuilds the book."""

from datetime import datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from server.core.apply import apply
from server.core.book import Book
from server.core.command import (
    AddCurve,
    AddDevice,
    CancelEvent,
    CancelRegistration,
    ChangeMembers,
    Command,
    CreateEvent,
    CreateGroup,
    CreateProgram,
    EndSubscription,
    EnrolClient,
    IntervalDraft,
    RegisterDevice,
    RegisterVen,
    RemoveCurve,
    RemoveDevice,
    SetAccess,
    SetDefault,
    Subscribe,
)
from server.core.curve import CurveKind, CurvePoint, CurveReference, CurveShape
from server.core.inverter import DefaultSettings
from server.core.model import ClientKind, Controls, Ending, Language, Signal, Subject, Targets
from server.errors import Refusal


def names(letter: str) -> st.SearchStrategy[str]:
    return st.integers(1, 12).map(lambda n: f"{letter}{n}")


def some(letter: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(names(letter), max_size=3)


LFDIS = st.sampled_from(["A" * 40, "B" * 40, "C" * 40, "not one"])
TEXTS = st.sampled_from(["one", "two", "three", ""])
CONTROLS = st.sampled_from(
    [
        Controls(),
        Controls(connect=True),
        Controls(max_limit_percent=40.0),
        Controls(target_w=1e99),
        Controls(lfrt_must_trip="v2"),
        Controls(lfrt_must_trip="v3"),
        Controls(lfrt_must_trip="v4"),
    ]
)
TRIP = CurveShape(
    kind=CurveKind.LFRT_MUST_TRIP,
    points=(CurvePoint(x=1.0, y=57.0),),
    y_reference=CurveReference.NONE,
)
SETTINGS = st.sampled_from([DefaultSettings(), DefaultSettings(ramp_percent_per_s=1.0)])


@cache
def commands(now: datetime) -> st.SearchStrategy[Command]:
    # Built once: to build it takes longer than to draw from it.
    drafts = st.builds(
        IntervalDraft,
        duration=st.sampled_from([timedelta(0), timedelta(hours=1)]),
        controls=CONTROLS,
        values=st.sampled_from([(), (1.0,)]),
    )
    return st.one_of(
        st.builds(CreateGroup, name=TEXTS, members=some("d"), joins_new_devices=st.booleans()),
        st.builds(ChangeMembers, group_id=names("g"), add=some("d"), remove=some("d")),
        st.builds(
            CreateProgram,
            name=TEXTS,
            primacy=st.integers(0, 3),
            groups=some("g"),
            market_context=st.sampled_from(["urn:a:1", "urn:a:2", "no"]),
            default=CONTROLS,
        ),
        st.builds(SetDefault, program_id=names("p"), controls=CONTROLS, settings=SETTINGS),
        st.builds(AddCurve, program_id=names("p"), name=TEXTS, shape=st.just(TRIP)),
        st.builds(RemoveCurve, curve_id=names("v")),
        st.builds(EnrolClient, kind=st.sampled_from(ClientKind), name=TEXTS, lfdi=LFDIS),
        st.builds(EnrolClient, kind=st.just(ClientKind.VEN), name=TEXTS),
        st.builds(
            AddDevice,
            name=TEXTS,
            language=st.just(Language.SEP2),
            lfdi=LFDIS,
            groups=some("g"),
        ),
        st.builds(RegisterDevice, certificate_lfdi=LFDIS, lfdi=LFDIS, may_enrol=st.booleans()),
        st.builds(RemoveDevice, device_id=names("d")),
        st.builds(SetAccess, client_id=names("c"), enabled=st.booleans()),
        st.builds(
            RegisterVen,
            client_id=names("c"),
            ven_name=TEXTS,
            profile=st.just("2.0b"),
            pull=st.booleans(),
            transport_address=st.just(""),
            report_only=st.just(False),
            xml_signature=st.just(False),
            registration_id=st.sampled_from([None, "reg"]),
        ),
        st.builds(CancelRegistration, client_id=names("c"), registration_id=st.just("reg")),
        st.builds(
            CreateEvent,
            program_id=names("p"),
            name=TEXTS,
            start=st.sampled_from([now, now + timedelta(hours=1)]),
            intervals=st.lists(drafts, min_size=1, max_size=2).map(tuple),
            signals=st.sampled_from([(), (Signal(name="SIMPLE", type="level"),)]),
            targets=st.builds(Targets, groups=some("g"), devices=some("d")),
            supersede=st.booleans(),
        ),
        st.builds(CancelEvent, event_id=names("e")),
        st.builds(
            Subscribe,
            client_id=names("c"),
            home=st.just("home"),
            resource=st.sampled_from(["/edev", "/derp"]),
            subject=st.builds(
                Subject,
                topic=TEXTS,
                device_id=st.none() | names("d"),
                program_id=st.none() | names("p"),
            ),
            level=st.just("+S1"),
            limit=st.integers(-1, 2),
            notification_uri=st.just("https://x"),
            subscription_id=st.none() | names("s"),
        ),
        st.builds(EndSubscription, subscription_id=names("s"), ending=st.sampled_from(Ending)),
    )


def check(book: Book) -> None:
    for group_id, members in book.devices_by_group.items():
        assert group_id in book.groups
        assert all(group_id in book.groups_by_device[d] for d in members)
    for device_id, groups in book.groups_by_device.items():
        assert device_id in book.devices or not groups
        assert all(device_id in book.devices_by_group[g] for g in groups)
    assert set(book.device_by_lfdi.values()) == {d.id for d in book.devices.values() if d.lfdi}
    for client_id, devices in book.devices_by_client.items():
        assert all(book.devices[d].client_id == client_id for d in devices)
    for event in book.events.values():
        targeted = {device.id for device in book.targeted_devices(event)}
        assert targeted == {d for d in book.devices if book.is_targeted(event, d)}
        assert event.intervals[0].start < event.end
    check_subscriptions(book)
    check_curves(book)
    names = [*book.clients, *book.devices, *book.groups, *book.programs, *book.events, *book.curves]
    names += book.subscriptions
    assert len({name[1:] for name in names}) == len(names)
    assert all(int(name[1:]) < book.next_number for name in names)


def check_curves(book: Book) -> None:
    for program_id, curves in book.curves_by_program.items():
        assert program_id in book.programs or not curves
        assert all(book.curves[curve].program_id == program_id for curve in curves)
    assert sum(map(len, book.curves_by_program.values())) == len(book.curves)
    for program in book.programs.values():
        curve = program.default.lfrt_must_trip
        assert curve is None or curve in book.curves_of(program.id)


def check_subscriptions(book: Book) -> None:
    indexes = (
        book.subscriptions_by_client,
        book.subscriptions_by_device,
        book.subscriptions_by_program,
    )
    for subscription in book.subscriptions.values():
        subject = subscription.subject
        keys = (subscription.client_id, subject.device_id, subject.program_id)
        places = [k for k, found in book.subscription_by_place.items() if found == subscription.id]
        assert places == [
            (subscription.client_id, subscription.resource, subscription.notification_uri)
        ]
        for index, key in zip(indexes, keys, strict=True):
            assert [k for k, found in index.items() if subscription.id in found] == (
                [] if key is None and index is book.subscriptions_by_program else [key]
            )
        assert subject.device_id is None or subject.device_id in book.devices
    known = set(book.subscriptions)
    assert all(set(found) <= known for index in indexes for found in index.values())


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_indexes_agree_and_the_feed_rebuilds_the_book(new_world, data):
    world = new_world()
    for _ in range(data.draw(st.integers(5, 20))):
        before = (world.book.head, world.book.next_number)
        try:
            world.do(data.draw(commands(world.now)))
        except Refusal:
            assert (world.book.head, world.book.next_number) == before
        check(world.book)
    again = Book()
    for seq, change in enumerate(world.feed, start=1):
        apply(again, change, seq=seq)
    assert vars(again) == vars(world.book)
