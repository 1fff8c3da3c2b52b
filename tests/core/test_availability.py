"""What VENs say of times by schedules, and whose word on an event counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.config import OptPolicy
from server.core.availability import (
    Opts,
    Qualification,
    Schedule,
    Scope,
    Stance,
    Window,
    normal_uri,
    scope_of,
)
from server.core.change import EventCreated, VenRulesSet
from server.core.command import CreateEvent, CreateGroup, CreateProgram, EnrolClient, IntervalDraft
from server.core.model import ClientKind, ProgramId, Signal
from server.core.optouts import EffectiveOpt, Source, effective_opt, opt_out, vens_of
from server.core.program_commands import RemoveProgram, SetVenRules
from server.core.response import Response, ResponseStatus
from server.core.venrules import VenRules
from server.errors import Invalid, Unknown

HOUR = timedelta(hours=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
URI = "http://utility.example/p"
NOTHING = Opts()


def said(opt_type="optOut", *spans, resources=(), **scope):
    windows = [
        Window(start=NOON + start * HOUR, duration=n * HOUR) for start, n in spans or [(0, 1)]
    ]
    return Schedule(
        opt_id="o",
        opt_type=opt_type,
        reason="economic",
        scope=Scope(resources=frozenset(resources), **scope),
        windows=tuple(windows),
    )


def opted(*schedules):
    found = NOTHING
    for each in schedules:
        found = found.with_schedule(each, NOON)
    return found


def during(opts, start, end, **scope):
    return opts.during(NOON + start * HOUR, NOON + end * HOUR, scope_of(**scope))


def test_a_window_is_out_in_whole_in_part_or_not_at_all():
    opts = opted(said("optOut", (2, 2)))
    assert during(opts, 2, 4) is during(opts, 2, 3) is Stance.OPTED_OUT
    assert during(opts, 0, 3) is during(opts, 3, 9) is during(opts, 0, 9) is Stance.PARTLY_OUT
    assert during(opts, 0, 2) is during(opts, 4, 5) is None
    assert Stance.PARTLY_OUT.is_out
    assert not Stance.OPTED_IN.is_out


def test_a_window_is_in_only_throughout():
    opts = opted(said("optIn", (0, 4)), said("optOut", (3, 1)))
    assert during(opts, 0, 3) is Stance.OPTED_IN
    assert during(opts, 0, 4) is Stance.PARTLY_OUT
    assert during(opts, 0, 9) is Stance.PARTLY_OUT
    assert during(opted(said("optIn", (0, 1))), 0, 2) is None


def test_rule_210_a_stretch_without_end_or_beyond_the_calendar_has_one_edge():
    for duration in (timedelta(0), timedelta(days=9_999_999)):
        window = Window(start=NOON, duration=duration)
        assert window.edges == (NOON,)
        opts = opted(replace(said(), windows=(window,)))
        assert during(opts, 999, 1000) is Stance.OPTED_OUT
        assert during(opts, -1, 1) is Stance.PARTLY_OUT


def test_a_device_is_asked_for_by_the_names_that_schedules_use():
    both = opted(said("optOut", (0, 4)), said("optOut", (8, 1), resources=["d4"]))
    at = (URI, NOON, NOON + HOUR)
    assert both.of_device(["d4", "mill"], *at) is None
    assert both.of_device(["d5", "other"], *at) is Stance.OPTED_OUT
    two = opted(said("optIn", resources=["mill"]), said("optOut", resources=["d4"]))
    assert two.of_device(["d4", "mill"], *at) is Stance.OPTED_OUT
    assert NOTHING.of_device(["d4"], *at) is None
    assert two.resources_out(*at) == {"d4": Stance.OPTED_OUT}


def test_rule_512_market_contexts_are_equal_in_their_normal_form():
    assert normal_uri("HTTP://Utility.Example/P") == "http://utility.example/P"
    assert normal_uri("http://[x]/") == "http://[x]/"


def test_rules_204_and_211_what_was_cancelled_or_replaced_is_still_known():
    opts = opted(said("optOut", (0, 1), (2, 1)), replace(said("optIn"), opt_id="in"))
    assert opts.window_count == 3
    assert opts.knows("o")
    assert opts.without("o").knows("o")
    assert not opts.knows("other")
    assert opts.without("o").window_count == 1


def word(opt_type="optOut", event_id="e1", resources=()):
    return Qualification(
        opt_id="o",
        opt_type=opt_type,
        event_id=event_id,
        reason="economic",
        resources=frozenset(resources),
    )


def parts_on(opts, event_id):
    """Return the words on an event for some resources alone, by resource."""
    said = (each for each in opts.qualifications if each.event_id == event_id)
    return {name: each.opt_type for each in said for name in each.resources}


def test_rule_206_a_word_on_an_event_overrules_what_it_covers():
    opts = NOTHING
    for each in (word(), word(event_id="e2"), word("optIn"), word(resources=["a", "b"])):
        opts = opts.with_qualification(each, ["e1", "e2"])
    assert opts.on_event("e1").opt_type == "optIn"
    assert opts.on_event("e3") is None
    assert parts_on(opts, "e1") == {"a": "optOut", "b": "optOut"}
    opts = opts.with_qualification(word("optIn", resources=["a"]), ["e1"])
    assert parts_on(opts, "e1") == {"a": "optIn", "b": "optOut"}
    assert opts.on_event("e2") is None
    opts = opts.with_qualification(word("optIn", resources=["a", "b"]), ["e1"])
    assert len(opts.qualifications) == 2
    assert opts.with_qualification(word(), ["e1"]).qualifications == (word(),)


@pytest.fixture
def mill(world):
    """A VEN, a program for it and an event of an hour at noon."""
    world.now = NOON - HOUR
    world.do(EnrolClient(kind=ClientKind.VEN, name="mill"))
    world.do(CreateGroup(name="all", members=frozenset(world.book.devices)))
    groups = frozenset(world.book.groups)
    world.do(CreateProgram(name="peak", primacy=1, groups=groups, market_context=URI))
    (program,) = world.book.programs
    world.wish = CreateEvent(
        program_id=program,
        name="peak",
        start=NOON,
        intervals=(IntervalDraft(duration=HOUR, values=(1.0,)),),
        signals=(Signal(name="SIMPLE", type="level"),),
    )
    return world


def stated(world, **others):
    made = world.do(replace(world.wish, supersede=True, **others))
    return next(change.event for change in made if isinstance(change, EventCreated))


def test_who_is_skipped_is_not_targeted(mill):
    (device,) = mill.book.devices.values()
    assert vens_of(mill.book, stated(mill)) == (device,)
    skipping = stated(mill, skipped=frozenset({device.id}))
    assert vens_of(mill.book, skipping) == mill.book.targeted_devices(skipping) == ()
    assert not mill.book.is_targeted(skipping, device.id)
    assert vens_of(mill.book, replace(stated(mill), signals=())) == ()


def test_who_is_out_is_known_by_device_and_by_resource(mill):
    (device,) = mill.book.devices.values()
    event = stated(mill)
    assert opt_out(mill.book, event, device, NOTHING) is None
    assert opt_out(mill.book, event, device, opted(said("optIn"))) is None
    whole = opt_out(mill.book, event, device, opted(said()))
    assert (whole.stance, whole.is_whole, whole.resources) == (Stance.OPTED_OUT, True, {})
    part = opt_out(mill.book, event, device, opted(said(resources=["pump"])))
    assert (part.stance, part.is_whole) == (None, False)
    assert part.resources == {"pump": Stance.OPTED_OUT}
    elsewhere = opted(said(market_contexts=frozenset({"http://utility.example/q"})))
    assert opt_out(mill.book, event, device, elsewhere) is None
    here = opted(said(market_contexts=frozenset({URI})))
    assert opt_out(mill.book, event, device, here).is_whole


def test_rule_206_the_word_on_an_event_comes_before_the_answer_and_that_before_schedules(mill):
    (device,) = mill.book.devices.values()
    event = stated(mill)

    def holds(opts, *statuses, version=0, of=event):
        words = [
            Response(
                device_id=device.id,
                event_id=event.id,
                status=status,
                received_at=NOON,
                version=version,
            )
            for status in statuses
        ]
        found = effective_opt(mill.book, of, device, opts, words)
        return found and (found.opt_type, found.source)

    out = opted(said())
    assert holds(NOTHING) is None
    assert holds(out) == ("optOut", Source.SCHEDULE)
    assert holds(opted(said("optIn"))) == ("optIn", Source.SCHEDULE)
    answer = (ResponseStatus.RECEIVED, ResponseStatus.OPTED_IN, ResponseStatus.OPTED_OUT)
    assert holds(out, *answer) == ("optIn", Source.ANSWER)
    assert holds(NOTHING, ResponseStatus.REJECTED) == ("optOut", Source.ANSWER)
    assert holds(out, ResponseStatus.OPTED_IN, version=1) == ("optOut", Source.SCHEDULE)
    on_event = out.with_qualification(word("optIn", event.id), [event.id])
    assert holds(on_event, ResponseStatus.OPTED_OUT) == ("optIn", Source.EVENT_OPT)
    assert EffectiveOpt(opt_type="optIn", source=Source.ANSWER).opt_type == "optIn"
    mill.now = NOON + 2 * HOUR
    mill.do(RemoveProgram(program_id=event.program_id))
    assert holds(out) == ("optOut", Source.SCHEDULE)


@pytest.mark.parametrize("steps", [(), (0.1, 0.2, 0.4), (5.0, 3.0, -1.0)])
def test_rules_for_the_vens_of_a_program_are_set_as_a_whole(mill, steps):
    (program,) = mill.book.programs
    rules = VenRules(opt_policy=OptPolicy.SKIP, simple_steps=steps)
    assert mill.do(SetVenRules(program_id=program, rules=rules)) == (
        VenRulesSet(program_id=program, rules=rules),
    )
    assert mill.do(SetVenRules(program_id=program, rules=rules)) == ()
    assert mill.book.programs[program].ven_rules == rules


@pytest.mark.parametrize("steps", [(1.0,), (1.0, 2.0), (1.0, 1.0, 2.0), (1.0, 3.0, 2.0)])
def test_steps_that_neither_rise_nor_fall_are_refused(mill, steps):
    (program,) = mill.book.programs
    with pytest.raises(Invalid):
        mill.do(SetVenRules(program_id=program, rules=VenRules(simple_steps=steps)))
    with pytest.raises(Unknown):
        mill.do(SetVenRules(program_id=ProgramId("p99"), rules=VenRules()))
