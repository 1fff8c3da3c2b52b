"""The state folder of a demo: a PKI of its own, the server's settings, and who is to be enrolled.

Files only; nothing runs here. It must not know how the server reads them, but for their names.
"""

import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from certs.folder import CredentialFiles, Pki
from certs.issue import Family
from server.sim.crew import RATED_W

HOST: Final = "127.0.0.1"
REGISTER_MAP: Final = "generic-inverter"
POLL_S: Final = 2

_SETTINGS: Final = f"""\
[sep2]
port = 0
poll_rate_s = {POLL_S}

[openadr]
port = 0
poll_interval_s = {POLL_S}
vtn_id = "VTN-demo"

[admin]
port = 0
"""
_CURL_SUITE: Final = "ECDHE-ECDSA-AES128-GCM-SHA256"
"""Of the two suites the one that every curl has."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The folder and the certificates that were issued in it."""

    state: Path
    pki: Pki
    inverters: tuple[CredentialFiles, ...]
    vens: tuple[CredentialFiles, ...]

    @property
    def ports(self) -> Path:
        """Where the server tells its ports."""
        return self.state / "ports.json"

    @property
    def token(self) -> Path:
        """Where the server leaves a token of full rights."""
        return self.state / "admin.token"


def build(state: Path, *, inverters: int, rsa_vens: int, ecc_vens: int, now: datetime) -> Scene:
    """Fill an empty folder with a PKI, all certificates and the settings."""
    pki = Pki.create(state / "pki", now=now)
    pki.issue_server([HOST, "localhost"], now=now)
    (state / "gridherald.toml").write_text(_SETTINGS)
    families = [Family.RSA] * rsa_vens + [Family.ECC] * ecc_vens
    return Scene(
        state=state,
        pki=pki,
        inverters=tuple(
            pki.issue_device(f"inverter-{number:02}", now=now) for number in range(1, inverters + 1)
        ),
        vens=tuple(
            pki.issue_ven(f"ven-{family}-{number:02}", family, now=now)
            for number, family in enumerate(families, start=1)
        ),
    )


def enrolments(scene: Scene, modbus_ports: list[int]) -> list[tuple[str, dict[str, Any]]]:
    """Return what to post to the admin face: (path, body) of each device and client."""
    inverters = [
        ("/devices", {"name": one.chain.stem, "certificate": _pem(one), "rated_w": RATED_W})
        for one in scene.inverters
    ]
    vens = [
        ("/clients", {"kind": "ven", "name": one.chain.stem, "certificate": _pem(one)})
        for one in scene.vens
    ]
    endpoints = [
        {"host": HOST, "port": port, "unit": 1, "register_map": REGISTER_MAP}
        for port in modbus_ports
    ]
    gateways = [
        ("/devices", {"name": f"modbus-{number:02}", "modbus": endpoint, "rated_w": RATED_W})
        for number, endpoint in enumerate(endpoints, start=1)
    ]
    return [*inverters, *vens, *gateways]


def curl_lines(scene: Scene, sep2_port: int, admin: str) -> tuple[str, ...]:
    """Return three commands that work while the demo runs."""
    device = scene.inverters[0]
    header = f'-H "Authorization: Bearer $(cat {shlex.quote(str(scene.token))})"'
    tls = " ".join(
        f"{option} {shlex.quote(str(path))}"
        for option, path in (
            ("--cacert", scene.pki.sep2_trust),
            ("--cert", device.chain),
            ("--key", device.key),
        )
    )
    return (
        f"curl -s {tls} --tls-max 1.2 --ciphers {_CURL_SUITE} https://{HOST}:{sep2_port}/dcap",
        f"curl -s {header} {admin}/api/v1/events",
        f"curl -s {header} '{admin}/api/v1/devices?language=modbus'",
    )


def _pem(files: CredentialFiles) -> str:
    return files.chain.read_text()
