"""`gridherald ven`: what holds for one VEN alone, and what is asked of its registration."""

from datetime import timedelta

from server.core.availability import Schedule, Scope, Window
from server.openadr.opting import Opting


async def test_what_holds_for_a_ven_is_set_and_taken_back(told, run):
    await told("ven", "enrol", "--name", "mill")
    set_ = await told(
        "ven", "set", "mill", "--poll-interval", "5m", "--signatures", "require", "--lenient"
    )
    assert set_["ven_settings"] == {
        "poll_interval_s": 300,
        "signatures": "require",
        "is_lenient": True,
    }
    assert "300" in (await run("ven", "set", "mill", "--poll-interval", "300")).out
    back = await told("ven", "set", "mill")
    assert back["ven_settings"]["poll_interval_s"] is None
    assert (await run("ven", "set", "mill", "--poll-interval", "soon")).code == 2


async def test_a_ven_is_asked_to_register_again_and_then_to_let_go(told, run, register):
    client = await told("ven", "enrol", "--name", "mill")
    assert (await run("ven", "reregister", "mill")).code == 1
    await register(client["id"])
    asked = await told("ven", "reregister", "mill")
    assert asked["registration"]["wish"] == "renew"
    asked = await told("ven", "cancel-registration", "mill")
    assert asked["registration"]["wish"] == "cancel"


async def test_what_a_ven_opts_is_listed_and_told_of_a_moment(told, run, desk, clock, register):
    client = await told("ven", "enrol", "--name", "mill")
    await register(client["id"])
    window = Window(start=clock.now(), duration=timedelta(hours=1))
    open_ended = Window(start=clock.now(), duration=timedelta(0))
    schedule = Schedule(
        opt_id="o-1",
        opt_type="optOut",
        reason="economic",
        scope=Scope(),
        windows=(window, open_ended),
    )
    ven = desk.book.clients[client["id"]]
    await Opting(desk).change(ven, lambda opts: opts.with_schedule(schedule, clock.now()))
    (listed,) = await told("ven", "opts", "mill")
    assert (listed["opt_id"], listed["windows"][0]["duration_s"]) == ("o-1", 3600)
    out = (await run("ven", "opts", "mill")).out
    assert "for 3600 s" in out
    assert "T12:00:00Z on" in out
    assert (await told("ven", "availability", "mill"))["opt_type"] == "optOut"
    before = await told(
        "ven", "availability", "mill", "--at", "2026-06-01T11:59:00Z", "--resource", "pump"
    )
    assert before["opt_type"] is None
    assert (await run("ven", "availability", "mill", "--program", "none")).code == 1


async def test_rules_for_vens_are_set_and_who_is_out_is_told_with_an_event(
    *, told, run, desk, clock, register
):
    client = await told("ven", "enrol", "--name", "mill")
    await told("group", "create", "all", "--device", "mill")
    await told("program", "create", "peak", "--group", "all")
    rules = ("program", "ven-rules", "peak", "--opt-policy", "skip")
    steps = [word for step in ("0.1", "0.2", "0.4") for word in ("--simple-step", step)]
    found = await told(*rules, *steps)
    assert found["ven_rules"] == {"opt_policy": "skip", "simple_steps": [0.1, 0.2, 0.4]}
    assert "skip" in (await run(*rules)).out
    await register(client["id"])
    schedule = Schedule(
        opt_id="o-1",
        opt_type="optOut",
        reason="economic",
        scope=Scope(),
        windows=(Window(start=clock.now(), duration=timedelta(0)),),
    )
    ven = desk.book.clients[client["id"]]
    await Opting(desk).change(ven, lambda opts: opts.with_schedule(schedule, clock.now()))
    asked = ("event", "create", "--program", "peak", "--duration", "15m", "--signal", "SIMPLE=1")
    foreseen = await run(*asked, "--dry-run")
    assert "have opted out of its window" in foreseen.out
    assert "opted_out" in foreseen.out
    (out,) = (await told(*asked))["opted_out"]
    assert out["is_skipped"] is True
