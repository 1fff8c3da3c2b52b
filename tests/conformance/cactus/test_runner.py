"""What the runner of `make conformance` makes of what it sees; nothing here needs cactus."""

import subprocess
import sys

import pytest

from tests.conformance.cactus import interpreter
from tests.conformance.cactus.processes import Processes, Stopped
from tests.conformance.cactus.run import LIMIT_S, NAMED_ONLY, SLOW_S, chosen
from tests.conformance.cactus.verdict import Verdict, judge, not_run, report, table

ONE, OTHER = "S-ALL-01", "S-ALL-49"
SKIPPED = "Skipping DERProgram /derp/2 - primacy 2 != expected 1."


def panel(steps="3/3", warnings=(), xsd_errors=0, failed=()):
    """Draw what cactus prints, as far as it is read."""
    lines = [
        "╭──────── failed ────────╮",
        "│ Output: /somewhere      │",
        f"│ │ Steps      │ {steps} passed │ │",
        f"│ │ Warnings   │ {len(warnings)} │ │",
        f"│ │ XSD Errors │ {xsd_errors} │ │",
        "│ Server │",
        "│ │ pen │ 28547 │ │",
    ]
    if warnings:
        lines += ["│ Warnings  │", "│ ┌────┬────┐ │"]
        lines += [f"│ │ +1s │ DISCOVERY │ {one} │ │" for one in warnings]
    lines += ["│ Steps │", "│ │ DISCOVERY │ Failed │ │"]
    return "\n".join([*lines, *(f"│ │ +2s │ {one} │ │" for one in failed), "╰────╯"])


def test_a_procedure_passes_when_cactus_says_so():
    verdict = judge(ONE, 0, panel(), 1.23)
    assert verdict == Verdict(id=ONE, passed=True, seconds=1.2, steps_passed=3, steps=3)


def test_a_failed_step_and_its_reason_are_told_once():
    failed = ["Check Failure: no match", "Check Failure: no match", "Exception: 400 from /mup"]
    verdict = judge(ONE, 2, panel("1/3", failed=failed), 1.0)
    assert not verdict.passed
    assert (verdict.steps_passed, verdict.steps) == (1, 3)
    assert verdict.faults == ("Check Failure: no match", "Exception: 400 from /mup")


def test_a_warning_fails_a_procedure_and_is_told():
    verdict = judge(ONE, 2, panel(warnings=["no href"]), 1.0)
    assert not verdict.passed
    assert (verdict.warnings, verdict.inherent) == (1, 0)
    assert len(verdict.faults) == 1
    assert "no href" in verdict.faults[0]


def test_an_invalid_body_fails_a_procedure():
    verdict = judge(OTHER, 2, panel(warnings=[SKIPPED], xsd_errors=2), 1.0)
    assert (verdict.passed, verdict.xsd_errors) == (False, 2)


def test_warnings_that_any_server_gets_are_counted_apart():
    assert judge(OTHER, 2, panel(warnings=[SKIPPED, SKIPPED]), 1.0).passed
    assert judge(OTHER, 2, panel(warnings=[SKIPPED]), 1.0).inherent == 1


@pytest.mark.parametrize(
    ("procedure", "code", "printed"),
    [
        (ONE, 2, panel(warnings=[SKIPPED])),
        (OTHER, 2, panel(warnings=[SKIPPED, "no href"])),
        (OTHER, 2, panel("2/3", warnings=[SKIPPED])),
        (OTHER, None, panel(warnings=[SKIPPED])),
        (OTHER, 2, panel("0/0")),
    ],
)
def test_nothing_else_is_forgiven(procedure, code, printed):
    assert not judge(procedure, code, printed, 1.0).passed


def test_of_a_crash_the_last_lines_are_told():
    verdict = judge(ONE, 1, "a\nb\n\nTraceback\nc\nd\ne\n", 1.0)
    assert verdict.faults == ("b", "Traceback", "c", "d", "e")


def test_the_table_closes_with_how_many_passed_and_failed():
    verdicts = [
        judge(ONE, 0, panel(), 1.0),
        judge(OTHER, 2, panel(warnings=[SKIPPED]), 10.0),
        not_run("S-OPT-01", "the run was ended"),
    ]
    lines = list(table(verdicts))
    assert lines[0].split() == ["id", "verdict", "steps", "warnings", "XSD", "errors", "seconds"]
    assert lines[1].split() == [ONE, "pass", "3/3", "0", "0", "1.0"]
    assert lines[2].split() == [OTHER, "pass", "3/3", "0", "(+1)", "0", "10.0"]
    assert lines[3].split() == ["S-OPT-01", "FAIL", "0/0", "0", "0", "0.0"]
    assert "S-OPT-01: the run was ended" in lines
    assert lines[-1] == "2 passed, 1 failed"


def test_the_report_tells_the_same_to_machines():
    told = report([judge(ONE, 0, panel(), 1.0), not_run(OTHER, "why")], {"cactus-client": "1"})
    assert (told["passed"], told["failed"]) == (1, 1)
    assert [one["id"] for one in told["procedures"]] == [ONE, OTHER]
    assert told["procedures"][1]["faults"] == ("why",)


def test_what_takes_long_comes_first_and_what_takes_days_only_by_name():
    (longest,) = NAMED_ONLY
    slow = max(SLOW_S, key=lambda one: SLOW_S[one])
    known = (ONE, longest, slow)
    assert chosen(known, [], is_fast=False) == [slow, ONE]
    assert chosen(known, [], is_fast=True) == [ONE]
    assert chosen(known, [longest], is_fast=False) == [longest]
    assert chosen(known, [slow, ONE], is_fast=True) == [ONE]
    assert min(SLOW_S.values()) < LIMIT_S < max(SLOW_S.values())


def test_a_procedure_that_does_not_exist_ends_the_run():
    with pytest.raises(SystemExit, match="S-ALL-99"):
        chosen((ONE,), ["S-ALL-99"], is_fast=False)


def test_only_a_python_that_runs_and_is_new_enough_will_do(tmp_path):
    assert interpreter.is_new_enough(sys.executable) == (sys.version_info >= interpreter.LEAST)
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o700)
    assert not interpreter.is_new_enough(shim)
    assert not interpreter.is_new_enough(tmp_path / "none")


def test_pythons_are_looked_for_on_the_path_and_then_with_pyenv(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert list(interpreter.candidates()) == []
    with pytest.raises(interpreter.NoPython, match=r"needs Python 3\.12 or newer"):
        interpreter.find_python()
    ours = tmp_path / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3"
    named = tmp_path / "python3.12"
    for path in (ours, named):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\nexit 0\n")
        path.chmod(0o700)
    assert list(interpreter.candidates()) == [named, ours]
    assert interpreter.find_python() == named


def test_nothing_is_left_running_and_nothing_starts_any_more():
    processes = Processes()
    sleeper = processes.start(
        (sys.executable, "-c", "import time; time.sleep(100)"), stdin=subprocess.DEVNULL
    )
    processes.close()
    assert sleeper.returncode is not None
    with pytest.raises(Stopped):
        processes.start((sys.executable, "-c", ""))
    processes.stop(sleeper)
