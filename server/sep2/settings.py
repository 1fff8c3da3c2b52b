"""What an operator may set of the 2030.5 face.

Values only; where they are read from (file, environment) is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.sep2.profile import Profile
from server.config import DuplicatePolicy, InBand
from server.core.model import Lfdi


@dataclass(frozen=True, slots=True, kw_only=True)
class Sep2Settings:
    """The settings of one 2030.5 face."""

    in_band: InBand = InBand.ENROLLED
    duplicate_edev: DuplicatePolicy = DuplicatePolicy.CONFLICT
    client_may_set_pin: bool = False
    poll_rate_s: int = 300
    poll_rates_s: Mapping[str, int] = field(default_factory=dict)
    """Exceptions to `poll_rate_s`, by the resource's element name (`DERProgramList`)."""
    post_rates_s: Mapping[str, int] = field(default_factory=dict)
    """Seconds between posts, by element name (`MirrorUsagePoint`), whatever clients propose."""
    list_limit: int = 255
    """The most items of a page, whatever `l` asks for."""
    body_limit: int = 64 * 1024
    """Bytes of a request body."""
    readings_body_limit: int = 1024 * 1024
    """Bytes of a request body that may hold readings."""
    notification_hosts: frozenset[str] = frozenset()
    """Lower-case hosts that any client may be notified at, beside those its certificate names."""
    may_notify_plain_loopback: bool = False
    """A lab's: whether notifications may go by plain HTTP to a literal loopback address."""
    subscriptions_limit: int = 50_000
    """The most subscriptions of one client."""
    log_events_limit: int = 100
    """The most log events of one device; the oldest make room."""
    items_limit: int = 1000
    """The most items in all lists that one device keeps of itself."""
    time_zone: str = "UTC"
    """IANA name of the zone whose offsets the Time resource tells."""
    time_quality: int = 4
    """2030.5 Time.quality: 3 authoritative ... 7 intentionally uncoordinated."""
    show_registration_link: bool = True
    profile: Profile = Profile.CSIPAUS_12
    """What is written to clients that have shown no other, and for which none is fixed."""
    files: Path | None = None
    """The folder with the content of published files."""
    file_limit: int = 16 * 1024 * 1024
    """The most bytes of a file."""
    lfdi: Lfdi | None = None
    """The server's own, which its SelfDevice tells; without it there is none."""
    check_profile: bool = True
    """Whether each certificate chain must obey the 2030.5 certificate profile."""

    def poll_rate(self, element: str) -> int:
        """Return the seconds between polls that a resource proposes."""
        return self.poll_rates_s.get(element, self.poll_rate_s)
