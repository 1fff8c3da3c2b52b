"""Changing and extending events, and what only VENs are told of them."""

import json

EVENT = ("event", "create", "--program", "limits", "--start", "+1m", "--signal", "SIMPLE=1")


async def test_an_event_says_more_to_vens_and_has_no_end(told, world):
    answer = await told(
        *(*EVENT, "--duration", "open", "--comment", "hot", "--ramp-up", "10m"),
        *("--recovery", "-1m", "--notification", "1d", "--device", "house"),
        *("--resource", "boiler"),
    )
    event = answer["event"]
    assert event["end"] is None
    said = event["for_vens"]
    assert (said["comment"], said["ramp_up_s"], said["recovery_s"]) == ("hot", 600, -60)
    assert (said["notification_s"], said["places"]["resources"]) == (86400, ["boiler"])


async def test_an_event_is_changed_and_extended(run, told, world):
    await told(*EVENT, "--duration", "15m", "--name", "peak", "--max-limit-percent", 40)
    changed = await told("event", "change", "peak", "--name", "evening", "--comment", "hot")
    assert changed["event"]["name"] == "evening"
    assert changed["renewed"] == []
    foreseen = await told("event", "extend", "evening", "--by", "30m", "--dry-run")
    assert foreseen["event"]["version"] == 2
    shown = await run("event", "extend", "evening", "--by", "30m")
    assert "2026-06-01T12:46:00Z" in shown.out
    assert "renewed controls" in shown.out
    shorter = await told("event", "change", "evening", "--end", "2026-06-01T12:10:00Z")
    assert shorter["event"]["intervals"][0]["duration_s"] == 540


async def test_intervals_are_read_as_json_or_from_a_file(run, told, world, tmp_path):
    await told(*EVENT, "--duration", "15m", "--name", "peak")
    intervals = [{"duration_s": 60, "values": [1]}, {"duration_s": 60, "values": [2]}]
    path = tmp_path / "intervals.json"
    path.write_text(json.dumps(intervals))
    for text, version in ((f"@{path}", 1), (json.dumps([*intervals, intervals[0]]), 2)):
        answer = await told("event", "change", "peak", "--intervals", text)
        assert answer["event"]["version"] == version
    wrong = await run("event", "change", "peak", "--intervals", "@/nowhere")
    assert (wrong.code, len(wrong.err)) == (2, 1)


async def test_an_overlap_at_a_ven_is_told(run, told, world):
    await told(*EVENT, "--duration", "15m", "--name", "peak")
    other = (*EVENT[:-1], "x-own:delta=5", "--duration", "15m", "--dry-run")
    assert "Other events of these VENs" in (await run(*other)).out
