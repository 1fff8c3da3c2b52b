"""Two servers on one PostgreSQL: what is done at one is so at the other, over real sockets."""

import signal
import time
from typing import Any

S = "{urn:ieee:std:2030.5:ns}"
PATIENCE_S = 20.0


def become(look: Any, wanted: Any) -> None:
    """Look again and again until it is as wanted."""
    over = time.monotonic() + PATIENCE_S
    while (found := look()) != wanted:
        assert time.monotonic() < over, found
        time.sleep(0.02)


def follow(client: Any, *links: str) -> str:
    """Return where links lead that are followed from the start, those of the first in a list."""
    path = "/dcap"
    for link in links:
        path = client.get(path).find(f".//{S}{link}").get("href")
    return path


def test_what_is_done_at_one_is_so_at_the_other(pair: Any, walk: Any) -> None:
    one, other = pair
    assert one.program() == other.program()
    files, device = one.device("roof")
    become(lambda: [each["id"] for each in other.admin("GET", "/devices")["items"]], [device["id"]])
    client = walk(files, other)
    programs = follow(
        client, "EndDeviceListLink", "FunctionSetAssignmentsListLink", "DERProgramListLink"
    )
    controls = client.get(programs).find(f".//{S}DERControlListLink").get("href")

    def statuses() -> list[str]:
        return [found.text for found in client.get(controls).iter(f"{S}currentStatus")]

    assert statuses() == []
    controlled = [{"duration_s": 600, "controls": {"max_limit_percent": 40}}]
    stated = {"program_id": one.program(), "name": "peak", "intervals": controlled}
    event = one.admin("POST", "/events", {**stated, "start_in_s": 0})["event"]
    become(statuses, ["1"])
    other.admin("POST", f"/events/{event['id']}:cancel", {})
    become(lambda: one.admin("GET", f"/events/{event['id']}")["phase"], "cancelled")
    later = {**stated, "name": "later", "start_in_s": 3600}
    other.admin("POST", "/events", later)
    become(lambda: len(one.admin("GET", "/events")["items"]), 2)
    one.admin("POST", f"/clients/{device['client_id']}:deny", {})
    become(lambda: client.status(controls), 403)


LIMIT, LIMIT_ENABLE = 110, 111
ACTS = "this instance acts from now on"
NO_MORE = "another instance acts now"


def says(house: Any, words: str) -> bool:
    return words in (house.state / "server.log").read_text()


def test_one_acts_and_when_it_stands_still_or_dies_the_other_does(pair: Any, inverter: Any) -> None:
    holder, other = sorted(pair, key=lambda house: not says(house, ACTS))
    assert not says(other, ACTS)
    place = {"host": "127.0.0.1", "port": inverter.port, "register_map": "generic-inverter"}
    other.admin("POST", "/devices", {"name": "shed", "modbus": place, "rated_w": 10_000})
    stated = {
        "program_id": other.program(),
        "name": "peak",
        "start_in_s": 0,
        "intervals": [{"duration_s": 600, "controls": {"max_limit_percent": 40}}],
    }

    def limit() -> int | None:
        held = inverter.registers()
        return held[LIMIT] if held[LIMIT_ENABLE] else None

    event = other.admin("POST", "/events", stated)["event"]
    become(limit, 4000)
    holder.process.send_signal(signal.SIGSTOP)
    try:
        inverter.order("put", address=LIMIT, words=[10_000])
        become(limit, 4000)
        assert says(other, ACTS)
        other.admin("POST", f"/events/{event['id']}:cancel", {})
        become(limit, None)
    finally:
        holder.process.send_signal(signal.SIGCONT)
    # What it knew when it was stopped would have it write at once.
    become(lambda: says(holder, NO_MORE), True)
    assert limit() is None
    become(lambda: holder.admin("GET", f"/events/{event['id']}")["phase"], "cancelled")
    other.kill()
    holder.admin("POST", "/events", stated)
    become(limit, 4000)
