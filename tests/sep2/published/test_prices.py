"""Prices: intervals over time, and what CSIP-AUS 1.3 adds to them."""

import pytest

from server.core.command import SetProfile

SUMMARY = "TimeTariffInterval/ConsumptionTariffIntervalListSummary"


@pytest.fixture
async def tariff(publish, contents, world):
    return await publish("tariff_profile", contents["tariff_profile"])


@pytest.fixture
def price(publish, contents, span):
    """Publish an interval with two prices below a component."""

    async def make(component, offset_s=0, length_s=600, **more):
        view = {"interval": span(offset_s, length_s), "touTier": 0}
        interval = await publish("time_tariff_interval", view, component, **more)
        for start in (100, 0):
            block = {"consumptionBlock": start // 100, "price": 20 + start, "startValue": start}
            await publish("consumption_tariff_interval", block, interval)
        return interval

    return make


@pytest.fixture
async def components(publish, tariff):
    return [await publish("rate_component", {"roleFlags": flags}, tariff) for flags in ("01", "02")]


async def test_prices_stand_in_their_interval_and_the_newer_interval_holds(
    *, alpha, world, tariff, components, price, clock
):
    first = await price(components[0], 0, 600)
    await price(components[1], 0, 600)
    clock.move(seconds=1)
    await price(components[0], 100, 600, supersede=True)
    path = f"/edev/{world.alpha}/tp/{tariff.id}/rc/{components[0].id}"
    blocks = await alpha.get(f"{path}/tti/{first.id}/cti?l=9")
    assert [node.text for node in blocks.all("ConsumptionTariffInterval/startValue")] == [
        "0",
        "100",
    ]
    assert (await alpha.get(path)).all("ActiveTimeTariffIntervalListLink")[0].get("all") == "1"
    clock.move(seconds=100)
    found = await alpha.get(path + "/tti?l=9")
    statuses = found.all("TimeTariffInterval/EventStatus/currentStatus")
    assert [node.text for node in statuses] == ["4", "1"]
    assert found.all("TimeTariffInterval/RateComponentLink") == []
    assert (await alpha.get(f"/edev/{world.alpha}/tp/{tariff.id}/ctti")).status == 404


async def test_the_later_edition_has_the_prices_inside_and_all_intervals_in_one_list(
    *, house, world, tariff, components, price, desk
):
    client_id = desk.book.devices[world.alpha].client_id
    await world.do(SetProfile(client_id=client_id, profile="csip-aus-1.3"))
    late = await price(components[0], 60)
    early = await price(components[1], 0)
    alpha = house.peer("alpha")
    home = f"/edev/{world.alpha}/tp/{tariff.id}"
    (link,) = (await alpha.get(home)).all("CombinedTimeTariffIntervalListLink")
    assert (link.get("href"), link.get("all")) == (f"{home}/ctti", "2")
    found = await alpha.get(link.get("href") + "?l=9")
    assert found.tag == "CombinedTimeTariffIntervalList"
    paths = [node.get("href") for node in found.all("TimeTariffInterval")]
    assert paths == [
        f"{home}/rc/{components[1].id}/tti/{early.id}",
        f"{home}/rc/{components[0].id}/tti/{late.id}",
    ]
    back = [node.get("href") for node in found.all("TimeTariffInterval/RateComponentLink")]
    assert back == [path.rpartition("/tti")[0] for path in paths]
    summaries = found.all(SUMMARY)
    assert [node.get("all") for node in summaries] == ["2", "2"]
    prices = found.all(f"{SUMMARY}/ConsumptionTariffInterval/price")
    assert [node.text for node in prices] == ["20", "120"] * 2
