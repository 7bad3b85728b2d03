"""What is said beside a verdict, by every verb: refusals, warnings, signers."""

from __future__ import annotations

import sys

from contenttrust.cli import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError

REPO_ADMIN = "Repo Admin"
"""The engine's and Docker's name for "only the repository key"."""
_LONGEST = 10_000


def signer_names(tag: SignedTag) -> list[str]:
    """Names of the signers of a tag; `Repo Admin` if only the repository key signed it."""
    return [signer.name for signer in tag.signers]


def signers(tag: SignedTag) -> str:
    """The signers of a tag in one line."""
    return ", ".join(text.safe(name) for name in signer_names(tag))


def refusal(error: ContentTrustError) -> list[str]:
    """Docker's line for the situation and, wrapped below it, the explanation."""
    from contenttrust import explanations  # noqa: PLC0415 -- only beside a refusal

    # Docker's line stays in one piece: people and scripts search for it.
    headline = explanations.headline(error)
    explained = explanations.explain(error, beside_headline=True)
    first = text.paint(text.safe(headline), "red", sys.stderr)
    if explained.rstrip(".") == headline.rstrip("."):  # in words of its own, which say it all
        return [first]
    return [first, *text.wrapped(explained)]


def notice_lines(repository: TrustedRepository, *, note_on_first_use: str = "") -> list[str]:
    """One line for each broken role, unusable tag and warning.

    Args:
        repository: Whose notices.
        note_on_first_use: What to add to the warning that trust began here.
    """
    notes = {"first_use": note_on_first_use}
    broken = [f"{n.role} is left out ({n.code}): {n.message}" for n in repository.degraded]
    unusable = [
        f"{n.name} in {n.role} cannot be used as an image ({n.code}): {n.message}"
        for n in repository.unusable
    ]
    others = [
        (f"{n.role}: {n.message}" if n.role else n.message) + notes.get(n.code, "")
        for n in repository.warnings
    ]
    return [text.safe(line) for line in (*broken, *unusable, *others)]


def notices(request: Request, repository: TrustedRepository) -> None:
    """Warn once of each repository on standard error; not with -q, not beside a JSON document."""
    if request.options.quiet or request.json or not request.first_mention(repository):
        return
    word = text.paint("warning:", "yellow", sys.stderr)
    gun = text.safe(repository.gun)
    note = request.note_on_first_use(repository.gun)
    lines = notice_lines(repository, note_on_first_use=note)
    text.complain(*(f"{word} {gun}: {line}" for line in lines))


def warn(request: Request, remarks: Iterable[str]) -> None:
    """Say on standard error what does not stop a verb, or in its document; not with -q."""
    if request.json:
        for message in remarks:
            request.tell("warnings", message=message)
    else:
        for message in remarks:
            remark(request, _shortened(message))


def _shortened(message: str) -> str:
    """A message as long as somebody reads it: one may name every tag of a role."""
    if len(message) <= _LONGEST:
        return message
    return f"{message[:_LONGEST].rpartition(' ')[0]} … (-o json has all of it)"


def remark(request: Request, message: str) -> None:
    """Say on standard error what no document holds; not with -q."""
    if not request.options.quiet:
        word = text.paint("warning:", "yellow", sys.stderr)
        text.complain(f"{word} {text.safe(message)}")
