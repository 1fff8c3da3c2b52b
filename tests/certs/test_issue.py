import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from certs import profile
from certs.errors import CertError
from certs.folder import CredentialFiles, Pki, ServerFiles
from certs.issue import AUTHORITY_LIFETIME, BACKDATE, PARTY_LIFETIME, Family, issue, new_key

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
STRICT_CRITICAL = {
    ExtensionOID.KEY_USAGE,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}


@pytest.fixture(scope="module")
def device(pki: Pki, now: datetime) -> CredentialFiles:
    return pki.issue_device("issue-dev", now=now)


@pytest.fixture(scope="module")
def aggregator(pki: Pki, now: datetime) -> CredentialFiles:
    return pki.issue_aggregator("issue-agg", ["agg.example.org"], now=now)


@pytest.fixture(scope="module")
def vens(pki: Pki, now: datetime) -> dict[Family, CredentialFiles]:
    return {family: pki.issue_ven(f"issue-{family}", family, now=now) for family in Family}


def leaf(files: CredentialFiles) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files.chain.read_bytes())


def critical(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return {one.oid for one in certificate.extensions if one.critical}


def usages(certificate: x509.Certificate) -> set[str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    )
    return {name for name in names if getattr(usage, name)}


def purposes(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def policies(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    return [one.policy_identifier.dotted_string for one in found]


def test_device_certificate_keeps_to_the_no_expiry_profile(device: CredentialFiles) -> None:
    made = leaf(device)
    assert list(made.subject) == []
    assert made.not_valid_after_utc == NEVER
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey)
    assert made.public_key().curve.name == "secp256r1"
    assert made.signature_algorithm_oid == x509.SignatureAlgorithmOID.ECDSA_WITH_SHA256
    assert usages(made) == {"digital_signature", "key_agreement"}
    assert policies(made) == ["1.3.6.1.4.1.40732.1.1", "1.3.6.1.4.1.40732.2.1"]
    assert critical(made) == STRICT_CRITICAL - {ExtensionOID.BASIC_CONSTRAINTS}
    assert {one.oid for one in made.extensions} - critical(made) == {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER
    }


def test_hardware_module_name_is_a_type_and_an_octet_string(device: CredentialFiles) -> None:
    names = leaf(device).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    [name] = names.get_values_for_type(x509.OtherName)
    assert name.type_id.dotted_string == "1.3.6.1.5.5.7.8.4"
    oid = bytes.fromhex("06092b0601040181fd5901")
    serial = b"\x04\x09issue-dev"
    assert name.value == b"\x30" + bytes([len(oid + serial)]) + oid + serial


def test_aggregator_certificate_names_country_organization_and_its_host(
    aggregator: CredentialFiles,
) -> None:
    made = leaf(aggregator)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    kinds = [attribute.oid for attribute in made.subject]
    assert kinds == [NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME]
    assert names.get_values_for_type(x509.DNSName) == ["agg.example.org"]
    assert len(names.get_values_for_type(x509.OtherName)) == 1
    assert policies(made) == ["1.3.6.1.4.1.40732.1.1", "1.3.6.1.4.1.40732.2.3"]
    assert purposes(made) == {CLIENT, SERVER}
    assert made.not_valid_after_utc == NEVER
    assert aggregator.identity.dns_names == ("agg.example.org",)


def test_2030_5_server_certificate_satisfies_the_strictest_client(server: ServerFiles) -> None:
    for files, purpose in ((server.sep2, SERVER), (server.sep2_notifier, CLIENT)):
        made = leaf(files)
        assert critical(made) == STRICT_CRITICAL
        assert purposes(made) == {purpose}
        assert files.identity.dns_names == ("localhost",)
        assert files.identity.ip_addresses == ("127.0.0.1",)


@pytest.mark.parametrize(("name", "path_length"), [("serca", None), ("mca", 1), ("mica", 0)])
def test_2030_5_authorities_keep_to_the_profile(
    pki: Pki, name: str, path_length: int | None
) -> None:
    made = x509.load_pem_x509_certificate((pki.folder / f"sep2/{name}.pem").read_bytes())
    limits = made.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, path_length)
    assert usages(made) == {"key_cert_sign", "crl_sign"}
    assert policies(made) == ["2.5.29.32.0"]
    assert critical(made) == STRICT_CRITICAL - {ExtensionOID.SUBJECT_ALTERNATIVE_NAME}
    assert made.not_valid_after_utc == NEVER


def test_openadr_certificates_are_of_their_family_and_end(
    server: ServerFiles, vens: dict[Family, CredentialFiles], now: datetime
) -> None:
    rsa_files = (server.rsa, server.rsa_client, vens[Family.RSA])
    ecc_files = (server.ecc, server.ecc_client, vens[Family.ECC])
    for files, kind, size in (
        *((one, rsa.RSAPublicKey, 2048) for one in rsa_files),
        *((one, ec.EllipticCurvePublicKey, 256) for one in ecc_files),
    ):
        made = leaf(files)
        key = made.public_key()
        assert isinstance(key, kind)
        assert key.key_size == size
        assert isinstance(made.signature_hash_algorithm, SHA256)
        assert made.not_valid_after_utc == now.replace(microsecond=0) + PARTY_LIFETIME
        assert made.not_valid_before_utc == now.replace(microsecond=0) - BACKDATE


def test_openadr_parts_are_told_apart_by_purpose_and_issuer(
    server: ServerFiles, vens: dict[Family, CredentialFiles]
) -> None:
    for files, purpose, issuer in (
        (server.rsa, SERVER, "VTN CA"),
        (server.ecc_client, CLIENT, "VTN CA"),
        (vens[Family.RSA], CLIENT, "VEN CA"),
    ):
        made = leaf(files)
        assert purposes(made) == {purpose}
        assert issuer in made.issuer.rfc4514_string()
    assert usages(leaf(server.rsa)) == {"digital_signature", "key_encipherment"}
    assert usages(leaf(vens[Family.RSA])) == {"digital_signature"}


def test_ven_that_is_pushed_to_is_also_a_server(pki: Pki, now: datetime) -> None:
    pushed = pki.issue_ven("issue-push", Family.ECC, now=now, hosts=["127.0.0.1"])
    assert purposes(leaf(pushed)) == {CLIENT, SERVER}
    assert pushed.identity.ip_addresses == ("127.0.0.1",)


def test_openssl_itself_verifies_every_chain_strictly(
    pki: Pki,
    server: ServerFiles,
    device: CredentialFiles,
    aggregator: CredentialFiles,
    vens: dict[Family, CredentialFiles],
) -> None:
    sep2, openadr = pki.sep2_trust, pki.openadr_trust
    for files, trust, purpose in (
        (device, sep2, "sslclient"),
        (aggregator, sep2, "sslclient"),
        (aggregator, sep2, "sslserver"),
        (server.sep2, sep2, "sslserver"),
        (server.sep2_notifier, sep2, "sslclient"),
        (server.rsa, openadr, "sslserver"),
        (server.ecc, openadr, "sslserver"),
        (server.rsa_client, openadr, "sslclient"),
        (vens[Family.RSA], openadr, "sslclient"),
        (vens[Family.ECC], openadr, "sslclient"),
    ):
        assert verify(files.chain, trust, purpose) == 0
    assert verify(server.sep2.chain, sep2, "sslclient") != 0
    assert verify(device.chain, openadr, "sslclient") != 0


def verify(chain: Path, trust: Path, purpose: str) -> int:
    command = ["openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-purpose"]
    command += [purpose, "-CAfile", str(trust), "-untrusted", str(chain), str(chain)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_openssl_prints_the_end_of_time_for_a_device(device: CredentialFiles) -> None:
    command = ["openssl", "x509", "-noout", "-enddate", "-fingerprint", "-sha256", "-in"]
    shown = subprocess.run(
        [*command, str(device.chain)], capture_output=True, check=True, text=True
    )
    assert "Dec 31 23:59:59 9999 GMT" in shown.stdout
    assert device.identity.fingerprint in shown.stdout.replace(":", "")


def test_certificate_never_outlives_its_issuer(now: datetime) -> None:
    rng = random.Random(3)
    key = new_key(Family.ECC)
    ends = now.replace(microsecond=0) + timedelta(days=2)
    authority = profile.openadr_authority("Root", None)
    root = issue(authority, key, None, now=now, not_after=ends, rng=rng)
    made = issue(profile.ven("v"), key, root, now=now, not_after=now + AUTHORITY_LIFETIME, rng=rng)
    assert made.certificate.not_valid_after_utc == ends


def test_serial_numbers_are_positive_differ_and_come_from_the_generator(now: datetime) -> None:
    def serials(seed: int) -> list[int]:
        rng, key = random.Random(seed), new_key(Family.ECC)
        made = profile.ven("v")
        issued = (issue(made, key, None, now=now, not_after=NEVER, rng=rng) for _ in range(20))
        return [one.certificate.serial_number for one in issued]

    assert serials(1) == serials(1)
    assert len({*serials(1), *serials(2)}) == 40
    assert all(0 < one < 2**159 for one in serials(1))


@pytest.mark.parametrize(
    "host", ["", "a b", "-a", "a..b", "*.example.org", "é.org", "a" * 64, "a\n"]
)
def test_text_that_is_no_host_gets_no_certificate(host: str) -> None:
    with pytest.raises(CertError, match="neither a host name nor an address"):
        profile.sep2_server("s", ["localhost", host])
