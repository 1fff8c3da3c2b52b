"""What cactus said of one procedure, read from what it prints, and the table of all of them.

It must not know how cactus is run.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

INHERENT: Mapping[str, re.Pattern[str]] = {
    "S-ALL-49": re.compile(r"Skipping DERProgram .* - primacy [12] != expected [12]\."),
}
"""Warnings that a procedure's own checks make of any server that does what it asks for.

S-ALL-49 has a server offer two programs, asks for each of them by its primacy, and warns of the
other one each time.
"""

_STEPS = re.compile(r"Steps +(\d+)/(\d+) passed")
_WARNINGS = re.compile(r"Warnings +(\d+)$")
_XSD_ERRORS = re.compile(r"XSD Errors +(\d+)$")
_BOX = re.compile(r"[─-╿]")
_TITLES = {"Warnings", "Steps", "Requests", "Exceptions", "Server", "Client(s)"}
_FAULT = re.compile(r"Check Failure: .*|Exception: .*|Test timed out.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one procedure went."""

    id: str
    passed: bool
    seconds: float
    steps_passed: int = 0
    steps: int = 0
    warnings: int = 0
    inherent: int = 0
    """How many of the warnings any server would get."""
    xsd_errors: int = 0
    faults: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        return "pass" if self.passed else "FAIL"


def judge(procedure: str, exit_code: int | None, printed: str, seconds: float) -> Verdict:
    """Return the verdict of a strict run; an exit code of None means that it was ended."""
    lines = [_BOX.sub(" ", line).strip() for line in printed.splitlines()]
    steps_passed, steps = _counts(_STEPS, lines)
    (warnings,) = _counts(_WARNINGS, lines, missing=(0,))
    (xsd_errors,) = _counts(_XSD_ERRORS, lines, missing=(0,))
    warned = list(_section(lines, "Warnings"))
    known = INHERENT.get(procedure)
    inherent = sum(known is not None and bool(known.search(one)) for one in warned)
    is_all = 0 < steps == steps_passed and not xsd_errors
    passed = exit_code == 0 or (exit_code == 2 and is_all and 0 < warnings == inherent)
    faults = [found[0] for line in lines if (found := _FAULT.search(line))]
    if not passed and not faults and not warned:
        faults = [line for line in lines if line][-5:]
    return Verdict(
        id=procedure,
        passed=passed,
        seconds=round(seconds, 1),
        steps_passed=steps_passed,
        steps=steps,
        warnings=warnings,
        inherent=inherent,
        xsd_errors=xsd_errors,
        faults=() if passed else (*dict.fromkeys(faults), *dict.fromkeys(warned)),
    )


def not_run(procedure: str, why: str) -> Verdict:
    """Return the verdict of a procedure that could not be run."""
    return Verdict(id=procedure, passed=False, seconds=0.0, faults=(why,))


def _counts(
    pattern: re.Pattern[str], lines: Sequence[str], missing: tuple[int, ...] = (0, 0)
) -> tuple[int, ...]:
    for line in lines:
        if found := pattern.search(line):
            return tuple(map(int, found.groups()))
    return missing


def _section(lines: Sequence[str], title: str) -> Iterator[str]:
    """Yield the rows of the table that has a title of its own line."""
    inside = False
    for line in lines:
        if line in _TITLES:
            inside = line == title
        elif inside and line:
            yield line


COLUMNS = ("id", "verdict", "steps", "warnings", "XSD errors", "seconds")


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the table, what failed below it, and how many passed and failed."""
    rows = [COLUMNS, *map(_row, verdicts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()
    for one in verdicts:
        for fault in one.faults:
            yield f"{one.id}: {fault}"
    if any(one.inherent for one in verdicts):
        yield "(+n) warnings that the procedure's own checks make of any server"
    passed = sum(one.passed for one in verdicts)
    yield f"{passed} passed, {len(verdicts) - passed} failed"


def _row(one: Verdict) -> tuple[str, ...]:
    others = f" (+{one.inherent})" if one.inherent else ""
    return (
        one.id,
        one.word,
        f"{one.steps_passed}/{one.steps}",
        f"{one.warnings - one.inherent}{others}",
        str(one.xsd_errors),
        f"{one.seconds:.1f}",
    )


def report(verdicts: Sequence[Verdict], versions: Mapping[str, str]) -> dict[str, Any]:
    """Return what is written for machines."""
    return {
        "versions": dict(versions),
        "passed": sum(one.passed for one in verdicts),
        "failed": sum(not one.passed for one in verdicts),
        "procedures": [asdict(one) for one in verdicts],
    }
