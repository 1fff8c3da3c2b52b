"""Finds what cactus runs under and makes its environment: it needs a newer Python than we do."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "tests" / "cactus.lock"
FOLDER = ROOT / ".venv-cactus"
PLUGIN = Path(__file__).parent / "plugin"
PLUGIN_STAMP = ".plugin.sha256"
LEAST = (3, 12)
NAMES = ("python3.13", "python3.12", "python3.14", "python3")


class NoPython(Exception):  # noqa: N818 - it tells what is not there
    """There is no Python that cactus could run under."""


def prepare() -> Path:
    """Return the folder of the programs of an environment with cactus and our plug-in."""
    maker = ROOT / "tests" / "locked_env.py"
    subprocess.run((find_python(), maker, LOCK, FOLDER), check=True, stdout=sys.stderr)
    _install_plugin(FOLDER)
    return FOLDER / "bin"


def find_python() -> Path:
    """Return a Python that is new enough; NoPython with what to do if there is none."""
    for candidate in candidates():
        if is_new_enough(candidate):
            return candidate
    least = ".".join(map(str, LEAST))
    raise NoPython(
        f"cactus needs Python {least} or newer, and there is none: looked for"
        f" {', '.join(NAMES)} on the path and in ~/.pyenv/versions"
    )


def candidates(home: Path | None = None) -> Iterator[Path]:
    """Yield what may be a Python: those on the path first, then those of pyenv."""
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))
    versions = (home or Path.home()) / ".pyenv" / "versions"
    yield from sorted(versions.glob("3.*/bin/python3"), reverse=True)


def is_new_enough(python: Path) -> bool:
    """Tell whether a program is a Python that is new enough; a shim may lead nowhere."""
    ask = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {LEAST})"
    try:
        asked = subprocess.run((python, "-c", ask), check=False, capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _install_plugin(folder: Path) -> None:
    """Install our plug-in as it stands; built from a copy, because setuptools leaves files."""
    sources = sorted(path for path in PLUGIN.iterdir() if path.is_file())
    wanted = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = folder / PLUGIN_STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    with tempfile.TemporaryDirectory() as copy:
        for path in sources:
            shutil.copy(path, copy)
        pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-index")
        flags = ("--no-deps", "--no-build-isolation", "--force-reinstall")
        subprocess.run((*pip, *flags, copy), check=True, stdout=sys.stderr)
    stamp.write_text(wanted)
