"""Issuing: a profile, a key and an issuer become a signed certificate.

Works in memory; `certs.folder` decides what is kept where. The moment and the source of serial
numbers are arguments. 2030.5 certificates never end, OpenADR ones have bounded lifetimes.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certs.profile import Profile

NEVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
ROOT_LIFETIME: Final = timedelta(days=20 * 365)
AUTHORITY_LIFETIME: Final = timedelta(days=10 * 365)
PARTY_LIFETIME: Final = timedelta(days=365)
# A peer whose clock is a little slow must be able to use a new certificate at once.
BACKDATE: Final = timedelta(minutes=5)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Family(StrEnum):
    """The two certificate families of OpenADR."""

    RSA = "rsa"
    ECC = "ecc"


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its key and the intermediates `above` it, nearest first, root excluded."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def chain_pem(self) -> bytes:
        """The certificate and all intermediates above it as PEM."""
        certificates = (self.certificate, *self.above)
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)

    @property
    def key_pem(self) -> bytes:
        """The private key as unencrypted PKCS #8 PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def new_key(family: Family) -> PrivateKey:
    """Generate an RSA-2048 or a P-256 key; 2030.5 knows only the latter."""
    if family is Family.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def issue(
    profile: Profile,
    key: PrivateKey,
    issuer: Credential | None,
    *,
    now: datetime,
    not_after: datetime,
    rng: random.Random,
) -> Credential:
    """Sign a certificate with SHA-256; without an issuer it signs itself.

    The lifetime never reaches past the issuer's. `rng` gives the serial number.
    """
    signer = issuer.key if issuer else key
    if issuer:
        not_after = min(not_after, issuer.certificate.not_valid_after_utc)
    builder = x509.CertificateBuilder(
        issuer_name=issuer.certificate.subject if issuer else profile.subject,
        subject_name=profile.subject,
        public_key=key.public_key(),
        serial_number=1 + rng.getrandbits(158),
        not_valid_before=(now - BACKDATE).replace(microsecond=0),
        not_valid_after=not_after,
    )
    for extension, critical in (*profile.extensions, *_key_identifiers(profile, key, signer)):
        builder = builder.add_extension(extension, critical=critical)
    return Credential(builder.sign(signer, hashes.SHA256()), key, _above(issuer))


def _key_identifiers(
    profile: Profile, key: PrivateKey, signer: PrivateKey
) -> list[tuple[x509.ExtensionType, bool]]:
    """Name the signer's key in each certificate, and the own key in those that sign."""
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    identifiers: list[tuple[x509.ExtensionType, bool]] = [(authority, False)]
    if any(isinstance(one, x509.BasicConstraints) and one.ca for one, _ in profile.extensions):
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        identifiers.append((own, False))
    return identifiers


def _above(issuer: Credential | None) -> tuple[x509.Certificate, ...]:
    if issuer is None or issuer.certificate.issuer == issuer.certificate.subject:
        return ()
    return (issuer.certificate, *issuer.above)
