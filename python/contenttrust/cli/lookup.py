"""`contenttrust lookup GUN TAG`: name, digest and size of one signed tag, as notary prints it."""

from __future__ import annotations

from contenttrust.cli import exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError


def run(request: Request) -> int:
    """Look up one tag of one collection."""
    options = request.options
    repository, error = request.judge(request.gun(options.gun))
    tag: SignedTag | None = None
    if repository is not None:
        tag, error = request.find(repository, tag=options.tag)
        report.notices(request, repository)
    if request.json:
        _write(options.gun, options.tag, repository, tag, error)
    elif tag is not None:
        text.say(f"{text.safe(tag.name)} {tag.digest} {tag.size}")
    elif error is not None:
        text.complain(*report.refusal(error), *request.advice(options.gun, error))
    return exit_codes.of(error)


def _write(
    gun: str,
    name: str,
    repository: TrustedRepository | None,
    tag: SignedTag | None,
    error: ContentTrustError | None,
) -> None:
    from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

    members: dict[str, Any] = {"gun": gun, "name": name, "verified": tag is not None}
    if tag is not None:
        members |= document.tag_members(tag)
    members["pinned"] = tag.pinned if tag is not None else None
    members |= document.notice_members(repository)
    if error is not None:
        members["error"] = document.error_members(error)
    document.write("contenttrust.lookup/1", members)
