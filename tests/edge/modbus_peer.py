"""A raw Modbus/TCP peer that misbehaves on order, in a process of its own.

`python modbus_peer.py MISCHIEF` prints its port and serves every request with that mischief until
stdin ends.
"""

import asyncio
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


async def serve(mischief: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    late: list[bytes] = []
    if mischief == "slam":
        writer.close()
        return
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
    writer.close()


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
