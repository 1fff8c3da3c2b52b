"""Whether the server is alive and whether it should be given work; open to anyone."""

from server.admin.call import Call
from server.admin.views import Health
from server.errors import Unavailable


async def check_health(call: Call) -> Health:
    """Tell that the process answers."""
    return Health(status="alive")


async def check_readiness(call: Call) -> Health:
    """Tell whether the server takes work; 503 while it is starting or stopping."""
    if not call.house.is_ready():
        raise Unavailable("the server is starting or stopping", retry_after_s=1)
    return Health(status="ready")
