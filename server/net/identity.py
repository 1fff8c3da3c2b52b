"""Who is at the other end of a connection.

The certificate is parsed once per connection and kept with its transport; whether its holder may
do anything is asked of the book at every request, so that a denial acts at once, on resumed and on
open connections too.
"""

import ssl
from typing import cast
from weakref import WeakKeyDictionary

from aiohttp import web

from certs.chain import ChainGate, peer_identity
from certs.errors import CertError
from certs.identity import Identity
from server.errors import Unauthenticated

_known: WeakKeyDictionary[ssl.SSLObject, Identity] = WeakKeyDictionary()
_gate = ChainGate()


def identity_of(request: web.BaseRequest, *, check_profile: bool = False) -> Identity:
    """Return the identity of the client certificate behind a request.

    With `check_profile` the whole chain must also obey the 2030.5 certificate profile. Raises
    Unauthenticated if there is no certificate, or one that does not obey.
    """
    tls = _tls_of(request)
    identity = _known.get(tls)
    if identity is None:
        identity = _known[tls] = _admit(tls, check_profile=check_profile)
    return identity


def certificate_of(request: web.BaseRequest) -> bytes:
    """Return the client certificate behind a request as DER; Unauthenticated if there is none."""
    der = _tls_of(request).getpeercert(binary_form=True)
    if not der:
        raise Unauthenticated("this connection carries no client certificate")
    return der


def _tls_of(request: web.BaseRequest) -> ssl.SSLObject:
    transport = request.transport
    tls = None if transport is None else transport.get_extra_info("ssl_object")
    if tls is None:
        raise Unauthenticated("this connection carries no client certificate")
    return cast(ssl.SSLObject, tls)


def _admit(tls: ssl.SSLObject, *, check_profile: bool) -> Identity:
    try:
        return _gate.admit(tls) if check_profile else peer_identity(tls)
    except CertError as fault:
        raise Unauthenticated(str(fault)) from fault
