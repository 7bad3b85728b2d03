"""Reports as workflow commands, which GitHub shows beside the line of a change.

Source: actions/toolkit, `packages/core/src/command.ts`.
"""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.reports.finding import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.gate.reports.finding import Finding

_COMMANDS = {"note": "notice", "warning": "warning", "error": "error"}


def render(findings: Sequence[Finding]) -> str:
    """One command a finding; images that may be used have none, but what they rest on may."""
    commands = [
        f"::warning title=contenttrust%3A {_property(remark.code)}::{_data(f'{gun}: {remark}')}"
        for gun, remark in warnings(findings)
    ]
    commands += [_command(finding) for finding in findings if finding.level in _COMMANDS]
    return "".join(command + "\n" for command in commands)


def _command(finding: Finding) -> str:
    spot = finding.spot
    properties = {"file": spot.file, "line": str(spot.line)}
    if spot.column:
        properties["col"] = str(spot.column)
        if spot.end_line:
            properties |= {"endLine": str(spot.end_line), "endColumn": str(spot.end_column)}
    properties["title"] = f"contenttrust: {finding.code}"
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = f"{finding.image}: {finding.message}" if finding.image else finding.message
    return f"::{_COMMANDS[finding.level]} {written}::{_data(message)}"


def _data(text: str) -> str:
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
