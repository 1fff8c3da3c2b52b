"""Files of a PKI: created exclusively, keys for the owner's eyes only.

Knows modes and flags, not what stands in the files. All its errors are CertError with the path.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certs.errors import CertError


def make_folder(path: Path) -> None:
    """Make a folder that only the owner may enter; CertError when something is there."""
    with _telling(path):
        path.mkdir(mode=0o700)


def write_public(path: Path, data: bytes) -> None:
    """Write a new file that anyone may read; CertError when something is there."""
    _write(path, data, 0o644)


def write_key(path: Path, data: bytes) -> None:
    """Write a new file that only the owner may read; CertError when something is there."""
    _write(path, data, 0o600)


def read_public(path: Path) -> bytes:
    """Read a file; CertError when that fails."""
    with _telling(path):
        return path.read_bytes()


def read_key(path: Path) -> bytes:
    """Read a key; CertError when it is a link, not ours, or open to group or others."""
    with _telling(path), open(path, "rb", opener=_open_itself) as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise CertError(f"{path} is not a file")
        if found.st_uid not in (0, os.geteuid()):
            raise CertError(f"{path} belongs to another user")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise CertError(f"{path} is open to others (mode {mode:04o}): make it 0600")
        return file.read()


def check_folder(path: Path) -> None:
    """Raise CertError unless the path is a folder that only its owner may change."""
    with _telling(path):
        mode = path.stat().st_mode
    if not stat.S_ISDIR(mode):
        raise CertError(f"{path} is not a folder")
    if mode & 0o022:
        raise CertError(f"{path} can be changed by others (mode {stat.S_IMODE(mode):04o})")


def _write(path: Path, data: bytes, mode: int) -> None:
    def create(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_EXCL | os.O_NOFOLLOW, mode)

    with _telling(path), open(path, "wb", opener=create) as file:
        file.write(data)


def _open_itself(name: str, flags: int) -> int:
    # Not what a link points to, and without waiting for the other end of a pipe.
    return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise CertError(f"{path} exists already") from error
    except OSError as error:
        raise CertError(f"{path}: {error.strerror}") from error
