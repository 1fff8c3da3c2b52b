"""A server that may be found on the local network, looked for on loopback."""

from zeroconf import IPVersion, Zeroconf

from tests.path.conftest import House

SMART = "_smartenergy._tcp.local."
FOUND = """
[dns_sd]
enabled = true
name = "Whole"
addresses = ["127.0.0.1"]
"""


def test_a_server_tells_where_it_listens_and_takes_it_back(tmp_path, minted):
    house = House(tmp_path, minted)
    with (house.state / "gridherald.toml").open("a") as config:
        config.write(FOUND)
    house.start()
    asker = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    try:
        found = asker.get_service_info(SMART, f"Whole-edev.{SMART}", timeout=15_000)
        assert found is not None
        port = house.ports["sep2"]
        assert (found.port, found.parsed_addresses()) == (port, ["127.0.0.1"])
        assert found.decoded_properties["https"] == str(port)
        assert found.decoded_properties["path"] == "/edev"
    finally:
        asker.close()
        house.stop()
