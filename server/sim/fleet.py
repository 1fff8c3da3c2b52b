"""A fleet in a process of its own: `python -m server.sim.fleet --pki DIR --sep2 P --openadr Q`.

Tells what each inverter and each load sees as JSON lines on stdout, each with the time at which it
saw it, and ends with stdin or SIGTERM. It must not know what should have been seen.
"""

import argparse
import asyncio
import json
import logging
import random
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import uvloop

from certs.folder import Pki
from server.clients.notice import Notice
from server.clock import SystemClock
from server.sim.crew import Member, Surroundings, inverters, loads
from server.tasks import Tasks

SPREAD_S = 1.0
"""Members begin within this time, so that not all shake hands at once."""


async def sail(members: Sequence[Member], over: asyncio.Event, rng: random.Random) -> None:
    """Run all members until `over` is set, then let each say good-bye."""
    tasks = Tasks()
    for number, member in enumerate(members):
        tasks.start(_begin(member, rng.uniform(0, SPREAD_S)), name=f"member {number}")
    await over.wait()
    await tasks.stop()
    await asyncio.gather(*(member.stop() for member in members), return_exceptions=True)


async def _begin(member: Member, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    await member.run()


def line(who: str, language: str, notice: Notice) -> str:
    """Return a notice as a JSON line."""
    told = {
        "type": notice.kind,
        "who": who,
        "language": language,
        "at": notice.at.isoformat(),
        "subject": notice.subject,
        "due": _text(notice.due),
        "value": notice.value,
        "detail": notice.detail,
    }
    return json.dumps({name: value for name, value in told.items() if value not in (None, "")})


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _tell(who: str, language: str, notice: Notice) -> None:
    sys.stdout.write(line(who, language, notice) + "\n")
    sys.stdout.flush()


async def serve(arguments: argparse.Namespace) -> None:
    """Make the fleet and run it until stdin or a signal ends it."""
    rng = random.Random(arguments.seed)  # noqa: S311 - jitter of simulated devices
    around = Surroundings(
        pki=Pki.open(arguments.pki),
        host=arguments.host,
        sep2_port=arguments.sep2,
        openadr_port=arguments.openadr,
        clock=SystemClock(),
        tell=_tell,
        poll_s=arguments.poll_s,
    )
    members: list[Member] = [
        *inverters(around, arguments.inverters, rng),
        *loads(around, arguments.vens, rng),
    ]
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    tasks = Tasks()
    tasks.start(_end_with_stdin(over), name="stdin")
    try:
        await sail(members, over, rng)
    finally:
        await tasks.stop()


async def _end_with_stdin(over: asyncio.Event) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    over.set()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pki", type=Path, required=True, help="folder of issued certificates")
    parser.add_argument("--host", default="127.0.0.1", help="where the server listens")
    parser.add_argument("--sep2", type=int, required=True, help="the server's 2030.5 port")
    parser.add_argument("--openadr", type=int, required=True, help="the server's OpenADR port")
    parser.add_argument("--inverters", type=int, default=1_000_000, help="at most so many")
    parser.add_argument("--vens", type=int, default=1_000_000, help="at most so many")
    parser.add_argument("--poll-s", type=float, default=None, help="instead of the server's rates")
    parser.add_argument("--seed", type=int, default=1, help="of the jitter")
    logging.basicConfig(level=logging.WARNING)
    uvloop.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
