"""Who a certificate is: LFDI, SFDI, OpenADR fingerprint, registration PIN.

Pure functions over DER bytes and digits; no files, no clock, no TLS. The full SHA-256 is the key to
store and compare; LFDI (160 bits) and the OpenADR fingerprint (80 bits) are names cut out of it.
"""

import hashlib
import random
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography import x509

from certs.errors import CertError
from certs.hardware import HARDWARE_MODULE_NAME, decode_hardware_name

_LFDI = re.compile(r"[0-9A-Fa-f]{40}")
_UNREADABLE = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate: 64 upper-case hex digits."""
    return hashlib.sha256(der).hexdigest().upper()


def lfdi(der: bytes) -> str:
    """Return the long form device identifier: the leftmost 160 bits as 40 upper-case hex digits."""
    return lfdi_of_fingerprint(fingerprint(der))


def lfdi_of_fingerprint(full: str) -> str:
    """Return the LFDI of a certificate known by its SHA-256 in hex."""
    return full[:40].upper()


def sfdi(lfdi: str) -> int:
    """Return the short form device identifier: the leftmost 36 bits and a decimal check digit.

    Raises CertError when the text is not 40 hex digits.
    """
    if not _LFDI.fullmatch(lfdi):
        raise CertError("an LFDI has 40 hex digits")
    stem = int(lfdi[:9], 16)
    return stem * 10 + _complement(_digit_sum(stem))


def openadr_fingerprint(der: bytes) -> str:
    """Return the last 10 bytes of the SHA-256 as colon-separated pairs (OADR 2.0b 10.5.1)."""
    return openadr_of_fingerprint(fingerprint(der))


def openadr_of_fingerprint(full: str) -> str:
    """Return the OpenADR fingerprint of a certificate known by its SHA-256 in hex."""
    return bytes.fromhex(full)[-10:].hex(":").upper()


def pin_is_valid(pin: int) -> bool:
    """Tell whether the last of six digits checks the first five.

    Both conventions in the field count: the sum modulo ten, and its complement to ten.
    """
    stem, check = divmod(pin, 10)
    total = _digit_sum(abs(stem))
    return 0 <= pin <= 999_999 and check in (total % 10, _complement(total))


def make_pin(rng: random.Random) -> int:
    """Draw a registration PIN that both check digit conventions accept; never zero."""
    while True:
        stem = rng.randrange(1, 100_000)
        total = _digit_sum(stem)
        if total % 5 == 0:
            return stem * 10 + total % 10


def grouped_lfdi(lfdi: str) -> str:
    """Write an LFDI for people: ten groups of four."""
    return "-".join(lfdi[at : at + 4] for at in range(0, len(lfdi), 4))


def grouped_sfdi(number: int) -> str:
    """Write an SFDI for people: twelve digits in groups of three."""
    digits = f"{number:012d}"
    return "-".join(digits[at : at + 3] for at in range(0, 12, 3))


def _digit_sum(number: int) -> int:
    return sum(map(int, str(number)))


def _complement(total: int) -> int:
    return -total % 10


@dataclass(frozen=True, slots=True)
class Identity:
    """What a certificate says of its holder, in the terms of both standards."""

    fingerprint: str
    lfdi: str
    not_before: datetime
    not_after: datetime
    subject: str
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    hardware_names: tuple[str, ...]
    policies: tuple[str, ...]

    @classmethod
    def of(cls, der: bytes) -> Self:
        """Read a certificate; raises CertError when it cannot be parsed."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            extensions = certificate.extensions
        except _UNREADABLE as error:
            raise CertError("the certificate cannot be read") from error
        names = _alternative_names(extensions)
        full = fingerprint(der)
        return cls(
            fingerprint=full,
            lfdi=lfdi_of_fingerprint(full),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            subject=certificate.subject.rfc4514_string(),
            dns_names=tuple(names.get_values_for_type(x509.DNSName)),
            ip_addresses=tuple(map(str, names.get_values_for_type(x509.IPAddress))),
            hardware_names=tuple(map(_hardware_name, names.get_values_for_type(x509.OtherName))),
            policies=_policies(extensions),
        )

    @property
    def sfdi(self) -> int:
        """The short form device identifier with its check digit."""
        return sfdi(self.lfdi)

    @property
    def openadr_fingerprint(self) -> str:
        """The OpenADR 2.0b fingerprint, for display: compare the full one."""
        return openadr_of_fingerprint(self.fingerprint)

    def is_valid_at(self, now: datetime) -> bool:
        """Tell whether the certificate is within its lifetime, which a resumed session skips."""
        return self.not_before <= now <= self.not_after


def _alternative_names(extensions: x509.Extensions) -> x509.SubjectAlternativeName:
    try:
        return extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])


def _policies(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        found = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(policy.policy_identifier.dotted_string for policy in found)


def _hardware_name(name: x509.OtherName) -> str:
    if name.type_id != HARDWARE_MODULE_NAME:
        return f"{name.type_id.dotted_string} 0x{name.value.hex()}"
    try:
        hw_type, serial = decode_hardware_name(name.value)
    except ValueError:
        return f"malformed 0x{name.value.hex()}"
    text = serial.decode("latin-1")
    return f"{hw_type} {text if text.isascii() and text.isprintable() else f'0x{serial.hex()}'}"
