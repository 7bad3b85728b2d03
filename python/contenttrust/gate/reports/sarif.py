"""Reports in SARIF, which code scanning shows beside the line.

Source: SARIF 2.1.0 (OASIS), errata 01.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePosixPath
from urllib.parse import quote

from contenttrust.gate.reports.finding import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from contenttrust.gate.reports.finding import Finding, Spot
    from contenttrust.policy.decision import Remark

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"note": "note", "warning": "warning", "error": "error"}


def render(findings: Sequence[Finding]) -> str:
    """The log, indented; images that may be used are not in it.

    Code scanning heeds no ``kind``: it would make an alert of every one that passed.
    """
    from importlib.metadata import version  # noqa: PLC0415 -- only this form names it

    beside = [_notification(gun, remark) for gun, remark in warnings(findings)]
    findings = [finding for finding in findings if finding.level in _LEVELS]
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "contenttrust",
        "version": version("contenttrust"),
        "rules": [{"id": code, "shortDescription": {"text": code}} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": beside}],
        "results": [_result(finding, codes) for finding in findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=True, indent=2) + "\n"


def _notification(gun: str, remark: Remark) -> dict[str, Any]:
    """What must be known beside the results. Source: §3.20.21, §3.58."""
    return {
        "level": "warning",
        "message": {"text": _message(f"{gun}: {remark}")},
        "descriptor": {"id": remark.code},
    }


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    spot, decision = finding.spot, finding.decision
    properties = {"image": finding.image, "what": spot.what}
    if decision is not None:
        properties |= {"pinned": decision.pinned, "rule": decision.rule}
    text = f"{finding.image}: {finding.message}" if finding.image else finding.message
    mark = hashlib.sha256(repr((spot.file, spot.what, finding.image)).encode()).hexdigest()
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "kind": "fail",
        "level": _LEVELS[finding.level],
        "message": {"text": _message(text)},
        "locations": [{"physicalLocation": _location(spot)}],
        "partialFingerprints": {"place/v1": mark},
        "properties": properties,
    }


def _message(text: str) -> str:
    """Text without a link or a placeholder: brackets of both kinds are escaped.

    Source: §3.11.5 (placeholders), §3.11.6 (embedded links).
    """
    from contenttrust.errors import shown  # noqa: PLC0415

    text = shown(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return text.replace("{", "{{").replace("}", "}}")


def _location(spot: Spot) -> dict[str, Any]:
    region = {"startLine": spot.line}
    if spot.column:
        region["startColumn"] = spot.column
        if spot.end_line:
            region |= {"endLine": spot.end_line, "endColumn": spot.end_column}
    return {"artifactLocation": {"uri": _uri(spot.file)}, "region": region}


def _uri(file: str) -> str:
    if file == "-":
        return "stdin"
    path = PurePosixPath(file)
    if path.is_absolute():
        return "file://" + quote(str(path).encode(errors="surrogateescape"))
    # A first part with a colon would be a scheme.
    return quote(str(path).encode(errors="surrogateescape"))
