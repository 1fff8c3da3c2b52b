"""Makes the environment that the openleadr VEN of the interop tests runs in.

    python tests/openleadr_env.py .venv-openleadr

openleadr pins versions that cannot stand beside ours, so it lives in a folder of its own. A second
run with the same lock does nothing; a changed lock makes the environment anew.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

LOCK = Path(__file__).with_name("openleadr.lock")
STAMP = "openleadr.lock.sha256"


def make(folder: Path) -> bool:
    """Make the environment; False if it was there already."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    if folder.exists():
        _discard(folder)
    venv.create(folder, with_pip=True)
    # Before anything is installed, so that an interrupted run may be discarded by the next.
    stamp.touch()
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet")
    subprocess.run((*pip, "--no-deps", "--require-hashes", "-r", LOCK), check=True)
    stamp.write_text(wanted)
    return True


def _discard(folder: Path) -> None:
    if not (folder / STAMP).is_file():
        sys.exit(f"{folder} was not made here: remove it yourself or name another folder")
    shutil.rmtree(folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    make(Path(sys.argv[1]))
