"""What came of the demo's event: the server's account, the devices' own, and what is missing.

Pure: the event as the admin face tells it and the ledger go in, a report comes out. Everything in
it was measured; what was not seen is null. It must not know processes or the terminal.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from server.sim.ledger import Ledger

Json = Mapping[str, Any]

STAGES: Final = {
    "sep2": ("received", "started", "completed"),
    "openadr": ("opted_in",),
    "modbus": ("written", "verified", "restored"),
}
"""What the server has to have heard from each device, by language."""
_OWN_STAGES: Final = {
    "sep2": ("received", "started", "completed"),
    "openadr": ("opted_in", "started", "completed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The event as it was stated, and when."""

    event_id: str
    posted_at: datetime
    accepted_at: datetime
    start: datetime
    end: datetime


def server_counts(event: Json) -> dict[str, dict[str, int]]:
    """Return how many devices of each language said what, as the server knows it."""
    return {
        language: {stage: len(_first(event, language, stage)) for stage in stages}
        for language, stages in STAGES.items()
    }


def own_counts(ledger: Ledger) -> dict[str, dict[str, int]]:
    """Return how many devices saw what, as they say themselves."""
    counts = {
        language: {stage: ledger.count(language, stage) for stage in stages}
        for language, stages in _OWN_STAGES.items()
    }
    counts["modbus"] = {
        "limited": len(ledger.first_limited_at),
        "released": len(ledger.released_at),
    }
    return counts


def report(
    event: Json | None, ledger: Ledger, stated: Stated | None, expected: Mapping[str, int]
) -> dict[str, Any]:
    """Return the whole report; `missed` names each number that is not as expected."""
    server = server_counts(event or {"followers": ()})
    own = own_counts(ledger)
    missed = [*_missed("server", server, expected), *_missed("devices", own, expected)]
    return {
        "passed": not missed,
        "missed": missed,
        "expected": dict(expected),
        **server,
        "devices": own,
        "latency_s": {} if stated is None else latencies(event or {}, ledger, stated),
        "event": event and {name: event[name] for name in ("id", "phase", "start", "end")},
        "faults": ledger.faults,
    }


def _missed(
    who: str, counts: Mapping[str, Mapping[str, int]], expected: Mapping[str, int]
) -> Iterator[str]:
    for language, stages in counts.items():
        for stage, count in stages.items():
            if count != expected[language]:
                yield f"{who} {language} {stage}: {count} of {expected[language]}"


def latencies(event: Json, ledger: Ledger, stated: Stated) -> dict[str, Any]:
    """Return what was measured, in seconds.

    `accepted` is the instant at which the POST of the event was answered. Response times are those
    at which the server took them, starts and ends those that the devices told.
    """
    received = _after(_first(event, "sep2", "received"), stated.accepted_at)
    opted_in = _after(_first(event, "openadr", "opted_in"), stated.accepted_at)
    verified = _first(event, "modbus", "verified")
    restored = _first(event, "modbus", "restored")
    since_accepted = _after(verified, stated.accepted_at)
    return {
        "post_to_accepted": (stated.accepted_at - stated.posted_at).total_seconds(),
        "accepted_to_received": _spread(received),
        "accepted_to_opted_in": _spread(opted_in),
        "accepted_to_first_verified": min(since_accepted, default=None),
        "start_to_verified": _spread(_after(verified, stated.start)),
        "end_to_restored": _spread(_after(restored, stated.end)),
        "sep2_start_lateness": _spread(ledger.lateness_s("sep2", "started")),
        "sep2_end_lateness": _spread(ledger.lateness_s("sep2", "completed")),
        "openadr_start_lateness": _spread(ledger.lateness_s("openadr", "started")),
        "openadr_end_lateness": _spread(ledger.lateness_s("openadr", "completed")),
    }


def _first(event: Json, language: str, status: str) -> list[datetime]:
    """Return when each device of a language first said something, by the server's clock."""
    said = (
        [
            datetime.fromisoformat(response["received_at"])
            for response in follower["responses"]
            if response["status"] == status
        ]
        for follower in event.get("followers", ())
        if follower["language"] == language and follower["is_targeted"]
    )
    return [min(instants) for instants in said if instants]


def _after(instants: Sequence[datetime], since: datetime) -> list[float]:
    return [(instant - since).total_seconds() for instant in instants]


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    spread = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: round(value, 3) for name, value in spread.items()}
