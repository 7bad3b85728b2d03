"""Reports as JUnit XML, which every CI server reads: a test case for each image.

Source: the schema of Apache Ant's JUnit task, as CI servers read it.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from contenttrust.errors import shown
from contenttrust.gate.reports.finding import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.gate.reports.finding import Finding

# What XML 1.0 has no way to say.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(findings: Sequence[Finding]) -> str:
    """The document, with one suite for each file."""
    files: dict[str, list[Finding]] = {}
    for finding in findings:
        files.setdefault(finding.spot.file, []).append(finding)
    root = ET.Element("testsuites", _counts(findings), name="contenttrust")
    for file, members in files.items():
        suite = ET.SubElement(root, "testsuite", _counts(members), name=_text(file))
        for finding in members:
            _case(suite, finding)
        lines = [_text(f"warning: {gun}: {remark}") for gun, remark in warnings(members)]
        if lines:
            ET.SubElement(suite, "system-err").text = "\n".join(lines)
    ET.indent(root)
    written = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    failures = sum(finding.refused for finding in findings)
    return {"tests": str(len(findings)), "failures": str(failures), "errors": "0"}


def _case(suite: ET.Element, finding: Finding) -> None:
    spot = finding.spot
    name = " ".join(filter(None, (finding.image or finding.code, spot.what, f"line {spot.line}")))
    case = ET.SubElement(
        suite, "testcase",
        name=_text(name), classname=_text(spot.file), file=_text(spot.file), line=str(spot.line),
    )  # fmt: skip
    message = _text(finding.message)
    if finding.refused:
        failure = ET.SubElement(case, "failure", message=message, type=_text(finding.code))
        place = f"{spot.file}:{spot.line}" + (f":{spot.column}" if spot.column else "")
        failure.text = f"{_text(place)}: {message}"
    elif finding.level != "pass":
        ET.SubElement(case, "system-out").text = f"{finding.level}: {message}"


def _text(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", shown(text))
