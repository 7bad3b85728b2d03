"""Reports as lines for people."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.reports.finding import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.gate.reports.finding import Finding
    from contenttrust.policy.decision import Remark

_WORDS = {"pass": "ok", "note": "note", "warning": "warning", "error": "refused"}


def render(findings: Sequence[Finding]) -> str:
    """One line for what is to be known of each collection, then one a finding."""
    lines = [beside(gun, remark) for gun, remark in warnings(findings)]
    return "".join(f"{text}\n" for text in (*lines, *map(line, findings)))


def beside(gun: str, remark: Remark) -> str:
    """What must be known of a collection, in one line."""
    return _harmless(f"warning: {shown(gun)}: {shown(str(remark))}")


def line(finding: Finding) -> str:
    """What is said of one place, in one line that begins with a word of ours."""
    spot = finding.spot
    place = f"{shown(spot.file)}:{spot.line}" + (f":{spot.column}" if spot.column else "")
    image = f" {shown(finding.image)}:" if finding.image else ""
    pinned = finding.decision.pinned if finding.decision is not None else ""
    arrow = f" -> {shown(pinned)}" if pinned and finding.level in {"pass", "warning"} else ""
    written = f"{_WORDS[finding.level]}: {place}:{image} {finding.message}{arrow}"
    return _harmless(written)


def _harmless(line: str) -> str:
    # What runs steps on GitHub takes this for a command, wherever in a line it stands.
    return line.replace("##[", "#\\x23[")
