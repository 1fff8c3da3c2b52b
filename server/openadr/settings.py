"""What an operator may set of the OpenADR face.

Values only; where they are read from (file, environment) is not known here.
"""

from dataclasses import dataclass
from datetime import timedelta

from server.config import SignaturePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAdrSettings:
    """The settings of one OpenADR face."""

    vtn_id: str
    """Should hold an upper-case letter: openleadr's VEN takes an all lower-case one as invalid."""
    poll_interval: timedelta = timedelta(seconds=10)
    """How often VENs are asked to poll."""
    prefix: str = ""
    """What stands before `/OpenADR2/Simple/2.0b/` in the paths, such as `/vtn`."""
    body_limit: int = 1024 * 1024
    """Bytes of a request body."""
    allow_plain: bool = False
    """Whether VENs that were enrolled without a certificate are served without TLS."""
    strict_content_type: bool = False
    """Whether only the two spellings of OADR 2.0b 9.1 are taken, and no `text/xml`."""
    repeat_after_polls: int = 3
    """How many polls may go by without an answer before a message is delivered again."""
    repeat_limit: int = 3
    """How often a message is delivered again."""
    request_reports: tuple[str, ...] = ("TELEMETRY_USAGE", "TELEMETRY_STATUS")
    """The names of the reports that each VEN is asked for once it offers them; none asks nothing.

    They go on until further notice, so no report of history belongs here.
    """
    report_period: timedelta = timedelta(minutes=1)
    """How often reports are asked for, if the VEN's own limits allow it."""
    grid_hertz: float = 50.0
    """The supply that powers in signals refer to, as is the voltage."""
    grid_voltage: float = 230.0
    signatures: SignaturePolicy = SignaturePolicy.ACCEPT
    signature_window: timedelta = timedelta(minutes=5)
    """How far from now, both ways, the moment may lie that a signed message was sent at."""
