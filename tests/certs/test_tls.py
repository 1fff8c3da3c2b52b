import asyncio
import random
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import uvloop

from certs import profile
from certs.chain import ChainGate, peer_identity
from certs.errors import CertError
from certs.folder import CredentialFiles, Pki, ServerFiles
from certs.identity import Identity
from certs.issue import NEVER, Credential, Family, issue, new_key
from certs.tls import (
    CCM8,
    SEP2_SUITES,
    at_level,
    openadr_client_context,
    openadr_server_context,
    self_test_ccm8,
    sep2_client_context,
    sep2_server_context,
)

Keep = Callable[[Credential], tuple[Path, Path]]
Shake = Callable[..., tuple[ssl.SSLObject, ssl.SSLObject]]

GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
RSA_ONLY = "AES128-SHA256"
ECC_ONLY = "ECDHE-ECDSA-AES128-SHA256"


def paths(files: CredentialFiles) -> tuple[Path, Path]:
    return files.chain, files.key


def suite(party: ssl.SSLObject) -> str:
    found = party.cipher()
    assert found
    return found[0]


@pytest.fixture(scope="module")
def sep2(pki: Pki, server: ServerFiles) -> ssl.SSLContext:
    return sep2_server_context(*paths(server.sep2), pki.sep2_trust)


@pytest.fixture(scope="module")
def device(pki: Pki, now: datetime) -> CredentialFiles:
    return pki.issue_device("tls-dev", now=now)


@pytest.fixture(scope="module")
def vens(pki: Pki, now: datetime) -> dict[Family, CredentialFiles]:
    return {family: pki.issue_ven(f"tls-{family}", family, now=now) for family in Family}


@pytest.fixture(scope="module", params=[False, True], ids=["usual", "strict"])
def vtn(request: pytest.FixtureRequest, pki: Pki, server: ServerFiles) -> ssl.SSLContext:
    both = [paths(server.rsa), paths(server.ecc)]
    return openadr_server_context(both, pki.openadr_trust, strict_ciphers=request.param)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(CCM8, CCM8), (GCM, GCM), (f"{GCM}:{CCM8}", CCM8), (SEP2_SUITES, CCM8)],
    ids=["ccm8", "gcm", "gcm-first", "both"],
)
def test_2030_5_server_speaks_both_suites_and_prefers_ccm8(
    *,
    pki: Pki,
    sep2: ssl.SSLContext,
    device: CredentialFiles,
    shake: Shake,
    offered: str,
    chosen: str,
) -> None:
    client = sep2_client_context(*paths(device), pki.sep2_trust, ciphers=offered)
    callee, caller = shake(sep2, client)
    assert suite(callee) == chosen
    assert callee.version() == "TLSv1.2"
    assert peer_identity(callee) == device.identity
    assert peer_identity(caller).dns_names == ("localhost",)


def test_2030_5_listener_speaks_tls_1_3_only_when_asked(
    pki: Pki, sep2: ssl.SSLContext, server: ServerFiles, device: CredentialFiles, shake: Shake
) -> None:
    client = sep2_client_context(*paths(device), pki.sep2_trust)
    client.maximum_version = ssl.TLSVersion.TLSv1_3
    asked = sep2_server_context(*paths(server.sep2), pki.sep2_trust, tls13=True)
    assert shake(asked, client)[0].version() == "TLSv1.3"
    assert shake(sep2, client)[0].version() == "TLSv1.2"
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    with pytest.raises(ssl.SSLError, match=r"UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION"):
        shake(sep2, client)


def test_contexts_refuse_old_versions_and_renegotiation(
    sep2: ssl.SSLContext, vtn: ssl.SSLContext
) -> None:
    for context in (sep2, vtn):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_RENEGOTIATION
        assert context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
        assert context.verify_mode == ssl.CERT_REQUIRED
    assert len(sep2.get_ca_certs()) == 1


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("offered", [RSA_ONLY, ECC_ONLY])
def test_one_openadr_context_serves_either_suite_to_either_kind_of_certificate(
    *,
    pki: Pki,
    vtn: ssl.SSLContext,
    server: ServerFiles,
    vens: dict[Family, CredentialFiles],
    shake: Shake,
    family: Family,
    offered: str,
) -> None:
    client = openadr_client_context(
        *paths(vens[family]), pki.openadr_trust, ciphers=offered, tls13=False
    )
    callee, caller = shake(vtn, client)
    expected = server.rsa if offered == RSA_ONLY else server.ecc
    assert suite(callee) == offered
    assert peer_identity(caller) == expected.identity
    assert peer_identity(callee) == vens[family].identity


def test_modern_ven_gets_tls_1_3_unless_ciphers_are_strict(
    pki: Pki, server: ServerFiles, vens: dict[Family, CredentialFiles], shake: Shake
) -> None:
    both = [paths(server.rsa), paths(server.ecc)]
    usual = openadr_server_context(both, pki.openadr_trust)
    strict = openadr_server_context(both, pki.openadr_trust, strict_ciphers=True)
    client = openadr_client_context(*paths(vens[Family.ECC]), pki.openadr_trust)
    assert shake(usual, client)[0].version() == "TLSv1.3"
    callee, _ = shake(strict, client)
    assert (callee.version(), suite(callee)) == ("TLSv1.2", ECC_ONLY)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert suite(shake(usual, client)[0]) == ECC_ONLY
    client.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    assert suite(shake(usual, client)[0]) == "ECDHE-RSA-AES256-GCM-SHA384"
    with pytest.raises(ssl.SSLError, match="NO_SHARED_CIPHER"):
        shake(strict, client)


def test_ven_that_sends_no_intermediate_is_still_recognised(
    pki: Pki,
    vtn: ssl.SSLContext,
    vens: dict[Family, CredentialFiles],
    shake: Shake,
    tmp_path: Path,
) -> None:
    bare = tmp_path / "bare.pem"
    end = b"-----END CERTIFICATE-----\n"
    for files in vens.values():
        bare.write_bytes(files.chain.read_bytes().split(end)[0] + end)
        client = openadr_client_context(bare, files.key, pki.openadr_trust)
        assert peer_identity(shake(vtn, client)[0]) == files.identity


def test_pushing_vtn_presents_its_client_certificate(
    pki: Pki, server: ServerFiles, now: datetime, shake: Shake
) -> None:
    pushed = pki.issue_ven("tls-pushed", Family.ECC, now=now, hosts=["localhost"])
    listener = openadr_server_context([paths(pushed)], pki.openadr_trust)
    client = openadr_client_context(*paths(server.ecc_client), pki.openadr_trust)
    assert peer_identity(shake(listener, client)[0]) == server.ecc_client.identity


def test_notifier_reaches_an_aggregator_under_its_host_name_only(
    pki: Pki, server: ServerFiles, now: datetime, shake: Shake
) -> None:
    client = sep2_client_context(*paths(server.sep2_notifier), pki.sep2_trust)
    right = pki.issue_aggregator("tls-agg", ["localhost"], now=now)
    wrong = pki.issue_aggregator("tls-agg-wrong", ["example.org"], now=now)
    callee, _ = shake(sep2_server_context(*paths(right), pki.sep2_trust), client)
    assert peer_identity(callee) == server.sep2_notifier.identity
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake(sep2_server_context(*paths(wrong), pki.sep2_trust), client)


def refuse(listener: ssl.SSLContext, client: ssl.SSLContext, shake: Shake, reason: str) -> None:
    with pytest.raises(ssl.SSLError, match=reason):
        shake(listener, client)


def test_client_without_a_certificate_is_refused(
    pki: Pki, sep2: ssl.SSLContext, vtn: ssl.SSLContext, shake: Shake
) -> None:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki.sep2_trust)
    client.load_verify_locations(pki.openadr_trust)
    for listener in (sep2, vtn):
        refuse(listener, client, shake, "PEER_DID_NOT_RETURN_A_CERTIFICATE")


def test_certificates_of_same_named_foreign_authorities_are_refused(
    *,
    pki: Pki,
    foreign: Pki,
    sep2: ssl.SSLContext,
    vtn: ssl.SSLContext,
    now: datetime,
    shake: Shake,
) -> None:
    name = f"foreign-{len(list(foreign.folder.rglob('*')))}"
    device = foreign.issue_device(name, now=now)
    ven = foreign.issue_ven(name, Family.ECC, now=now)
    client = sep2_client_context(*paths(device), pki.sep2_trust)
    refuse(sep2, client, shake, "CERTIFICATE_VERIFY_FAILED")
    client = openadr_client_context(*paths(ven), pki.openadr_trust)
    refuse(vtn, client, shake, "CERTIFICATE_VERIFY_FAILED")


def test_certificates_of_the_other_standard_are_refused(
    *,
    pki: Pki,
    sep2: ssl.SSLContext,
    vtn: ssl.SSLContext,
    device: CredentialFiles,
    vens: dict[Family, CredentialFiles],
    shake: Shake,
) -> None:
    ven = sep2_client_context(*paths(vens[Family.ECC]), pki.sep2_trust)
    refuse(sep2, ven, shake, "CERTIFICATE_VERIFY_FAILED")
    crossed = openadr_client_context(*paths(device), pki.openadr_trust)
    refuse(vtn, crossed, shake, "CERTIFICATE_VERIFY_FAILED")


@pytest.mark.parametrize(
    ("shift", "reason"),
    [(timedelta(days=-400), "certificate has expired"), (timedelta(days=1), "not yet valid")],
    ids=["expired", "early"],
)
def test_ven_outside_its_lifetime_is_refused(
    *,
    pki: Pki,
    vtn: ssl.SSLContext,
    now: datetime,
    shake: Shake,
    request: pytest.FixtureRequest,
    shift: timedelta,
    reason: str,
) -> None:
    name = f"tls-{shift.days}-{request.node.callspec.id}"
    ven = pki.issue_ven(name, Family.ECC, now=now + shift)
    assert not ven.identity.is_valid_at(now)
    client = openadr_client_context(*paths(ven), pki.openadr_trust)
    refuse(vtn, client, shake, reason)


def test_self_signed_certificates_are_refused(
    *,
    pki: Pki,
    sep2: ssl.SSLContext,
    vtn: ssl.SSLContext,
    now: datetime,
    shake: Shake,
    keep: Keep,
) -> None:
    rng = random.Random(5)
    key = new_key(Family.ECC)
    own = [
        issue(made, key, None, now=now, not_after=NEVER, rng=rng)
        for made in (profile.sep2_device(b"d"), profile.ven("v"))
    ]
    client = sep2_client_context(*keep(own[0]), pki.sep2_trust)
    refuse(sep2, client, shake, "CERTIFICATE_VERIFY_FAILED")
    client = openadr_client_context(*keep(own[1]), pki.openadr_trust)
    refuse(vtn, client, shake, "CERTIFICATE_VERIFY_FAILED")


def test_certificate_of_another_part_is_no_client_certificate(
    pki: Pki, sep2: ssl.SSLContext, vtn: ssl.SSLContext, server: ServerFiles, shake: Shake
) -> None:
    client = sep2_client_context(*paths(server.sep2), pki.sep2_trust)
    refuse(sep2, client, shake, "unsuitable certificate purpose|unsupported certificate purpose")
    mica = pki.folder / "sep2" / "mica"
    client = sep2_client_context(mica.with_suffix(".pem"), mica.with_suffix(".key"), pki.sep2_trust)
    refuse(sep2, client, shake, "purpose|CERTIFICATE_VERIFY_FAILED")
    client = openadr_client_context(*paths(server.ecc), pki.openadr_trust)
    refuse(vtn, client, shake, "unsuitable certificate purpose|unsupported certificate purpose")


def test_security_level_falls_where_openssl_rates_ccm8_low() -> None:
    assert at_level(SEP2_SUITES, (3, 0, 19)) == f"{SEP2_SUITES}:@SECLEVEL=2"
    assert at_level(SEP2_SUITES, (3, 2, 0)) == f"{SEP2_SUITES}:@SECLEVEL=0"
    assert at_level(SEP2_SUITES, (4, 0, 0)).endswith("=0")
    assert at_level(RSA_ONLY, (3, 5, 0)) == f"{RSA_ONLY}:@SECLEVEL=2"


def test_self_test_passes_on_a_sound_listener_and_tells_what_fails(
    *,
    pki: Pki,
    foreign: Pki,
    sep2: ssl.SSLContext,
    server: ServerFiles,
    device: CredentialFiles,
    now: datetime,
) -> None:
    self_test_ccm8(sep2, *paths(device), pki.sep2_trust)
    self_test_ccm8(sep2, *paths(server.sep2_notifier), pki.sep2_trust)
    lacking = sep2_server_context(*paths(server.sep2), pki.sep2_trust)
    lacking.set_ciphers(GCM)
    with pytest.raises(CertError, match="cannot negotiate ECDHE-ECDSA-AES128-CCM8: NO_SHARED"):
        self_test_ccm8(lacking, *paths(device), pki.sep2_trust)
    stranger = foreign.issue_device("tls-self-test", now=now)
    with pytest.raises(CertError, match="VERIFY_FAILED"):
        self_test_ccm8(sep2, *paths(stranger), pki.sep2_trust)


def test_key_that_others_may_read_is_refused_by_every_context(
    pki: Pki, device: CredentialFiles, tmp_path: Path
) -> None:
    key = tmp_path / "wide.key"
    key.write_bytes(device.key.read_bytes())
    key.chmod(0o644)
    for attempt in (
        lambda: sep2_server_context(device.chain, key, pki.sep2_trust),
        lambda: sep2_client_context(device.chain, key, pki.sep2_trust),
        lambda: openadr_server_context([(device.chain, key)], pki.openadr_trust),
        lambda: openadr_client_context(device.chain, key, pki.openadr_trust),
    ):
        with pytest.raises(CertError, match="open to others"):
            attempt()


def test_files_that_do_not_fit_are_told_in_one_line(
    pki: Pki, device: CredentialFiles, server: ServerFiles, tmp_path: Path
) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"junk \xff")
    junk.chmod(0o600)
    for chain, key, ca, reason in (
        (device.chain, server.sep2.key, pki.sep2_trust, "KEY_VALUES_MISMATCH"),
        (junk, device.key, pki.sep2_trust, "no certificate and key that fit"),
        (device.chain, junk, pki.sep2_trust, "no certificate and key that fit"),
        (*paths(device), junk, "holds no certificates"),
        (tmp_path / "absent", device.key, pki.sep2_trust, "absent: No such file"),
        (device.chain, tmp_path / "absent", pki.sep2_trust, "absent: No such file"),
        (*paths(device), tmp_path / "absent", "absent: No such file"),
    ):
        with pytest.raises(CertError, match=reason) as told:
            sep2_server_context(chain, key, ca)
        assert "\n" not in str(told.value)


def test_encrypted_key_is_refused_without_asking(
    pki: Pki, now: datetime, device: CredentialFiles, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization as s

    key = tmp_path / "encrypted.key"
    plain = s.load_pem_private_key(device.key.read_bytes(), None)
    closed = s.BestAvailableEncryption(b"open sesame")
    key.write_bytes(plain.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, closed))
    key.chmod(0o600)
    with pytest.raises(CertError, match="key is encrypted"):
        sep2_server_context(device.chain, key, pki.sep2_trust)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_gate_admits_over_a_real_socket_on_either_loop(
    pki: Pki,
    sep2: ssl.SSLContext,
    device: CredentialFiles,
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    client = sep2_client_context(*paths(device), pki.sep2_trust, ciphers=CCM8)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        admitted = runner.run(_call_once(sep2, client))
    assert admitted == [device.identity]


async def _call_once(listener: ssl.SSLContext, client: ssl.SSLContext) -> list[Identity]:
    gate, admitted = ChainGate(), []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        admitted.append(gate.admit(writer.get_extra_info("ssl_object")))
        writer.write(b"done\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=listener) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
        assert await reader.readline() == b"done\n"
        writer.close()
        await writer.wait_closed()
    return admitted
