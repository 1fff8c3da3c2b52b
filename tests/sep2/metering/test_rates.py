"""Poll rates and post rates that an operator sets while the server runs: seen on the next GET."""

import re

import pytest

from server.admin.telling import PollRated
from server.core.command import SetPollRate, SetPostRate
from server.sep2.routes import SERVED, href

POWER_STATUS = (
    '<PowerStatus xmlns="urn:ieee:std:2030.5:ns"{}><batteryStatus>0</batteryStatus>'
    "<changedTime>1</changedTime><currentPowerSource>1</currentPowerSource></PowerStatus>"
)


async def poll_rate(peer, path) -> str | None:
    answer = await peer.get(path)
    assert answer.status == 200, path
    return answer.xml.get("pollRate")


def test_the_resources_that_have_a_poll_rate_are_those_of_the_wire():
    import importlib
    import pkgutil

    import schemas.sep2 as package
    from schemas.wire import Element

    found = set()
    for module in pkgutil.iter_modules(package.__path__):
        for kind in vars(importlib.import_module(f"schemas.sep2.{module.name}")).values():
            is_element = isinstance(kind, type) and issubclass(kind, Element)
            if is_element and "pollRate" in getattr(kind, "__dataclass_fields__", {}):
                found.add(kind.wire_tag)
    assert len(PollRated) == 28
    # CSIP-AUS 1.3 adds two, which 2030.5 does not have.
    added = {"TimeTariffIntervalList", "CombinedTimeTariffIntervalList"}
    assert found - added == set(PollRated)


async def test_every_rated_resource_shows_a_rate_on_the_next_reading(house, alpha, world):
    at = {"e": world.alpha, "g": world.everyone, "p": world.common}
    rated = {}
    for route in SERVED:
        variables = set(re.findall(r"{(\w+)}", route.path))
        if "pollRate" in route.gives.__dataclass_fields__ and variables <= at.keys():
            path = href(route.name, **at)
            if (await alpha.get(path)).status == 200:
                rated[route.gives.wire_tag] = path
    assert rated.keys() >= {
        "DeviceCapability",
        "EndDeviceList",
        "FunctionSetAssignmentsList",
        "DERProgramList",
        "DERList",
        "MirrorUsagePointList",
        "UsagePointList",
        "SubscriptionList",
        "LogEventList",
        "Registration",
        "Time",
    }
    for name, path in rated.items():
        assert await poll_rate(alpha, path) == "300", name
        await house.do(SetPollRate(resource=name, rate_s=30))
        assert await poll_rate(alpha, path) == "30", name
        await house.do(SetPollRate(resource=name, rate_s=None))
        assert await poll_rate(alpha, path) == "300", name


async def test_one_client_may_have_a_rate_of_its_own(house, alpha, bravo, world, desk):
    client_id = desk.book.devices[world.alpha].client_id
    await house.do(SetPollRate(resource="Time", rate_s=60))
    await house.do(SetPollRate(resource="Time", client_id=client_id, rate_s=5))
    assert await poll_rate(alpha, "/tm") == "5"
    assert await poll_rate(bravo, "/tm") == "60"


async def test_the_rate_of_a_document_is_its_clients_until_an_operator_sets_one(
    house, alpha, world
):
    path = href("power_status", e=world.alpha)
    assert (await alpha.put(path, POWER_STATUS.format(' pollRate="77"'))).status == 204
    assert await poll_rate(alpha, path) == "77"
    await house.do(SetPollRate(resource="PowerStatus", rate_s=30))
    assert await poll_rate(alpha, path) == "30"


async def test_a_post_rate_of_a_mirror_shows_on_the_next_reading(house, alpha, world, lfdi, said):
    body = said.usage_point(lfdi("alpha"), rate=900)
    path = (await alpha.post("/mup", body)).headers["Location"]
    for item, rate_s in (("", 60), (said.SITE, 300)):
        ask = {"device_id": world.alpha, "resource": "MirrorUsagePoint", "item": item}
        await house.do(SetPostRate(**ask, rate_s=rate_s))
        assert (await alpha.get(path)).text("postRate") == str(rate_s)
        assert (await alpha.get("/mup?l=9")).text("MirrorUsagePoint/postRate") == str(rate_s)
    await house.do(SetPostRate(**ask, rate_s=None))
    await house.do(SetPostRate(**{**ask, "item": ""}, rate_s=None))
    assert (await alpha.get(path)).text("postRate") == "900"


@pytest.mark.parametrize("proposed", [None, 900])
async def test_a_post_rate_of_a_device_goes_before_the_clients(house, alpha, world, proposed):
    path = href("end_device", e=world.alpha)
    if proposed is not None:
        link = "<RegistrationLink"
        told = (await alpha.get(path)).body.decode()
        told = told.replace(link, f"<postRate>{proposed}</postRate>{link}")
        assert (await alpha.put(path, told)).status == 204
        assert (await alpha.get(path)).text("postRate") == str(proposed)
    ask = SetPostRate(device_id=world.alpha, resource="EndDevice", rate_s=60)
    await house.do(ask)
    assert (await alpha.get(path)).text("postRate") == "60"
    assert (await alpha.get("/edev?l=9")).text("EndDevice/postRate") == "60"
