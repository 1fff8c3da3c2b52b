"""TLS contexts of the 2030.5 and OpenADR listeners and clients, and the CCM8 self-test.

Each context has its own trust anchors and suites; nothing comes from OpenSSL's default list, which
lacks both mandated suites. It must not know of sockets, loops or who may connect.
"""

import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from certs.errors import CertError
from certs.files import read_key, read_public

CCM8: Final = "ECDHE-ECDSA-AES128-CCM8"
SEP2_SUITES: Final = f"{CCM8}:ECDHE-ECDSA-AES128-GCM-SHA256"
OPENADR_STRICT_SUITES: Final = "ECDHE-ECDSA-AES128-SHA256:AES128-SHA256"
OPENADR_SUITES: Final = f"{OPENADR_STRICT_SUITES}:ECDHE+AESGCM:ECDHE+CHACHA20"

_HANDSHAKE_ROUNDS = 8


def at_level(suites: str, openssl: tuple[int, ...] = ssl.OPENSSL_VERSION_INFO) -> str:
    """Put the security level beside the suites: 2, or 0 where OpenSSL rates CCM8 so (from 3.2)."""
    lowered = CCM8 in suites and openssl[:2] >= (3, 2)
    return f"{suites}:@SECLEVEL={0 if lowered else 2}"


def sep2_server_context(chain: Path, key: Path, ca: Path, *, tls13: bool = False) -> ssl.SSLContext:
    """Make the context of the 2030.5 listener: client certificates under the SERCA in `ca`.

    Raises CertError when a file is missing, malformed, or a key that others may read.
    """
    context = _server_context(SEP2_SUITES, ca, tls13=tls13)
    _load_credential(context, chain, key)
    return context


def openadr_server_context(
    credentials: Iterable[tuple[Path, Path]], ca: Path, *, strict_ciphers: bool = False
) -> ssl.SSLContext:
    """Make the context of a VTN from (chain, key) pairs, one RSA and one ECC (OADR 2.0b rule 67).

    `strict_ciphers` leaves the two default suites and TLS 1.2 alone. Raises CertError as
    `sep2_server_context` does.
    """
    suites = OPENADR_STRICT_SUITES if strict_ciphers else OPENADR_SUITES
    context = _server_context(suites, ca, tls13=not strict_ciphers)
    for chain, key in credentials:
        _load_credential(context, chain, key)
    return context


def sep2_client_context(
    chain: Path, key: Path, ca: Path, *, ciphers: str = SEP2_SUITES
) -> ssl.SSLContext:
    """Make the context of a 2030.5 client or of an outgoing notification; host names count."""
    context = _client_context(ciphers, ca, tls13=False)
    _load_credential(context, chain, key)
    return context


def openadr_client_context(
    chain: Path, key: Path, ca: Path, *, ciphers: str = OPENADR_SUITES, tls13: bool = True
) -> ssl.SSLContext:
    """Make the context of a VEN; host names count."""
    context = _client_context(ciphers, ca, tls13=tls13)
    _load_credential(context, chain, key)
    return context


def openadr_push_context(
    credentials: Iterable[tuple[Path, Path]], ca: Path, *, strict_ciphers: bool = False
) -> ssl.SSLContext:
    """Make the context of a pushing VTN from (chain, key) pairs, one RSA and one ECC (rule 67).

    Host names do not count, because VENs' certificates need not hold any: whoever uses it must
    know a VEN by its certificate. Raises CertError as `sep2_server_context` does.
    """
    suites = OPENADR_STRICT_SUITES if strict_ciphers else OPENADR_SUITES
    context = _client_context(suites, ca, tls13=not strict_ciphers)
    context.check_hostname = False
    for chain, key in credentials:
        _load_credential(context, chain, key)
    return context


def self_test_ccm8(server: ssl.SSLContext, chain: Path, key: Path, ca: Path) -> None:
    """Raise CertError unless a client that offers CCM8 alone can shake hands with the context.

    The client certificate must be one the context trusts. Meant for the start: OpenSSL builds and
    security policies differ, and a server without the mandated suite must not pretend to run.
    """
    client = sep2_client_context(chain, key, ca, ciphers=CCM8)
    client.check_hostname = False
    inbound, outbound = ssl.MemoryBIO(), ssl.MemoryBIO()
    parties = (
        client.wrap_bio(inbound, outbound),
        server.wrap_bio(outbound, inbound, server_side=True),
    )
    try:
        for _ in range(_HANDSHAKE_ROUNDS):
            for party in parties:
                _step(party)
        for party in parties:
            party.do_handshake()
    except ssl.SSLError as error:
        raise CertError(f"this TLS cannot negotiate {CCM8}: {error.reason}") from error


def _step(party: ssl.SSLObject) -> None:
    with suppress(ssl.SSLWantReadError):
        party.do_handshake()


def _server_context(suites: str, ca: Path, *, tls13: bool) -> ssl.SSLContext:
    context = _context(ssl.PROTOCOL_TLS_SERVER, suites, ca, tls13=tls13)
    context.verify_mode = ssl.CERT_REQUIRED
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def _client_context(suites: str, ca: Path, *, tls13: bool) -> ssl.SSLContext:
    return _context(ssl.PROTOCOL_TLS_CLIENT, suites, ca, tls13=tls13)


def _context(protocol: "ssl._SSLMethod", suites: str, ca: Path, *, tls13: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_3 if tls13 else ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(at_level(suites))
    try:
        context.load_verify_locations(cadata=read_public(ca).decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError) as error:
        raise CertError(f"{ca} holds no certificates") from error
    return context


def _load_credential(context: ssl.SSLContext, chain: Path, key: Path) -> None:
    read_public(chain)
    read_key(key)
    try:
        context.load_cert_chain(chain, key, password=_no_password)
    except ssl.SSLError as error:
        reason = f"{chain} and {key} are no certificate and key that fit: {error.reason}"
        raise CertError(reason) from error


def _no_password() -> str:
    """Answer in OpenSSL's stead, which would ask on the terminal and wait."""
    raise CertError("a key is encrypted: a server cannot be asked for its password")
