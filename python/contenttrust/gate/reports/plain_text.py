"""Reports as lines for people."""

from __future__ import annotations

from contenttrust.errors import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.gate.reports.finding import Finding

_WORDS = {"pass": "ok", "note": "note", "warning": "warning", "error": "refused"}


def render(findings: Sequence[Finding]) -> str:
    """One line a finding."""
    return "".join(line(finding) + "\n" for finding in findings)


def line(finding: Finding) -> str:
    """What is said of one place, in one line that begins with a word of ours."""
    spot = finding.spot
    place = f"{shown(spot.file)}:{spot.line}" + (f":{spot.column}" if spot.column else "")
    image = f" {shown(finding.image)}:" if finding.image else ""
    pinned = finding.decision.pinned if finding.decision is not None else ""
    arrow = f" -> {shown(pinned)}" if pinned and finding.level in {"pass", "warning"} else ""
    written = f"{_WORDS[finding.level]}: {place}:{image} {finding.message}{arrow}"
    # What runs steps on GitHub takes this for a command, wherever in a line it stands.
    return written.replace("##[", "#\\x23[")
