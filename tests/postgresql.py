"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on loopback, gone at the end.

Its databases are handed out empty. It must not know what is kept in them.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam

START_LIMIT_S = 30.0
ATTEMPTS = 5
DATABASE = "gridherald"
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND backend_type = 'client backend';
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
"""


def why_missing() -> str:
    """Return why there can be no cluster here; empty if there can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    if _programs() is None:
        return "PostgreSQL is not installed (Debian's package: postgresql)"
    return ""


def _programs() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).parent


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running PostgreSQL with a database whose owner is nobody special."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"postgresql://{DATABASE}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def run(self, sql: str, *, url: str | None = None) -> list[tuple[object, ...]]:
        """Run statements without a transaction and return the rows of the last one."""
        import psycopg

        with psycopg.connect(url or self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        """Leave nothing in the database and nobody on it."""
        self.run(EMPTY)

    def is_up(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a cluster and stop it at the end, whatever happened."""
    programs = _programs()
    assert programs is not None
    # Its user must be able to reach it, which pytest's own folders forbid.
    folder = Path(tempfile.mkdtemp(prefix="gridherald-postgresql-"))
    running: Cluster | None = None
    try:
        password = secrets.token_hex(16)
        _make(programs, folder, password)
        running = _start(programs, folder, password)
        _make_database(running)
        yield running
    finally:
        if running is not None:
            _stop(running.process)
        shutil.rmtree(folder, ignore_errors=True)


def _as_its_user() -> list[str]:
    """Return what starts a program as someone whom PostgreSQL accepts, and ends it with us."""
    ends_with_us = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return ends_with_us
    account = _account()
    identity = ["--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"]
    return [*ends_with_us, *identity]


def _account():
    try:
        return getpwnam("postgres")
    except KeyError:
        return getpwnam("nobody")


def _make(programs: Path, folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if os.geteuid() == 0:
        for path in (folder, secret):
            os.chown(path, _account().pw_uid, _account().pw_gid)
    how = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    where = ["--encoding=UTF8", "--no-locale", f"--pgdata={folder / 'data'}"]
    _run([str(programs / "initdb"), *how, *where], folder)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        [*_as_its_user(), *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _start(programs: Path, folder: Path, password: str) -> Cluster:
    for _ in range(ATTEMPTS):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        cluster = Cluster(folder, port, password, _popen(programs, folder, port))
        over = time.monotonic() + START_LIMIT_S
        while cluster.process.poll() is None and time.monotonic() < over:
            if cluster.is_up() and _takes_guests(cluster):
                return cluster
            time.sleep(0.02)
        _stop(cluster.process)  # the port was taken meanwhile, perhaps
    raise AssertionError((folder / "log").read_text())


def _popen(programs: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": "on",
        "shared_buffers": "16MB",
        "max_connections": "60",
        "log_min_messages": "warning",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*_as_its_user(), str(programs / "postgres"), "-D", str(folder / "data"), *options],
            cwd=folder,
            stdout=log,
            stderr=log,
        )


def _owner_url(cluster: Cluster, database: str = "postgres") -> str:
    return f"postgresql://postgres:{cluster.password}@127.0.0.1:{cluster.port}/{database}"


def _takes_guests(cluster: Cluster) -> bool:
    import psycopg

    try:
        cluster.run("SELECT 1", url=_owner_url(cluster))
    except psycopg.OperationalError:
        return False
    return True


def _make_database(cluster: Cluster) -> None:
    url = _owner_url(cluster)
    cluster.run(f"CREATE ROLE {DATABASE} LOGIN PASSWORD '{cluster.password}'", url=url)
    cluster.run(f"CREATE DATABASE {DATABASE} OWNER {DATABASE}", url=url)
    inside = _owner_url(cluster, DATABASE)
    cluster.run(f"ALTER SCHEMA public OWNER TO {DATABASE}", url=inside)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Nothing is to be kept, so there is no reason to wait for a checkpoint.
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
