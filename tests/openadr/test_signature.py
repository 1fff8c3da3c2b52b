"""High security: what is signed well is taken in any spelling, and nothing else has any effect."""

import hashlib
import logging
import random
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from certs.folder import Pki
from certs.issue import Credential, Family
from schemas.openadr import decode_payload, decode_payload_tree, encode_payload, wrap
from schemas.openadr.blocks import EiResponse, QualifiedEventID
from schemas.openadr.event import (
    EiCreatedEvent,
    EventResponse,
    EventResponses,
    OadrCreatedEvent,
    OadrDistributeEvent,
)
from schemas.openadr.payload import OadrPoll
from schemas.openadr.registration import OadrCancelPartyRegistration, OadrQueryRegistration
from schemas.wire import WireError, parse
from server.clock import SystemClock
from server.config import SignaturePolicy
from server.core.response import ResponseStatus
from server.openadr.settings import OpenAdrSettings
from server.openadr.signature import BadSignature, verify

DS = "http://www.w3.org/2000/09/xmldsig#"
DSP = "http://openadr.org/oadr-2.0b/2012/07/xmldsig-properties"
OADR = "http://openadr.org/oadr-2.0b/2012/07"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_COMMENTS = f"{C14N}#WithComments"
C14N_1_1 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
EI = "http://docs.oasis-open.org/ns/energyinterop/201110"
FILTER = "<ds:XPath>not(ancestor::x)</ds:XPath></ds:Transform>"
SHA256, SHA512 = (f"http://www.w3.org/2001/04/xmlenc#{name}" for name in ("sha256", "sha512"))
SHA1 = f"{DS}sha1"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"
HASHES = {
    SHA1: hashlib.sha1,
    SHA256: hashlib.sha256,
    SHA512: hashlib.sha512,
}
BODY, PROPERTIES = "#oadrSignedObject", "#prop"
WINDOW = OpenAdrSettings(vtn_id="VTN-1").signature_window
REFUSALS = {403, 406}

_nonces = count()


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"


@dataclass
class Style:
    """How a document is signed; what stands here first is as OADR 2.0b 10.6 has it."""

    canonical: str = C14N
    method: str = ""
    digest: str = SHA256
    transforms: tuple[str, ...] | None = None
    references: tuple[str, ...] = (BODY, PROPERTIES)
    stamp: str | None = ""
    nonce: str | None = ""
    protections: int = 1
    key_info: str = "certificate"
    shown: Credential | None = None
    hidden: str = "prop"
    id_name: str = f"{{{OADR}}}Id"


def sign(root: etree._Element, credential: Credential, now: Any, style: Style) -> bytes:
    """Sign a payload with XML-DSig made by hand, so that it can be made in any wrong way."""
    root[0].set(style.id_name, BODY[1:])
    signature = etree.Element(ds("Signature"))
    root.insert(0, signature)
    info = etree.SubElement(signature, ds("SignedInfo"))
    value = etree.SubElement(signature, ds("SignatureValue"))
    _show_key(signature, style, credential)
    _add_properties(signature, style, now)
    method = style.method or MORE + _own_method(credential)
    etree.SubElement(info, ds("CanonicalizationMethod"), Algorithm=style.canonical)
    etree.SubElement(info, ds("SignatureMethod"), Algorithm=method)
    for uri in style.references:
        _refer(root, info, uri, style)
    canonical = _canonical(info, style.canonical)
    value.text = b64encode(_signed(canonical, method, credential)).decode()
    return etree.tostring(root)


def _own_method(credential: Credential) -> str:
    return "rsa-sha256" if isinstance(credential.key, rsa.RSAPrivateKey) else "ecdsa-sha256"


def _show_key(signature: etree._Element, style: Style, credential: Credential) -> None:
    info = etree.SubElement(signature, ds("KeyInfo"))
    shown = style.shown or credential
    if style.key_info == "certificate":
        data = etree.SubElement(info, ds("X509Data"))
        etree.SubElement(data, ds("X509Certificate")).text = b64encode(shown.der).decode()
    elif style.key_info == "value":
        numbers = shown.key.public_key().public_numbers()
        value = etree.SubElement(etree.SubElement(info, ds("KeyValue")), ds("RSAKeyValue"))
        for name, number in (("Modulus", numbers.n), ("Exponent", numbers.e)):
            raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
            etree.SubElement(value, ds(name)).text = b64encode(raw).decode()
    else:
        etree.SubElement(info, ds("KeyName")).text = "ven"


def _add_properties(signature: etree._Element, style: Style, now: Any) -> None:
    held = etree.SubElement(signature, ds("Object"), Id=style.hidden)
    properties = etree.SubElement(held, ds("SignatureProperties"))
    for number in range(style.protections):
        named = {"Id": f"p{number}", "Target": "#x"}
        one = etree.SubElement(properties, ds("SignatureProperty"), **named)
        protection = etree.SubElement(one, f"{{{DSP}}}ReplayProtect", nsmap={"dsp": DSP})
        if style.stamp is not None:
            stamp = etree.SubElement(protection, f"{{{DSP}}}timestamp")
            stamp.text = style.stamp or now.isoformat().replace("+00:00", "Z")
        if style.nonce is not None:
            nonce = etree.SubElement(protection, f"{{{DSP}}}nonce")
            nonce.text = style.nonce or f"word-{next(_nonces)}"


def _refer(root: etree._Element, info: etree._Element, uri: str, style: Style) -> None:
    reference = etree.SubElement(info, ds("Reference"), URI=uri)
    names = (style.canonical,) if style.transforms is None else style.transforms
    if names:
        transforms = etree.SubElement(reference, ds("Transforms"))
        for name in names:
            etree.SubElement(transforms, ds("Transform"), Algorithm=name)
    meant = [e for e in root.iter() if f"#{e.get('Id') or e.get(style.id_name)}" == uri]
    data = _canonical(meant[0], names[-1] if names else C14N) if meant else b""
    etree.SubElement(reference, ds("DigestMethod"), Algorithm=style.digest)
    digest = HASHES[style.digest](data).digest()
    etree.SubElement(reference, ds("DigestValue")).text = b64encode(digest).decode()


def _canonical(element: etree._Element, algorithm: str) -> bytes:
    # Apart from its document: within it lxml writes xmlns="" where a default namespace is in scope.
    apart = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(
        apart,
        method="c14n",
        exclusive=algorithm == EXCLUSIVE,
        with_comments=algorithm == C14N_COMMENTS,
    )


def _signed(data: bytes, method: str, credential: Credential) -> bytes:
    key, kind = credential.key, method.partition("#")[2]
    if kind.startswith("hmac"):
        secret = credential.certificate.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        made = hmac.HMAC(secret, hashes.SHA256())
        made.update(data)
        return made.finalize()
    algorithm = {"1": hashes.SHA1, "256": hashes.SHA256, "512": hashes.SHA512}[
        kind.partition("-sha")[2]
    ]()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), algorithm)
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(algorithm)))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def created(ven: Any, event: Any, opt: str = "optIn") -> OadrCreatedEvent:
    said = EventResponse(
        responseCode="200",
        requestID="d",
        qualifiedEventID=QualifiedEventID(eventID=event.id, modificationNumber=0),
        optType=opt,
    )
    return OadrCreatedEvent(
        eiCreatedEvent=EiCreatedEvent(
            eiResponse=EiResponse(responseCode="200", requestID=""),
            eventResponses=EventResponses(eventResponse=(said,)),
            venID=ven.ven_id,
        )
    )


def tree(message: Any) -> etree._Element:
    return etree.fromstring(encode_payload(wrap(message)))


@dataclass
class Scene:
    """A VEN that has registered with signatures, an event for it, and everybody's credentials."""

    world: Any
    ven: Any
    event: Any
    own: Credential
    other: Credential
    stranger: Credential
    style: Style = field(default_factory=Style)

    def opt(self, who: Credential | None = None, **style: Any) -> bytes:
        """Return the message that opts in, which must never count unless it is signed well."""
        return self.signed(created(self.ven, self.event), who, **style)

    def poll(self) -> etree._Element:
        """Return a well-signed message that does no harm: what a wrapper has to work with."""
        return etree.fromstring(self.signed(OadrPoll(venID=self.ven.ven_id)))

    def evil(self) -> etree._Element:
        """Return the signed object that a wrapper wants to be taken for the signed one."""
        return tree(created(self.ven, self.event))[0]

    def signed(self, message: Any, who: Credential | None = None, **style: Any) -> bytes:
        how = replace(self.style, **style)
        return sign(tree(message), who or self.own, self.world.clock.now(), how)

    async def everything(self) -> tuple[Any, ...]:
        """Return the book's head, all that is stored, and what is to be said next to the VEN."""
        world = self.world
        await world.store.responses(event_id=self.event.id)
        with closing(sqlite3.connect(world._path)) as database:
            stored = tuple(database.iterdump())
        talk = world.face._events.talk(world.desk.book.clients[self.ven.client.id])
        return world.desk.book.head, stored, deepcopy(_facts(talk))

    async def opted(self) -> bool:
        said = await self.world.store.responses(event_id=self.event.id)
        return any(one.status is ResponseStatus.OPTED_IN for _, one in said)


def _facts(talk: Any) -> dict[str, Any]:
    """Return what a conversation holds, down to plain values."""
    facts = {name: one for name, one in vars(talk).items() if name not in {"idle", "client"}}
    return {name: getattr(one, "__dict__", one) for name, one in facts.items()}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Credential:
    """Somebody whom an authority of the same names has certified."""
    now = SystemClock().now()
    pki = Pki.create(tmp_path_factory.mktemp("strange") / "pki", now=now)
    return pki.issue_ven("signer", Family.RSA, now=now).load()


@pytest.fixture
async def scene(world: Any, stranger: Credential) -> Scene:
    return await stage(world, Family.RSA, stranger)


async def stage(world: Any, family: Family, stranger: Credential) -> Scene:
    """Let a VEN register with signatures, and state an event for it."""
    ven = await world.ven("signer", family)
    own = world.papers.ven("signer", family).load()
    other = world.papers.ven("other", family).load()
    scene = Scene(world, ven, None, own, other, stranger)
    message = ven.registration(oadrXmlSignature=True)
    status, body, _ = await ven.post("EiRegisterParty", scene.signed(message))
    assert status == 200, body
    scene.event = await world.event()
    return scene


Forge = Callable[[Scene], bytes]
FORGERIES: dict[str, Forge] = {}


def forgery(make: Forge) -> Forge:
    FORGERIES[make.__name__] = make
    return make


def styled(name: str, **style: Any) -> None:
    FORGERIES[name] = lambda scene: scene.opt(**style)


def edited(name: str, old: str, new: str) -> None:
    def make(scene: Scene) -> bytes:
        text = scene.opt().decode()
        assert old in text
        return text.replace(old, new).encode()

    FORGERIES[name] = make


styled("signed_with_sha1", method=f"{DS}rsa-sha1")
styled("digested_with_sha1", digest=SHA1)
styled("signed_with_sha512", method=f"{MORE}rsa-sha512")
styled("digested_with_sha512", digest=SHA512)
styled("hmac_with_the_public_key", method=f"{MORE}hmac-sha256")
styled("canonicalised_exclusively", canonical=EXCLUSIVE)
styled("canonicalised_as_1_1", canonical=C14N_1_1)
styled("transformed_exclusively", transforms=(EXCLUSIVE,))
styled("transformed_as_enveloped", transforms=(ENVELOPED,))
styled("transformed_as_enveloped_too", transforms=(ENVELOPED, C14N))
styled("transformed_by_xpath", transforms=(XPATH,))
styled("transformed_by_xslt", transforms=(XSLT,))
styled("transformed_from_base64", transforms=(f"{DS}base64",))
styled("transformed_twice", transforms=(C14N, C14N))
styled("signed_with_nothing", method=f"{MORE}none-sha256")
styled("no_reference", references=())
styled("only_the_body_signed", references=(BODY,))
styled("only_the_properties_signed", references=(PROPERTIES,))
styled("body_signed_twice", references=(BODY, BODY))
styled("three_references", references=(BODY, PROPERTIES, "#p0"))
styled("whole_document_referred_to", references=("", PROPERTIES))
styled("elsewhere_referred_to", references=("http://127.0.0.1/x", PROPERTIES))
styled("xpointer_referred_to", references=("#xpointer(/)", PROPERTIES))
styled("two_hashes_in_the_reference", references=("##oadrSignedObject", PROPERTIES))
styled("properties_under_the_body_id", hidden="oadrSignedObject")
styled("no_replay_protection", protections=0)
styled("two_replay_protections", protections=2)
styled("no_timestamp", stamp=None)
styled("no_nonce", nonce=None)
styled("timestamp_that_is_none", stamp="now")
styled("timestamp_of_another_year", stamp="2019-01-01T00:00:00Z")
styled("timestamp_beyond_any_clock", stamp="9999-12-31T23:59:59Z")
edited("message_changed_after", "optIn", "optOut")
edited("nonce_changed_after", "word-", "wort-")
edited("prefix_changed_after", "oadr:", "o:")
edited("namespace_added_after", "<oadr:oadrPayload ", '<oadr:oadrPayload xmlns:n="urn:n" ')
edited("method_changed_after", "rsa-sha256", "ecdsa-sha256")
edited("digest_method_changed_after", "xmlenc#sha256", "xmlenc#sha512")
edited("signature_method_none_after", f"{MORE}rsa-sha256", f"{DS}none")
edited("signature_method_emptied_after", f"{MORE}rsa-sha256", "")
edited("signature_method_pss_after", f"{MORE}rsa-sha256", f"{MORE_2007}sha256-rsa-MGF1")
edited("signature_method_md5_after", f"{MORE}rsa-sha256", f"{MORE}rsa-md5")
edited("digest_method_md5_after", SHA256, f"{MORE}md5")
edited("canonicalised_otherwise_after", f'ethod Algorithm="{C14N}"', f'ethod Algorithm="{XSLT}"')
edited("space_in_the_message_after", "<oadr:oadrSignedObject", "<oadr:oadrSignedObject xml:x='1'")
edited("nonce_split_by_an_element_after", "word-", "word<dsp:x/>-")
edited("message_split_by_an_element_after", "optIn", "opt<x/>In")
edited("entity_of_its_own_after", "optIn", "opt&x;In")
edited("unsigned_attribute_on_the_root", "<oadr:oadrPayload ", '<oadr:oadrPayload ID="prop" ')
edited("transform_with_a_filter_after", f'm Algorithm="{C14N}"/>', f'm Algorithm="{C14N}">{FILTER}')
edited("reference_to_a_pointer_after", f'URI="{BODY}"', "URI=\"#xpointer(id('oadrSignedObject'))\"")
edited("reference_without_uri_after", f' URI="{BODY}"', "")
edited("reference_of_another_kind_after", f'URI="{BODY}"', f'URI="{BODY}" Kind="x"')
edited("signature_of_another_namespace", f'xmlns:ds="{DS}"', f'xmlns:ds="{DS}x"')
edited("wrapper_of_another_namespace", f'"{OADR}"', f'"{OADR}x"')
edited("body_reference_changed_after", 'URI="#oadrSignedObject"', 'URI=""')
edited("body_id_changed_after", 'oadr:Id="oadr', 'oadr:Id="x')


@forgery
def namespace_prefix_renamed_throughout(scene: Scene) -> bytes:
    text = scene.opt().decode()
    return text.replace("oadr:", "o:").replace("xmlns:oadr=", "xmlns:o=").encode()


@forgery
def entity_in_the_signed_info(scene: Scene) -> bytes:
    text = scene.opt().decode()
    text = text.replace("#oadrSignedObject", "#&e;", 1)
    return b'<!DOCTYPE x [<!ENTITY e "oadrSignedObject">]>' + text.encode()


@forgery
def spelled_in_utf_16(scene: Scene) -> bytes:
    return scene.opt().decode().replace("optIn", "optOut").encode("utf-16")


@forgery
def bytes_cut_off(scene: Scene) -> bytes:
    return scene.opt()[:-1]


@forgery
def two_documents_in_one(scene: Scene) -> bytes:
    return scene.opt() + scene.opt()


@forgery
def entity_in_the_message(scene: Scene) -> bytes:
    text = scene.opt().decode().replace("optIn", "&e;", 1)
    return b'<!DOCTYPE x [<!ENTITY e "optIn">]>' + text.encode()


@forgery
def entity_from_elsewhere(scene: Scene) -> bytes:
    text = scene.opt().decode().replace("optIn", "&e;", 1)
    return b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>' + text.encode()


@forgery
def attribute_default_from_a_document_type(scene: Scene) -> bytes:
    return b'<!DOCTYPE x [<!ATTLIST x y CDATA "z">]>' + scene.opt()


@forgery
def signed_by_a_stranger_who_shows_both_certificates(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt(scene.stranger))
    data = root.find(f".//{ds('X509Data')}")
    etree.SubElement(data, ds("X509Certificate")).text = b64encode(scene.own.der).decode()
    return etree.tostring(root)


@forgery
def signed_by_a_stranger_who_points_at_a_certificate(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt(scene.stranger, key_info="name"))
    info = root.find(f".//{ds('KeyInfo')}")
    etree.SubElement(info, ds("RetrievalMethod"), URI="http://127.0.0.1:9/certificate")
    return etree.tostring(root)


@forgery
def signed_by_a_stranger_without_key_info(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt(scene.stranger, key_info="name"))
    root[0].remove(root[0].find(ds("KeyInfo")))
    return etree.tostring(root)


@forgery
def timestamp_too_old(scene: Scene) -> bytes:
    return scene.opt(stamp=(scene.world.clock.now() - 2 * WINDOW).isoformat())


@forgery
def timestamp_too_early(scene: Scene) -> bytes:
    return scene.opt(stamp=(scene.world.clock.now() + 2 * WINDOW).isoformat())


@forgery
def signature_of_a_longer_document(scene: Scene) -> bytes:
    """Keep the signature and cut the last of what it signs."""
    root = etree.fromstring(scene.opt())
    said = root[1].find(f".//{{{EI}}}eventResponse")
    said.getparent().append(etree.fromstring(etree.tostring(said)))
    return etree.tostring(root)


@forgery
def properties_of_another_message(scene: Scene) -> bytes:
    """Put a fresh moment and word in place of those that were signed."""
    root, other = etree.fromstring(scene.opt()), scene.poll()
    root[0].replace(root[0].find(ds("Object")), other[0].find(ds("Object")))
    return etree.tostring(root)


@forgery
def whole_signature_of_another_message(scene: Scene) -> bytes:
    root, other = etree.fromstring(scene.opt()), scene.poll()
    root.replace(root[0], other[0])
    return etree.tostring(root)


@forgery
def another_message_under_the_whole_signature(scene: Scene) -> bytes:
    root, other = etree.fromstring(scene.opt()), scene.poll()
    other.replace(other[1], root[1])
    return etree.tostring(other)


@forgery
def signed_by_another_ven(scene: Scene) -> bytes:
    return scene.opt(scene.other)


@forgery
def signed_by_another_ven_that_shows_the_right_certificate(scene: Scene) -> bytes:
    return scene.opt(scene.other, shown=scene.own)


@forgery
def signed_by_a_stranger_who_shows_a_certificate(scene: Scene) -> bytes:
    return scene.opt(scene.stranger)


@forgery
def signed_by_a_stranger_who_shows_a_key(scene: Scene) -> bytes:
    return scene.opt(scene.stranger, key_info="value")


@forgery
def signed_by_a_stranger_who_shows_nothing(scene: Scene) -> bytes:
    return scene.opt(scene.stranger, key_info="name")


@forgery
def signed_well_but_shows_a_strangers_certificate(scene: Scene) -> bytes:
    return scene.opt(shown=scene.stranger)


@forgery
def signed_well_but_shows_a_strangers_key(scene: Scene) -> bytes:
    return scene.opt(shown=scene.stranger, key_info="value")


@forgery
def signature_value_emptied(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt())
    root.find(f".//{ds('SignatureValue')}").text = ""
    return etree.tostring(root)


@forgery
def signature_value_of_another_message(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt())
    root.find(f".//{ds('SignatureValue')}").text = scene.poll().findtext(
        f".//{ds('SignatureValue')}"
    )
    return etree.tostring(root)


@forgery
def signature_stripped(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt())
    root.remove(root[0])
    return etree.tostring(root)


@forgery
def signature_emptied(scene: Scene) -> bytes:
    root = etree.fromstring(scene.opt())
    del root[0][:]
    return etree.tostring(root)


@forgery
def never_signed(scene: Scene) -> bytes:
    return etree.tostring(tree(created(scene.ven, scene.event)))


def wrapped(make: Callable[[etree._Element, etree._Element], Any]) -> None:
    """Wrap a genuine poll: `make` takes its tree and the evil object, and may return a new root."""

    def forge(scene: Scene) -> bytes:
        root, evil = scene.poll(), scene.evil()
        made = make(root, evil)
        return etree.tostring(root if made is None else made)

    FORGERIES[make.__name__] = forge


def swap(root: etree._Element, evil: etree._Element) -> etree._Element:
    """Put the evil object in place of the genuine one and return that."""
    genuine = root[1]
    root.replace(genuine, evil)
    return genuine


@wrapped
def evil_before_genuine(root, evil):
    root.insert(1, evil)


@wrapped
def evil_behind_genuine(root, evil):
    root.append(evil)


@wrapped
def evil_before_the_signature(root, evil):
    root.insert(0, evil)


@wrapped
def evil_alone_with_the_id(root, evil):
    swap(root, evil)
    evil.set(f"{{{OADR}}}Id", BODY[1:])


@wrapped
def genuine_in_a_second_object(root, evil):
    etree.SubElement(root[0], ds("Object")).append(swap(root, evil))


@wrapped
def genuine_in_the_signed_object_of_properties(root, evil):
    root[0].find(ds("Object")).append(swap(root, evil))


@wrapped
def genuine_in_the_key_info(root, evil):
    root[0].find(ds("KeyInfo")).append(swap(root, evil))


@wrapped
def genuine_in_a_second_object_and_both_with_the_id(root, evil):
    etree.SubElement(root[0], ds("Object")).append(swap(root, evil))
    evil.set(f"{{{OADR}}}Id", BODY[1:])


@wrapped
def genuine_in_the_key_info_and_evil_with_another_kind_of_id(root, evil):
    root[0].find(ds("KeyInfo")).append(swap(root, evil))
    evil.set("ID", BODY[1:])


@wrapped
def genuine_in_evil(root, evil):
    evil.append(swap(root, evil))


@wrapped
def genuine_in_the_evil_message(root, evil):
    evil[0].append(swap(root, evil))


@wrapped
def genuine_payload_in_a_new_one(root, evil):
    made = etree.Element(f"{{{OADR}}}oadrPayload", nsmap=root.nsmap)
    made.extend([root, evil])
    return made


@wrapped
def signature_in_evil(root, evil):
    evil.append(root[0])
    root.append(evil)


@wrapped
def genuine_and_signature_in_evil(root, evil):
    signature, genuine = root
    evil.extend([signature, genuine])
    root.append(evil)


@wrapped
def two_signatures(root, evil):
    root.insert(0, etree.fromstring(etree.tostring(root[0])))
    swap(root, evil)


@wrapped
def signature_behind(root, evil):
    root.append(root[0])


@wrapped
def evil_message_beside_the_genuine(root, evil):
    root[1].append(evil[0])


@wrapped
def genuine_in_the_signature_value(root, evil):
    root[0].find(ds("SignatureValue")).append(swap(root, evil))


@wrapped
def genuine_in_the_signed_info(root, evil):
    root[0].find(ds("SignedInfo")).append(swap(root, evil))


@wrapped
def genuine_beside_the_properties(root, evil):
    root[0].find(f"{ds('Object')}/{ds('SignatureProperties')}").append(swap(root, evil))


@wrapped
def genuine_behind_the_root_s_evil(root, evil):
    genuine = swap(root, evil)
    evil.tail = ""
    etree.SubElement(root, "{urn:x}extension").append(genuine)


@wrapped
def evil_in_genuine(root, evil):
    root[1].insert(0, evil)


@wrapped
def evil_renamed_over_the_genuine_message(root, evil):
    root[1].replace(root[1][0], evil[0])


@wrapped
def genuine_without_its_id_and_evil_with_it(root, evil):
    genuine = swap(root, evil)
    del genuine.attrib[f"{{{OADR}}}Id"]
    evil.set(f"{{{OADR}}}Id", BODY[1:])
    root.append(genuine)


@wrapped
def evil_with_the_id_in_xml(root, evil):
    root[0].find(ds("KeyInfo")).append(swap(root, evil))
    evil.set("{http://www.w3.org/XML/1998/namespace}id", BODY[1:])


@wrapped
def properties_moved_out_of_the_signature(root, evil):
    root.append(root[0].find(ds("Object")))


@wrapped
def properties_wrapped_in_another_object(root, evil):
    held = root[0].find(ds("Object"))
    root[0].replace(held, made := etree.Element(ds("Object"), Id="outer"))
    made.append(held)


@wrapped
def everything_in_the_object_of_a_new_signature(root, evil):
    made = etree.Element(f"{{{OADR}}}oadrPayload", nsmap=root.nsmap)
    signature = etree.SubElement(made, ds("Signature"))
    etree.SubElement(signature, ds("Object")).append(root)
    made.append(evil)
    return made


@wrapped
def a_second_signature_behind(root, evil):
    root.append(etree.fromstring(etree.tostring(root[0])))


@wrapped
def fresh_unsigned_protection_before_the_signed(root, evil):
    other = etree.fromstring(etree.tostring(root[0].find(ds("Object"))))
    other.set("Id", "unsigned")
    root[0].insert(0, other)


def test_the_corpus_is_not_small():
    assert len(FORGERIES) == 116


@pytest.mark.parametrize("batch", range(4))
async def test_a_forgery_is_refused_and_has_no_effect(scene, batch, caplog):
    for name, make in list(FORGERIES.items())[batch::4]:
        said = make(scene)
        before = await scene.everything()
        caplog.clear()
        status, body, _ = await scene.ven.post("EiEvent", said)
        assert status in REFUSALS, (name, body)
        assert b"xmlns" not in body, name
        if status == 403:
            (record,) = [r for r in caplog.records if r.name == "server.openadr.security"]
            assert record.levelno == logging.WARNING
        assert await scene.everything() == before, name
    assert not await scene.opted()
    status, _, _ = await scene.ven.post("EiEvent", scene.opt())
    assert status == 200
    assert await scene.opted()


@pytest.mark.parametrize("added", ["<!-- Out -->", "<?Out x?>"])
async def test_what_is_added_beside_a_signed_value_is_no_part_of_it(scene, added):
    said = scene.opt().decode()
    for old in ("optIn", "word-"):
        said = said.replace(old, f"{old[:3]}{added}{old[3:]}")
    status, body, _ = await scene.ven.post("EiEvent", said)
    assert status == 200, body
    assert await scene.opted()


def renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    """Return what spells a namespace's prefix in another way, before it is signed."""

    def rename(document: bytes) -> bytes:
        text = document.decode().replace(f"xmlns:{old}=", f"xmlns:{new}=" if new else "xmlns=")
        return text.replace(f"{old}:", f"{new}:" if new else "").encode()

    return rename


SPELLINGS: dict[str, tuple[Callable[[bytes], bytes], Style]] = {
    "customary": (lambda document: document, Style()),
    "numbered prefixes": (renamed("oadr", "ns2"), Style()),
    "default namespace and unprefixed Id": (renamed("oadr", ""), Style(id_name="Id")),
    "unprefixed Id": (lambda document: document, Style(id_name="Id")),
    "comments canonicalised": (lambda document: document, Style(canonical=C14N_COMMENTS)),
    "no transforms": (lambda document: document, Style(transforms=())),
    "references the other way round": (
        lambda document: document,
        Style(references=(PROPERTIES, BODY)),
    ),
    "key named": (lambda document: document, Style(key_info="name")),
    "key shown": (lambda document: document, Style(key_info="value")),
    "comment within": (lambda d: d.replace(b"optIn", b"opt<!-- x -->In"), Style()),
    "indented": (lambda document: document.replace(b"><", b">\n  <"), Style()),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_every_spelling_of_a_good_signature_is_taken(scene, spelling):
    spell, style = SPELLINGS[spelling]
    document = encode_payload(wrap(created(scene.ven, scene.event)))
    root = etree.fromstring(spell(document))
    said = sign(root, scene.own, scene.world.clock.now(), style)
    status, body, _ = await scene.ven.post("EiEvent", said)
    assert status == 200, body
    assert await scene.opted()


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_answers_are_signed_with_the_vens_own_family(world, stranger, family, coding):
    scene = await stage(world, family, stranger)
    answers = []
    for message in (
        OadrPoll(venID=scene.ven.ven_id),
        OadrQueryRegistration(requestID="q"),
        OadrPoll(venID="nobody"),
    ):
        service = "OadrPoll" if isinstance(message, OadrPoll) else "EiRegisterParty"
        said = scene.signed(message)
        status, body, _ = await scene.ven.post(service, said, Accept_Encoding=coding)
        assert status == 200
        if scene.ven.oracle is not None:
            scene.ven.oracle.assertValid(etree.fromstring(body))
        answers.append(body)
    files = world.papers.server
    own = (files.rsa if family is Family.RSA else files.ecc).load()
    verified = [verify(etree.fromstring(body), own.certificate) for body in answers]
    assert len({one.protection.nonce.text for one in verified}) == len(answers)
    assert {one.protection.timestamp for one in verified} == {world.clock.now()}
    assert decode_payload(answers[2]).oadrSignedObject.message.eiResponse.responseCode == "452"
    with pytest.raises(BadSignature):
        verify(etree.fromstring(answers[0].replace(b"200", b"201", 1)), own.certificate)


async def test_a_distribution_is_signed_and_kept_apart_for_each_poll(scene):
    body = b""
    while b"oadrDistributeEvent" not in body:
        said = scene.signed(OadrPoll(venID=scene.ven.ven_id))
        status, body, _ = await scene.ven.post("OadrPoll", said)
        assert status == 200
    own = scene.world.papers.server.rsa.load()
    (signed,) = verify(etree.fromstring(body), own.certificate).payload
    assert signed[0].tag == f"{{{OADR}}}oadrDistributeEvent"
    assert isinstance(decode_payload(body).oadrSignedObject.message, OadrDistributeEvent)


async def refuses(scene: Scene, said: bytes, service: str = "EiEvent") -> bool:
    status, body, _ = await scene.ven.post(service, said)
    assert status in {200, 403}, body
    return status == 403


async def test_the_same_bytes_count_once_even_after_a_restart(scene):
    said = scene.opt()
    assert not await refuses(scene, said)
    assert await refuses(scene, said)
    await scene.world.restart()
    client = scene.ven.client
    scene.ven = scene.world.connect(client, scene.world.client_tls("signer", Family.RSA))
    assert await refuses(scene, said)
    assert not await refuses(scene, scene.opt())


async def test_a_word_counts_once_whatever_the_moment_and_again_when_it_is_forgotten(scene):
    assert not await refuses(scene, scene.opt(nonce="one"))
    scene.world.clock.move(timedelta(seconds=5))
    assert await refuses(scene, scene.opt(nonce="one"))
    scene.world.clock.move(2 * WINDOW)
    assert not await refuses(scene, scene.opt(nonce="one"))


async def test_a_word_that_came_with_a_bad_signature_is_not_spent(scene):
    assert await refuses(scene, scene.opt(scene.other, nonce="mine"))
    assert not await refuses(scene, scene.opt(nonce="mine"))


@pytest.mark.parametrize("way", [-1, 1])
async def test_the_window_is_open_for_so_long_both_ways(scene, way):
    def stamp(shift: timedelta) -> str:
        return (scene.world.clock.now() + way * shift).isoformat()

    assert not await refuses(scene, scene.opt(stamp=stamp(WINDOW)))
    assert await refuses(scene, scene.opt(stamp=stamp(WINDOW + timedelta(microseconds=1))))


async def test_a_replay_from_the_future_is_known_for_as_long_as_it_would_be_taken(scene):
    said = scene.opt(stamp=(scene.world.clock.now() + WINDOW).isoformat())
    assert not await refuses(scene, said)
    scene.world.clock.move(2 * WINDOW)
    assert not await refuses(scene, scene.opt())
    assert await refuses(scene, said)


@pytest.mark.parametrize("kind", ["registration", "cancel", "query", "poll"])
async def test_who_registered_with_signatures_says_nothing_without(scene, kind):
    ven, world = scene.ven, scene.world
    registration = world.desk.book.clients[ven.client.id].registration
    service, message = {
        "registration": ("EiRegisterParty", ven.registration()),
        "cancel": (
            "EiRegisterParty",
            OadrCancelPartyRegistration(
                requestID="c", registrationID=registration.registration_id, venID=ven.ven_id
            ),
        ),
        "query": ("EiRegisterParty", OadrQueryRegistration(requestID="q")),
        "poll": ("OadrPoll", OadrPoll(venID=ven.ven_id)),
    }[kind]
    assert await refuses(scene, encode_payload(wrap(message)), service)
    assert world.desk.book.clients[ven.client.id].registration == registration
    assert not await refuses(scene, scene.signed(message), service)


async def test_who_registered_with_signatures_may_end_that_by_a_signed_word(scene):
    said = scene.signed(scene.ven.registration())
    assert not await refuses(scene, said, "EiRegisterParty")
    assert not await refuses(scene, encode_payload(wrap(created(scene.ven, scene.event))))


async def test_a_registration_with_signatures_is_answered_signed_from_the_first(world):
    ven = await world.ven("fresh", Family.ECC)
    message = encode_payload(wrap(ven.registration(oadrXmlSignature=True)))
    status, body, _ = await ven.post("EiRegisterParty", message)
    assert status == 200
    verify(etree.fromstring(body), world.papers.server.ecc.load().certificate)


async def test_who_registered_without_is_answered_as_it_asks(world, ven):
    files = world.papers.ven("ven-1", Family.ECC).load()
    message = OadrPoll(venID=ven.ven_id)
    for is_signed in (True, False, True):
        said = tree(message)
        body = etree.tostring(said)
        if is_signed:
            body = sign(said, files, world.clock.now(), Style())
        status, answer, _ = await ven.post("OadrPoll", body)
        assert status == 200
        assert (b"SignatureValue" in answer) == is_signed


async def test_where_signatures_are_required_nothing_goes_without(world):
    await world.restart(replace(world.settings, signatures=SignaturePolicy.REQUIRE))
    ven = await world.ven("signer", Family.ECC)
    message = ven.registration()
    status, _, _ = await ven.post("EiRegisterParty", encode_payload(wrap(message)))
    assert status == 403
    assert world.desk.book.clients[ven.client.id].registration is None
    own = world.papers.ven("signer", Family.ECC).load()
    said = sign(tree(message), own, world.clock.now(), Style())
    status, body, _ = await ven.post("EiRegisterParty", said)
    assert status == 200
    assert b"SignatureValue" in body


async def test_where_signatures_are_off_they_say_nothing_and_none_is_promised(world):
    await world.restart(replace(world.settings, signatures=SignaturePolicy.OFF))
    ven = await world.ven("signer", Family.ECC)
    answer = await ven.register(oadrXmlSignature=True)
    assert answer.eiResponse.responseCode == "469"
    await ven.register()
    other = world.papers.ven("other", Family.ECC).load()
    said = sign(tree(OadrPoll(venID=ven.ven_id)), other, world.clock.now(), Style())
    status, body, _ = await ven.post("OadrPoll", said)
    assert status == 200
    assert b"SignatureValue" not in body


async def test_a_long_signed_message_is_taken_too(scene):
    message = created(scene.ven, scene.event)
    answers = message.eiCreatedEvent.eventResponses.eventResponse
    many = EventResponses(eventResponse=answers * 300)
    long = replace(message, eiCreatedEvent=replace(message.eiCreatedEvent, eventResponses=many))
    said = scene.signed(long)
    assert len(said) > 64 * 1024
    assert await refuses(scene, said.replace(b"optIn", b"optOut", 1))
    assert not await refuses(scene, said)
    assert await scene.opted()


@pytest.mark.parametrize("family", Family)
def test_whatever_one_byte_becomes_nothing_else_is_read_from_it(papers, family):
    own = papers.ven("signer", family).load()
    now = SystemClock().now()
    message = OadrPoll(venID="ven-one")
    said = sign(tree(message), own, now, Style(stamp="2026-11-20T12:00:00Z", nonce="word"))
    rng = random.Random(family)
    taken = 0
    for _ in range(300):
        at = rng.randrange(len(said))
        changed = said[:at] + bytes([rng.randrange(32, 127)]) + said[at + 1 :]
        try:
            verified = verify(parse(changed), own.certificate)
        except (BadSignature, WireError):
            continue
        taken += 1
        assert decode_payload_tree(verified.payload).oadrSignedObject.message == message
        assert verified.protection.nonce.text == "word"
        assert verified.protection.timestamp.isoformat() == "2026-11-20T12:00:00+00:00"
    assert taken < 30
