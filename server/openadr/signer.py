"""Making the XML signatures of OADR 2.0b 10.6 for documents of our own.

Our documents declare one set of prefixes on their root, so that all that is signed but the message
is text that stands here in its canonical form already: a signature costs little more than its RSA.
It must not know VENs; what is made here is held against `server.openadr.signature`.
"""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm

from certs.issue import Credential
from schemas.openadr import PREFIXES
from schemas.openadr.signature import NS_MAP, Nonce, ReplayProtect
from schemas.wire import encode
from server.openadr.signature import method_of

_OBJECT_TAG = b"<oadr:oadrSignedObject"
_OBJECT_WITH_ID = _OBJECT_TAG + b' oadr:Id="oadrSignedObject"'
_SCOPE = "".join(f' xmlns:{prefix}="{PREFIXES[prefix]}"' for prefix in sorted(PREFIXES))
"""The namespaces in scope, as canonical XML writes them at the apex of what is signed."""
_C14N = CanonicalizationMethod.CANONICAL_XML_1_0.value
_REFERENCE = (
    '<ds:Reference URI="#{id}"><ds:Transforms>'
    f'<ds:Transform Algorithm="{_C14N}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{DigestAlgorithm.SHA256.value}"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
)
_INFO = (
    "<ds:SignedInfo{scope}>"
    f'<ds:CanonicalizationMethod Algorithm="{_C14N}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
    "{references}</ds:SignedInfo>"
)
_PROPERTIES = (
    '<ds:Object{scope} Id="prop"><ds:SignatureProperties>'
    '<ds:SignatureProperty Id="sigprop0" Target="#oadrSignedObject">{protection}'
    "</ds:SignatureProperty></ds:SignatureProperties></ds:Object>"
)
_SIGNATURE = (
    "<ds:Signature>{info}<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
    "<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    "{properties}</ds:Signature>"
)


class Signer:
    """Signs with one key, which is read once: that costs more than many signatures."""

    def __init__(self, credential: Credential) -> None:
        self._key = credential.key
        self._method = method_of(credential.certificate).value
        self._certificate = b64encode(credential.der).decode()

    def sign(self, document: bytes, *, now: datetime, nonce: str) -> bytes:
        """Return a document of ours with a signature of this moment in it."""
        head, _, rest = document.partition(_OBJECT_TAG)
        signed = _OBJECT_WITH_ID + rest
        (apex,) = etree.fromstring(head + signed)
        protection = _protection(now, nonce)
        digests = {
            "oadrSignedObject": etree.tostring(apex, method="c14n"),
            "prop": _PROPERTIES.format(scope=_SCOPE, protection=protection).encode(),
        }
        references = "".join(
            _REFERENCE.format(id=id_, digest=b64encode(hashlib.sha256(data).digest()).decode())
            for id_, data in digests.items()
        )
        info = {"method": self._method, "references": references}
        value = self._value(_INFO.format(scope=_SCOPE, **info).encode())
        signature = _SIGNATURE.format(
            info=_INFO.format(scope="", **info),
            value=b64encode(value).decode(),
            certificate=self._certificate,
            properties=_PROPERTIES.format(scope="", protection=protection),
        )
        return b"".join((head, signature.encode(), signed))

    def _value(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(hashes.SHA256())))
        size = (self._key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _protection(now: datetime, nonce: str) -> str:
    """Return the moment and the word of a signature, canonical."""
    protection = encode(ReplayProtect(timestamp=now, nonce=Nonce(text=nonce)), ns_map=NS_MAP)
    return etree.tostring(etree.fromstring(protection), method="c14n").decode()


@dataclass(frozen=True, slots=True)
class Signing:
    """The signers of both certificate families."""

    rsa: Signer
    ecc: Signer

    @classmethod
    def of(cls, *, rsa: Credential, ecc: Credential) -> Self:
        """Return the signers for a credential of each family."""
        return cls(Signer(rsa), Signer(ecc))

    def fit(self, certificate: x509.Certificate) -> Signer:
        """Return the signer of the family that a peer's certificate is of."""
        is_rsa = isinstance(certificate.public_key(), rsa.RSAPublicKey)
        return self.rsa if is_rsa else self.ecc
