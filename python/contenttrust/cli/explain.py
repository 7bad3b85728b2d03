"""`contenttrust explain IMAGE`: every check in the order it ran, the verdict, and what to do."""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust._core import SignedTag, Step
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError


def run(request: Request) -> int:
    """Explain the verdict on one image."""
    image = request.options.image
    reference = request.reference(image)
    steps, repository, error = request.explain(reference.gun)
    tag = None
    if repository is not None:
        tag, error = request.look_up(repository, reference)
        report.notices(request, repository)
    if request.json:
        _write(image, reference.gun, steps, tag, error)
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


def _checks(steps: Sequence[Step]) -> list[str]:
    """The checks as an aligned list: what was found, and what it was compared with."""
    rows = [
        tuple(map(text.safe, (step.check, step.role, step.found, step.expected))) for step in steps
    ]
    if not rows:
        return ["No check could run."]
    # The marks stay outside the table: colour codes have no width.
    marks = [" ", *(text.mark(sys.stdout, passed=step.passed) for step in steps)]
    lines = text.table([("CHECK", "ROLE", "FOUND", "EXPECTED"), *rows], padding=2)
    return [f"  {sign} {line.rstrip()}" for sign, line in zip(marks, lines, strict=True)]


def _write(
    image: str,
    gun: str,
    steps: Sequence[Step],
    tag: SignedTag | None,
    error: ContentTrustError | None,
) -> None:
    from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

    document.write(
        "contenttrust.explain/1",
        {
            "image": image,
            "gun": gun,
            "verified": tag is not None,
            "tag": document.tag_members(tag) if tag is not None else None,
            "steps": [
                {
                    "check": step.check,
                    "role": step.role,
                    "passed": step.passed,
                    "expected": step.expected,
                    "found": step.found,
                }
                for step in steps
            ],
            "error": document.error_members(error) if error else None,
            "explanation": error.explain() if error else "",
        },
    )
