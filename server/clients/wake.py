"""Sleeping until something happens, but not for ever.

It must not know what happens.
"""

import asyncio


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until an event is set, but no longer than that."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
