"""Sends one request over and over on kept connections and reads what the server spent on it.

The bytes of the request are made once and the answer is only cut by its Content-Length, so that the
sender is never what is measured. The loop ends after a given number of requests.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass
from pathlib import Path

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One kind of request to one server."""

    name: str
    pid: int
    port: int
    tls: ssl.SSLContext
    request: bytes


async def cpu_us_per_request(job: Job, requests: int) -> float:
    """Return the microseconds of CPU that the server spent on each request."""
    lines = [await _connect(job) for _ in range(CONNECTIONS)]
    try:
        await asyncio.gather(*(_drive(line, job, 20) for line in lines))
        before = _cpu_ns(job.pid)
        each = requests // CONNECTIONS
        await asyncio.gather(*(_drive(line, job, each) for line in lines))
        return (_cpu_ns(job.pid) - before) / (each * CONNECTIONS) / 1000
    finally:
        for _, writer in lines:
            writer.close()


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _connect(job: Job) -> Line:
    return await asyncio.open_connection("127.0.0.1", job.port, ssl=job.tls)


async def _drive(line: Line, job: Job, requests: int) -> None:
    for _ in range(requests):
        await exchange(line, job)


async def exchange(line: Line, job: Job) -> bytes:
    """Send the request once and return the body of the answer, which must be a 2xx."""
    reader, writer = line
    writer.write(job.request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"{job.name}: {head!r}")
    found = _LENGTH.search(head)
    return await reader.readexactly(int(found[1])) if found else b""


async def once(job: Job) -> bytes:
    """Make one exchange on a connection of its own."""
    line = await _connect(job)
    try:
        return await exchange(line, job)
    finally:
        line[1].close()


def _cpu_ns(pid: int) -> int:
    """Return what all threads of a process have run, in nanoseconds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
