"""What an idle connection costs: resident memory of the server before and after many of them."""

import asyncio
import ssl
from pathlib import Path

from tests.bench.world import World

CONNECTIONS = 500


async def kib_per_connection(world: World, tls: ssl.SSLContext) -> dict[str, float]:
    """Open connections, make one exchange on each, and compare the server's memory."""
    lines = []
    try:
        for _ in range(50):
            lines.append(await _used_line(world, tls))
        before = _resident_kib(world.server_pid)
        for _ in range(CONNECTIONS):
            lines.append(await _used_line(world, tls))
        grown = _resident_kib(world.server_pid) - before
        return {"kib": round(grown / CONNECTIONS, 1), "connections": CONNECTIONS}
    finally:
        for writer in lines:
            writer.close()


async def _used_line(world: World, tls: ssl.SSLContext) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.ports["sep2"], ssl=tls)
    writer.write(b"HEAD /tm HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    return writer


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
