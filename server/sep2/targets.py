"""Where notifications may be sent to, as far as a URI tells.

Whether the address behind the name may be reached is found out at each connection. Pure.
"""

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from server.errors import Invalid

_LIMIT = 1024
_URI = re.compile(
    r"https?://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_HTTPS, _FIRST_FREE = 443, 1024
_POINTER = "/Subscription/notificationURI"


def check_target(uri: str, hosts: Collection[str], *, may_be_plain: bool) -> None:
    """Refuse as Invalid a URI that is not absolute https to one of the hosts.

    With `may_be_plain` http to a literal loopback address will do, too. User names, fragments and
    ports below 1024 other than https's own are refused.
    """
    scheme, host, port = _split(uri)
    if port is not None and port != _HTTPS and port < _FIRST_FREE:
        raise Invalid("notificationURI names a port of another service", pointer=_POINTER)
    is_allowed = host in hosts
    if scheme == "http":
        is_allowed = may_be_plain and is_loopback(host)
    if not is_allowed:
        raise Invalid("notificationURI is not https to one of your hosts", pointer=_POINTER)


def _split(uri: str) -> tuple[str, str, int | None]:
    if len(uri) > _LIMIT or not _URI.fullmatch(uri):
        raise Invalid("notificationURI is no plain absolute https URI", pointer=_POINTER)
    try:
        parts = urlsplit(uri)
        return parts.scheme, (parts.hostname or "").lower(), parts.port
    except ValueError as fault:
        raise Invalid("notificationURI cannot be read", pointer=_POINTER) from fault


def is_loopback(host: str) -> bool:
    """Tell whether a host is a literal loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
