"""XML signatures of OADR 2.0b 10.6: taking nothing but what they cover.

A signature stands beside what it signs and covers two parts: the signed object, and an object that
says when it was made (rule 514). What a verified document holds is read from the canonical bytes
that were hashed, never from the document. It must not know VENs nor what was used before.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from schemas.openadr.namespaces import DS, DSP, OADR
from schemas.openadr.signature import ReplayProtect
from schemas.wire import WireError, decode_tree

_PAYLOAD, _SIGNED_OBJECT = f"{{{OADR}}}oadrPayload", f"{{{OADR}}}oadrSignedObject"
_SIGNATURE, _INFO, _REFERENCE, _OBJECT, _CERTIFICATE = (
    f"{{{DS}}}{name}"
    for name in ("Signature", "SignedInfo", "Reference", "Object", "X509Certificate")
)
_PROTECTION = f"{{{DSP}}}ReplayProtect"
_PATH_OF_PROTECTION = f"{{{DS}}}SignatureProperties/{{{DS}}}SignatureProperty/{_PROTECTION}"
_ONCE = (_SIGNED_OBJECT, _SIGNATURE, _INFO, _OBJECT, _PROTECTION)
_SIGNED_PARTS = [f"{{{DS}}}{name}" for name in ("CanonicalizationMethod", "SignatureMethod")]
_REFERENCE_PARTS = [f"{{{DS}}}{name}" for name in ("Transforms", "DigestMethod", "DigestValue")]
_REFERENCE_ATTRIBUTES = {"URI", "Id", "Type"}
_CANONICAL = {
    CanonicalizationMethod.CANONICAL_XML_1_0.value,
    CanonicalizationMethod.CANONICAL_XML_1_0_WITH_COMMENTS.value,
}
_IDS = etree.XPath("//@*[translate(local-name(), 'ID', 'id') = 'id']")
_RSA_BITS, _EC_BITS = 2048, 224


class BadSignature(Exception):  # noqa: N818 - it names what was found
    """A signature that does not hold, or not for what it should."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a signature covers."""

    payload: etree._Element
    """An oadrPayload that holds the signed object alone."""
    protection: ReplayProtect


def is_signed(root: etree._Element) -> bool:
    """Tell whether there is a signature anywhere in a document."""
    return next(root.iter(_SIGNATURE), None) is not None


def verify(root: etree._Element, certificate: x509.Certificate) -> Verified:
    """Return what the holder of a certificate signed; raises BadSignature.

    The certificate is what the peer is known by: keys that the document shows prove nothing.
    """
    method = method_of(certificate)
    _check_form(root)
    _check_info(root, method)
    _check_shown_certificate(root, certificate)
    config = SignatureConfiguration(
        location="./",
        expect_references=2,
        signature_methods=frozenset({method}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    try:
        results = XMLVerifier().verify(root, x509_cert=certificate, expect_config=config)
    except Exception as fault:  # Whatever trips the verifier is not verified.
        raise BadSignature(f"it does not verify ({type(fault).__name__})") from fault
    return _verified(cast(list[VerifyResult], results))


def _verified(results: list[VerifyResult]) -> Verified:
    parts = [result.signed_xml for result in results]
    covered = {part.tag: part for part in parts if part is not None}
    if set(covered) != {_SIGNED_OBJECT, _OBJECT}:
        raise BadSignature("it does not cover the signed object and its own properties")
    payload = etree.Element(_PAYLOAD)
    payload.append(covered[_SIGNED_OBJECT])
    protections = covered[_OBJECT].findall(_PATH_OF_PROTECTION)
    if len(protections) != 1:
        raise BadSignature("its properties hold no ReplayProtect")
    try:
        return Verified(payload, decode_tree(ReplayProtect, protections[0]))
    except WireError as fault:
        raise BadSignature(f"its ReplayProtect is malformed: {fault}") from fault


def _check_form(root: etree._Element) -> None:
    """Refuse a document in which a part could be taken for another."""
    if root.tag != _PAYLOAD or [child.tag for child in root] != [_SIGNATURE, _SIGNED_OBJECT]:
        raise BadSignature("the document is not a signature and what it signs")
    for tag in _ONCE:
        found = sum(1 for _ in root.iter(tag))
        if found != 1:
            raise BadSignature(f"{etree.QName(tag).localname} stands {found} times")
    if root[0].find(_OBJECT) is None:
        raise BadSignature("its properties do not stand in it")


def _check_info(root: etree._Element, method: SignatureMethod) -> None:
    """Refuse other algorithms, transforms and references than rule 514 has."""
    info = root.find(f"{_SIGNATURE}/{_INFO}")
    if info is None or [part.tag for part in info] != [*_SIGNED_PARTS, _REFERENCE, _REFERENCE]:
        raise BadSignature("it has not exactly two references")
    canonical, signed_with, *references = info
    _check_algorithm(canonical, _CANONICAL)
    _check_algorithm(signed_with, {method.value})
    for reference in references:
        _check_reference(reference)
    tags = _tags_by_uri(root)
    targets = {tags.get(reference.get("URI", "")) for reference in references}
    if targets != {_SIGNED_OBJECT, _OBJECT}:
        raise BadSignature("it does not refer to the signed object and its own properties")


def _check_reference(reference: etree._Element) -> None:
    parts = [part.tag for part in reference]
    if parts not in (_REFERENCE_PARTS, _REFERENCE_PARTS[1:]):
        raise BadSignature("a reference has other parts")
    if not set(map(str, reference.attrib)) <= _REFERENCE_ATTRIBUTES:
        raise BadSignature("a reference has other attributes")
    _check_algorithm(reference[-2], {DigestAlgorithm.SHA256.value})
    transforms = reference[0] if len(parts) == 3 else ()
    if len(transforms) > 1:
        raise BadSignature("a reference has more than one transform")
    for transform in transforms:
        _check_algorithm(transform, _CANONICAL)


def _check_algorithm(element: etree._Element, allowed: set[str]) -> None:
    if element.get("Algorithm") not in allowed or len(element):
        name = etree.QName(element).localname
        raise BadSignature(f"{name} {element.get('Algorithm', '')!r:.100} is not taken")


def _tags_by_uri(root: etree._Element) -> dict[str, str]:
    """Return what each local URI points to; of two with one Id neither can be meant."""
    ids = cast(list[Any], _IDS(root))
    tags = {f"#{id_}": str(id_.getparent().tag) for id_ in ids}
    if len(tags) != len(ids):
        raise BadSignature("two elements share an Id")
    return tags


def _check_shown_certificate(root: etree._Element, certificate: x509.Certificate) -> None:
    """Refuse a document that shows only certificates of others: somebody else signed it."""
    shown = ["".join((element.text or "").split()) for element in root.iter(_CERTIFICATE)]
    if shown and b64encode(certificate.public_bytes(Encoding.DER)).decode() not in shown:
        raise BadSignature("it shows the certificate of another")


def method_of(certificate: x509.Certificate) -> SignatureMethod:
    """Return how the holder of a certificate signs; BadSignature if its key does not do."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS:
        return SignatureMethod.RSA_SHA256
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= _EC_BITS:
        return SignatureMethod.ECDSA_SHA256
    raise BadSignature("the certificate's key is too weak or of an unknown kind")
