"""What an operator states reaches the wire at its second, and a killed server loses nothing."""

import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from certs.issue import Family
from schemas.openadr import decode_payload, encode_payload, wrap
from schemas.openadr.registration import (
    OadrCreatedPartyRegistration,
    OadrCreatePartyRegistration,
)

S = "{urn:ieee:std:2030.5:ns}"
LIMIT, LIMIT_ENABLE = 110, 111


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


def wait_until(is_so: Any, limit_s: float = 20.0) -> None:
    over = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < over, "it did not become so"
        time.sleep(0.02)


def state_event(house: Any, *, start_in_s: int, duration_s: int) -> dict[str, Any]:
    body = {
        "program_id": house.program(),
        "name": "peak",
        "start_in_s": start_in_s,
        "intervals": [{"duration_s": duration_s, "controls": {"max_limit_percent": 40}}],
    }
    return house.admin("POST", "/events", body)


def add_inverter(house: Any, inverter: Any) -> dict[str, Any]:
    place = {"host": "127.0.0.1", "port": inverter.port, "register_map": "generic-inverter"}
    return house.admin("POST", "/devices", {"name": "shed", "modbus": place, "rated_w": 10_000})


def test_a_ccm8_client_walks_the_tree_and_sees_the_status_flip_at_the_second(house, walk):
    files, _ = house.device("roof")
    event = state_event(house, start_in_s=3, duration_s=60)["event"]
    start = datetime.fromisoformat(event["start"])
    client = walk(files)
    path = "/dcap"
    for link in ("EndDeviceListLink", "EndDevice/FunctionSetAssignmentsListLink"):
        path = client.get(path).find("/".join(S + step for step in link.split("/"))).get("href")
    assert client.suite == "ECDHE-ECDSA-AES128-CCM8"
    for link in ("DERProgramListLink", "DERControlListLink"):
        path = client.get(path).find(f"*/{S}{link}").get("href")
    seen = set()
    while "1" not in seen:
        before = now()
        status = client.get(path).findtext(f"{S}DERControl/{S}EventStatus/{S}currentStatus")
        after = now()
        seen.add(status)
        if after < start:
            assert status == "0"
        if before >= start:
            assert status == "1"
    assert seen == {"0", "1"}


def test_a_laboratorys_plain_listener_serves_vens_without_a_certificate_and_no_other(house):
    house.admin("POST", "/clients", {"kind": "ven", "name": "bench", "ven_id": "ven-bench"})
    files = house.pki.issue_ven("mill", Family.ECC, now=now())
    enrolled = {"kind": "ven", "name": "mill", "ven_id": "ven-mill"}
    house.admin("POST", "/clients", enrolled | {"certificate": files.chain.read_text()})
    codes = {name: register_plainly(house, name) for name in ("bench", "mill")}
    assert codes == {"bench": "200", "mill": "463"}


def register_plainly(house: Any, name: str) -> str:
    """Register a VEN without TLS and return the code of the answer."""
    line = HTTPConnection("127.0.0.1", house.ports["plain"], timeout=10)
    asked = OadrCreatePartyRegistration(
        requestID="r",
        venID=f"ven-{name}",
        oadrProfileName="2.0b",
        oadrTransportName="simpleHttp",
        oadrReportOnly=False,
        oadrXmlSignature=False,
        oadrVenName=name,
        oadrHttpPullModel=True,
    )
    body = encode_payload(wrap(asked))
    kind = {"Content-Type": "application/xml"}
    line.request("POST", "/OpenADR2/Simple/2.0b/EiRegisterParty", body, kind)
    answer = decode_payload(line.getresponse().read()).oadrSignedObject.message
    line.close()
    assert isinstance(answer, OadrCreatedPartyRegistration)
    return answer.eiResponse.responseCode


def test_a_killed_server_goes_on_where_it_should_be(house, inverter, walk):
    files, _ = house.device("roof")
    device = add_inverter(house, inverter)
    event = state_event(house, start_in_s=1, duration_s=120)["event"]
    wait_until(lambda: inverter.registers()[LIMIT_ENABLE] == 1)
    assert inverter.registers()[LIMIT] == 4000
    shown = f"/events/{event['id']}"
    wait_until(lambda: house.admin("GET", shown)["participation"]["verified"] == 1)
    house.kill()
    # While nobody looks, somebody else frees the device.
    inverter.order("put", address=LIMIT, words=[10_000])
    house.start()
    wait_until(lambda: inverter.registers()[LIMIT] == 4000, limit_s=1.0)
    after = house.admin("GET", shown)
    assert after["phase"] == "active"
    assert after["participation"]["verified"] == 1
    assert house.admin("GET", f"/devices/{device['id']}")["name"] == "shed"
    active = walk(files).get("/edev?l=1").find(f"{S}EndDevice")
    assert active is not None
    house.admin("POST", f"{shown}:cancel", {})
    wait_until(lambda: inverter.registers()[LIMIT_ENABLE] == 0)
    assert inverter.registers()[LIMIT] == 10_000


def test_an_event_that_should_have_begun_while_the_server_was_dead_begins_at_its_return(
    house, inverter
):
    add_inverter(house, inverter)
    state_event(house, start_in_s=2, duration_s=120)
    house.kill()
    time.sleep(2.5)
    assert inverter.registers()[LIMIT_ENABLE] == 0
    house.start()
    wait_until(lambda: inverter.registers()[LIMIT_ENABLE] == 1, limit_s=1.0)
    assert inverter.registers()[LIMIT] == 4000


def test_an_event_that_ended_while_the_server_was_dead_is_undone_at_its_return(house, inverter):
    add_inverter(house, inverter)
    state_event(house, start_in_s=0, duration_s=3)
    wait_until(lambda: inverter.registers()[LIMIT_ENABLE] == 1)
    house.kill()
    time.sleep(3)
    assert inverter.registers()[LIMIT_ENABLE] == 1
    house.start()
    wait_until(lambda: inverter.registers()[LIMIT_ENABLE] == 0, limit_s=1.0)
    assert inverter.registers()[LIMIT] == 10_000
