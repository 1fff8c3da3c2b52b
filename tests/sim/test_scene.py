import shlex

import pytest

from server.clock import SystemClock
from server.config import load
from server.sim.scene import Scene, build, curl_lines, enrolments


@pytest.fixture
def scene(tmp_path) -> Scene:
    state = tmp_path / "a folder"
    state.mkdir(mode=0o700)
    return build(state, inverters=2, rsa_vens=1, ecc_vens=1, now=SystemClock().now())


def test_the_server_can_read_its_settings(scene):
    config = load(scene.state)
    assert (config.sep2.port, config.openadr.port, config.admin.port) == (0, 0, 0)
    assert config.sep2.poll_rate_s == config.openadr.poll_interval_s == 2


def test_everybody_is_enrolled_with_the_certificate_it_holds(scene):
    made = enrolments(scene, [1502, 1503])
    assert [path for path, _ in made] == ["/devices"] * 2 + ["/clients"] * 2 + ["/devices"] * 2
    assert [body["name"] for _, body in made] == [
        "inverter-01",
        "inverter-02",
        "ven-rsa-01",
        "ven-ecc-02",
        "modbus-01",
        "modbus-02",
    ]
    assert made[0][1]["certificate"] == scene.inverters[0].chain.read_text()
    assert made[-1][1]["modbus"]["port"] == 1503
    assert not any("PRIVATE" in str(body) for _, body in made)


def test_the_curl_lines_can_be_copied_into_a_shell(scene):
    dcap, events, devices = map(shlex.split, curl_lines(scene, 8443, "http://127.0.0.1:8080"))
    assert dcap[dcap.index("--cert") + 1] == str(scene.inverters[0].chain)
    assert dcap[-1] == "https://127.0.0.1:8443/dcap"
    assert events[-1] == "http://127.0.0.1:8080/api/v1/events"
    assert devices[-1].endswith("/api/v1/devices?language=modbus")
    assert "--insecure" not in dcap
    assert "-k" not in dcap
