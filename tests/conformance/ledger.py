"""Writes CONFORMANCE.md from the route table and the names of tests, so that it cannot boast.

`make ledger` writes it; a test fails when it is out of date.
"""

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from server.sep2.routes import SERVED
from tests.conformance.reasons import REASONS

ROOT = Path(__file__).parent.parent.parent
LEDGER = ROOT / "CONFORMANCE.md"
REFUSED = ROOT / "fixtures" / "sep2" / "refused.csv"
_RULES = re.compile(r"test_rules?_((?:\d+_)+)(?:and_(\d+)_)?")

OPENING = """# Conformance

Written by `make ledger` from the route table and the names of the tests. Gridherald *implements*
what stands here; nobody has certified it. What is not listed is not served: such a path answers
404, such a message an application error.
"""


def ledger() -> str:
    """Return the whole text."""
    return "\n".join([OPENING, *_sep2(), "", *_openadr(), ""])


def _sep2() -> Iterator[str]:
    yield "## IEEE 2030.5\n"
    yield f"{len(SERVED)} kinds of resource. HEAD is answered wherever GET is;"
    yield "other methods get 405 with Allow.\n"
    yield "| resource | path | methods |"
    yield "|---|---|---|"
    for route in sorted(SERVED, key=lambda route: route.path):
        methods = ", ".join(method for method in route.methods if method != "HEAD")
        yield f"| {route.resource} | `{route.path}` | {methods} |"
    yield "\n### Methods that are refused by policy, and why\n"
    yield "| resource | methods | reason |"
    yield "|---|---|---|"
    for (resource, reason), methods in refused().items():
        yield f"| {resource} | {', '.join(methods)} | {reason} |"


def refused() -> dict[tuple[str, str], list[str]]:
    """Return the methods that the WADL allows and the server does not, by resource and reason."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with REFUSED.open(newline="") as lines:
        for line in csv.DictReader(lines):
            found[line["resource"], line["reason"]].append(line["method"])
    return dict(found)


def _openadr() -> Iterator[str]:
    yield "## OpenADR 2.0b, rules with a test\n"
    yield "| rule | tests |"
    yield "|---|---|"
    for rule, tests in sorted(rules().items()):
        yield f"| {rule} | {', '.join(f'`{test}`' for test in sorted(tests))} |"
    yield "\n### Rules without a test, and why\n"
    yield "| rule | reason |"
    yield "|---|---|"
    for rule, reason in sorted(REASONS.items()):
        yield f"| {rule} | {reason} |"


def rules() -> dict[int, set[str]]:
    """Return the names of the tests that name a numbered rule, by the rule."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests" / "openadr").glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                match = _RULES.match(node.name + "_")
                numbers = re.findall(r"\d+", match[0]) if match else []
                for number in numbers:
                    found[int(number)].add(node.name)
    return dict(found)


if __name__ == "__main__":
    LEDGER.write_text(ledger())
