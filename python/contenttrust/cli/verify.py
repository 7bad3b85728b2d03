"""`contenttrust verify IMAGE…`: may these images be used, and as which digest?"""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError
    from contenttrust.reference import Reference


def run(request: Request) -> int:
    """Verify each image on its own: one bad image does not hide the others."""
    options = request.options
    # All names are read first: a command line that is wrong somewhere judges nothing.
    references = [request.reference(image) for image in options.images]
    results: list[dict[str, Any]] = []
    codes: list[int] = []
    for image, reference in zip(options.images, references, strict=True):
        repository, tag, error = _judge(request, image, reference)
        codes.append(exit_codes.of(error))
        if request.json:
            results.append(_members(image, repository, tag, error))
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write("contenttrust.verify/1", {"results": results})
    return exit_codes.worst(codes)


def _judge(
    request: Request, image: str, reference: Reference
) -> tuple[TrustedRepository | None, SignedTag | None, ContentTrustError | None]:
    repository, error = request.judge(reference.gun)
    tag = None
    if repository is not None:
        tag, error = request.look_up(repository, reference)
        report.notices(request, repository)
    if request.json:
        return repository, tag, error
    if repository is not None and tag is not None:
        if not request.options.quiet:
            text.say(*_block(image, tag, repository, verbose=request.options.verbose))
    elif error is not None:
        text.complain(
            f"{text.mark(sys.stderr, passed=False)} {text.safe(image)}", *report.refusal(error)
        )
    return repository, tag, error


def _block(
    image: str, tag: SignedTag, repository: TrustedRepository, *, verbose: bool
) -> list[str]:
    name = text.paint(text.safe(image), "bold", sys.stdout)
    rows = [
        ("digest", tag.digest),
        ("size", f"{tag.size} bytes"),
        ("role", text.safe(tag.role)),
        ("signers", report.signers(tag)),
        ("pinned", text.safe(tag.pinned)),
    ]
    if verbose:
        rows += [(f"key of {text.safe(s.name)}", key) for s in tag.signers for key in s.key_ids]
        rows += [("valid until", text.moment(repository.valid_until))]
    return [
        f"{text.mark(sys.stdout, passed=True)} {name}",
        *(f"    {line}" for line in text.table(rows, padding=2)),
    ]


def _members(
    image: str,
    repository: TrustedRepository | None,
    tag: SignedTag | None,
    error: ContentTrustError | None,
) -> dict[str, Any]:
    from contenttrust.cli import document  # noqa: PLC0415

    return {
        "image": image,
        "verified": tag is not None,
        "digest": tag.digest if tag is not None else None,
        "size": tag.size if tag is not None else None,
        "role": tag.role if tag is not None else None,
        "signers": report.signer_names(tag) if tag is not None else [],
        "signer_keys": {s.name: list(s.key_ids) for s in tag.signers} if tag is not None else {},
        "pinned": tag.pinned if tag is not None else None,
        "valid_until": (
            text.moment(repository.valid_until)
            if tag is not None and repository is not None
            else None
        ),
        **document.notice_members(repository),
        "error": document.error_members(error) if error else None,
    }
