"""A listening socket with one handler behind it.

Uses aiohttp's low-level server: no router and no middlewares, because each face looks its routes up
in its own table, in one dictionary access.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

KEEP_ALIVE_S = 630.0
"""Longer than two common poll intervals of 300 s, so that devices skip the handshake."""
SHUTDOWN_S = 5.0
LINE_LIMIT = 32 * 1024
"""Bytes of a request line; a face that takes less can still say so in its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A socket that is being listened on."""

    host: str
    port: int
    runner: web.ServerRunner

    async def stop(self) -> None:
        """Close the socket, then let running requests end."""
        await self.runner.cleanup()


async def listen(handler: Handler, *, host: str, port: int, tls: ssl.SSLContext | None) -> Listener:
    """Listen on `host`; port 0 takes any free one, which the Listener then names."""
    server = web.Server(
        handler,
        keepalive_timeout=KEEP_ALIVE_S,
        access_log=None,
        max_line_size=LINE_LIMIT,
        auto_decompress=False,
    )
    runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls, backlog=1024)
    await site.start()
    bound = runner.addresses[0][1]
    return Listener(host=host, port=bound, runner=runner)
