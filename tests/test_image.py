"""The image's recipe, without a container engine: linted, and its steps run in a clean folder."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Return what the first stage does, step by step."""
    joined = RECIPE.read_text().replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in joined.splitlines() if line and line[0] != "#"]
    stages = [number for number, step in enumerate(steps) if step[0] == "FROM"]
    return [(name, rest) for name, rest in steps[stages[0] + 1 : stages[1]]]


def test_the_recipe_passes_the_linter():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, RECIPE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_its_steps_make_a_server_that_runs(tmp_path):
    source, image = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    steps = (tmp_path / "bin", {**os.environ})
    steps[0].mkdir()
    (steps[0] / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    environment = steps[1] | {"PATH": f"{steps[0]}:{os.environ['PATH']}"}
    for name, rest in instructions():
        if name == "COPY":
            *wanted, place = shlex.split(rest)
            for item in wanted:
                copy(ROOT / item, source / place)
        elif name == "RUN":
            command = rest.replace("/opt/gridherald", str(image / "gridherald"))
            subprocess.run(command, shell=True, check=True, cwd=source, env=environment)  # noqa: S602
    program = image / "gridherald" / "bin" / "gridherald"
    subprocess.run([program, "certs", "init", tmp_path / "pki"], check=True, cwd=tmp_path)
    told = subprocess.run([program, "--help"], check=True, cwd=tmp_path, capture_output=True)
    assert b"serve" in told.stdout


def copy(item: Path, place: Path) -> None:
    if item.is_dir():
        shutil.copytree(item, place)
    else:
        shutil.copy(item, place / item.name if place.is_dir() else place)
