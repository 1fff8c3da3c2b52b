"""What devices answer to prices and messages."""

import pytest

NS = 'xmlns="urn:ieee:std:2030.5:ns"'


@pytest.mark.parametrize(
    ("kind", "tag", "status"),
    [("text_message", "TextResponse", 11), ("time_tariff_interval", "PriceResponse", 2)],
)
async def test_each_kind_has_its_own_sort_of_answer(
    *, alpha, publish_all, world, desk, kind, tag, status
):
    (made,) = (one for one in await publish_all(world.alpha) if one.kind == kind)
    root = desk.book.line_of(made)[-1]
    reply_to = f"/edev/{world.alpha}/rsps/{root.id}/rsp"
    lfdi = desk.book.devices[world.alpha].lfdi
    inside = f"<endDeviceLFDI>{lfdi}</endDeviceLFDI><status>{status}</status>"
    inside += f"<subject>{made.mrid}</subject>"
    assert (await alpha.post(reply_to, f"<DrResponse {NS}>{inside}</DrResponse>")).status == 400
    sent = await alpha.post(reply_to, f"<{tag} {NS}>{inside}</{tag}>")
    read = await alpha.get(sent.headers["Location"])
    assert (read.tag, read.text("status"), read.text("subject")) == (tag, str(status), made.mrid)
    plain = await alpha.post(reply_to, f"<Response {NS}>{inside}</Response>")
    assert plain.headers["Location"] == sent.headers["Location"]
    one = await alpha.get(f"/edev/{world.alpha}/rsps/{root.id}")
    assert one.tag == "ResponseSet"
    assert one.all("ResponseListLink")[0].get("all") == "1"


async def test_what_says_how_it_is_to_be_answered_is_heeded(alpha, publish, span, world):
    line = await publish("messaging_program", {"primacy": 1, "locale": "en"})
    view = {"interval": span(), "priority": 1, "textMessage": "x", "responseRequired": "07"}
    made = await publish("text_message", view, line)
    found = await alpha.get(f"/edev/{world.alpha}/msg/{line.id}/txt/{made.id}")
    assert found.xml.get("responseRequired") == "07"
