"""A raw Modbus/TCP peer that misbehaves on order, in a process of its own.

`python modbus_peer.py MISCHIEF` prints its port and serves every request with that mischief until
stdin ends.
"""

import asyncio
import random
import struct
import sys


def frame(tid: int, unit: int, body: bytes) -> bytes:
    return struct.pack(">HHHB", tid, 0, len(body) + 1, unit) + body


def good(function: int, body: bytes) -> bytes:
    if function in {3, 4}:
        count = struct.unpack(">H", body[3:5])[0]
        return bytes([function, 2 * count]) + b"\x00\x07" * count
    return body[:5]


def wrong(mischief: str, function: int, body: bytes) -> bytes:
    right = good(function, body)
    if mischief.startswith("exception-"):
        return bytes([function | 0x80, int(mischief.removeprefix("exception-"))])
    short = bytes([function, 2, 0, 7]) if function in {3, 4} else right[:3]
    return {
        "wrong-function": bytes([{3: 4, 4: 3, 6: 16, 16: 15}[function]]) + right[1:],
        "unknown-function": b"\x63\x00\x00",
        "short": short,
        "wrong-address": right[:1] + b"\x12\x34" + right[3:],
        "wrong-value": right[:3] + b"\x12\x34",
    }.get(mischief, right)


def at_random(chance: random.Random, tid: int, unit: int, body: bytes) -> bytes:
    """Answer a read of registers, each of which holds its own address, well or in any bad way."""
    first, count = struct.unpack(">HH", body[1:5])
    words = b"".join(struct.pack(">H", (first + n) & 0xFFFF) for n in range(count))
    right = frame(tid, unit, bytes([3, 2 * count]) + words)
    lies = struct.pack(">H", 0xDEAD) * count
    return chance.choice(
        [
            *[right] * 5,
            b"",
            frame(tid, unit, bytes([3, 2 * count - 2]) + words[2:]),
            frame(tid, unit, bytes([3, 2]) + words[:2]) if count > 1 else b"",
            frame(tid, unit, bytes([4, 2 * count]) + lies),
            frame(tid, unit, b"\x83" + bytes([chance.randint(1, 11)])),
            frame(tid ^ 0x4000, unit, bytes([3, 2 * count]) + lies),
            frame(tid - 1, unit, bytes([3, 2 * count]) + lies),
            frame(tid, unit + 1, bytes([3, 2 * count]) + lies),
            frame(tid, unit, bytes([3, 2 * count]) + lies[2:]),
        ]
    )


async def serve_at_random(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    chance = random.Random(len(CONNECTIONS))
    CONNECTIONS.append(writer)
    late: list[bytes] = []
    while header := await reader.read(7):
        tid, _, length, unit = struct.unpack(">HHHB", header)
        reply = at_random(chance, tid, unit, await reader.readexactly(length - 1))
        if chance.random() < 0.05:
            break
        if chance.random() < 0.1:
            late.append(reply)
            continue
        writer.write(b"".join(late) + reply)
        late.clear()
        await writer.drain()
    writer.close()


CONNECTIONS: list[asyncio.StreamWriter] = []


async def serve(mischief: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if mischief == "random":
        await serve_at_random(reader, writer)
    elif mischief != "slam":
        await serve_badly(mischief, reader, writer)
    writer.close()


async def serve_badly(
    mischief: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    late: list[bytes] = []
    while header := await reader.read(7):
        tid, _, length, unit = struct.unpack(">HHHB", header)
        body = await reader.readexactly(length - 1)
        reply = frame(tid, unit, wrong(mischief, body[0], body))
        if mischief == "hang-up":
            break
        if mischief == "silent":
            continue
        if mischief == "late" and not late:
            late.append(reply)
            continue
        if mischief == "wrong-transaction":
            reply = frame(tid + 1, unit, reply[7:])
        if mischief == "in-pieces":
            writer.write(reply[:5])
            await writer.drain()
            await asyncio.sleep(0.02)
            reply = reply[5:]
        writer.write(b"".join(late) + reply)
        late[:] = [b""] if late else []
        await writer.drain()


async def main() -> None:
    server = await asyncio.start_server(
        lambda reader, writer: serve(sys.argv[1], reader, writer), "127.0.0.1", 0
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    await orders.read()


asyncio.run(main())
