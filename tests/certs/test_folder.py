import os
import stat
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.errors import CertError
from certs.files import check_folder, read_key, read_public, write_key
from certs.folder import Pki, ServerFiles
from certs.issue import Family


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_the_owners_alone_and_so_are_folders(pki: Pki, server: ServerFiles) -> None:
    keys = list(pki.folder.rglob("*.key"))
    folders = [pki.folder, *(path for path in pki.folder.rglob("*") if path.is_dir())]
    assert server.sep2.key in keys
    assert {mode(key) for key in keys} == {0o600}
    assert {mode(folder) for folder in folders} == {0o700}


def test_every_certificate_file_has_a_key_beside_it(pki: Pki, server: ServerFiles) -> None:
    stems = {path.with_suffix("") for path in pki.folder.rglob("*.pem")}
    assert server.sep2.chain.with_suffix("") in stems
    keyed = {path.with_suffix("") for path in pki.folder.rglob("*.key")}
    assert stems - keyed == {pki.openadr_trust.with_suffix("")}
    assert keyed <= stems


def test_leaf_files_hold_the_chain_without_the_root(pki: Pki, server: ServerFiles) -> None:
    names = [one.subject.rfc4514_string() for one in loaded(server.sep2.chain)]
    assert [name.split(",")[0] for name in names] == ["CN=server", "CN=MICA", "CN=MCA"]
    assert len(loaded(server.rsa.chain)) == 2
    assert len(loaded(pki.sep2_trust)) == 1


def loaded(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_folder_that_exists_is_left_alone(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(CertError, match="exists already"):
        Pki.create(tmp_path, now=now)
    assert list(tmp_path.iterdir()) == []


def test_opened_pki_issues_with_intermediate_keys_only(
    tmp_path: Path, foreign: Pki, now: datetime
) -> None:
    offline = [*foreign.folder.rglob("serca.key"), *foreign.folder.rglob("mca.key")]
    offline += foreign.folder.rglob("root.key")
    parked = [(key, tmp_path / str(number)) for number, key in enumerate(offline)]
    for key, shelf in parked:
        key.rename(shelf)
    try:
        issued = Pki.open(foreign.folder).issue_device("while-offline", now=now, serial="SN 1")
    finally:
        for key, shelf in parked:
            shelf.rename(key)
    assert len(parked) == 4
    assert issued.identity.hardware_names == ("1.3.6.1.4.1.32473.1 SN 1",)


def test_name_is_taken_once(pki: Pki, now: datetime) -> None:
    first = pki.issue_device("taken", now=now)
    before = first.chain.read_bytes(), first.key.read_bytes()
    with pytest.raises(CertError, match=r"taken\.pem exists already"):
        pki.issue_device("taken", now=now)
    first.chain.unlink()
    with pytest.raises(CertError, match=r"taken\.key exists already"):
        pki.issue_device("taken", now=now)
    assert first.key.read_bytes() == before[1]
    assert not first.chain.exists()


def test_names_with_dots_do_not_share_files(pki: Pki, now: datetime) -> None:
    one, two = (pki.issue_device(name, now=now) for name in ("site.1", "site.2"))
    assert one.chain.name == "site.1.pem"
    assert two.key.name == "site.2.key"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", "-x", "a\n", "é", "a" * 64]
)
def test_bad_names_are_refused_by_every_kind(pki: Pki, now: datetime, name: str) -> None:
    before = sorted(pki.folder.rglob("*"))
    for attempt in (
        lambda: pki.issue_device(name, now=now),
        lambda: pki.issue_aggregator(name, ["localhost"], now=now),
        lambda: pki.issue_server(["localhost"], now=now, name=name),
        lambda: pki.issue_ven(name, Family.ECC, now=now),
    ):
        with pytest.raises(CertError, match="is no name"):
            attempt()
    assert sorted(pki.folder.rglob("*")) == before


def test_server_without_a_host_is_refused(pki: Pki, now: datetime) -> None:
    with pytest.raises(CertError, match="at least one host"):
        pki.issue_server([], now=now, name="hostless")


def test_folder_that_is_no_pki_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CertError, match="No such file"):
        Pki.open(tmp_path / "absent")
    with pytest.raises(CertError, match="is not a folder"):
        Pki.open(file)
    with pytest.raises(CertError, match="holds no PKI"):
        Pki.open(tmp_path)


def test_folder_that_others_may_change_is_not_opened(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    with pytest.raises(CertError, match=r"changed by others \(mode 0770\)"):
        check_folder(tmp_path)
    tmp_path.chmod(0o755)
    check_folder(tmp_path)


@pytest.mark.parametrize("wide", [0o640, 0o604, 0o620, 0o601])
def test_key_open_to_others_is_not_read(tmp_path: Path, wide: int) -> None:
    key = tmp_path / "k"
    write_key(key, b"secret")
    assert read_key(key) == b"secret"
    key.chmod(wide)
    with pytest.raises(CertError, match="is open to others"):
        read_key(key)


def test_key_that_is_no_file_of_its_own_is_not_read(tmp_path: Path) -> None:
    key = tmp_path / "k"
    write_key(key, b"secret")
    link = tmp_path / "link"
    link.symlink_to(key)
    with pytest.raises(CertError, match="symbolic link"):
        read_key(link)
    with pytest.raises(CertError, match="Is a directory"):
        read_key(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(CertError, match="is not a file"):
        read_key(pipe)
    with pytest.raises(CertError, match="No such file"):
        read_key(tmp_path / "absent")


def test_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CertError, match="exists already"):
        write_key(link, b"secret")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_key_of_another_user_is_not_read(tmp_path: Path) -> None:
    key = tmp_path / "k"
    write_key(key, b"secret")
    os.chown(key, 12345, -1)
    with pytest.raises(CertError, match="belongs to another user"):
        read_key(key)


def test_absent_file_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(CertError, match=r"absent: No such file"):
        read_public(tmp_path / "absent")


def test_authority_with_a_spoilt_key_issues_nothing(tmp_path: Path, now: datetime) -> None:
    pki = Pki.create(tmp_path / "pki", now=now)
    key = pki.folder / "sep2" / "mica.key"
    other = Ed25519PrivateKey.generate()
    for content, reason in (
        (b"junk", "cannot be read"),
        (
            other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "neither an EC nor an RSA key",
        ),
    ):
        key.write_bytes(content)
        with pytest.raises(CertError, match=reason):
            pki.issue_device("spoilt", now=now)
    key.chmod(0o644)
    with pytest.raises(CertError, match="is open to others"):
        pki.issue_device("spoilt", now=now)
    assert list((pki.folder / "sep2" / "device").iterdir()) == []


def test_a_server_is_found_as_it_was_issued(pki, server):
    assert pki.server() == server


def test_a_server_that_was_never_issued_is_not_found(pki):
    with pytest.raises(CertError):
        pki.server("stranger")
