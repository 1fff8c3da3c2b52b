"""What can go wrong with certificates, told in one line a user can act on.

The package is at the bottom of the house, so these are plain exceptions: a face or a command line
turns them into its own kind of refusal. It must not know how they are shown.
"""


class CertError(Exception):
    """A certificate, key or folder is missing, malformed, exposed or in the way."""


class ChainError(CertError):
    """The peer's certificate chain breaks the certificate profile."""
