"""Reports as one JSON document."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from contenttrust.gate.reports.finding import Finding

SCHEMA = "contenttrust.gate/1"


def members(findings: Sequence[Finding]) -> dict[str, Any]:
    """The members of the document, behind its schema."""
    return {
        "allowed": not any(finding.refused for finding in findings),
        "results": [_result(finding) for finding in findings],
    }


def render(findings: Sequence[Finding]) -> str:
    """The document in one line of ASCII."""
    return json.dumps({"schema": SCHEMA, **members(findings)}, ensure_ascii=True) + "\n"


def _result(finding: Finding) -> dict[str, Any]:
    spot, decision = finding.spot, finding.decision
    return {
        "file": spot.file,
        "line": spot.line,
        "column": spot.column,
        "what": spot.what,
        "image": finding.image,
        "level": finding.level,
        "code": finding.code,
        "message": finding.message,
        "decision": None if decision is None else decision.to_json(),
    }
