"""`contenttrust policy test CASES…`: does a policy say of known cases what it must say?"""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust.cli.request import Request
    from contenttrust.policy.cases import Outcome


def run(request: Request) -> int:
    """Hold policies against the cases of each file; nothing is asked over a network."""
    from contenttrust.policy.cases import load_cases, run  # noqa: PLC0415

    options = request.options
    results: list[dict[str, Any]] = []
    failed = 0
    for path in options.files:
        policy, cases = load_cases(path, policy=options.policy or "", now=options.at)
        for case in cases:
            outcome = run(policy, case)
            failed += bool(outcome.differences)
            if request.json:
                results.append(_members(path, outcome))
            else:
                _tell(request, path, outcome)
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write("contenttrust.policy-test/1", {"cases": results})
    return exit_codes.REFUSED if failed else exit_codes.OK


def _tell(request: Request, path: str, outcome: Outcome) -> None:
    case, decision = outcome.case, outcome.decision
    if not outcome.differences:
        if not request.options.quiet:
            text.say(f"{text.mark(sys.stdout, passed=True)} {text.safe(case.name)}: "
                     f"{decision.verdict}")  # fmt: skip
        return
    text.say(
        f"{text.mark(sys.stdout, passed=False)} {text.safe(case.name)} "
        f"({text.safe(path)}:{case.line})",
        *(f"    {line}" for line in (*outcome.differences, *decision.reasons)),
    )


def _members(path: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "file": path,
        "line": outcome.case.line,
        "name": outcome.case.name,
        "passed": not outcome.differences,
        "differences": list(outcome.differences),
        "decision": outcome.decision.to_json(),
    }
