"""`contenttrust policy lint FILE…`: what is wrong with policies, and what is hardly meant."""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from contenttrust.cli.request import Request
    from contenttrust.policy.lint import Finding
    from contenttrust.policy.rules import Policy

_COLOURS = {"error": "red", "warning": "yellow"}


def run(request: Request) -> int:
    """Look at each file on its own: one that is wrong does not hide the others."""
    from contenttrust import clock  # noqa: PLC0415
    from contenttrust.cli.gate.outcome import need_yaml  # noqa: PLC0415
    from contenttrust.policy.lint import lint_file  # noqa: PLC0415 -- who only parses needs none

    need_yaml()
    options = request.options
    now: datetime = clock.moment_or_now(options.at).datetime
    names = _names(options.corpus) if options.corpus else ()
    results: list[dict[str, Any]] = []
    codes: list[int] = []
    for path in options.files:
        policy, findings = lint_file(path, now=now, names=names)
        wrong = [one for one in findings if one.level == "error" or options.strict]
        codes.append(exit_codes.REFUSED if wrong or policy is None else exit_codes.OK)
        if request.json:
            results.append(_members(path, policy, findings))
        else:
            _tell(request, path, policy, findings)
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write("contenttrust.policy-lint/1", {"files": results})
    return exit_codes.worst(codes)


def _names(path: str) -> Sequence[str]:
    """Image names, one a line; what begins with # is none."""
    from contenttrust.transport import chosen_file  # noqa: PLC0415

    try:
        lines = chosen_file.read(path).decode().splitlines()
    except OSError as error:
        raise UsageError(f"--images: {text.safe(path)}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"--images: {text.safe(path)}: {error}") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _tell(request: Request, path: str, policy: Policy | None, findings: Sequence[Finding]) -> None:
    for one in findings:
        level = text.paint(one.level, _COLOURS[one.level], sys.stdout)
        text.say(f"{text.safe(path)}:{one.line}:{one.column}: {level}: {one.message}")
    if policy is not None and not request.options.quiet:
        text.say(
            f"{text.safe(path)}: {text.safe(policy.name)}, version {policy.version}, "
            f"{_count(len(policy.rules), 'rule')}, digest {policy.digest}"
        )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _members(path: str, policy: Policy | None, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "file": path,
        "loads": policy is not None,
        "name": policy.name if policy is not None else None,
        "version": policy.version if policy is not None else None,
        "digest": policy.digest if policy is not None else None,
        "findings": [
            {"level": f.level, "line": f.line, "column": f.column, "message": f.message}
            for f in findings
        ],
    }
