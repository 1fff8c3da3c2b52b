"""`make conformance`: cactus' procedures for CSIP-AUS servers, each against a fresh Gridherald.

Makes an environment for cactus, mints a PKI, starts the web hooks, then runs one procedure after
the other (a few at a time: they wait more than they work) with `--strict`. Prints a table, writes
build/conformance.json, and exits with 1 if anything failed. What cactus and the server wrote lies
in build/conformance, by procedure.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certs.folder import CredentialFiles, Pki
from tests.conformance.cactus.house import HOST, PEN, House, NotServed, own_environment
from tests.conformance.cactus.interpreter import ROOT, NoPython, prepare
from tests.conformance.cactus.processes import Processes, Stopped
from tests.conformance.cactus.verdict import Verdict, judge, not_run, report, table

RESULTS = ROOT / "build" / "conformance"
HOOKS = Path(__file__).parent / "hooks.py"
PIN = 123455
"""Its check digit is right in both conventions."""
MAX_W = 10_000
SLOW_S = {
    "S-ALL-04": 240,
    "S-ALL-06": 600,
    "S-ALL-41": 900,
    "S-ALL-42": 90,
    "S-ALL-46": 900,
}
"""What takes longer than half a minute, and the most that it may take."""
LIMIT_S = 120
"""The most that any other may take."""
NAMED_ONLY = {"S-ALL-50": 73 * 3600}
"""What runs for days."""
CATALOG = """
import json
from importlib.metadata import version
from cactus_test_definitions.server.test_procedures import TestProcedureId, get_test_procedure
clients = {
    p.value: [c.client_type for c in get_test_procedure(p).preconditions.required_clients]
    for p in TestProcedureId
}
names = ("cactus-client", "cactus-test-definitions", "cactus-client-notifications")
print(json.dumps({"clients": clients, "versions": {n: version(n) for n in names}}))
"""


class Lab:
    """What all procedures of a run share."""

    def __init__(self, programs: Path, processes: Processes, folder: Path) -> None:
        self.programs = programs
        self.processes = processes
        self.folder = folder
        now = datetime.now(UTC)  # noqa: TID251
        self.pki = Pki.create(folder / "pki", now=now)
        self.pki.issue_server([HOST], now=now)
        first, second, behind = (
            self.pki.issue_device(name, now=now) for name in ("first", "second", "behind")
        )
        aggregator = self.pki.issue_aggregator("aggregator", ["localhost"], now=now)
        self.clients = [
            _client("first", "device", first, first),
            _client("second", "device", second, second),
            _client("aggregator", "aggregator", aggregator, behind),
        ]
        told = self.ask(CATALOG)
        self.needs: dict[str, list[str | None]] = told["clients"]
        self.versions: dict[str, str] = told["versions"]
        self.hooks = f"http://{HOST}:{self._start_hooks()}"

    def ask(self, script: str) -> Any:
        """Return what a script tells that runs beside cactus."""
        command = (self.programs / "python", "-c", script)
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def _start_hooks(self) -> int:
        with (RESULTS / "hooks.log").open("wb") as log:
            hooks = self.processes.start(
                (self.programs / "python", HOOKS),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert hooks.stdout is not None
        return int(json.loads(hooks.stdout.readline())["port"])

    def configuration(self, start_uri: str, output: Path) -> dict[str, Any]:
        """Return cactus' configuration for one server."""
        return {
            "output-dir": str(output),
            "server": {
                "device-capability-uri": start_uri,
                "verify-ssl": True,
                "verify-host-name": True,
                "serca-pem-file": str(self.pki.sep2_trust),
                "notification-uri": self.hooks,
                "notification-admin-uri": self.hooks,
                "pen": PEN,
                "refetch-delay-ms": 0,
            },
            "clients": self.clients,
        }

    def cast(self, procedure: str) -> list[str]:
        """Return the clients that a procedure is run with; where any does, devices."""
        free = ["first", "second"]
        return [
            "aggregator" if kind == "aggregator" else free.pop(0) for kind in self.needs[procedure]
        ]


def _client(
    name: str, kind: str, certificate: CredentialFiles, device: CredentialFiles
) -> dict[str, Any]:
    """Return a client of cactus; an aggregator's device is not the holder of its certificate."""
    return {
        "id": name,
        "type": kind,
        "certificate-file": str(certificate.chain),
        "key-file": str(certificate.key),
        "lfdi": device.identity.lfdi,
        "sfdi": device.identity.sfdi,
        "pen": PEN,
        "pin": PIN,
        "max-watts": MAX_W,
    }


def run_procedure(lab: Lab, procedure: str) -> Verdict:
    """Run one procedure against a server of its own; what goes wrong is its verdict."""
    results = RESULTS / procedure
    results.mkdir(parents=True)
    state = lab.folder / procedure
    house = House(lab.processes, state, lab.pki.folder, results / "server.log")
    try:
        house.start()
        return _run_cactus(lab, procedure, house, results)
    except NotServed as fault:
        return not_run(procedure, f"the server did not become ready: {fault}")
    except Stopped:
        return not_run(procedure, "the run was ended")
    finally:
        house.stop()
        shutil.rmtree(state, ignore_errors=True)


def _run_cactus(lab: Lab, procedure: str, house: House, results: Path) -> Verdict:
    limit_s = {**SLOW_S, **NAMED_ONLY}.get(procedure, LIMIT_S)
    # Any JSON is YAML.
    configuration = lab.configuration(house.start_uri, results)
    (results / "cactus.yaml").write_text(json.dumps(configuration, indent=1))
    options = ("-c", "cactus.yaml", "--headless", "--strict", "--timeout", str(limit_s))
    began = time.monotonic()
    with (results / "panel.txt").open("wb") as panel, (results / "log.txt").open("wb") as log:
        cactus = lab.processes.start(
            (lab.programs / "cactus", "run", *options, procedure, *lab.cast(procedure)),
            cwd=results,
            env={**own_environment(), **house.plugin_environment(), "COLUMNS": "600"},
            stdin=subprocess.DEVNULL,
            stdout=panel,
            stderr=log,
        )
        try:
            code: int | None = cactus.wait(limit_s + 60)
        except subprocess.TimeoutExpired:
            code = None
        lab.processes.stop(cactus)
    printed = (results / "panel.txt").read_text(errors="replace")
    return judge(procedure, code, printed, time.monotonic() - began)


def chosen(known: Sequence[str], only: Sequence[str], *, is_fast: bool) -> list[str]:
    """Return the procedures to run, the longest first, so that the others run beside them."""
    if strange := [one for one in only if one not in known]:
        sys.exit(f"there is no procedure {', '.join(strange)}")
    wanted = [one for one in only or known if one in only or one not in NAMED_ONLY]
    if is_fast:
        wanted = [one for one in wanted if one not in SLOW_S]
    return sorted(wanted, key=lambda one: -SLOW_S.get(one, 0))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="leave out what takes over 30 s")
    parser.add_argument("--only", default="", help="ids, separated by commas")
    parser.add_argument("--jobs", type=int, default=4, help="how many at a time")
    return parser.parse_args()


def _run_all(lab: Lab, wanted: Sequence[str], jobs: int) -> Iterator[Verdict]:
    with ThreadPoolExecutor(jobs) as pool:
        try:
            running = [pool.submit(run_procedure, lab, one) for one in wanted]
            for verdict in (done.result() for done in as_completed(running)):
                sys.stderr.write(f"{verdict.id} {verdict.word} {verdict.seconds:.1f} s\n")
                yield verdict
        except BaseException:
            lab.processes.close()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def main() -> int:
    """Run what the arguments ask for."""
    arguments = _arguments()
    # Also where whoever started this had it ignore an interrupt, as shells do in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        programs = prepare()
    except NoPython as fault:
        sys.exit(str(fault))
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    processes = Processes()
    try:
        with tempfile.TemporaryDirectory(prefix="gridherald-conformance-") as folder:
            lab = Lab(programs, processes, Path(folder))
            only = [one for one in arguments.only.split(",") if one]
            wanted = chosen(tuple(lab.needs), only, is_fast=arguments.fast)
            verdicts = sorted(_run_all(lab, wanted, arguments.jobs), key=lambda one: one.id)
    except KeyboardInterrupt:
        sys.stderr.write("ended before all procedures were run\n")
        return 130
    finally:
        processes.close()
    (ROOT / "build" / "conformance.json").write_text(
        json.dumps(report(verdicts, lab.versions), indent=1) + "\n"
    )
    sys.stdout.write("\n".join(table(verdicts)) + "\n")
    return 0 if all(one.passed for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
