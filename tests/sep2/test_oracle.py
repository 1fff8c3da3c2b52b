"""Every body that goes out is valid by the official schema, where it has been fetched."""

from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from server.core.command import CancelEvent, SetDefault
from server.core.curve import CurveKind
from server.core.inverter import DefaultSettings, FrequencyDroop
from server.core.model import Controls, PowerFactor, VarReference, VarShare
from server.sep2.routes import ROUTES, href

XSD = Path(__file__).parents[2] / "build" / "oracles" / "csipaus12" / "csipaus-core.xsd"
WHOLE = Controls(
    connect=True,
    fixed_pf_absorb=PowerFactor(cosine=0.95, is_under_excited=True),
    fixed_pf_inject=PowerFactor(cosine=1.0, is_under_excited=False),
    max_limit_percent=50.5,
    target_w=-2500.0,
    export_limit_w=123_456_789.0,
    import_limit_w=1500.5,
    generation_limit_w=0.0,
    load_limit_w=9.5,
    ramp_s=655.35,
)
VARS = Controls(fixed_var=VarShare(percent=-3.0, reference=VarReference.MAX_W), energize=True)
DROOP = FrequencyDroop(
    over_dead_band_hz=1000.0,
    under_dead_band_hz=0.0,
    over_slope=65.535,
    under_slope=0.0,
    open_loop_s=655.35,
)
SETTINGS = DefaultSettings(
    enter_service_delay_s=42_949_672.95,
    enter_service_random_delay_s=300.0,
    enter_service_ramp_s=0.0,
    enter_service_low_hz=0.0,
    enter_service_high_hz=655.35,
    enter_service_low_v_percent=0.0,
    enter_service_high_v_percent=327.67,
    ramp_percent_per_s=655.35,
    soft_start_percent_per_s=0.0,
)
NS = 'xmlns="urn:ieee:std:2030.5:ns" xmlns:c="https://csipaus.org/ns"'
POWER = "<multiplier>0</multiplier><value>5</value>"
BODIES = {
    "der_capability": f"<DERCapability {NS}><modesSupported>01</modesSupported><rtgMaxW>{POWER}"
    "</rtgMaxW><type>4</type><c:doeModesSupported>0F</c:doeModesSupported></DERCapability>",
    "der_settings": f"<DERSettings {NS}><setGradW>1</setGradW><setMaxW>{POWER}</setMaxW>"
    "<updatedTime>1</updatedTime><c:doeModesEnabled>0F</c:doeModesEnabled></DERSettings>",
    "der_status": f"<DERStatus {NS}><readingTime>1</readingTime></DERStatus>",
    "der_availability": f"<DERAvailability {NS}><readingTime>1</readingTime></DERAvailability>",
}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    if not XSD.exists():
        pytest.skip("no official schema here: run tests/fetch_oracles.py")
    return etree.XMLSchema(etree.parse(XSD))


@pytest.mark.interop
@pytest.mark.parametrize(("peer", "device"), [("alpha", "alpha"), ("boss", "one")])
async def test_every_body_is_valid(*, peer, device, schema, house, world, state, clock, draw_curve):
    curves = {kind.value: (await draw_curve(world.common, kind)).id for kind in CurveKind}
    bent = Controls(freq_droop=DROOP, **curves)
    await world.do(SetDefault(program_id=world.common, controls=bent, settings=SETTINGS))
    await state(world.common, 2000, 60, bent)
    event = await state(world.common, 10, 600, WHOLE, randomize_start=timedelta(seconds=-5))
    await state(world.common, 20, 60, VARS)
    clock.move(seconds=1)
    newer = Controls(connect=False)
    await state(world.common, 15, 60, newer, supersede=True)
    gone = await state(world.common, 900, 60)
    await world.do(CancelEvent(event_id=gone.id))
    await state(world.special, -5, 60)
    client = house.peer(peer)
    entry = getattr(world, device)
    lfdi = house.desk.book.devices[entry].lfdi
    for name, body in BODIES.items():
        path = href(name, e=entry, d="1")
        assert (await client.put(path, body.encode())).status == 204
    answered = (
        f"<DERControlResponse {NS}><endDeviceLFDI>{lfdi}</endDeviceLFDI><status>1</status>"
        f"<subject>{event.intervals[0].mrid}</subject></DERControlResponse>"
    )
    replies = href("responses", e=entry, p=world.common)
    number = (await client.post(replies, answered.encode())).headers["Location"].rsplit("/")[-1]
    at = {
        "e": entry,
        "g": world.everyone,
        "p": world.common,
        "c": event.intervals[0].mrid,
        "d": "1",
        "r": number,
        "v": curves["watt_pf"],
    }
    for seconds in (0, 8, 10, 100, 700):
        clock.move(seconds=seconds)
        for route in ROUTES:
            answer = await client.get(href(route.name, **at) + "?l=255")
            assert answer.status == 200, route.name
            assert answer.tag == route.gives.wire_tag
            schema.assertValid(answer.xml)


@pytest.mark.interop
async def test_every_refusal_is_valid(schema, house, world):
    alpha, stranger = house.peer("alpha"), house.peer("stranger")
    refusals = [
        await alpha.get("/nowhere"),
        await alpha.get("/edev?l=x"),
        await alpha.get("/dcap", Accept="text/html"),
        await alpha.ask("DELETE", "/dcap"),
        await alpha.put(f"/edev/{world.bravo}/der/1/ders", b""),
        await alpha.put(f"/edev/{world.alpha}/der/1/ders", b" " * 70_000),
        await alpha.put(f"/edev/{world.alpha}/der/1/ders", b"", Content_Type="text/plain"),
        await alpha.post("/edev", b""),
        await stranger.get("/dcap"),
    ]
    assert [found.status for found in refusals] == [404, 400, 406, 405, 403, 413, 415, 400, 403]
    for found in refusals:
        schema.assertValid(found.xml)
