"""A VEN of openleadr that tells what it sees as JSON lines; run by an environment of its own.

    python openleadr_ven.py '{"name": ..., "url": ..., "cert": ..., "key": ..., "ca": ...}'

It ends when its standard input does. Log lines of openleadr come out as {"log": level, ...}.
"""

import asyncio
import json
import logging
import sys
from datetime import timedelta

from openleadr import OpenADRClient


def tell(**what: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(what, default=str) + "\n")
    sys.stdout.flush()


class Teller(logging.Handler):
    """Passes on what openleadr logs."""

    def emit(self, record: logging.LogRecord) -> None:
        tell(saw="log", level=record.levelname, text=record.getMessage())


def on_event(event: dict) -> str:
    """Take part in each event."""
    described = event["event_descriptor"]
    signal = event["event_signals"][0]
    tell(
        saw="event",
        id=described["event_id"],
        version=described["modification_number"],
        status=described["event_status"],
        context=described["market_context"],
        signal=signal["signal_name"],
        values=[interval["signal_payload"] for interval in signal["intervals"]],
        start=event["active_period"]["dtstart"],
        duration=event["active_period"]["duration"],
    )
    return "optIn"


async def main(told: dict) -> None:
    """Register, poll and answer until the input ends."""
    client = OpenADRClient(
        ven_name=told["name"],
        vtn_url=told["url"],
        cert=told.get("cert"),
        key=told.get("key"),
        ca_file=told.get("ca"),
        vtn_fingerprint=told.get("vtn_fingerprint"),
        show_fingerprint=False,
        event_status_log_period=1,
    )
    client.add_handler("on_event", on_event)
    client.add_handler("on_update_event", on_event)
    client.add_report(
        callback=lambda: 1.5,
        resource_id="meter",
        measurement="REAL_POWER",
        scale=told.get("scale", "none"),
        sampling_rate=timedelta(seconds=told.get("sampling_s", 10)),
        report_duration=timedelta(hours=1),
    )
    await client.run()
    tell(saw="registered", ven_id=client.ven_id, registration_id=client.registration_id)
    await asyncio.to_thread(sys.stdin.read)
    await client.cancel_party_registration()
    tell(saw="cancelled", registration_id=client.registration_id)
    await client.stop()


if __name__ == "__main__":
    logger = logging.getLogger("openleadr")
    logger.addHandler(Teller())
    logger.propagate = False
    asyncio.run(main(json.loads(sys.argv[1])))
