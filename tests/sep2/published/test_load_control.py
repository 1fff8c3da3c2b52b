"""Demand response: programs, controls over time, and what devices answer."""

import pytest

NS = 'xmlns="urn:ieee:std:2030.5:ns"'


def statuses(answer):
    return [node.text for node in answer.all("EndDeviceControl/EventStatus/currentStatus")]


def mrids(answer):
    return [node.text for node in answer.all("EndDeviceControl/mRID")]


@pytest.fixture
async def listed(drlc, alpha, world):
    """The path of the program's controls, as alpha finds it from its assignment."""
    groups = await alpha.get(f"/edev/{world.alpha}/fsa?l=9")
    (path,) = {
        node.get("href")
        for node in groups.all("FunctionSetAssignments/DemandResponseProgramListLink")
    }
    programs = await alpha.get(path + "?l=9")
    return programs.href("DemandResponseProgram/EndDeviceControlListLink")


async def test_a_program_is_found_from_its_group_with_the_counts_of_its_controls(
    *, alpha, world, drlc, listed, publish, load_control
):
    await publish("end_device_control", load_control(), drlc)
    await publish("end_device_control", load_control(900), drlc)
    (program,) = (await alpha.get(f"/edev/{world.alpha}/dr?l=9")).all("DemandResponseProgram")
    path = f"/edev/{world.alpha}/dr/{drlc.id}"
    assert program.get("href") == path
    one = await alpha.get(path)
    assert one.text("description") == "summer"
    assert one.text("mRID") == drlc.mrid
    (link,) = one.all("EndDeviceControlListLink")
    assert (link.get("href"), link.get("all")) == (listed, "2")
    (active,) = one.all("ActiveEndDeviceControlListLink")
    assert (active.get("href"), active.get("all")) == (f"{path}/actedc", "1")
    home = await alpha.get("/dcap")
    assert home.href("DemandResponseProgramListLink") == f"/edev/{world.alpha}/dr"


async def test_a_control_takes_the_course_of_an_event(
    *, alpha, listed, publish, load_control, clock, drlc
):
    view = load_control(60, 300, randomizeStart=-20, randomizeDuration=30)
    made = await publish("end_device_control", view, drlc)
    active = listed.replace("/edc", "/actedc")
    assert statuses(await alpha.get(listed + "?l=9")) == ["0"]
    clock.move(seconds=40)
    found = await alpha.get(listed + "?l=9")
    assert statuses(found) == ["1"]
    assert found.text("EndDeviceControl/EventStatus/dateTime") == str(int(clock.now().timestamp()))
    assert mrids(await alpha.get(active + "?l=9")) == [made.mrid]
    clock.move(seconds=349)
    assert statuses(await alpha.get(listed + "?l=9")) == ["1"]
    clock.move(seconds=1)
    assert statuses(await alpha.get(listed + "?l=9")) == []
    assert (await alpha.get(f"{listed}/{made.id}")).text("EventStatus/currentStatus") == "1"
    clock.move(hours=3)
    await publish("end_device_control", load_control(60), drlc)
    assert (await alpha.get(f"{listed}/{made.id}")).status == 404


async def test_a_newer_control_of_the_same_appliances_supersedes(
    *, alpha, listed, publish, load_control, clock, drlc
):
    await publish("end_device_control", load_control(0, 600, category=4), drlc)
    await publish("end_device_control", load_control(10, 600, category=8), drlc)
    clock.move(seconds=1)
    newer = load_control(100, 600, category=6)
    await publish("end_device_control", newer, drlc, supersede=True)
    clock.move(seconds=100)
    assert statuses(await alpha.get(listed + "?l=9")) == ["4", "1", "1"]


async def test_a_cancelled_control_is_listed_to_its_end(
    *, alpha, listed, publish, load_control, clock, drlc, desk_of
):
    made = await publish("end_device_control", load_control(0, 600, randomizeDuration=60), drlc)
    clock.move(seconds=5)
    await desk_of.cancel(made, at_random=True)
    found = await alpha.get(listed + "?l=9")
    assert statuses(found) == ["3"]
    assert found.text("EndDeviceControl/version") == "1"
    clock.move(seconds=650)
    assert statuses(await alpha.get(listed + "?l=9")) == ["3"]
    clock.move(seconds=10)
    assert statuses(await alpha.get(listed + "?l=9")) == []


async def test_controls_are_ordered_and_paged(
    *, alpha, listed, publish, load_control, drlc, clock, span
):
    late = await publish("end_device_control", load_control(5000), drlc)
    early = await publish("end_device_control", load_control(1000), drlc)
    middle = await publish("end_device_control", load_control(3000), drlc)
    wanted = [early.mrid, middle.mrid, late.mrid]
    assert mrids(await alpha.get(listed + "?l=9")) == wanted
    assert mrids(await alpha.get(listed)) == wanted[:1]
    assert mrids(await alpha.get(listed + "?s=1&l=2")) == wanted[1:]
    after = span(1000)["start"]
    found = await alpha.get(f"{listed}?a={after}&l=9")
    assert mrids(found) == wanted[1:]
    assert (found.xml.get("all"), found.xml.get("results")) == ("3", "2")


async def test_another_clients_programs_do_not_exist(
    *, publish, load_control, alpha, bravo, boss, world
):
    mine = await publish("demand_response_program", {"primacy": 1}, groups=(world.alphas,))
    control = await publish("end_device_control", load_control(), mine)
    path = f"/edev/{world.alpha}/dr/{mine.id}/edc/{control.id}"
    assert (await alpha.get(path)).status == 200
    assert (await bravo.get(path)).status == 404
    for at in (f"dr/{mine.id}", f"dr/{mine.id}/edc", f"dr/{mine.id}/edc/{control.id}"):
        assert (await bravo.get(f"/edev/{world.bravo}/{at}")).status == 404
        assert (await boss.get(f"/edev/{world.one}/{at}")).status == 404
    assert (await alpha.get(f"/edev/{world.alpha}/dr/u1/edc/{control.id}")).status == 404
    assert (await alpha.get(f"/edev/{world.alpha}/fsa/g999/dr")).status == 404
    assert (await bravo.get(f"/edev/{world.bravo}/dr?l=9")).xml.get("all") == "0"


async def test_clients_alter_nothing(alpha, listed):
    for method in ("PUT", "POST", "DELETE"):
        answer = await alpha.ask(method, listed, b"")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"


def dr_response(lfdi, subject, status=2, extra=""):
    return (
        f"<DrResponse {NS}><createdDateTime>5</createdDateTime><endDeviceLFDI>{lfdi}"
        f"</endDeviceLFDI><status>{status}</status><subject>{subject}</subject>{extra}</DrResponse>"
    )


async def test_a_response_is_kept_with_all_that_the_device_said(
    *, alpha, listed, publish, load_control, drlc, desk, world
):
    made = await publish("end_device_control", load_control(), drlc)
    control = await alpha.get(f"{listed}/{made.id}")
    assert control.xml.get("responseRequired") == "03"
    lfdi = desk.book.devices[world.alpha].lfdi
    body = dr_response(lfdi, made.mrid, extra="<overrideDuration>60</overrideDuration>")
    sent = await alpha.post(control.xml.get("replyTo"), body)
    assert sent.status == 201
    read = await alpha.get(sent.headers["Location"])
    assert (read.tag, read.text("status")) == ("DrResponse", "2")
    assert read.text("overrideDuration") == "60"
    again = await alpha.post(control.xml.get("replyTo"), body)
    assert again.headers["Location"] == sent.headers["Location"]
    (answer,) = (await alpha.get(control.xml.get("replyTo") + "?l=9")).all("Response")
    assert answer.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "DrResponse"
    sets = await alpha.get(f"/edev/{world.alpha}/rsps?l=9")
    counts = {
        node.get("href"): node.get("all") for node in sets.all("ResponseSet/ResponseListLink")
    }
    assert counts[control.xml.get("replyTo")] == "1"
    assert sorted(node.text for node in sets.all("ResponseSet/mRID")) == sorted(
        (drlc.mrid, *(p.mrid for p in desk.book.programs_of(world.alpha)))
    )


async def test_a_response_that_fits_nothing_is_refused(
    *, alpha, bravo, listed, publish, load_control, drlc, desk, world, state
):
    made = await publish("end_device_control", load_control(), drlc)
    event = await state(world.common)
    reply = f"/edev/{world.alpha}/rsps/{drlc.id}/rsp"
    lfdi = desk.book.devices[world.alpha].lfdi
    other = desk.book.devices[world.bravo].lfdi
    refused = [
        dr_response(lfdi, made.mrid, status=15),
        dr_response(lfdi, "AB" * 16),
        dr_response(lfdi, drlc.mrid),
        dr_response(lfdi, event.intervals[0].mrid),
        dr_response(other, made.mrid),
        dr_response(lfdi, made.mrid).replace("DrResponse", "TextResponse"),
    ]
    for body in refused:
        assert (await alpha.post(reply, body)).status == 400
    assert (await alpha.post(f"/edev/{world.alpha}/rsps/u1/rsp", refused[0])).status == 404
    assert (await bravo.post(reply, dr_response(other, made.mrid))).status == 403
    assert (await alpha.get(reply + "/1")).status == 404
    assert (await alpha.get(reply + "/x")).status == 404
