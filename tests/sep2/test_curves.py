"""Curves and the settings of a default, as clients read them."""

from lxml import etree

from server.core.command import RemoveCurve, SetDefault
from server.core.curve import CurveKind, CurvePoint, CurveReference
from server.core.inverter import DefaultSettings
from server.core.model import Controls
from server.sep2.routes import href

SETTINGS = DefaultSettings(
    enter_service_delay_s=300.0,
    enter_service_random_delay_s=60.0,
    enter_service_ramp_s=0.0,
    enter_service_low_hz=59.5,
    enter_service_high_hz=60.1,
    enter_service_low_v_percent=91.7,
    enter_service_high_v_percent=105.0,
    ramp_percent_per_s=0.29,
    soft_start_percent_per_s=0.57,
)
CURVES = (
    *("opModFreqWatt", "opModHFRTMayTrip", "opModHFRTMustTrip", "opModHVRTMayTrip"),
    *("opModHVRTMomentaryCessation", "opModHVRTMustTrip", "opModLFRTMayTrip"),
    *("opModLFRTMustTrip", "opModLVRTMayTrip", "opModLVRTMomentaryCessation"),
    *("opModLVRTMustTrip", "opModVoltVar", "opModVoltWatt", "opModWattPF", "opModWattVar"),
)
"""The elements by the numbers of their curves."""


async def test_a_default_tells_its_settings_until_they_are_taken_back(house, world):
    path = href("default_control", e=world.alpha, p=world.special)
    asked = Controls(connect=True)
    wish = SetDefault(program_id=world.special, controls=asked, settings=SETTINGS)
    await world.do(wish)
    told = await house.peer("alpha").get(path)
    names = ("Delay", "HighFreq", "HighVolt", "LowFreq", "LowVolt", "RampTms", "RandomDelay")
    values = [told.text(f"setES{name}") for name in names]
    assert values == ["30000", "6010", "10500", "5950", "9170", "0", "6000"]
    assert (told.text("setGradW"), told.text("setSoftGradW")) == ("29", "57")
    await world.do(SetDefault(program_id=world.special, controls=asked))
    after = await house.peer("alpha").get(path)
    assert after.text("version") == "2"
    assert not [node for node in after.xml if etree.QName(node).localname.startswith("set")]


async def test_a_curve_is_told_exactly_and_under_the_device_that_asks(house, world, draw_curve):
    points = (
        CurvePoint(x=92.5, y=44.0),
        CurvePoint(x=100.0, y=0.125),
        CurvePoint(x=108.0, y=-44.0),
    )
    made = await draw_curve(
        world.common,
        points=points,
        y_reference=CurveReference.AVAILABLE_VAR,
        open_loop_s=5.0,
        ramp_down_percent_per_s=0.29,
        ramp_up_percent_per_s=0.0,
        filter_s=655.35,
        v_ref_percent=99.5,
        autonomous_v_ref=True,
        autonomous_v_ref_s=300.0,
    )
    for name, device in (("alpha", world.alpha), ("boss", world.one)):
        peer = house.peer(name)
        listed = await peer.get(href("curves", e=device, p=world.common))
        told = await peer.get(listed.href("DERCurve"))
        assert told.xml.get("href") == href("curve", e=device, p=world.common, v=made.id)
        assert (told.text("mRID"), told.text("description")) == (made.mrid, "volt_var")
        assert told.text("creationTime") == str(int(made.created_at.timestamp()))
        assert (told.text("curveType"), told.text("yRefType")) == ("11", "3")
        assert [[part.text for part in point] for point in told.all("CurveData")] == [
            ["925", "44000"],
            ["1000", "125"],
            ["1080", "-44000"],
        ]
        assert (told.text("xMultiplier"), told.text("yMultiplier")) == ("-1", "-3")
        times = ("openLoopTms", "rampDecTms", "rampIncTms", "rampPT1Tms", "vRef")
        assert [told.text(name) for name in times] == ["500", "29", "0", "65535", "9950"]
        assert told.text("autonomousVRefEnable") == "true"
        assert told.text("autonomousVRefTimeConstant") == "30000"


async def test_every_kind_of_curve_is_asked_for_in_its_own_element(house, world, draw_curve):
    made = {kind.value: (await draw_curve(world.common, kind)).id for kind in CurveKind}
    await world.do(SetDefault(program_id=world.common, controls=Controls(**made)))
    alpha = house.peer("alpha")
    default = await alpha.get(href("default_control", e=world.alpha, p=world.common))
    links = {etree.QName(link).localname: link.get("href") for link in default.xml[-1]}
    assert len(links) == len(CurveKind)
    for kind in CurveKind:
        (element,) = (name for name in links if name.lower() == "opmod" + kind.replace("_", ""))
        told = await alpha.get(links[element])
        assert CURVES[int(told.text("curveType"))] == element
        assert told.text("description") == kind
        excitations = [node.text for node in told.all("CurveData/excitation")]
        assert excitations == ["true"] * (kind is CurveKind.WATT_PF)


async def test_a_control_names_its_curve_under_the_device_that_reads_it(
    house, world, state, draw_curve
):
    made = await draw_curve(world.common)
    event = await state(world.common, controls=Controls(volt_var=made.id))
    mrid = event.intervals[0].mrid
    for name, device in (("alpha", world.alpha), ("boss", world.one), ("boss", world.two)):
        wanted = href("curve", e=device, p=world.common, v=made.id)
        peer = house.peer(name)
        listed = await peer.get(href("controls", e=device, p=world.common))
        assert listed.href("DERControl/DERControlBase/opModVoltVar") == wanted
        one = await peer.get(href("control", e=device, p=world.common, c=mrid))
        assert one.href("DERControlBase/opModVoltVar") == wanted
        assert (await peer.get(wanted)).status == 200


async def test_curves_are_counted_and_stay_within_their_program(house, world, draw_curve):
    alpha = house.peer("alpha")
    program = href("program", e=world.alpha, p=world.common)
    assert (await alpha.get(program)).all("DERCurveListLink")[0].get("all") == "0"
    made = await draw_curve(world.common)
    link = (await alpha.get(program)).all("DERCurveListLink")[0]
    assert (link.get("all"), link.get("href")) == (
        "1",
        href("curves", e=world.alpha, p=world.common),
    )
    elsewhere = href("curve", e=world.alpha, p=world.special, v=made.id)
    assert (await alpha.get(elsewhere)).status == 404
    bravo = house.peer("bravo")
    assert (await bravo.get(href("curves", e=world.bravo, p=world.special))).status == 404
    assert (await bravo.get(href("curve", e=world.bravo, p=world.special, v=made.id))).status == 404
    await world.do(RemoveCurve(curve_id=made.id))
    assert (await alpha.get(href("curve", e=world.alpha, p=world.common, v=made.id))).status == 404
    assert (await alpha.get(program)).all("DERCurveListLink")[0].get("all") == "0"
