"""The certificate profile, applied to a peer's whole chain after the handshake.

OpenSSL lets pass what the 2030.5 profile forbids (name constraints, policy mappings), and at
security level 0, which CCM8 needs from OpenSSL 3.2 on, also weak keys and digests. This module
judges chains; it must not know who may connect, nor of sockets beyond the TLS object.
"""

import ssl
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID

from certs.errors import CertError, ChainError
from certs.identity import Identity

TlsObject = ssl.SSLObject | ssl.SSLSocket

_FORBIDDEN: Final = {
    ExtensionOID.NAME_CONSTRAINTS: "name constraints",
    ExtensionOID.POLICY_MAPPINGS: "policy mappings",
}
_MAY_BE_CRITICAL: Final = {
    ExtensionOID.KEY_USAGE,
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}
_DIGESTS: Final = {"sha256", "sha384", "sha512"}


def peer_identity(tls: TlsObject) -> Identity:
    """Read who the peer of a finished handshake is; CertError when it showed no certificate."""
    der = tls.getpeercert(binary_form=True)
    if not der:
        raise CertError("the peer showed no certificate")
    return Identity.of(der)


def verified_chain(tls: TlsObject) -> tuple[bytes, ...]:
    """Return the chain OpenSSL verified, leaf first and root last; empty on a resumed session."""
    # Public from Python 3.13 on (as bytes), before that on the inner object (as objects).
    source = cast(Any, tls)
    read = getattr(source, "get_verified_chain", None) or source._sslobj.get_verified_chain
    return tuple(map(_der, read() or ()))


def check_chain(chain: Sequence[bytes]) -> None:
    """Raise ChainError at the first breach of the 2030.5 profile in a chain, leaf first.

    Refused are name constraints, policy mappings, alternative names on an authority, critical
    extensions the profile does not name, EC keys under 256 bits, RSA under 2048, digests before
    SHA-256. The verdict holds for as long as the chain is the same.
    """
    if not chain:
        raise ChainError("the chain is empty")
    faults = (_leaf_fault(chain[0]), *map(_authority_fault, chain[1:]))
    for fault in faults:
        if fault:
            raise ChainError(fault)


class ChainGate:
    """Admits peers whose chain keeps to the profile, also when they resume a session.

    A resumed session carries the leaf but no chain, so the gate remembers the leaves it admitted:
    one gate must serve a TLS context for life. `capacity` bounds that memory.
    """

    def __init__(self, capacity: int = 65_536) -> None:
        self._capacity = capacity
        self._admitted: OrderedDict[str, None] = OrderedDict()

    def admit(self, tls: TlsObject) -> Identity:
        """Return who the peer is; raises ChainError or CertError when it must not enter."""
        identity = peer_identity(tls)
        chain = verified_chain(tls)
        if chain:
            check_chain(chain)
        elif identity.fingerprint not in self._admitted:
            raise ChainError("a session was resumed whose chain was never checked")
        self._remember(identity.fingerprint)
        return identity

    def _remember(self, fingerprint: str) -> None:
        self._admitted[fingerprint] = None
        self._admitted.move_to_end(fingerprint)
        if len(self._admitted) > self._capacity:
            self._admitted.popitem(last=False)


def _der(certificate: Any) -> bytes:
    known = isinstance(certificate, bytes)
    return certificate if known else ssl.PEM_cert_to_DER_cert(certificate.public_bytes())


def _leaf_fault(der: bytes) -> str | None:
    return _fault(der, authority=False)


@lru_cache(maxsize=256)
def _authority_fault(der: bytes) -> str | None:
    return _fault(der, authority=True)


def _fault(der: bytes, *, authority: bool) -> str | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _extension_fault(certificate, authority=authority) or _strength_fault(certificate)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return "a certificate cannot be read"


def _extension_fault(certificate: x509.Certificate, *, authority: bool) -> str | None:
    for extension in certificate.extensions:
        oid = extension.oid
        if oid in _FORBIDDEN:
            return f"a certificate carries {_FORBIDDEN[oid]}"
        if extension.critical and oid not in _MAY_BE_CRITICAL:
            return f"extension {oid.dotted_string} must not be critical"
        if authority and oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
            return "an authority carries alternative names"
    return None


def _strength_fault(certificate: x509.Certificate) -> str | None:
    key = certificate.public_key()
    least = 256 if isinstance(key, ec.EllipticCurvePublicKey) else 2048
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or key.key_size < least:
        return "a key is too weak or of an unknown kind"
    digest = certificate.signature_hash_algorithm
    # What a root says of itself proves nothing: it is trusted by being configured.
    if certificate.issuer != certificate.subject and (not digest or digest.name not in _DIGESTS):
        return "a signature uses a weak digest"
    return None
