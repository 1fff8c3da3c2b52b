"""Has services found on the local network: DNS-SD over multicast DNS, on chosen addresses only.

Needs the package that the extra `dns-sd` brings. It must not know what the services are.
"""

import asyncio
import logging
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

log = logging.getLogger(__name__)

DOMAIN = "local"


class NotInstalled(Exception):  # noqa: N818 - it says what is missing
    """The package that speaks multicast DNS is not there."""


class Service(NamedTuple):
    """What is to be found: `type` as `_http._tcp`, `subtype` as it stands before `_sub`, or ''."""

    type: str
    subtype: str
    port: int
    txt: Mapping[str, str]

    def full_type(self) -> str:
        """Return the name that is asked for by whoever looks for it."""
        below = f"{self.subtype}._sub." if self.subtype else ""
        return f"{below}{self.type}.{DOMAIN}."

    def instance(self, name: str) -> str:
        """Return the name of this one; each subtype has its own, because its TXT record differs."""
        label = f"{name}-{self.subtype}" if self.subtype else name
        return f"{label}.{self.type}.{DOMAIN}."


class Advertiser:
    """Answers on the given addresses, which are our own, that the services are there."""

    def __init__(self, name: str, addresses: Sequence[str]) -> None:
        """Raise NotInstalled, or OSError if an address is not one of this machine's."""
        try:
            # An extra: most servers are found by their configured URL.
            from zeroconf import IPVersion  # noqa: PLC0415
            from zeroconf.asyncio import AsyncZeroconf  # noqa: PLC0415
        except ImportError as fault:
            raise NotInstalled("install gridherald[dns-sd] to be found by DNS-SD") from fault
        for address in addresses:
            _check_own(address)
        self._name = name
        self._addresses = list(addresses)
        is_v4 = all("." in one for one in addresses)
        version = IPVersion.V4Only if is_v4 else IPVersion.All
        self._responder = AsyncZeroconf(interfaces=self._addresses, ip_version=version)

    async def announce(self, services: Iterable[Service]) -> None:
        """Tell of services and answer for them from now on; a taken name gets a number."""
        from zeroconf import Error, ServiceInfo  # noqa: PLC0415

        async def register(service: Service) -> None:
            info = ServiceInfo(
                service.full_type(),
                service.instance(self._name),
                port=service.port,
                parsed_addresses=self._addresses,
                server=f"{self._name}.{DOMAIN}.",
                properties=dict(service.txt),
            )
            try:
                await self._responder.async_register_service(
                    info, strict=False, allow_name_change=True
                )
            except (Error, OSError) as fault:
                log.warning("%s cannot be told of: %s", info.name, fault or type(fault).__name__)

        await asyncio.gather(*map(register, services))

    async def stop(self) -> None:
        """Say that the services go, and answer no more."""
        await self._responder.async_unregister_all_services()
        await self._responder.async_close()


def _check_own(address: str) -> None:
    """Raise OSError if an address is not one of this machine's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
