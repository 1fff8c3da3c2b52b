"""IEEE 2030.5 messages as they come and go: editions, prefixes, lists, derived types."""

import pytest
from lxml import etree

from schemas import sep2
from schemas.sep2.base import DateTimeInterval, Error, EventStatus, Link
from schemas.sep2.der import (
    DERCapability,
    DERControl,
    DERControlBase,
    DERControlList,
    DERSettings,
)
from schemas.sep2.device import DeviceCapability, EndDevice
from schemas.sep2.response import DERControlResponse, DrResponse, Offset, Response, ResponseList
from schemas.sep2.units import ActivePower, PowerFactor
from schemas.wire import Limits, WireError

LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
SFDI = 167261211391


def control(number: int, base: DERControlBase) -> DERControl:
    return DERControl(
        mRID=f"{number:032X}",
        creationTime=1_700_000_000,
        EventStatus_=EventStatus(
            currentStatus=0, dateTime=1_700_000_000, potentiallySuperseded=False
        ),
        interval=DateTimeInterval(duration=300, start=1_700_000_000),
        DERControlBase_=base,
    )


def test_a_message_is_written_in_the_default_namespace() -> None:
    body = sep2.encode(DeviceCapability(href="/dcap", pollRate=60, TimeLink=Link(href="/tm")))
    assert body == (
        b'<?xml version="1.0"?>\n'
        b'<DeviceCapability xmlns="urn:ieee:std:2030.5:ns" href="/dcap" pollRate="60">'
        b'<TimeLink href="/tm"/></DeviceCapability>'
    )


def test_the_csipaus_prefix_is_declared_only_where_it_is_used() -> None:
    limit = ActivePower(multiplier=0, value=5000)
    plain = sep2.encode(control(1, DERControlBase(opModTargetW=limit)))
    ours = sep2.encode(control(1, DERControlBase(opModExpLimW=limit)))
    assert b"csipaus" not in plain
    assert ours.count(b"xmlns:csipaus=") == 1
    assert b"<csipaus:opModExpLimW><multiplier>0</multiplier><value>5000</value>" in ours


def test_a_list_of_fragments_equals_the_list_written_at_once() -> None:
    limit = ActivePower(multiplier=0, value=5000)
    controls = (control(1, DERControlBase()), control(2, DERControlBase(opModImpLimW=limit)))
    empty = DERControlList(all=2, results=2)
    whole = DERControlList(all=2, results=2, DERControl_=controls)
    parts = [sep2.encode_fragment(each) for each in controls]
    assert sep2.encode(empty, fragments=parts) == sep2.encode(whole)


def test_a_message_of_the_2013_draft_is_read() -> None:
    body = f"""<EndDevice xmlns="http://ieee.org/2030.5" href="/edev/0">
        <lFDI>{LFDI.lower()}</lFDI>
        <loadShedDeviceCategory>0200</loadShedDeviceCategory>
        <sFDI>{SFDI}</sFDI>
        <changedTime>1</changedTime>
    </EndDevice>"""
    assert sep2.decode(EndDevice, body.encode()) == EndDevice(
        href="/edev/0", lFDI=LFDI, deviceCategory="0200", sFDI=SFDI, changedTime=1
    )


def test_renamed_members_of_the_2013_draft_are_read() -> None:
    power = "<multiplier>0</multiplier><value>5</value>"
    settings = f"""<DERSettings xmlns="http://ieee.org/2030.5">
        <setGradW>1</setGradW><setMaxW>{power}</setMaxW>
        <setMinPF><displacement>95</displacement><multiplier>-2</multiplier></setMinPF>
        <setMinPFNeg><displacement> -95</displacement><multiplier>-2</multiplier></setMinPFNeg>
        <updatedTime>7</updatedTime></DERSettings>"""
    factor = PowerFactor(displacement=95, multiplier=-2)
    assert sep2.decode(DERSettings, settings.encode()) == DERSettings(
        setGradW=1,
        setMaxW=ActivePower(multiplier=0, value=5),
        setMinPFOverExcited=factor,
        setMinPFUnderExcited=factor,
        updatedTime=7,
    )
    capability = f"""<d:DERCapability xmlns:d="http://ieee.org/2030.5" xmlns="urn:x">
        <d:modesSupported>1F</d:modesSupported><d:rtgW>{power.replace("<", "<d:")}</d:rtgW>
        <d:type>4</d:type></d:DERCapability>""".replace("<d:/", "</d:")
    read = sep2.decode(DERCapability, capability.encode())
    assert read.rtgMaxW == ActivePower(multiplier=0, value=5)


@pytest.mark.parametrize("displacement", ["", "--95", "9-5", "<q/>"])
def test_a_broken_number_of_the_2013_draft_is_refused(displacement: str) -> None:
    body = f"""<DERSettings xmlns="http://ieee.org/2030.5"><setMinPFNeg>
        <displacement>{displacement}</displacement><multiplier>-2</multiplier>
        </setMinPFNeg></DERSettings>"""
    with pytest.raises(WireError, match="displacement"):
        sep2.decode(DERSettings, body.encode())


def test_a_message_of_an_unknown_edition_is_refused() -> None:
    with pytest.raises(WireError, match="not expected here"):
        sep2.decode(
            Error, b'<Error xmlns="http://zigbee.org/sep"><reasonCode>0</reasonCode></Error>'
        )


def test_the_old_names_are_unknown_to_the_new_edition() -> None:
    body = f"""<EndDevice xmlns="{sep2.NS}"><loadShedDeviceCategory>0200</loadShedDeviceCategory>
        <sFDI>{SFDI}</sFDI><changedTime>1</changedTime></EndDevice>"""
    assert sep2.decode(EndDevice, body.encode()).deviceCategory is None


def test_responses_of_all_kinds_stand_in_one_list() -> None:
    kinds = (
        Response(endDeviceLFDI=LFDI, subject="01"),
        DERControlResponse(endDeviceLFDI=LFDI, subject="02", status=1),
        DrResponse(endDeviceLFDI=LFDI, subject="03", Offset_=Offset(coolingOffset=5)),
    )
    whole = ResponseList(all=3, results=3, Response_=kinds)
    parts = [sep2.encode_fragment(each, declared=Response) for each in kinds]
    body = sep2.encode(ResponseList(all=3, results=3), fragments=parts)
    assert body == sep2.encode(whole)
    assert sep2.decode(ResponseList, body) == whole


def test_a_posted_response_is_read_by_its_root() -> None:
    sent = DERControlResponse(endDeviceLFDI=LFDI, subject="02", status=1)
    assert sep2.decode((Response, DERControlResponse), sep2.encode(sent)) == sent


@pytest.mark.interop
def test_a_list_of_derived_responses_is_valid(sep2_xsd: etree.XMLSchema) -> None:
    kinds = (
        DrResponse(endDeviceLFDI=LFDI, subject="03"),
        Response(endDeviceLFDI=LFDI, subject="01"),
    )
    body = sep2.encode(ResponseList(all=2, results=2, Response_=kinds))
    sep2_xsd.assertValid(etree.fromstring(body))


@pytest.mark.parametrize("value", ["1_000", "+5", "\u0665", "", "5 5", "-1", "4294967296", "\0"])
def test_a_bad_number_is_refused(value: str) -> None:
    body = f"""<DERControlList xmlns="{sep2.NS}" all="{value}" results="0"/>"""
    with pytest.raises(WireError):
        sep2.decode(DERControlList, body.encode())


def test_limits_are_the_callers() -> None:
    body = sep2.encode(Error(reasonCode=0))
    assert sep2.decode(Error, body, limits=Limits(size=len(body))) == Error(reasonCode=0)
    with pytest.raises(WireError, match="longer"):
        sep2.decode(Error, body, limits=Limits(size=len(body) - 1))
