"""Clients of the 2013 draft: they meet nothing that they do not know, wherever they look."""

import pytest

from certs.identity import sfdi
from schemas.sep2 import NS, NS_2013, Profile
from server.core.command import CreateGroup
from server.core.model import Controls, Lfdi, PowerFactor

CHILD = Lfdi("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
ALL = Controls(
    connect=True,
    energize=True,
    fixed_pf_absorb=PowerFactor(cosine=0.9, is_under_excited=True),
    fixed_pf_inject=PowerFactor(cosine=0.95, is_under_excited=True),
    max_limit_percent=60.0,
    target_w=1000.0,
    export_limit_w=1500.0,
    import_limit_w=1500.0,
    generation_limit_w=1500.0,
    load_limit_w=1500.0,
    ramp_s=2.0,
)
SITE, METER, SET = ("0A" * 12 + "00028547", "A1" * 12 + "00028547", "C3" * 12 + "00028547")


@pytest.fixture
async def program(world) -> str:
    """Offered to all who come."""
    made = await world.do(CreateGroup(name="newcomers", joins_new_devices=True))
    return await world.program("for newcomers", 7, made[0].group.id, default=ALL)


async def say_everything(client, place: str, draft, lfdi: str, control: str) -> None:
    """Put and post all that a device says, at the links of its EndDevice."""
    documents = {
        "dercap": draft.der_capability,
        "derg": draft.der_settings,
        "ders": draft.der_status,
        "dera": draft.der_availability,
    }
    for name, body in documents.items():
        assert (await client.put(f"{place}/der/1/{name}", body)).status == 204
    answer = (
        f"<DERControlResponse {draft.ns}><createdDateTime>1767225600</createdDateTime>"
        f"<endDeviceLFDI>{lfdi}</endDeviceLFDI><status>1</status><subject>{control}</subject>"
        "</DERControlResponse>"
    )
    tree = await client.walk(place)
    (reply_to,) = {
        one.get("replyTo") for root in tree.values() for one in root.iter("{*}DERControl")
    }
    assert (await client.post(reply_to, answer)).status == 201
    reading = (
        f"<MirrorMeterReading {draft.ns}><mRID>{METER}</mRID><Reading><value>5</value></Reading>"
        f"<MirrorReadingSet><mRID>{SET}</mRID><timePeriod><duration>60</duration>"
        "<start>1767225600</start></timePeriod><Reading><value>7</value></Reading>"
        "</MirrorReadingSet><ReadingType><uom>38</uom></ReadingType></MirrorMeterReading>"
    )
    point = (
        f"<MirrorUsagePoint {draft.ns}><mRID>{SITE}</mRID><roleFlags>0003</roleFlags>"
        "<serviceCategoryKind>0</serviceCategoryKind><status>1</status>"
        f"<deviceLFDI>{lfdi}</deviceLFDI></MirrorUsagePoint>"
    )
    made = await client.post("/mup", point)
    assert made.status == 201
    assert (await client.post(made.headers["Location"], reading)).status == 201


async def test_a_device_registers_and_reads_and_says_everything(
    *, serve, program, state, certificates, speak, draft, registration
):
    house = await serve(in_band="open")
    client = speak(house, "stranger", Profile.DRAFT_2013)
    lfdi = certificates.stranger.identity.lfdi
    made = await client.post("/edev", registration(draft.ns, lfdi, sfdi(lfdi)))
    assert made.status == 201
    assert house.desk.book.clients[house.desk.book.client_by_lfdi[lfdi]].profile == "2030.5-2013"
    event = await state(program, 0, controls=ALL)
    place = made.headers["Location"]
    mrid = event.intervals[0].mrid
    await say_everything(client, place, draft, lfdi, mrid)
    tree = await client.walk()
    assert f"{place}/derp/{program}/derc/{mrid}" in tree
    assert tree[f"{place}/der/1/dercap"].findtext(f"{{{NS_2013}}}rtgVA/{{*}}value") == "5000"
    assert tree[place].findtext(f"{{{NS_2013}}}loadShedDeviceCategory") == "00200000"
    said = {"DERControl", "setMinPF", "rtgMinPF", "opModFixedPF", "MirrorUsagePoint", "ReadingSet"}
    assert said <= set(client.reader.met)
    assert "ConnectionPointLink" not in client.reader.met
    assert (await client.get(f"{place}/cp")).status == 404


async def test_an_aggregator_registers_and_reads_for_its_devices_and_subscribes(
    *, house, world, program, state, speak, draft, registration
):
    client = speak(house, "boss", Profile.DRAFT_2013)
    made = await client.post("/edev", registration(draft.ns, CHILD, sfdi(CHILD)))
    assert made.status == 201
    device = house.desk.book.device_by_lfdi[CHILD]
    event = await state(program, 0, controls=ALL)
    place = made.headers["Location"]
    await say_everything(client, place, draft, CHILD, event.intervals[0].mrid)
    topics = ["/edev", f"{place}/derp", f"{place}/derp/{program}/derc"]
    topics += [f"{place}/derp/{program}/dderc", f"{place}/der/1/derg"]
    for topic in topics:
        wish = (
            f"<Subscription {draft.ns}><subscribedResource>{topic}</subscribedResource>"
            "<encoding>0</encoding><level>-S1</level><limit>9</limit>"
            "<notificationURI>https://agg.example/n</notificationURI></Subscription>"
        )
        assert (await client.post(f"/edev/{world.aggregator}/sub", wish)).status == 201
    await client.walk()
    book, now = house.desk.book, house.desk.clock.now()
    assert len(book.subscriptions) == len(topics)
    for one in book.subscriptions.values():
        document = None
        if one.subject.document:
            document = await house.desk.store.document(device, one.subject.document)
        told = house.face.notices.survey(one, document, now)
        body = house.face.notices.render(one, set(told), document, now)
        root = client.reader.check(body)
        assert root.tag == f"{{{NS_2013}}}Notification"
        assert root.find(f"{{{NS_2013}}}Resource") is not None, one.resource
    assert {"Subscription", "opModFixedPF", "DefaultDERControlLink"} <= set(client.reader.met)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/dcap?s=x", None, 200),
        ("GET", "/edev?s=x", None, 400),
        ("DELETE", "/dcap", None, 405),
        ("PUT", "/edev/{other}/der/1/ders", "<x/>", 403),
        ("PUT", "/edev/{own}/der/1/ders", "<x/>", 400),
        ("PUT", "/edev/{own}/der/1/ders", " " * 70_000, 413),
        ("GET", "/" + "x" * 9000, None, 414),
    ],
)
async def test_refusals_are_in_its_own_namespace(
    *, method, path, body, status, house, world, speak, draft
):
    client = speak(house, "alpha", Profile.DRAFT_2013)
    own = f"/edev/{world.alpha}/der/1/ders"
    assert (await client.put(own, draft.der_status)).status == 204
    answer = await client.ask(method, path.format(own=world.alpha, other=world.bravo), body)
    assert answer.status == status
    if status >= 400:
        assert answer.xml.tag == f"{{{NS_2013}}}Error"


async def test_even_the_first_refusal_is_in_its_own_namespace(serve, world, speak, draft):
    house = await serve(in_band="enrolled")
    alpha = speak(house, "alpha", Profile.DRAFT_2013)
    body = draft.der_status.replace("1767225600", "soon")
    refused = await alpha.put(f"/edev/{world.alpha}/der/1/ders", body)
    assert (refused.status, refused.text("reasonCode")) == (400, "0")


def test_its_reader_would_notice(reader_of):
    reader = reader_of(Profile.DRAFT_2013)
    for inside in (
        "<sFDI/><deviceCategory>00</deviceCategory>",
        f'<a:sFDI xmlns:a="{NS_2013}"/>',
        f'<sFDI xmlns="{NS}"/>',
        "<sFDI/><lFDI/>",
        '<DERListLink href="/" more=""/>',
    ):
        wrong = f'<EndDevice xmlns="{NS_2013}">{inside}</EndDevice>'
        with pytest.raises(AssertionError):
            reader.check(wrong.encode())
