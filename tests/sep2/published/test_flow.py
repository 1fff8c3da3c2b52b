"""Flow reservations: what a device asks for, what it is granted, and taking both back."""

import pytest

NS = 'xmlns="urn:ieee:std:2030.5:ns"'
MRID = "CD" * 16
POWER = {"multiplier": 0, "value": 5}


def request(status=0, duration=600, mrid=MRID):
    return (
        f"<FlowReservationRequest {NS}><mRID>{mrid}</mRID><creationTime>5</creationTime>"
        "<energyRequested><multiplier>0</multiplier><value>5</value></energyRequested>"
        f"<intervalRequested><duration>{duration}</duration><start>5</start></intervalRequested>"
        "<powerRequested><multiplier>0</multiplier><value>5</value></powerRequested><RequestStatus>"
        f"<dateTime>5</dateTime><requestStatus>{status}</requestStatus></RequestStatus>"
        "</FlowReservationRequest>"
    )


def status_of(answer):
    return answer.text("FlowReservationResponse/EventStatus/currentStatus")


@pytest.fixture
async def asked(alpha, world):
    """The path of alpha's request."""
    entry = await alpha.get(f"/edev/{world.alpha}")
    path = entry.href("FlowReservationRequestListLink")
    return (await alpha.post(path, request())).headers["Location"]


@pytest.fixture
async def granted(publish, world, span, asked):
    view = {"energyAvailable": POWER, "powerAvailable": POWER, "subject": MRID}
    return await publish(
        "flow_reservation_response", view | {"interval": span(0, 600)}, device=world.alpha
    )


async def test_what_is_granted_is_found_and_answered(alpha, world, granted, asked, desk):
    entry = await alpha.get(f"/edev/{world.alpha}")
    (link,) = entry.all("FlowReservationResponseListLink")
    assert link.get("all") == "1"
    assert entry.all("FlowReservationRequestListLink")[0].get("all") == "1"
    found = await alpha.get(link.get("href"))
    assert (status_of(found), found.text("FlowReservationResponse/subject")) == ("1", MRID)
    reply_to = found.all("FlowReservationResponse")[0].get("replyTo")
    lfdi = desk.book.devices[world.alpha].lfdi
    answer = (
        f"<FlowReservationResponseResponse {NS}><endDeviceLFDI>{lfdi}</endDeviceLFDI>"
        f"<status>1</status><subject>{granted.mrid}</subject></FlowReservationResponseResponse>"
    )
    sent = await alpha.post(reply_to, answer)
    read = await alpha.get(sent.headers["Location"])
    assert read.tag == "FlowReservationResponseResponse"


async def test_a_request_that_is_cancelled_takes_the_grant_back(alpha, world, granted, asked):
    frp = f"/edev/{world.alpha}/frp"
    assert (await alpha.put(asked, request())).status == 204
    assert status_of(await alpha.get(frp)) == "1"
    assert (await alpha.put(asked, request(status=1))).status == 204
    assert status_of(await alpha.get(frp)) == "2"
    assert (await alpha.put(asked, request(status=1))).status == 204
    assert (await alpha.get(asked)).text("RequestStatus/requestStatus") == "1"


@pytest.mark.parametrize("body", [None, request(mrid="EF" * 16)])
async def test_a_request_that_is_no_more_takes_the_grant_back(alpha, world, granted, asked, body):
    answer = await (alpha.delete(asked) if body is None else alpha.put(asked, body))
    assert answer.status == 204
    assert status_of(await alpha.get(f"/edev/{world.alpha}/frp")) == "2"


async def test_a_grant_for_another_request_stays(*, alpha, world, granted, publish, span, asked):
    view = {"energyAvailable": POWER, "powerAvailable": POWER, "subject": "EF" * 16}
    later = view | {"interval": span(60, 600)}
    await publish("flow_reservation_response", later, device=world.alpha)
    bill = {"currency": 36, "pricePowerOfTenMultiplier": 0}
    await publish("customer_account", bill, device=world.alpha)
    assert (await alpha.put(asked, request(status=1))).status == 204
    found = await alpha.get(f"/edev/{world.alpha}/frp?l=9")
    statuses = found.all("FlowReservationResponse/EventStatus/currentStatus")
    assert [node.text for node in statuses] == ["2", "0"]


async def test_requests_that_cannot_be_are_refused(alpha, bravo, world, asked):
    path = f"/edev/{world.alpha}/frq"
    for body in (request(status=2), request(duration=0), request(mrid="X")):
        assert (await alpha.post(path, body)).status == 400
        assert (await alpha.put(asked, body)).status == 400
    assert (await alpha.put(f"{path}/5", request())).status == 404
    assert (await bravo.put(asked, request())).status == 403
    assert (await bravo.get(asked)).status == 404
