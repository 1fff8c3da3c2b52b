"""The 2013 draft of IEEE 2030.5, which devices in the field still speak.

Its own namespace, older names, fewer elements, other numbers for the modes of a DER, and signs
where the 2018 edition has a flag: a power factor is negative when under-excited. Its one fixed
power factor is ours for injecting. `DIFFERENCES` says how it is written, `modernise` reads it.
Which client speaks it is not known here.
"""

import re
from collections.abc import Callable, Mapping

from lxml import etree

from schemas.sep2.base import List, ListLink, SubscribableList
from schemas.sep2.der import (
    CurveData,
    DefaultDERControl,
    DERCapability,
    DERControl,
    DERControlBase,
    DERCurve,
    DERSettings,
)
from schemas.sep2.derstatus import DERStatus
from schemas.sep2.device import AbstractDevice, EndDevice
from schemas.sep2.information import DeviceInformation
from schemas.sep2.names import NS, NS_2013
from schemas.sep2.pubsub import Subscription
from schemas.sep2.units import PowerFactor, PowerFactorWithExcitation, PowerOfTenMultiplierType
from schemas.simple import BLANK, Int16, Int32
from schemas.variant import Table, Variant
from schemas.wire import Element

_MODES = (23, 9, 8, 25, 24, 18, 19, 13, 14, 16, 11, 2, 3, 20, 6, 5, 7, 22, 21, 0, 1, 26)
"""The bits of DERControlType in the 2018 edition, by those of the draft."""
_CURVES = (11, 0, 13, 12, 9, 10, 4, 5, 7, 2, 14)
"""The numbers of DERCurveType, likewise."""
_RESERVED = 255
"""Stands for a curve that the other edition has no number for: nobody takes it for another."""
_OLD_TYPES = {6: 0, 82: 81, 83: 82}
_NEW_TYPES = {82: 83}
"""The numbers of DERType that differ; the draft has one for EV and EVSE, none for other plants."""
_OLD_MODES = {new: old for old, new in enumerate(_MODES)}
_OLD_CURVES = {new: old for old, new in enumerate(_CURVES)}
_NEW_MODES = dict(enumerate(_MODES))
_NEW_CURVES = dict(enumerate(_CURVES))
_WATT_PF = "2"
_BITS = re.compile("(?:[0-9A-Fa-f]{2}){1,4}")
_NUMBER = re.compile("[0-9]{1,3}")
_NEGATIVE = re.compile("-[0-9]+")


class SignedPowerFactor(Element, ns=NS):
    """A power factor of the draft; negative is under-excited."""

    displacement: Int16
    multiplier: PowerOfTenMultiplierType


class SignedPoint(Element, ns=NS, tag="CurveData"):
    """A point of a curve of the draft; a negative power factor is under-excited."""

    xvalue: Int32
    yvalue: Int32


def _over(factor: PowerFactor) -> SignedPowerFactor | None:
    return _signed(factor.displacement, factor.multiplier)


def _under(factor: PowerFactor) -> SignedPowerFactor | None:
    return _signed(-factor.displacement, factor.multiplier)


def _by_excitation(factor: PowerFactorWithExcitation) -> SignedPowerFactor | None:
    sign = -1 if factor.excitation else 1
    return _signed(sign * factor.displacement, factor.multiplier)


def _signed(displacement: int, multiplier: int) -> SignedPowerFactor | None:
    if abs(displacement) > 0x7FFF:
        return None
    return SignedPowerFactor(displacement=displacement, multiplier=multiplier)


def _point(point: CurveData) -> SignedPoint:
    value = -abs(point.yvalue) if point.excitation else point.yvalue
    return SignedPoint(xvalue=point.xvalue, yvalue=value)


def _translate_modes(modes: str, bits: Mapping[int, int]) -> str:
    value = int(modes, 16)
    return f"{sum(1 << there for here, there in bits.items() if value >> here & 1):08X}"


def _old_modes(modes: str) -> str:
    return _translate_modes(modes, _OLD_MODES)


def _old_curve(number: int) -> int:
    return _OLD_CURVES.get(number, _RESERVED)


def _old_type(number: int) -> int:
    return _OLD_TYPES.get(number, number)


def _up_to(most: int) -> Callable[[int], int]:
    return lambda value: min(value, most)


def _within(most: int) -> Callable[[int], int | None]:
    return lambda value: value if value <= most else None


_COUNTS = {"all": Variant(recode=_up_to(0xFFFF)), "results": Variant(recode=_up_to(0xFF))}
_DELAY = Variant(recode=_within(0xFFFF))
_MODES_OF = Variant(recode=_old_modes)

DIFFERENCES: Table = {
    List: _COUNTS,
    SubscribableList: _COUNTS,
    ListLink: {"all": Variant(recode=_up_to(0xFFFF))},
    Subscription: {"limit": Variant(recode=_up_to(0xFFFF))},
    AbstractDevice: {"deviceCategory": Variant("loadShedDeviceCategory")},
    EndDevice: {"postRate": None},
    DeviceInformation: {"gpsLocation": None},
    DERCapability: {
        "modesSupported": _MODES_OF,
        "rtgMaxA": Variant("rtgA"),
        "rtgMaxAh": Variant("rtgAh"),
        "rtgMaxV": None,
        "rtgMaxVA": Variant("rtgVA"),
        "rtgMaxVar": Variant("rtgVar"),
        "rtgMaxVarNeg": Variant("rtgVarNeg"),
        "rtgMaxW": Variant("rtgW"),
        "rtgMaxWh": Variant("rtgWh"),
        "rtgMinPFOverExcited": Variant("rtgMinPF", SignedPowerFactor, _over),
        "rtgMinPFUnderExcited": Variant("rtgMinPFNeg", SignedPowerFactor, _under),
        "rtgMinV": None,
        "rtgOverExcitedPF": Variant(kind=SignedPowerFactor, recode=_over),
        "rtgReactiveSusceptance": None,
        "rtgUnderExcitedPF": Variant(kind=SignedPowerFactor, recode=_under),
        "rtgVNom": None,
        "type": Variant(recode=_old_type),
    },
    DERSettings: {
        "modesEnabled": _MODES_OF,
        "setESDelay": _DELAY,
        "setESRampTms": None,
        "setESRandomDelay": _DELAY,
        "setMaxV": None,
        "setMinPFOverExcited": Variant("setMinPF", SignedPowerFactor, _over),
        "setMinPFUnderExcited": Variant("setMinPFNeg", SignedPowerFactor, _under),
        "setMinV": None,
        "setVNom": None,
    },
    DefaultDERControl: {"setESDelay": _DELAY, "setESRampTms": None, "setESRandomDelay": _DELAY},
    DERControl: {"deviceCategory": None},
    DERControlBase: {
        "opModFixedPFAbsorbW": None,
        "opModFixedPFInjectW": Variant("opModFixedPF", SignedPowerFactor, _by_excitation),
        "opModHFRTMayTrip": None,
        "opModHVRTMayTrip": None,
        "opModLFRTMayTrip": None,
        "opModLVRTMayTrip": None,
    },
    DERCurve: {
        "autonomousVRefEnable": None,
        "autonomousVRefTimeConstant": None,
        "CurveData_": Variant(kind=SignedPoint, recode=lambda points: tuple(map(_point, points))),
        "curveType": Variant(recode=_old_curve),
        "vRef": None,
    },
    DERStatus: {"alarmStatus": None},
}

_OLD = f"{{{NS_2013}}}"
_NEW = f"{{{NS}}}"
RENAMED = {
    variant.name: field
    for table in DIFFERENCES.values()
    for field, variant in table.items()
    if variant and variant.name
}


def modernise(root: etree._Element) -> None:
    """Turn a tree of the 2013 draft into one of the 2018 edition, in place; leave others alone.

    What is no number there is left for the codec to refuse.
    """
    if not root.tag.startswith(_OLD):
        return
    for node in root.iter(f"{_OLD}*"):
        name = node.tag.removeprefix(_OLD)
        if name in _READERS:
            _READERS[name](node)
        node.tag = _NEW + RENAMED.get(name, name)


def _read_modes(node: etree._Element) -> None:
    text = (node.text or "").strip(BLANK)
    if _BITS.fullmatch(text):
        node.text = _translate_modes(text, _NEW_MODES)


def _read_capability(node: etree._Element) -> None:
    for kind in node.iterchildren(f"{_OLD}type"):
        _renumber(kind, lambda number: _NEW_TYPES.get(number, number))


def _read_curve(node: etree._Element) -> None:
    for kind in node.iterchildren(f"{_OLD}curveType"):
        if (kind.text or "").strip(BLANK) == _WATT_PF:
            for point in node.iterchildren(f"{_OLD}CurveData"):
                _turn_sign_into_flag(point, "yvalue")
        _renumber(kind, lambda number: _NEW_CURVES.get(number, _RESERVED))


def _read_fixed_factor(node: etree._Element) -> None:
    _turn_sign_into_flag(node, "displacement")


def _turn_sign_into_flag(node: etree._Element, name: str) -> None:
    for value in node.iterchildren(f"{_OLD}{name}"):
        etree.SubElement(node, f"{_NEW}excitation").text = "true" if _take_sign(value) else "false"


def _take_sign(node: etree._Element) -> bool:
    """Make a number positive; return whether it was not."""
    text = (node.text or "").strip(BLANK)
    if not _NEGATIVE.fullmatch(text):
        return False
    node.text = text[1:]
    return True


def _renumber(node: etree._Element, new: Callable[[int], int]) -> None:
    text = (node.text or "").strip(BLANK)
    if _NUMBER.fullmatch(text):
        node.text = str(new(int(text)))


_READERS: dict[str, Callable[[etree._Element], object]] = {
    "modesSupported": _read_modes,
    "modesEnabled": _read_modes,
    "DERCapability": _read_capability,
    "DERCurve": _read_curve,
    "displacement": _take_sign,
    "opModFixedPF": _read_fixed_factor,
}
