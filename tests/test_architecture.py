"""The rules of ARCHITECTURE.md, held by walking the syntax trees and by looking into the wheel."""

import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from radon.complexity import cc_visit

ROOT = Path(__file__).parent.parent
PACKAGES = ("server", "schemas", "certs")
MODULE_LIMIT_LINES = 400
FUNCTION_LIMIT_LINES = 40
COMPLEXITY_LIMIT = 8

LEAVES = {"server", "server.errors", "server.clock", "server.config", "server.tasks"}
GROUND = {"schemas", "certs"}
ACTS = {"server.core", "server.store", "server.desk", "server.duty"}
FACE = {*GROUND, "server.core", "server.store", "server.desk", "server.net"}

# What each layer may import of the house, beside itself and the leaves. The first prefix wins.
MAY_IMPORT: dict[str, set[str]] = {
    "schemas": set(),
    "certs": set(),
    "server.errors": set(),
    "server.clock": set(),
    "server.tasks": set(),
    "server.config": set(),
    "server.core": {"certs.identity"},
    "server.store": {"server.core"},
    "server.desk": {"server.core", "server.store"},
    "server.duty": {"server.store"},
    "server.alarm": set(),
    "server.net": GROUND,
    "server.clients": {"schemas", "certs", "server.net"},
    "server.publications": {*GROUND, "server.core"},
    "server.sep2": {*FACE, "server.publications"},
    "server.openadr": FACE,
    "server.admin": {*FACE, "server.publications"},
    "server.outbox": {*ACTS, "server.clients", "certs"},
    "server.edge": ACTS,
    "server.sim": {*GROUND, "server.clients", "server.edge"},
    "server": {*GROUND, "server"},
}

NOT_IN_CORE = {"asyncio", "aiohttp", "lxml", "sqlmodel", "sqlalchemy", "pymodbus", "logging"}


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())
each_module = pytest.mark.parametrize("name", MODULES)


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text())


def imported(name: str) -> Iterator[str]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in MODULES else base


def is_within(name: str, layers: set[str]) -> bool:
    return any(name == layer or name.startswith(layer + ".") for layer in layers)


def layer_of(name: str) -> str:
    found = [layer for layer in MAY_IMPORT if is_within(name, {layer})]
    return max(found, key=len)


@each_module
def test_imports_point_downwards(name):
    layer = layer_of(name)
    allowed = MAY_IMPORT[layer] | {layer}
    for other in imported(name):
        if other.split(".")[0] in PACKAGES and other not in LEAVES:
            assert is_within(other, allowed), f"{name} must not import {other}"


@each_module
def test_the_core_knows_no_machinery(name):
    if is_within(name, {"server.core"}):
        assert not {other.split(".")[0] for other in imported(name)} & NOT_IN_CORE


@each_module
def test_sql_stays_in_the_store_and_modbus_in_one_module(name):
    roots = {other.split(".")[0] for other in imported(name)}
    if not is_within(name, {"server.store"}):
        assert not roots & {"sqlmodel", "sqlalchemy", "alembic", "sqlite3"}
    if name not in {"server.edge.link", "server.sim.modbus"}:
        assert "pymodbus" not in roots


@each_module
def test_modules_open_with_their_purpose_and_stay_small(name):
    assert ast.get_docstring(tree(name)), f"{name} does not say what it is for"
    assert len(MODULES[name].read_text().splitlines()) <= MODULE_LIMIT_LINES


@each_module
def test_functions_stay_short_and_simple(name):
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= FUNCTION_LIMIT_LINES, f"{name}.{node.name} has {length} lines"
    for block in cc_visit(MODULES[name].read_text()):
        if block.letter in "FM":
            assert block.complexity <= COMPLEXITY_LIMIT, f"{name}.{block.name}: {block.complexity}"


def test_faces_catch_refusals_in_one_function_each():
    for face in ("sep2", "openadr", "admin"):
        catchers = [
            name
            for name in MODULES
            if is_within(name, {f"server.{face}"})
            for node in ast.walk(tree(name))
            if isinstance(node, ast.ExceptHandler)
            and isinstance(node.type, ast.Name)
            and node.type.id == "Refusal"
        ]
        assert len(catchers) <= 1, f"server.{face} catches Refusal in {catchers}"


def test_tests_are_no_packages():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_no_key_lies_in_the_tree():
    listed = subprocess.run(
        [
            "git",
            "grep",
            "-lE",
            "BEGIN (EC |RSA |ENCRYPTED )?PRIVATE KEY",
            "--",
            ":!tests/test_architecture.py",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not listed.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    # A copy, because setuptools puts into a wheel what an earlier build has left in the tree.
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
    how = ["--no-deps", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run([*pip, *how], check=True, capture_output=True)
    (path,) = folder.glob("gridherald-*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_holds_all_that_runs(wheel):
    held = set(wheel.namelist())
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and path.suffix in {".py", ".typed", ".csv", ".html"}:
                assert path.relative_to(ROOT).as_posix() in held
