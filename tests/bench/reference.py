"""The yardstick: a bare aiohttp application over mTLS that answers GET /N with N bytes.

Run as a process of its own; prints its port. Does nothing that a server could leave out.
"""

import asyncio
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from certs.folder import Pki
from certs.tls import sep2_server_context


async def answer(request: web.Request) -> web.Response:
    return web.Response(body=bytes(int(request.match_info["size"])))


async def serve(folder: Path) -> None:
    pki = Pki.open(folder)
    own = pki.server().sep2
    app = web.Application()
    app.router.add_get("/{size}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    tls = sep2_server_context(own.chain, own.key, pki.sep2_trust)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
