import random
import ssl
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs import profile
from certs.chain import ChainGate, check_chain, peer_identity, verified_chain
from certs.errors import CertError, ChainError
from certs.files import write_public
from certs.folder import Pki, ServerFiles
from certs.issue import NEVER, Credential, Family, PrivateKey, issue, new_key
from certs.profile import Extension, Profile
from certs.tls import SEP2_SUITES, at_level, sep2_client_context, sep2_server_context

Keep = Callable[[Credential], tuple[Path, Path]]
Shake = Callable[..., tuple[ssl.SSLObject, ssl.SSLObject]]

CONSTRAINTS = (
    x509.NameConstraints(permitted_subtrees=[x509.DNSName("example.org")], excluded_subtrees=None),
    False,
)
# One mapping from the generic device policy to the test policy.
MAPPINGS = (
    x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.33"),
        bytes.fromhex("301a3018060a2b0601040182be1c0101060a2b0601040182be1c0201"),
    ),
    False,
)
FORBIDDEN = pytest.mark.parametrize(
    ("extension", "reason"),
    [(CONSTRAINTS, "name constraints"), (MAPPINGS, "policy mappings")],
    ids=["constraints", "mappings"],
)


def with_more(made: Profile, *more: Extension) -> Profile:
    return Profile(made.subject, (*made.extensions, *more))


@dataclass
class Mint:
    """Makes chains of any length, sound or not, below a SERCA of its own."""

    now: datetime
    rng: random.Random

    def __call__(
        self, made: Profile, issuer: Credential | None = None, key: PrivateKey | None = None
    ) -> Credential:
        key = key or new_key(Family.ECC)
        return issue(made, key, issuer, now=self.now, not_after=NEVER, rng=self.rng)

    def serca(self) -> Credential:
        return self(profile.sep2_authority("SERCA", None))


@pytest.fixture(scope="module")
def mint(now: datetime) -> Mint:
    return Mint(now, random.Random(11))


@pytest.fixture(scope="module")
def serca(mint: Mint) -> Credential:
    return mint.serca()


@pytest.fixture
def trust(serca: Credential, tmp_path: Path) -> Path:
    path = tmp_path / "serca.pem"
    write_public(path, serca.chain_pem)
    return path


@pytest.fixture
def listener(mint: Mint, serca: Credential, trust: Path, keep: Keep) -> ssl.SSLContext:
    made = mint(profile.sep2_server("server", ["localhost"]), serca)
    return sep2_server_context(*keep(made), trust)


def ders(*chain: Credential) -> list[bytes]:
    return [one.der for one in chain]


@pytest.mark.parametrize("length", [2, 3, 4])
def test_chain_of_any_legal_length_is_admitted(
    *,
    mint: Mint,
    serca: Credential,
    listener: ssl.SSLContext,
    trust: Path,
    keep: Keep,
    shake: Shake,
    length: int,
) -> None:
    issuer = serca
    for number in range(length - 2):
        issuer = mint(profile.sep2_authority(f"CA {number}", length - 3 - number), issuer)
    device = mint(profile.sep2_device(b"d"), issuer)
    callee, _ = shake(listener, sep2_client_context(*keep(device), trust))
    assert len(verified_chain(callee)) == length
    assert verified_chain(callee)[0] == device.der
    assert verified_chain(callee)[-1] == serca.der
    identity = ChainGate().admit(callee)
    assert identity == peer_identity(callee)
    assert identity.hardware_names == ("1.3.6.1.4.1.32473.1 d",)


@FORBIDDEN
def test_openssl_lets_a_tampered_mica_pass_and_the_gate_does_not(
    *,
    mint: Mint,
    serca: Credential,
    listener: ssl.SSLContext,
    trust: Path,
    keep: Keep,
    shake: Shake,
    extension: Extension,
    reason: str,
) -> None:
    mica = mint(with_more(profile.sep2_authority("MICA", 0), extension), serca)
    device = mint(profile.sep2_device(b"d"), mica)
    gate = ChainGate()
    client = sep2_client_context(*keep(device), trust)
    callee, caller = shake(listener, client)
    with pytest.raises(ChainError, match=reason):
        gate.admit(callee)
    callee, _ = shake(listener, client, caller.session)
    with pytest.raises(ChainError):
        gate.admit(callee)


@FORBIDDEN
@pytest.mark.parametrize("place", ["device", "MICA", "SERCA"])
def test_forbidden_extension_is_refused_anywhere_in_the_chain(
    mint: Mint, extension: Extension, reason: str, place: str
) -> None:
    def more(name: str) -> Iterable[Extension]:
        return [extension] if name == place else []

    serca = mint(with_more(profile.sep2_authority("SERCA", None), *more("SERCA")))
    mica = mint(with_more(profile.sep2_authority("MICA", 0), *more("MICA")), serca)
    device = mint(with_more(profile.sep2_device(b"d"), *more("device")), mica)
    with pytest.raises(ChainError, match=reason):
        check_chain(ders(device, mica, serca))


@pytest.mark.parametrize(
    "extension",
    [
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.7"), b"\x05\x00"),
    ],
    ids=["extendedKeyUsage", "unknown"],
)
def test_extension_outside_the_profile_may_be_there_but_not_critical(
    mint: Mint, serca: Credential, extension: x509.ExtensionType
) -> None:
    for made in (profile.sep2_device(b"d"), profile.sep2_authority("MICA", 0)):
        soft = mint(with_more(made, (extension, False)), serca)
        hard = mint(with_more(made, (extension, True)), serca)
        check_chain(ders(soft, serca))
        with pytest.raises(ChainError, match="must not be critical"):
            check_chain(ders(hard, serca))


def test_critical_extension_outside_the_profile_is_refused_on_an_authority(
    mint: Mint, serca: Credential
) -> None:
    more = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), True)
    mica = mint(with_more(profile.sep2_authority("MICA", 0), more), serca)
    with pytest.raises(ChainError, match=r"2\.5\.29\.37 must not be critical"):
        check_chain(ders(mint(profile.sep2_device(b"d"), mica), mica, serca))


def test_authority_with_alternative_names_is_refused(mint: Mint, serca: Credential) -> None:
    names = (x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
    mica = mint(with_more(profile.sep2_authority("MICA", 0), names), serca)
    with pytest.raises(ChainError, match="alternative names"):
        check_chain(ders(mint(profile.sep2_device(b"d"), mica), mica, serca))


def test_weak_curve_is_refused_on_leaf_and_authority(mint: Mint, serca: Credential) -> None:
    weak = ec.generate_private_key(ec.SECP224R1())
    device = mint(profile.sep2_device(b"d"), serca, weak)
    mica = mint(profile.sep2_authority("MICA", 0), serca, weak)
    for chain in ((device, serca), (mint(profile.sep2_device(b"d"), mica), mica, serca)):
        with pytest.raises(ChainError, match="key is too weak"):
            check_chain(ders(*chain))


def test_weak_key_is_refused_even_where_the_security_level_is_lowered(
    *,
    mint: Mint,
    serca: Credential,
    listener: ssl.SSLContext,
    trust: Path,
    keep: Keep,
    shake: Shake,
) -> None:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505  # weak on purpose
    weak = keep(mint(profile.sep2_device(b"d"), serca, key))
    sound = keep(mint(profile.sep2_device(b"d"), serca))
    client = sep2_client_context(*sound, trust)
    for context in (client, listener):
        context.set_ciphers(at_level(SEP2_SUITES, (3, 2, 0)))
    client.load_cert_chain(*weak)
    callee, _ = shake(listener, client)
    with pytest.raises(ChainError, match="key is too weak"):
        ChainGate().admit(callee)


def test_key_of_an_unknown_kind_is_refused(mint: Mint, serca: Credential) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(serca.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(mint.now)
        .not_valid_after(mint.now + timedelta(days=1))
        .sign(key, None)
    )
    with pytest.raises(ChainError, match="unknown kind"):
        check_chain([Credential(made, serca.key).der])


def test_rsa_client_of_decent_size_is_admitted(mint: Mint, serca: Credential) -> None:
    device = mint(profile.sep2_device(b"d"), serca, new_key(Family.RSA))
    check_chain(ders(device, serca))


def test_weak_digest_is_refused_below_the_root_and_ignored_on_it(
    mint: Mint, serca: Credential, keep: Keep, tmp_path: Path
) -> None:
    chain, key = keep(serca)
    common = ["openssl", "req", "-x509", "-new", "-sha1", "-outform", "DER", "-key", str(key)]
    signed = ["-CA", str(chain), "-CAkey", str(key), "-subj", "/CN=old", "-config", "/dev/null"]
    itself = ["-subj", "/O=Gridherald test PKI/CN=SERCA", "-config", "/dev/null"]
    old = subprocess.run([*common, *signed], capture_output=True, check=True).stdout
    root = subprocess.run([*common, *itself], capture_output=True, check=True).stdout
    with pytest.raises(ChainError, match="weak digest"):
        check_chain([old, serca.der])
    check_chain([mint(profile.sep2_device(b"d"), serca).der, root])


def test_chain_that_is_empty_or_unreadable_is_refused(mint: Mint, serca: Credential) -> None:
    device = mint(profile.sep2_device(b"d"), serca)
    with pytest.raises(ChainError, match="empty"):
        check_chain([])
    for chain in ([b"junk", serca.der], [device.der, b"junk"]):
        with pytest.raises(ChainError, match="cannot be read"):
            check_chain(chain)


def test_resumed_session_is_admitted_by_the_gate_that_checked_it_only(
    pki: Pki, server: ServerFiles, now: datetime, shake: Shake
) -> None:
    device = pki.issue_device("resumes", now=now)
    listener = sep2_server_context(server.sep2.chain, server.sep2.key, pki.sep2_trust)
    client = sep2_client_context(device.chain, device.key, pki.sep2_trust)
    gate = ChainGate()
    callee, caller = shake(listener, client)
    assert gate.admit(callee) == device.identity
    callee, again = shake(listener, client, caller.session)
    assert again.session_reused
    assert verified_chain(callee) == ()
    assert gate.admit(callee) == device.identity
    with pytest.raises(ChainError, match="never checked"):
        ChainGate().admit(callee)


def test_gate_forgets_the_leaf_it_has_not_seen_for_longest(
    pki: Pki, server: ServerFiles, now: datetime, shake: Shake
) -> None:
    listener = sep2_server_context(server.sep2.chain, server.sep2.key, pki.sep2_trust)
    gate = ChainGate(capacity=2)
    clients, sessions = [], []
    for name in ("g0", "g1", "g2"):
        files = pki.issue_device(name, now=now)
        client = sep2_client_context(files.chain, files.key, pki.sep2_trust)
        callee, caller = shake(listener, client)
        gate.admit(callee)
        clients.append(client)
        sessions.append(caller.session)
        if name == "g1":
            gate.admit(shake(listener, clients[0], sessions[0])[0])
    gate.admit(shake(listener, clients[0], sessions[0])[0])
    with pytest.raises(ChainError, match="never checked"):
        gate.admit(shake(listener, clients[1], sessions[1])[0])


def test_peer_without_a_certificate_has_no_identity(
    pki: Pki, server: ServerFiles, shake: Shake
) -> None:
    listener = sep2_server_context(server.sep2.chain, server.sep2.key, pki.sep2_trust)
    listener.verify_mode = ssl.CERT_NONE
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki.sep2_trust)
    callee, caller = shake(listener, client)
    with pytest.raises(CertError, match="no certificate"):
        peer_identity(callee)
    assert peer_identity(caller) == server.sep2.identity
