"""Messages, prices and bills: their orders, what holds now, and what a restart keeps."""

import random

from server.desk import Desk
from server.sep2.face import Sep2Face
from server.sep2.settings import Sep2Settings


def texts(answer, path):
    return [node.text for node in answer.all(path)]


async def test_messages_come_latest_first_and_supersede_nothing(alpha, publish, span, world, clock):
    line = await publish("messaging_program", {"primacy": 1, "locale": "en"})
    for offset in (0, 100, 50):
        view = {"interval": span(offset, 600), "priority": 0, "textMessage": f"at {offset}"}
        await publish("text_message", view, line)
    path = f"/edev/{world.alpha}/msg/{line.id}"
    clock.move(seconds=60)
    found = await alpha.get(path + "/txt?l=9")
    assert texts(found, "TextMessage/textMessage") == ["at 100", "at 50", "at 0"]
    assert texts(found, "TextMessage/EventStatus/currentStatus") == ["0", "1", "1"]
    assert texts(found, "TextMessage/EventStatus/potentiallySuperseded") == ["false"] * 3
    active = await alpha.get(path + "/acttxt?l=9")
    assert texts(active, "TextMessage/textMessage") == ["at 50", "at 0"]
    one = await alpha.get(path)
    assert one.all("ActiveTextMessageListLink")[0].get("all") == "2"
    later = await alpha.get(f"{path}/txt?l=9&a={span()['start']}")
    assert texts(later, "TextMessage/textMessage") == ["at 100"]


async def test_programs_are_ordered_by_primacy_and_by_name(alpha, publish, world):
    made = [await publish("demand_response_program", {"primacy": primacy}) for primacy in (5, 1, 5)]
    equals = sorted((made[0].mrid, made[2].mrid), reverse=True)
    found = await alpha.get(f"/edev/{world.alpha}/dr?l=9")
    assert texts(found, "DemandResponseProgram/mRID") == [made[1].mrid, *equals]


async def test_bills_are_ordered_and_the_current_period_is_told(
    alpha, publish, world, span, contents
):
    account = await publish("customer_account", contents["customer_account"], device=world.alpha)
    agreement = await publish("customer_agreement", contents["customer_agreement"], account)
    for offset in (-2000, -1000, -10):
        view = {"billToDate": offset, "interval": span(offset, 600)}
        await publish("billing_period", view, agreement)
    path = f"/edev/{world.alpha}/bill/{account.id}/ca/{agreement.id}"
    found = await alpha.get(path + "/bp?l=9")
    assert texts(found, "BillingPeriod/billToDate") == ["-10", "-1000", "-2000"]
    assert texts(await alpha.get(path + "/actbp?l=9"), "BillingPeriod/billToDate") == ["-10"]
    used = await publish("historical_reading", {}, agreement)
    await publish("historical_reading", {"description": "b"}, agreement)
    await publish("historical_reading", {"description": "a"}, agreement)
    found = await alpha.get(path + "/ver?l=9")
    assert texts(found, "HistoricalReading/description") == ["a", "b"]
    assert texts(found, "HistoricalReading/mRID")[-1] == used.mrid
    assert found.all("HistoricalReading/ReadingTypeLink") == []


async def test_links_lead_to_what_is_there(alpha, publish, world):
    entry = f"/edev/{world.alpha}"
    home = await alpha.get("/dcap")
    assert home.all("TariffProfileListLink") == home.all("CustomerAccountListLink") == []
    tariff = {"primacy": 1, "serviceCategoryKind": 0}
    made = await publish("tariff_profile", tariff, groups=(world.alphas,))
    assert (await alpha.get("/dcap")).href("TariffProfileListLink") == f"{entry}/tp"
    groups = await alpha.get(f"{entry}/fsa?l=9")
    linked = groups.all("FunctionSetAssignments/TariffProfileListLink")
    assert [node.get("href") for node in linked] == [f"{entry}/fsa/{world.alphas}/tp"]
    component = await publish("rate_component", {"roleFlags": "0001"}, made)
    path = f"{entry}/tp/{made.id}/rc/{component.id}"
    assert (await alpha.get(path)).href("ReadingTypeLink") == f"{path}/rt"
    assert (await alpha.get(path + "/rt")).status == 404
    await publish("tariff_reading_type", {"uom": 72}, component)
    assert (await alpha.get(path + "/rt")).text("uom") == "72"


async def test_what_is_for_one_device_is_linked_from_all_its_groups(alpha, publish, world):
    await publish("prepayment", {"prepayMode": 0}, device=world.alpha)
    groups = await alpha.get(f"/edev/{world.alpha}/fsa?l=9")
    linked = groups.all("FunctionSetAssignments/PrepaymentListLink")
    assert [node.get("href") for node in linked] == [f"/edev/{world.alpha}/ppy"] * 2


async def test_a_group_without_programs_assigns_what_is_published(alpha, publish, world):
    group = await world.group("quiet", world.alpha)
    await publish("messaging_program", {"primacy": 1, "locale": "en"}, groups=(group,))
    found = await alpha.get(f"/edev/{world.alpha}/fsa/{group}")
    assert found.all("DERProgramListLink") == []
    assert found.href("MessagingProgramListLink") == f"/edev/{world.alpha}/fsa/{group}/msg"


async def test_what_is_revised_reads_anew_and_what_is_withdrawn_is_gone(
    alpha, publish, world, desk_of
):
    line = await publish("messaging_program", {"primacy": 1, "locale": "en"})
    path = f"/edev/{world.alpha}/msg/{line.id}"
    await desk_of.revise(line, {"primacy": 1, "locale": "de"})
    found = await alpha.get(path)
    assert (found.text("locale"), found.text("version")) == ("de", "1")
    await desk_of.withdraw(line)
    assert (await alpha.get(path)).status == 404
    assert (await alpha.get(f"/edev/{world.alpha}/msg?l=9")).xml.get("all") == "0"


async def test_a_restart_keeps_all(*, alpha, publish_all, world, desk, clock, desk_of):
    made = await publish_all(world.alpha)
    (message,) = (one for one in made if one.kind == "text_message")
    await desk_of.cancel(message)
    again = Desk(desk.store, clock, random.Random(9), pen=0)
    await again.open()
    assert again.book.publications == desk.book.publications
    assert again.book.publication_by_mrid == desk.book.publication_by_mrid
    Sep2Face(again, Sep2Settings())
