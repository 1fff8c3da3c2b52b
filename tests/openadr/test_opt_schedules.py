"""When VENs say that they take part: what replaces what, what is refused, what lasts."""

from datetime import timedelta

import pytest

from certs.issue import Family
from schemas.openadr.blocks import (
    Dtstart,
    DurationProp,
    Properties,
    QualifiedEventID,
    Tolerance,
    Tolerate,
)
from schemas.openadr.opt import (
    Available,
    AvailableComponents,
    OadrCanceledOpt,
    OadrCancelOpt,
    OadrCreatedOpt,
    OadrCreateOpt,
    Vavailability,
)
from schemas.openadr.targets import Asset, EiTarget
from server.core.availability import scope_of
from server.openadr import opts
from server.openadr.opting import Opting

HOUR = timedelta(hours=1)
NOWHERE = "http://utility.example/program/none"
PEAK = "http://utility.example/program/peak"


@pytest.fixture
def opt(world, ven):
    """Opt by a schedule of one hour from now on, and return the code."""

    async def opt(opt_type="optOut", opt_id="o-1", resources=(), by=ven, **others):
        said = {
            "optID": opt_id,
            "optType": opt_type,
            "optReason": "economic",
            "venID": by.ven_id,
            "vavailability": schedule((world.clock.now(), HOUR)),
            "createdDateTime": world.clock.now(),
            "requestID": "r-1",
            "eiTarget": EiTarget(venID=(by.ven_id,), resourceID=resources),
        }
        answer = await by.say("EiOpt", OadrCreateOpt(**(said | others)))
        assert isinstance(answer, OadrCreatedOpt)
        assert (answer.optID, answer.eiResponse.requestID) == (opt_id, "r-1")
        return answer.eiResponse.responseCode

    return opt


@pytest.fixture
def cancel(ven):
    async def cancel(opt_id, by=ven):
        message = OadrCancelOpt(requestID="r-2", optID=opt_id, venID=by.ven_id)
        answer = await by.say("EiOpt", message)
        assert isinstance(answer, OadrCanceledOpt)
        assert (answer.optID, answer.eiResponse.requestID) == (opt_id, "r-2")
        return answer.eiResponse.responseCode

    return cancel


@pytest.fixture
def says(world, ven):
    """Return what a VEN has said of a moment from now, as the store knows it."""

    async def says(after=timedelta(0), **scope):
        kept = await Opting(world.desk).of(ven.client.id)
        return kept.at(world.clock.now() + after, scope_of(**scope))

    return says


def schedule(*windows, **others):
    return Vavailability(
        components=AvailableComponents(
            available=tuple(
                Available(
                    properties=Properties(
                        dtstart=Dtstart(date_time=start),
                        duration=DurationProp(duration=span),
                        **others,
                    )
                )
                for start, span in windows
            )
        )
    )


async def test_a_schedule_holds_from_its_start_until_before_its_end(opt, says):
    assert await says() is None
    assert await opt() == "200"
    found = [await says(after) for after in (-HOUR, timedelta(0), HOUR / 2, HOUR)]
    assert found == [None, "optOut", "optOut", None]


async def test_rule_210_a_duration_of_zero_has_no_end(world, opt, says):
    assert await opt(vavailability=schedule((world.clock.now(), timedelta(0)))) == "200"
    assert await says(timedelta(days=3650)) == "optOut"
    assert await says(-HOUR) is None


async def test_several_stretches_of_one_schedule_all_hold(world, opt, says):
    now = world.clock.now()
    await opt(vavailability=schedule((now, HOUR), (now + 3 * HOUR, HOUR)))
    found = [await says(hours * HOUR) for hours in range(5)]
    assert found == ["optOut", None, None, "optOut", None]


async def test_rule_203_a_schedule_for_all_replaces_those_of_its_type_only(world, opt, says):
    later = schedule((world.clock.now() + 2 * HOUR, HOUR))
    await opt("optIn", "in", vavailability=schedule((world.clock.now(), 4 * HOUR)))
    await opt("optOut", "out-1")
    await opt("optOut", "out-2", vavailability=later)
    found = [await says(hours * HOUR) for hours in range(5)]
    assert found == ["optIn", "optIn", "optOut", "optIn", None]


async def test_rule_203_a_schedule_for_some_resources_leaves_the_rest(world, opt, says):
    later = schedule((world.clock.now() + 2 * HOUR, HOUR))
    await opt(opt_id="all")
    await opt(opt_id="one", resources=("a",), vavailability=later)
    assert [await says(n * HOUR, resource="a") for n in range(3)] == [None, None, "optOut"]
    assert [await says(n * HOUR, resource="b") for n in range(3)] == ["optOut", None, None]
    assert [await says(n * HOUR) for n in range(3)] == ["optOut", None, None]


async def test_rule_203_what_was_replaced_does_not_come_back(opt, cancel, says):
    await opt(opt_id="all")
    await opt(opt_id="one", resources=("a",))
    assert await cancel("one") == "200"
    assert await says(resource="a") is None
    assert await says(resource="b") == "optOut"


async def test_rule_205_a_market_context_limits_a_schedule(world, opt, says):
    await world.program()
    assert await opt(marketContext="HTTP://Utility.Example/program/peak") == "200"
    assert await says(market_context=PEAK) == "optOut"
    assert await says(market_context=NOWHERE) is None
    assert await says() is None


async def test_a_market_context_of_no_program_is_a_mismatch(world, opt, says):
    await world.program()
    for context in (NOWHERE, "http://[x]/"):
        assert await opt(marketContext=context) == "462"
    assert await says() is None


async def test_rule_209_a_device_class_limits_a_schedule(ven, opt, says):
    pumps = EiTarget(endDeviceAsset=(Asset(mrid="Pool_Pump"),))
    assert await opt(oadrDeviceClass=pumps, resources=("a",)) == "200"
    assert await says(device_class="Pool_Pump", resource="a") == "optOut"
    assert await says(device_class="Pool_Pump", resource="b") is None
    assert await says(resource="a") is None
    assert await opt(oadrDeviceClass=EiTarget(venID=(ven.ven_id,))) == "462"


async def test_rule_204_one_cancel_takes_back_all_schedules_of_an_id(opt, cancel, says):
    await opt(opt_id="shared", resources=("a",))
    await opt(opt_id="shared", resources=("b",))
    await opt(opt_id="other", resources=("c",))
    assert await says(resource="a") == await says(resource="b") == "optOut"
    assert await cancel("shared") == "200"
    assert [await says(resource=name) for name in "abc"] == [None, None, "optOut"]


async def test_rule_211_a_replaced_schedule_may_be_cancelled_and_changes_nothing(opt, cancel, says):
    await opt(opt_id="old")
    await opt(opt_id="new")
    assert await cancel("old") == "200"
    assert await says() == "optOut"


async def test_rule_208_unknown_ids_are_refused(world, ven, opt, cancel):
    await opt()
    assert await cancel("o-2") == "452"
    other = await world.ven("ven-2")
    await other.come_up()
    assert await cancel("o-1", by=other) == "452"
    assert await opt(venID=other.ven_id) == "452"
    assert await opt(eiTarget=EiTarget(venID=(ven.ven_id, other.ven_id))) == "452"
    assert await opt(opt_id="") == "459"


async def test_rule_202_an_empty_target_means_all_and_what_cannot_be_resolved_is_a_mismatch(
    opt, says
):
    assert await opt(eiTarget=EiTarget()) == "200"
    assert await says(resource="any") == "optOut"
    assert await opt(eiTarget=EiTarget(groupID=("g",))) == "462"


async def test_rule_200_a_stretch_has_a_start_and_a_duration_only(world, opt, says):
    now = world.clock.now()
    tolerance = Tolerance(tolerate=Tolerate(startafter=HOUR))
    assert await opt(vavailability=schedule((now, HOUR), tolerance=tolerance)) == "454"
    assert await opt(vavailability=schedule((now, -HOUR))) == "454"
    assert await opt(vavailability=schedule()) == "454"
    assert await says() is None


async def test_rule_206_a_schedule_or_an_event_but_not_both_nor_neither(world, opt, says):
    event = await world.event()
    named = QualifiedEventID(eventID=event.id, modificationNumber=0)
    assert await opt(vavailability=None) == "459"
    assert await opt(qualifiedEventID=named) == "459"
    assert await opt(qualifiedEventID=named, vavailability=None, marketContext=PEAK) == "459"
    assert await says() is None
    assert await world.store.responses(event_id=event.id) == ()


async def test_more_stretches_than_can_be_kept_are_refused(world, opt, says, monkeypatch):
    monkeypatch.setattr(opts, "WINDOWS_LIMIT", 2)
    now = world.clock.now()
    assert await opt(resources=("a",)) == "200"
    two = schedule((now, HOUR), (now, HOUR))
    assert await opt(resources=("b",), vavailability=two) == "451"
    assert await says(resource="b") is None
    assert await opt(resources=("a",), vavailability=two) == "200"


async def test_schedules_that_ran_out_make_room(world, ven, opt, cancel, monkeypatch):
    monkeypatch.setattr(opts, "WINDOWS_LIMIT", 1)
    assert await opt(resources=("a",)) == "200"
    world.clock.move(HOUR)
    assert await opt(opt_id="o-2", resources=("b",)) == "200"
    assert await cancel("o-1") == "200"


async def test_schedules_outlast_a_restart_but_not_a_registration_anew(
    world, ven, opt, cancel, says
):
    await opt(opt_id="old", resources=("a",))
    await opt(opt_id="new", resources=("b", "a"))
    await world.restart()
    again = world.connect(ven.client, world.client_tls("ven-1", Family.ECC))
    assert await says(resource="a") == "optOut"
    assert await cancel("old", by=again) == "200"
    assert await cancel("new", by=again) == "200"
    await opt(by=again)
    await again.register()
    assert await cancel("o-1", by=again) == "452"
    assert await says() is None
