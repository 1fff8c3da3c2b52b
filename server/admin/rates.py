"""Operations on rates: how often 2030.5 clients are to poll and to post."""

from server.admin.call import Call
from server.admin.paging import page_by_name
from server.admin.telling import (
    PollRated,
    PollRateIn,
    PollRateList,
    PollRateQuery,
    PollRatesQuery,
    PollRateView,
    PostRated,
    PostRateIn,
    PostRateList,
    PostRateQuery,
    PostRatesQuery,
    PostRateView,
)
from server.core.command import SetPollRate, SetPostRate
from server.core.context import find
from server.core.model import DeviceId
from server.errors import Invalid, Unknown


async def set_poll_rate(call: Call, *, resource: str, body: PollRateIn) -> PollRateView:
    """Say how often a resource is to be polled; those who subscribed to it are told."""
    rated = _poll_rated(resource)
    command = SetPollRate(resource=rated, client_id=body.client_id, rate_s=body.rate_s)
    await call.submit(command)
    return PollRateView(resource=rated, client_id=body.client_id, rate_s=body.rate_s)


async def list_poll_rates(call: Call, *, query: PollRatesQuery) -> PollRateList:
    """List the poll rates that were set, by resource; all others are the configured one."""
    wanted = (
        PollRateView(resource=PollRated(resource), client_id=client_id, rate_s=rate_s)
        for (resource, client_id), rate_s in call.book.poll_rates.items()
        if query.client_id in (None, client_id)
    )
    found, cursor = page_by_name(wanted, query, _name_of_poll_rate)
    return PollRateList(items=found, next_cursor=cursor)


async def clear_poll_rate(call: Call, *, resource: str, query: PollRateQuery) -> None:
    """Take a poll rate back: what holds beside it holds again."""
    rated = _poll_rated(resource)
    await call.submit(SetPollRate(resource=rated, client_id=query.client_id, rate_s=None))


async def set_post_rate(
    call: Call, *, device_id: str, resource: str, body: PostRateIn
) -> PostRateView:
    """Say how often a device is to post; it goes before what its client proposes."""
    owner, rated = DeviceId(device_id), _post_rated(resource)
    item = await _item(call, owner, rated, body.mrid)
    await call.submit(SetPostRate(device_id=owner, resource=rated, item=item, rate_s=body.rate_s))
    return PostRateView(device_id=owner, resource=rated, mrid=item or None, rate_s=body.rate_s)


async def list_post_rates(call: Call, *, query: PostRatesQuery) -> PostRateList:
    """List the post rates that were set."""
    wanted = (
        PostRateView(
            device_id=device_id, resource=PostRated(resource), mrid=item or None, rate_s=rate_s
        )
        for device_id, rates in call.book.post_rates.items()
        for (resource, item), rate_s in rates.items()
        if query.device_id in (None, device_id)
    )
    found, cursor = page_by_name(wanted, query, _name_of_post_rate)
    return PostRateList(items=found, next_cursor=cursor)


async def clear_post_rate(
    call: Call, *, device_id: str, resource: str, query: PostRateQuery
) -> None:
    """Take a post rate back: what its client proposes holds again."""
    item = (query.mrid or "").upper()
    await call.submit(
        SetPostRate(
            device_id=DeviceId(device_id), resource=_post_rated(resource), item=item, rate_s=None
        )
    )


async def _item(call: Call, device_id: DeviceId, rated: PostRated, mrid: str | None) -> str:
    """Return what a rate is for below a device; Invalid or Unknown if there is no such thing."""
    find(call.book.devices, device_id, "device")
    if mrid is None:
        return ""
    if rated is not PostRated.MIRROR_USAGE_POINT:
        raise Invalid(f"{rated} has no mRID", pointer="/mrid")
    mirrors = await call.house.desk.store.metering.mirrors(device_id)
    if not any(one.mrid == mrid.upper() and not one.parent for one in mirrors):
        raise Unknown(f"there is no MirrorUsagePoint {mrid!r} of this device")
    return mrid.upper()


def _poll_rated(resource: str) -> PollRated:
    if resource not in set(PollRated):
        known = ", ".join(PollRated)
        raise Invalid(f"{resource!r} has no pollRate; these have: {known}", pointer="/resource")
    return PollRated(resource)


def _post_rated(resource: str) -> PostRated:
    if resource not in set(PostRated):
        known = ", ".join(PostRated)
        raise Invalid(f"{resource!r} has no postRate; these have: {known}", pointer="/resource")
    return PostRated(resource)


def _name_of_poll_rate(rate: PollRateView) -> str:
    return f"{rate.resource} {rate.client_id or ''}"


def _name_of_post_rate(rate: PostRateView) -> str:
    return f"{rate.device_id} {rate.resource} {rate.mrid or ''}"
