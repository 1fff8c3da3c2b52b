"""One request, once it is known who asks for what.

What handlers are given; it must not know what they do with it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from schemas.sep2 import Profile
from server.core.model import Device
from server.sep2.access import Caller
from server.sep2.routes import Route


class Call(NamedTuple):
    """A request that was admitted; `variables` are those of the route's path, in order.

    `profile` is what its caller is answered in.
    """

    request: web.BaseRequest
    route: Route
    variables: tuple[str, ...]
    query: str
    caller: Caller
    profile: Profile
    now: datetime


Handler = Callable[[Call], Awaitable[web.Response]]
DeviceHandler = Callable[[Call, Device], Awaitable[web.Response]]
"""Of routes below an EndDevice; the device is the caller's own."""
