"""Being found by DNS-SD, over loopback only: asked by a second responder."""

import asyncio
import sys
from collections.abc import Iterable

import pytest
from zeroconf import DNSOutgoing, DNSQuestion, IPVersion, Zeroconf
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from server.config import Config, ConfigError, load
from server.net.dns_sd import Advertiser, NotInstalled, Service
from server.sep2.service import TYPE, services

LOOPBACK = "127.0.0.1"
PTR, IN, QUERY = 12, 1, 0
SMART = "_smartenergy._tcp.local."


@pytest.fixture
async def asker():
    """Another responder on loopback, which hears what is told there."""
    made = AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    yield made.zeroconf
    await made.async_close()


async def points_to(asker: Zeroconf, name: str, instance: str) -> None:
    """Ask by multicast until an instance is told under a name."""
    asked = DNSOutgoing(QUERY)
    asked.add_question(DNSQuestion(name, PTR, IN))
    async with asyncio.timeout(5):
        while instance not in {one.alias for one in asker.cache.entries_with_name(name)}:
            asker.send(asked)
            await asyncio.sleep(0.1)


def subtypes(of: Iterable[Service]) -> dict[str, str]:
    return {one.subtype: one.txt["path"] for one in of}


def test_each_function_set_at_one_path_is_a_subtype():
    told = list(services(8443))
    paths = subtypes(told)
    assert paths[""] == "/dcap"
    found = {"edev": "/edev", "tm": "/tm", "mup": "/mup", "upt": "/upt"}
    assert paths.items() >= found.items()
    assert "derp" not in paths
    (whole,) = [one for one in told if one.subtype == ""]
    assert (whole.type, whole.port) == (TYPE, 8443)
    assert whole.txt == {
        "txtvers": "1",
        "dcap": "/dcap",
        "path": "/dcap",
        "https": "8443",
        "level": "+S1",
    }


async def test_a_server_is_found_by_its_service_and_by_each_subtype(asker):
    told = [one for one in services(8443) if one.subtype in {"", "edev"}]
    advertiser = Advertiser("Found", [LOOPBACK])
    try:
        await advertiser.announce(told)
        await points_to(asker, SMART, f"Found.{SMART}")
        await points_to(asker, f"edev._sub.{SMART}", f"Found-edev.{SMART}")
        info = AsyncServiceInfo(SMART, f"Found-edev.{SMART}")
        assert await info.async_request(asker, 5000)
        assert (info.port, info.parsed_addresses()) == (8443, [LOOPBACK])
        assert info.decoded_properties == dict(told[1].txt)
        assert info.decoded_properties["path"] == "/edev"
    finally:
        await advertiser.stop()


def test_who_lacks_the_package_is_told_which_extra_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    with pytest.raises(NotInstalled, match=r"gridherald\[dns-sd\]"):
        Advertiser("Found", [LOOPBACK])


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(OSError, match="assign"):
        Advertiser("Found", ["192.0.2.1"])


def test_it_is_off_unless_it_is_asked_for_with_an_address(tmp_path):
    assert not Config().dns_sd.enabled
    (tmp_path / "gridherald.toml").write_text("[dns_sd]\nenabled = true\n")
    with pytest.raises(ConfigError, match="dns_sd: Value error, addresses"):
        load(tmp_path)
    (tmp_path / "gridherald.toml").write_text(
        '[dns_sd]\nenabled = true\naddresses = ["192.0.2.1"]\nname = "a b"\n'
    )
    with pytest.raises(ConfigError, match=r"dns_sd\.name"):
        load(tmp_path)
