"""The certificate profiles of both standards: which names, which extensions, how critical.

Data about certificates to come: nothing is signed here and no clock is read, which `certs.issue`
does. The 2030.5 profiles follow what the strictest known client asks of its peer: of all extensions
only keyUsage, basicConstraints, certificatePolicies and subjectAltName may be critical.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.errors import CertError
from certs.hardware import HARDWARE_MODULE_NAME, encode_hardware_name

_ARC: Final = "1.3.6.1.4.1.40732"
ANY_POLICY: Final = "2.5.29.32.0"
GENERIC_DEVICE: Final = f"{_ARC}.1.1"
TEST_CERTIFICATE: Final = f"{_ARC}.2.1"
SERVICE_PROVIDER: Final = f"{_ARC}.2.3"
POLICY_NAMES: Final = {
    ANY_POLICY: "any policy",
    GENERIC_DEVICE: "generic device",
    f"{_ARC}.1.2": "mobile device",
    f"{_ARC}.1.3": "post-manufacture device",
    TEST_CERTIFICATE: "test certificate",
    f"{_ARC}.2.2": "self-signed",
    SERVICE_PROVIDER: "service provider",
    f"{_ARC}.2.4": "bulk-issued",
}
# Below the enterprise number that RFC 5612 keeps for examples.
EXAMPLE_HARDWARE: Final = "1.3.6.1.4.1.32473.1"
ORGANIZATION: Final = "Gridherald test PKI"
COUNTRY: Final = "AU"

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH

Extension = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True, slots=True)
class Profile:
    """The subject and the (extension, critical) pairs of a certificate, key identifiers apart."""

    subject: x509.Name
    extensions: tuple[Extension, ...]


def sep2_authority(name: str, path_length: int | None) -> Profile:
    """Describe a SERCA (no path length), MCA (1) or MICA (0)."""
    return Profile(_subject(name), (*_authority(path_length), _policies(ANY_POLICY)))


def sep2_device(serial: bytes, hw_type: str = EXAMPLE_HARDWARE) -> Profile:
    """Describe a device: no subject, known by the hardware module name alone."""
    return Profile(
        x509.Name([]),
        (
            (x509.SubjectAlternativeName([hardware_name(serial, hw_type)]), True),
            _policies(GENERIC_DEVICE, TEST_CERTIFICATE),
            _usage(key_agreement=True),
        ),
    )


def sep2_aggregator(name: str, hosts: Sequence[str]) -> Profile:
    """Describe an aggregator: client, and server of its notification end points at `hosts`."""
    names = [hardware_name(name.encode(), EXAMPLE_HARDWARE), *map(host_name, hosts)]
    return Profile(
        _subject(name, country=COUNTRY),
        (
            (x509.SubjectAlternativeName(names), False),
            _policies(GENERIC_DEVICE, SERVICE_PROVIDER),
            _usage(key_agreement=True),
            _purposes(_CLIENT, _SERVER),
        ),
    )


def sep2_server(name: str, hosts: Sequence[str]) -> Profile:
    """Describe the server as its clients see it."""
    return _sep2_utility(name, hosts, _SERVER)


def sep2_notifier(name: str, hosts: Sequence[str]) -> Profile:
    """Describe the server in the client's part, when it delivers notifications."""
    return _sep2_utility(name, hosts, _CLIENT)


def _sep2_utility(name: str, hosts: Sequence[str], purpose: x509.ObjectIdentifier) -> Profile:
    return Profile(
        _subject(name),
        (
            (x509.SubjectAlternativeName(list(map(host_name, hosts))), True),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            _policies(GENERIC_DEVICE, TEST_CERTIFICATE),
            _usage(key_agreement=True),
            _purposes(purpose),
        ),
    )


def openadr_authority(name: str, path_length: int | None) -> Profile:
    """Describe a root (no path length) or an intermediate (0) of an OpenADR family."""
    return Profile(_subject(name), _authority(path_length))


def vtn_server(name: str, hosts: Sequence[str]) -> Profile:
    """Describe a VTN as VENs see it; key encipherment serves the suite without ECDHE."""
    return _openadr_party(name, hosts, _SERVER)


def vtn_client(name: str) -> Profile:
    """Describe a VTN in the client's part, when it pushes."""
    return _openadr_party(name, (), _CLIENT)


def ven(name: str, hosts: Sequence[str] = ()) -> Profile:
    """Describe a VEN; one with hosts is also the server that a VTN pushes to."""
    return _openadr_party(name, hosts, *((_CLIENT, _SERVER) if hosts else (_CLIENT,)))


def _openadr_party(name: str, hosts: Sequence[str], *purposes: x509.ObjectIdentifier) -> Profile:
    names = [(x509.SubjectAlternativeName(list(map(host_name, hosts))), False)] if hosts else []
    return Profile(
        _subject(name),
        (
            *names,
            (x509.BasicConstraints(ca=False, path_length=None), True),
            _usage(key_encipherment=_SERVER in purposes),
            _purposes(*purposes),
        ),
    )


def hardware_name(serial: bytes, hw_type: str) -> x509.OtherName:
    """Build the hardwareModuleName that a device is known by."""
    return x509.OtherName(HARDWARE_MODULE_NAME, encode_hardware_name(hw_type, serial))


def host_name(host: str) -> x509.GeneralName:
    """Build the alternative name of a host: an address or a DNS name, else CertError."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host.lower()):
        raise CertError(f"{host!r} is neither a host name nor an address")
    return x509.DNSName(host.lower())


def _subject(name: str, *, country: str = "") -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, country)] if country else []
    parts += [(NameOID.ORGANIZATION_NAME, ORGANIZATION), (NameOID.COMMON_NAME, name)]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _authority(path_length: int | None) -> tuple[Extension, ...]:
    return (
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        _usage(digital_signature=False, key_cert_sign=True, crl_sign=True),
    )


def _policies(*oids: str) -> Extension:
    listed = [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]
    return x509.CertificatePolicies(listed), True


def _purposes(*oids: x509.ObjectIdentifier) -> Extension:
    return x509.ExtendedKeyUsage(oids), False


def _usage(
    *,
    digital_signature: bool = True,
    key_agreement: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> Extension:
    usage = x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=key_agreement,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
    return usage, True
