"""Reads the certificates that operators hand in. It must not know what they are for."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import CertError
from certs.identity import Identity
from server.errors import Invalid


def identity_in(pem: str) -> Identity:
    """Return who a PEM certificate is; of a chain the first counts. Raises Invalid."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        return Identity.of(certificate.public_bytes(Encoding.DER))
    except (ValueError, CertError):
        raise Invalid("this is not a certificate in PEM", pointer="/certificate") from None
