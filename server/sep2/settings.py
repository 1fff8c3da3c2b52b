"""What an operator may set of the 2030.5 face.

Values only; where they are read from (file, environment) is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.config import InBand


@dataclass(frozen=True, slots=True, kw_only=True)
class Sep2Settings:
    """The settings of one 2030.5 face."""

    in_band: InBand = InBand.ENROLLED
    poll_rate_s: int = 300
    poll_rates_s: Mapping[str, int] = field(default_factory=dict)
    """Exceptions to `poll_rate_s`, by the resource's element name (`DERProgramList`)."""
    list_limit: int = 255
    """The most items of a page, whatever `l` asks for."""
    body_limit: int = 64 * 1024
    """Bytes of a request body."""
    time_zone: str = "UTC"
    """IANA name of the zone whose offsets the Time resource tells."""
    time_quality: int = 4
    """2030.5 Time.quality: 3 authoritative ... 7 intentionally uncoordinated."""
    show_registration_link: bool = True
    csip_aus: bool = True
    """Whether the limits of CSIP-AUS are put into controls."""
    check_profile: bool = True
    """Whether each certificate chain must obey the 2030.5 certificate profile."""

    def poll_rate(self, element: str) -> int:
        """Return the seconds between polls that a resource proposes."""
        return self.poll_rates_s.get(element, self.poll_rate_s)
