"""What an operator may set of the way out.

Values only; where they are read from is not known here.
"""

import ipaddress
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """The settings of the outbox."""

    networks: tuple[Network, ...] = ()
    """Networks that may be reached beside the public ones: private links, a lab's loopback."""
    may_be_plain: bool = False
    """A lab's: whether HTTP without TLS may be spoken, where a face lets a client ask for it."""
    timeout_s: float = 30.0
    """For one notification, connection included."""
