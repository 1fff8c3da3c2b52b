"""Makes an environment of its own for tools that cannot, or need not, stand beside ours.

    python tests/locked_env.py tests/atheris.lock .venv-atheris

A second run with the same lock does nothing; a changed lock makes the environment anew.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

STAMP = ".lock.sha256"


def make(lock: Path, folder: Path) -> bool:
    """Make the environment that a lock describes; False if it was there already."""
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    if folder.exists():
        _discard(folder)
    venv.create(folder, with_pip=True)
    # Before anything is installed, so that an interrupted run may be discarded by the next.
    stamp.touch()
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet")
    subprocess.run(
        (*pip, "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", lock), check=True
    )
    stamp.write_text(wanted)
    return True


def _discard(folder: Path) -> None:
    if not (folder / STAMP).is_file():
        sys.exit(f"{folder} was not made here: remove it yourself or name another folder")
    shutil.rmtree(folder)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} LOCK FOLDER")
    make(Path(sys.argv[1]), Path(sys.argv[2]))
