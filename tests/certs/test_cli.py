import json
import runpy
import stat
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from certs.cli import app
from certs.folder import Pki, ServerFiles
from certs.identity import Identity, grouped_sfdi


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def refused(*arguments: str | Path) -> str:
    """Run what must fail; return its one line."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert "Traceback" not in line
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("cli") / "pki"
    result = run("init", made)
    assert result.exit_code == 0
    assert str(made / "sep2" / "serca.pem") in result.stdout
    assert str(made / "openadr" / "trust.pem") in result.stdout
    return made


def shown(file: Path) -> dict[str, object]:
    result = run("show", file, "-o", "json")
    assert result.exit_code == 0
    return dict(json.loads(result.stdout))


def test_device_is_issued_and_its_names_are_told(folder: Path) -> None:
    result = run("device", folder, "inv-1", "--serial", "SN-77")
    assert result.exit_code == 0
    told = shown(folder / "sep2/device/inv-1.pem")
    assert told["hardware_names"] == ["1.3.6.1.4.1.32473.1 SN-77"]
    assert str(told["lfdi"]) in result.stdout
    assert f"SFDI {told['sfdi']}" in result.stdout
    assert stat.S_IMODE((folder / "sep2/device/inv-1.key").stat().st_mode) == 0o600


def test_aggregator_server_and_vens_are_issued(folder: Path) -> None:
    for arguments in (
        ("aggregator", folder, "agg", "--host", "agg.example.org", "--host", "127.0.0.1"),
        ("server", folder, "--host", "localhost", "--host", "::1"),
        ("ven", folder, "v-rsa", "--family", "rsa"),
        ("ven", folder, "v-push", "--host", "ven.example.org"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stderr) == (0, "")
    assert shown(folder / "sep2/aggregator/agg.pem")["dns_names"] == ["agg.example.org"]
    assert shown(folder / "sep2/server/server.pem")["ip_addresses"] == ["::1"]
    assert shown(folder / "openadr/rsa/vtn-server/server.pem")["dns_names"] == ["localhost"]
    assert (folder / "openadr/ecc/vtn-client/server.key").is_file()
    assert (folder / "openadr/rsa/ven/v-rsa.pem").is_file()
    assert shown(folder / "openadr/ecc/ven/v-push.pem")["dns_names"] == ["ven.example.org"]


def test_show_tells_a_person_all_identifiers(server: ServerFiles) -> None:
    identity = server.sep2.identity
    text = run("show", server.sep2.chain).stdout
    for part in (
        identity.lfdi,
        str(identity.sfdi),
        grouped_sfdi(identity.sfdi),
        identity.openadr_fingerprint,
        identity.fingerprint,
        "9999-12-31T23:59:59+00:00",
        "CN=server",
        "localhost, 127.0.0.1",
        "1.3.6.1.4.1.40732.2.1 (test certificate)",
    ):
        assert part in text


def test_show_names_what_is_absent(pki: Pki) -> None:
    text = run("show", pki.folder / "openadr/ecc/root.pem").stdout
    assert text.count("(none)") == 2


def test_show_reads_der_as_well(server: ServerFiles, tmp_path: Path) -> None:
    from ssl import PEM_cert_to_DER_cert

    file = tmp_path / "leaf.der"
    pem = server.rsa.chain.read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n"
    file.write_bytes(PEM_cert_to_DER_cert(pem))
    assert shown(file)["sha256"] == server.rsa.identity.fingerprint
    assert shown(file)["lfdi"] == Identity.of(file.read_bytes()).lfdi


def test_show_refuses_what_is_no_certificate(server: ServerFiles, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x00")
    assert "holds no certificate" in refused("show", server.sep2.key)
    assert "cannot be read" in refused("show", junk)
    assert "No such file" in refused("show", tmp_path / "absent")
    assert "directory" in refused("show", tmp_path)


def test_init_makes_the_state_folder_around_it_for_the_owner_alone(tmp_path: Path) -> None:
    assert run("init", tmp_path / "state" / "pki").exit_code == 0
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_faults_of_a_user_are_one_line(folder: Path, tmp_path: Path) -> None:
    assert "exists already" in refused("init", folder)
    assert "No such file" in refused("init", tmp_path / "absent" / "absent" / "pki")
    assert "No such file" in refused("device", tmp_path / "absent", "d")
    assert "holds no PKI" in refused("server", tmp_path, "--host", "localhost")
    assert "is no name" in refused("device", folder, "../d")
    assert "is no name" in refused("ven", folder, "a/b")
    assert "neither a host name" in refused("aggregator", folder, "a", "--host", "not a host")
    assert run("device", folder, "twice").exit_code == 0
    assert "exists already" in refused("device", folder, "twice")


def test_exposed_authority_key_stops_issuing(folder: Path) -> None:
    key = folder / "openadr/ecc/ven-ca.key"
    key.chmod(0o640)
    try:
        assert "open to others (mode 0640)" in refused("ven", folder, "exposed")
    finally:
        key.chmod(0o600)


def test_host_is_required_and_family_is_checked(folder: Path) -> None:
    assert run("server", folder).exit_code == 2
    assert run("ven", folder, "v", "--family", "dsa").exit_code == 2


def test_package_runs_as_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], server: ServerFiles
) -> None:
    monkeypatch.setattr(sys, "argv", ["certs", "show", str(server.ecc.chain)])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("certs", run_name="__main__")
    assert left.value.code == 0
    assert server.ecc.identity.lfdi in capsys.readouterr().out
