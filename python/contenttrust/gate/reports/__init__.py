"""What a gate found in files: for people, for machines, and for where code is reviewed."""

from __future__ import annotations

import importlib

from contenttrust.gate.reports.finding import Finding, Spot, warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMATS", "Finding", "Spot", "render", "warnings"]

FORMATS = {
    "text": "contenttrust.gate.reports.plain_text",
    "json": "contenttrust.gate.reports.json_document",
    "sarif": "contenttrust.gate.reports.sarif",
    "junit": "contenttrust.gate.reports.junit",
    "github": "contenttrust.gate.reports.github",
}
"""The forms of a report, and the module of each."""


def render(findings: Sequence[Finding], *, form: str) -> str:
    """Write a report.

    Args:
        findings: In the order in which they are told.
        form: One of `FORMATS`.

    Returns:
        The text, with a line break at its end unless it is empty. Nothing that a name, an image or
        a file says can end a line, a value or a command of it.
    """
    module = importlib.import_module(FORMATS[form])
    written: str = module.render(findings)
    return written
