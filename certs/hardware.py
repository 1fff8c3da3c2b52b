"""The hardwareModuleName of RFC 4108: a type OID and a serial number, which name a 2030.5 device.

DER in and out for this one SEQUENCE. The certificate library carries it as opaque bytes, and its
general ASN.1 module is not yet covered by a promise of stability. Bad bytes raise ValueError.
"""

from typing import Final

from cryptography import x509

HARDWARE_MODULE_NAME: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4")

_SEQUENCE, _OID, _OCTETS = 0x30, 0x06, 0x04


def encode_hardware_name(hw_type: str, serial: bytes) -> bytes:
    """Encode a dotted type OID and a serial number."""
    first, second, *arcs = map(int, hw_type.split("."))
    body = b"".join(map(_base128, (40 * first + second, *arcs)))
    return _wrap(_SEQUENCE, _wrap(_OID, body) + _wrap(_OCTETS, serial))


def decode_hardware_name(der: bytes) -> tuple[str, bytes]:
    """Decode into the dotted type OID and the serial number."""
    inner, behind = _unwrap(_SEQUENCE, der)
    oid, rest = _unwrap(_OID, inner)
    serial, trailing = _unwrap(_OCTETS, rest)
    if behind or trailing:
        raise ValueError("bytes left over")
    return _dotted(oid), serial


def _wrap(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(digits))) + digits + body


def _unwrap(tag: int, der: bytes) -> tuple[bytes, bytes]:
    if len(der) < 2 or der[0] != tag:
        raise ValueError("unexpected tag")
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start])
    end = start + size
    if end > len(der):
        raise ValueError("bytes missing")
    return der[start:end], der[end:]


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | arc & 0x7F)
    return bytes(reversed(digits))


def _dotted(body: bytes) -> str:
    arcs, arc = [], 0
    for octet in body:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    if not body or body[-1] & 0x80:
        raise ValueError("an OID ends early")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
