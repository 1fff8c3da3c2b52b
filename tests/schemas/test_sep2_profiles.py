"""What each profile writes: against the official schema, or one made of it by what is known."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from schemas import sep2
from schemas.sep2 import NS, NS_2013, NS_CSIPAUS, NS_CSIPAUS_13, Profile
from schemas.sep2.base import Link, List, ListLink, SubscribableList
from schemas.sep2.der import (
    CurveData,
    DefaultDERControl,
    DERCapability,
    DERControlBase,
    DERCurve,
    DERSettings,
)
from schemas.sep2.device import ConnectionPoint, EndDevice
from schemas.sep2.pubsub import Subscription
from schemas.sep2.response import DERControlResponse, Response, ResponseList
from schemas.sep2.units import (
    ActivePower,
    CurrentRMS,
    PowerFactor,
    PowerFactorWithExcitation,
    WattHour,
)
from schemas.wire import Element, WireError

INSTANCES = 40
XS = "{http://www.w3.org/2001/XMLSchema}"
LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
Draw = Callable[[type[Element], int], Iterator[Any]]
Carried = Callable[[Any, Profile], Any]

# The facts of the 2013 draft, as far as schemas know them.
RENAMED = {
    "AbstractDevice": {"deviceCategory": "loadShedDeviceCategory"},
    "DERCapability": {
        "rtgMaxA": "rtgA",
        "rtgMaxAh": "rtgAh",
        "rtgMinPFOverExcited": "rtgMinPF",
        "rtgMinPFUnderExcited": "rtgMinPFNeg",
        "rtgMaxVA": "rtgVA",
        "rtgMaxVar": "rtgVar",
        "rtgMaxVarNeg": "rtgVarNeg",
        "rtgMaxW": "rtgW",
        "rtgMaxWh": "rtgWh",
    },
    "DERSettings": {"setMinPFOverExcited": "setMinPF", "setMinPFUnderExcited": "setMinPFNeg"},
    "DERControlBase": {"opModFixedPFInjectW": "opModFixedPF"},
}
NEW = {
    "DERCapability": ["rtgMaxV", "rtgMinV", "rtgVNom", "rtgReactiveSusceptance"],
    "DERSettings": ["setESRampTms", "setMaxV", "setMinV", "setVNom"],
    "DefaultDERControl": ["setESRampTms"],
    "DERControlBase": [
        *("opModFixedPFAbsorbW", "opModHFRTMayTrip", "opModHVRTMayTrip"),
        *("opModLFRTMayTrip", "opModLVRTMayTrip"),
    ],
    "DERControl": ["deviceCategory"],
    "DERCurve": ["vRef", "autonomousVRefEnable", "autonomousVRefTimeConstant"],
    "CurveData": ["excitation"],
    "DERStatus": ["alarmStatus"],
    "EndDevice": ["postRate"],
    "DeviceInformation": ["gpsLocation"],
}
OTHER_TYPES = {
    "PowerFactor": {"displacement": "Int16"},
    "DERControlBase": {"opModFixedPF": "PowerFactor"},
    "DERSettings": {"setESDelay": "UInt16", "setESRandomDelay": "UInt16"},
    "DefaultDERControl": {"setESDelay": "UInt16", "setESRandomDelay": "UInt16"},
    "List": {"all": "UInt16", "results": "UInt8"},
    "SubscribableList": {"all": "UInt16", "results": "UInt8"},
    "ListLink": {"all": "UInt16"},
    "Subscription": {"limit": "UInt16"},
}
REQUIRED = {"DERCapability": "rtgA"}
MODES = [  # by bit
    *("opModVoltVar", "opModFreqWatt", "opModFreqDroop", "opModWattPF", "opModVoltWatt"),
    *("opModLVRTMomentaryCessation", "opModLVRTMustTrip", "opModHVRTMomentaryCessation"),
    *("opModHVRTMustTrip", "opModLFRTMustTrip", "opModHFRTMustTrip", "opModConnect"),
    *("opModEnergize", "opModMaxLimW", "opModFixedVar", "opModFixedPFInjectW", "opModFixedW"),
    *("opModTargetW", "opModTargetVar", "Charge", "Discharge", "opModWattVar"),
]
CURVES = [  # by number
    *("opModVoltVar", "opModFreqWatt", "opModWattPF", "opModVoltWatt"),
    *("opModLVRTMomentaryCessation", "opModLVRTMustTrip", "opModHVRTMomentaryCessation"),
    *("opModHVRTMustTrip", "opModLFRTMustTrip", "opModHFRTMustTrip", "opModWattVar"),
]
GONE = ("PowerFactorWithExcitation", "GPSLocationType", "ReactiveSusceptance")


@pytest.fixture(scope="session")
def draft_xsd(csipaus_folder: Path) -> etree.XMLSchema:
    """The schema of the 2013 draft, made of that of the 2018 edition."""
    text = (csipaus_folder / "sep.xsd").read_bytes()
    root = etree.fromstring(text.replace(NS.encode(), NS_2013.encode()))
    for node in list(root):
        name = node.get("name", "")
        if name in GONE:
            root.remove(node)
        elif node.tag == f"{XS}complexType":
            make_older(node, name)
    return etree.XMLSchema(root)


def make_older(node: etree._Element, name: str) -> None:
    for item in list(node.iter(f"{XS}element", f"{XS}attribute")):
        member = item.get("name", "")
        if member in NEW.get(name, ()):
            item.getparent().remove(item)
        old = RENAMED.get(name, {}).get(member, member)
        item.set("name", old)
        item.set("type", OTHER_TYPES.get(name, {}).get(old, item.get("type")))
        if REQUIRED.get(name) == old:
            item.set("minOccurs", "1")
    if name in RENAMED:
        (sequence,) = node.iter(f"{XS}sequence")
        sequence[:] = sorted(sequence, key=lambda item: item.get("name", "").lower())


@pytest.fixture(scope="session")
def csipaus_13_xsd(
    csipaus_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> etree.XMLSchema:
    """The schema with CSIP-AUS 1.3, made of that with 1.2."""
    folder = tmp_path_factory.mktemp("csipaus13")
    (folder / "sep.xsd").write_bytes((csipaus_folder / "sep.xsd").read_bytes())
    for name, text in (("csipaus-ext.xsd", EXT_13), ("csipaus-core.xsd", CORE_13)):
        data = (csipaus_folder / name).read_text()
        data = data.replace(f'"{NS_CSIPAUS}"', f'"{NS_CSIPAUS_13}"')
        end = "</xs:redefine>" if "core" in name else "</xs:schema>"
        for after, added in ADDED_13.items() if "core" in name else ():
            place = data.index("</xs:sequence>", data.index(f'"csipaus:{after}"'))
            refs = "".join(f'<xs:element ref="csipaus:{each}" minOccurs="0"/>' for each in added)
            data = data[:place] + refs + data[place:]
        (folder / name).write_text(data.replace(end, text + end))
    return etree.XMLSchema(etree.parse(folder / "csipaus-core.xsd"))


ADDED_13 = {
    "opModLoadLimW": ["opModStorageTargetW"],
    "doeModesSupported": ["vppModesSupported"],
    "doeModesEnabled": ["vppModesEnabled", "setMinWh"],
}
EXT_13 = """
<xs:element name="opModStorageTargetW" type="bs:ActivePower"/>
<xs:element name="vppModesSupported" type="bs:HexBinary8"/>
<xs:element name="vppModesEnabled" type="bs:HexBinary8"/>
<xs:element name="setMinWh" type="bs:WattHour"/>
<xs:element name="CombinedTimeTariffIntervalListLink" type="bs:ListLink"/>
<xs:element name="ConsumptionTariffIntervalListSummary" type="bs:ConsumptionTariffIntervalList"/>
"""


def extended(name: str, members: str, attributes: str = "") -> str:
    return f"""<xs:complexType name="{name}"><xs:complexContent><xs:extension base="{name}">
        <xs:sequence>{members}</xs:sequence>{attributes}
        </xs:extension></xs:complexContent></xs:complexType>"""


CORE_13 = "".join(
    (
        extended(
            "TariffProfile",
            '<xs:element ref="csipaus:CombinedTimeTariffIntervalListLink" minOccurs="0"/>',
        ),
        extended(
            "TimeTariffInterval",
            '<xs:element ref="csipaus:ConsumptionTariffIntervalListSummary" minOccurs="0"/>'
            '<xs:element ref="RateComponentLink" minOccurs="0"/>',
        ),
        extended("TimeTariffIntervalList", "", '<xs:attribute name="pollRate" type="UInt32"/>'),
        extended(
            "RateComponentList", "", '<xs:attribute name="subscribable" type="SubscribableType"/>'
        ),
    )
)


@pytest.mark.interop
def test_the_plain_edition_is_valid_without_csipaus(
    resource_class: type[Element], draw: Draw, carried: Carried, plain_xsd: etree.XMLSchema
) -> None:
    for element in draw(resource_class, INSTANCES):
        body = sep2.encode(element, profile=Profile.PLAIN)
        plain_xsd.assertValid(etree.fromstring(body))
        assert sep2.decode(resource_class, body) == carried(element, Profile.PLAIN)


@pytest.mark.interop
def test_csipaus_13_is_valid_and_reads_back_whole(
    resource_class: type[Element], draw: Draw, csipaus_13_xsd: etree.XMLSchema
) -> None:
    for element in draw(resource_class, INSTANCES):
        body = sep2.encode(element, profile=Profile.CSIPAUS_13)
        csipaus_13_xsd.assertValid(etree.fromstring(body))
        assert sep2.decode(resource_class, body) == element
        assert f'"{NS_CSIPAUS}"'.encode() not in body


@pytest.mark.interop
def test_the_2013_draft_is_valid(
    resource_class: type[Element], draw: Draw, draft_xsd: etree.XMLSchema
) -> None:
    for element in draw(resource_class, INSTANCES):
        whole = complete(element)
        draft_xsd.assertValid(etree.fromstring(sep2.encode(whole, profile=Profile.DRAFT_2013)))


@pytest.mark.interop
def test_what_the_2013_draft_can_carry_reads_back_equal(
    resource_class: type[Element], draw: Draw, carried: Carried
) -> None:
    for element in draw(resource_class, INSTANCES):
        sent = fit(carried(element, Profile.DRAFT_2013))
        body = sep2.encode(sent, profile=Profile.DRAFT_2013)
        assert sep2.decode(resource_class, body) == sent


def complete(element: Any) -> Any:
    """Return an instance with what only the draft demands."""
    if isinstance(element, DERCapability) and element.rtgMaxA is None:
        return replace(element, rtgMaxA=CurrentRMS(multiplier=0, value=0))
    return element


def fit(value: Any) -> Any:
    """Return a value with all that the draft has no room for cut down."""
    if isinstance(value, tuple):
        return tuple(map(fit, value))
    if not isinstance(value, Element):
        return value
    value = replace(value, **{name: fit(inner) for name, inner in vars(value).items()})
    for cls, cut in CUTS.items():
        if isinstance(value, cls):
            value = cut(value)
    return value


def cut_counts(value: Any) -> Any:
    return replace(value, all=value.all & 0xFFFF, results=value.results & 0xFF)


def cut_delays(value: Any) -> Any:
    return replace(
        value,
        setESDelay=value.setESDelay and value.setESDelay & 0xFFFF,
        setESRandomDelay=value.setESRandomDelay and value.setESRandomDelay & 0xFFFF,
    )


def cut_modes(modes: str | None) -> str | None:
    known = 0x7FFFFFF & ~sum(1 << bit for bit in (4, 10, 12, 15, 17))
    return modes and f"{int(modes, 16) & known:08X}"


def cut_curve(curve: DERCurve) -> DERCurve:
    kind = curve.curveType if curve.curveType in (0, 2, 4, 5, 7, 9, 10, 11, 12, 13, 14) else 13
    points = [cut_point(point, factor=kind == 13) for point in curve.CurveData_]
    return replace(curve, curveType=kind, CurveData_=tuple(points))


def cut_point(point: CurveData, *, factor: bool) -> CurveData:
    if not factor:
        return replace(point, excitation=None)
    value = abs(point.yvalue) & 0x7FFFFFFF
    return replace(point, yvalue=value, excitation=value > 0 and bool(point.excitation))


CUTS: dict[type[Element], Callable[[Any], Any]] = {
    List: cut_counts,
    SubscribableList: cut_counts,
    ListLink: lambda link: replace(link, all=link.all and link.all & 0xFFFF),
    Subscription: lambda sub: replace(sub, limit=sub.limit & 0xFFFF),
    DefaultDERControl: cut_delays,
    DERSettings: lambda settings: replace(
        cut_delays(settings), modesEnabled=cut_modes(settings.modesEnabled)
    ),
    DERCapability: lambda capability: replace(
        capability,
        modesSupported=cut_modes(capability.modesSupported),
        type={6: 0, 82: 81}.get(capability.type, capability.type),
    ),
    PowerFactor: lambda factor: replace(factor, displacement=factor.displacement & 0x7FFF),
    PowerFactorWithExcitation: lambda factor: replace(
        factor,
        displacement=factor.displacement & 0x7FFF,
        excitation=factor.excitation and factor.displacement & 0x7FFF > 0,
    ),
    DERCurve: cut_curve,
}


def capability(**more: Any) -> DERCapability:
    watts = ActivePower(multiplier=0, value=5000)
    return DERCapability(modesSupported="01", rtgMaxW=watts, type=4, **more)


def test_the_2013_draft_has_its_own_namespace_names_and_order() -> None:
    sent = capability(
        rtgMaxA=CurrentRMS(multiplier=0, value=20),
        rtgAbnormalCategory=1,
        rtgMaxV=None,
        rtgMinPFUnderExcited=PowerFactor(displacement=95, multiplier=-2),
        doeModesSupported="0F",
    )
    root = etree.fromstring(sep2.encode(sent, profile=Profile.DRAFT_2013))
    assert root.nsmap == {None: NS_2013}
    assert [etree.QName(child).localname for child in root] == [
        *("modesSupported", "rtgA", "rtgAbnormalCategory", "rtgMinPFNeg", "rtgW", "type")
    ]
    assert root.findtext(f"{{{NS_2013}}}rtgMinPFNeg/{{{NS_2013}}}displacement") == "-95"
    assert root.findtext(f"{{{NS_2013}}}modesSupported") == "00080000"


@pytest.mark.parametrize(("excitation", "displacement"), [(True, b"-95"), (False, b"95")])
def test_a_fixed_power_factor_of_the_2013_draft_is_signed(
    excitation: bool, displacement: bytes
) -> None:
    factor = PowerFactorWithExcitation(displacement=95, excitation=excitation, multiplier=-2)
    base = DERControlBase(opModFixedPFInjectW=factor)
    body = sep2.encode(base, profile=Profile.DRAFT_2013)
    assert b"<opModFixedPF><displacement>" + displacement + b"</displacement><multiplier>" in body
    assert sep2.decode(DERControlBase, body) == base


def test_what_the_2013_draft_has_no_room_for_is_left_out() -> None:
    base = DERControlBase(
        opModFixedPFInjectW=PowerFactorWithExcitation(
            displacement=40_000, excitation=False, multiplier=-5
        ),
        opModHFRTMayTrip=Link(href="/dc/1"),
        opModMaxLimW=5000,
    )
    control = DefaultDERControl(mRID="01", DERControlBase_=base, setESDelay=65_536)
    body = sep2.encode(control, profile=Profile.DRAFT_2013)
    kept = DefaultDERControl(mRID="01", DERControlBase_=DERControlBase(opModMaxLimW=5000))
    assert sep2.decode(DefaultDERControl, body) == kept


def numbered(oracle: Any, name: str) -> dict[str, int]:
    """Return the numbers of a type of the 2018 edition by the first word of their meaning."""
    (text,) = oracle.types[name].iter(f"{XS}documentation")
    return {word: int(number) for number, word in re.findall(r"(\d+) - (\w+)", text.text)}


@pytest.mark.interop
@pytest.mark.parametrize("old", range(len(MODES)))
def test_the_modes_of_the_2013_draft_have_other_bits(old: int, oracle: Any) -> None:
    new = numbered(oracle, "DERControlType")[MODES[old]]
    sent = replace(capability(), modesSupported=f"{1 << new:08X}")
    body = sep2.encode(sent, profile=Profile.DRAFT_2013)
    assert f"<modesSupported>{1 << old:08X}</modesSupported>".encode() in body
    assert sep2.decode(DERCapability, body) == sent


@pytest.mark.interop
@pytest.mark.parametrize("old", range(len(CURVES)))
def test_the_curves_of_the_2013_draft_have_other_numbers(old: int, oracle: Any) -> None:
    sent = curve(numbered(oracle, "DERCurveType")[CURVES[old]])
    body = sep2.encode(sent, profile=Profile.DRAFT_2013)
    assert f"<curveType>{old}</curveType>".encode() in body
    assert sep2.decode(DERCurve, body).curveType == sent.curveType


def curve(number: int) -> DERCurve:
    return DERCurve(
        mRID="01",
        creationTime=1,
        CurveData_=(CurveData(xvalue=1, yvalue=2),),
        curveType=number,
        xMultiplier=0,
        yMultiplier=0,
        yRefType=0,
    )


def test_a_curve_that_the_2013_draft_does_not_know_goes_by_a_reserved_number() -> None:
    body = sep2.encode(curve(1), profile=Profile.DRAFT_2013)
    assert b"<curveType>255</curveType>" in body
    unknown = body.replace(b"255", b"14")
    assert sep2.decode(DERCurve, unknown).curveType == 255


@pytest.mark.parametrize(("theirs", "ours"), [("81", 81), ("82", 83), (" 4 ", 4), ("83", 83)])
def test_the_kinds_of_der_of_the_2013_draft_are_read(theirs: str, ours: int) -> None:
    power = "<multiplier>0</multiplier><value>5</value>"
    body = f"""<DERCapability xmlns="{NS_2013}"><modesSupported>01</modesSupported>
        <rtgW>{power}</rtgW><type>{theirs}</type></DERCapability>"""
    read = sep2.decode(DERCapability, body.encode())
    assert (read.type, read.modesSupported) == (ours, f"{1 << 23:08X}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("modesSupported", value) for value in ("", "1", "0x", "G0", "0102030405")),
        *(("type", value) for value in ("", "-1", "256", "1000", "9" * 5000)),
    ],
)
def test_a_number_out_of_place_is_refused_in_the_2013_draft_too(name: str, value: str) -> None:
    body = sep2.encode(capability(), profile=Profile.DRAFT_2013).decode()
    before, rest = body.split(f"<{name}>")
    broken = f"{before}<{name}>{value}</{name}>{rest.partition(f'</{name}>')[2]}"
    with pytest.raises(WireError, match=name):
        sep2.decode(DERCapability, broken.encode())


def test_a_value_that_cannot_be_recoded_is_not_written() -> None:
    with pytest.raises(WireError, match=r"/DERCapability/modesSupported: 'xyz'"):
        sep2.encode(replace(capability(), modesSupported="xyz"), profile=Profile.DRAFT_2013)


def test_fragments_are_written_in_the_profile_of_their_list() -> None:
    response = DERControlResponse(endDeviceLFDI=LFDI, subject="02", status=1)
    for profile in Profile:
        part = sep2.encode_fragment(response, declared=Response, profile=profile)
        whole = ResponseList(all=1, results=1, Response_=(response,))
        body = sep2.encode(ResponseList(all=1, results=1), fragments=[part], profile=profile)
        assert body == sep2.encode(whole, profile=profile)
        assert sep2.decode(ResponseList, body) == whole


def test_csipaus_goes_by_the_namespace_of_its_version() -> None:
    limit = ActivePower(multiplier=0, value=5000)
    base = DERControlBase(opModImpLimW=limit, opModStorageTargetW=limit)
    written = {profile: sep2.encode(base, profile=profile) for profile in Profile}
    spaces = {profile: etree.fromstring(body).nsmap for profile, body in written.items()}
    assert spaces == {
        Profile.PLAIN: {None: NS},
        Profile.CSIPAUS_12: {None: NS, "csipaus": NS_CSIPAUS},
        Profile.CSIPAUS_13: {None: NS, "csipaus": NS_CSIPAUS_13},
        Profile.DRAFT_2013: {None: NS_2013},
    }
    assert b"opModStorageTargetW" not in written[Profile.CSIPAUS_12]
    assert sep2.decode(DERControlBase, written[Profile.CSIPAUS_13]) == base
    settings = DERSettings(
        setGradW=1, setMaxW=limit, updatedTime=1, setMinWh=WattHour(multiplier=0, value=7)
    )
    body = sep2.encode(settings, profile=Profile.CSIPAUS_13)
    assert sep2.decode(DERSettings, body) == settings


def test_a_connection_point_is_read_in_the_namespace_of_either_version() -> None:
    point = ConnectionPoint(connectionPointId="4102335210")
    for profile in Profile:
        assert sep2.decode(ConnectionPoint, sep2.encode(point, profile=profile)) == point


def test_an_unqualified_profile_is_csipaus_12() -> None:
    device = EndDevice(sFDI=1, changedTime=1, ConnectionPointLink=Link(href="/cp"))
    assert sep2.encode(device) == sep2.encode(device, profile=Profile("csip-aus-1.2"))
