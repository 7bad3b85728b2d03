"""`contenttrust explain IMAGE`: every check in the order it ran, the verdict, and what to do."""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, report, text
from contenttrust.errors import FetchError, NotCachedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from contenttrust._core import SignedTag, Step
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError


def run(request: Request) -> int:
    """Explain the verdict on one image."""
    image = request.options.image
    reference = request.reference(image)
    checks, repository, error = request.explain(reference.gun)
    steps = _told([_members(step) for step in checks], error)
    tag = None
    if repository is not None:
        tag, error = request.look_up(repository, reference)
        steps.append(_look_up(tag, error))
        report.notices(request, repository)
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write(
            "contenttrust.explain/1",
            {
                "image": image,
                "gun": reference.gun,
                "verified": tag is not None,
                "tag": document.tag_members(tag) if tag is not None else None,
                "steps": steps,
                **document.notice_members(repository),
                "error": document.error_members(error) if error else None,
                "explanation": error.explain() if error else "",
            },
        )
        return exit_codes.of(error)
    name = text.paint(text.safe(image), "bold", sys.stdout)
    text.say(f"{name} (collection {text.safe(reference.gun)})", "", *_checks(steps), "")
    if tag is not None:
        text.say(
            f"{text.mark(sys.stdout, passed=True)} verified: {tag.digest}",
            f"    {tag.size} bytes, from {text.safe(tag.role)}, signed by {report.signers(tag)}",
            f"    use {text.safe(tag.pinned)}",
        )
    elif error is not None:
        known = exit_codes.of(error) == exit_codes.REFUSED
        verdict = "refused" if known else "could not tell"
        text.say(f"{text.mark(sys.stdout, passed=False)} {verdict} ({error.code})")
        text.complain(*report.refusal(error))
    return exit_codes.of(error)


def _members(step: Step) -> dict[str, Any]:
    names = ("check", "role", "passed", "expected", "found")
    return {name: getattr(step, name) for name in names}


def _told(steps: list[dict[str, Any]], error: ContentTrustError | None) -> list[dict[str, Any]]:
    """The steps, the last of which may say `absent` only where the source was heard to say so.

    The engine learns that it gets no file, and does not care why.
    """
    if steps and isinstance(error, FetchError) and steps[-1]["found"] == "absent":
        asked = not isinstance(error, NotCachedError)
        steps[-1]["found"] = "no answer" if asked else "no usable copy"
    return steps


def _look_up(tag: SignedTag | None, error: ContentTrustError | None) -> dict[str, Any]:
    """The last step, which the engine leaves to whoever asks for a tag."""
    facts = {"role": "", "expected": "a signed tag", "found": ""}
    if tag is not None:
        facts |= {"role": tag.role, "found": tag.digest}
    elif error is not None:
        facts = {"role": error.role, "expected": error.expected, "found": error.found}
    return {"check": "lookup", "passed": tag is not None, **facts}


def _checks(steps: Sequence[dict[str, Any]]) -> list[str]:
    """The checks as an aligned list: what was found, and what it was compared with."""
    columns = ("check", "role", "found", "expected")
    rows = [tuple(text.safe(step[name]) for name in columns) for step in steps]
    if not rows:
        return ["No check could run."]
    # The marks stay outside the table: colour codes have no width.
    marks = [" ", *(text.mark(sys.stdout, passed=step["passed"]) for step in steps)]
    lines = text.table([("CHECK", "ROLE", "FOUND", "EXPECTED"), *rows], padding=2)
    return [f"  {sign} {line.rstrip()}" for sign, line in zip(marks, lines, strict=True)]
