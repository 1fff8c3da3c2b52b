"""What an operator may set of the OpenADR face.

Values only; where they are read from (file, environment) is not known here.
"""

from dataclasses import dataclass
from datetime import timedelta


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
    grid_hertz: float = 50.0
    """The supply that powers in signals refer to, as is the voltage."""
    grid_voltage: float = 230.0
