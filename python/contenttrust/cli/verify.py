"""`contenttrust verify IMAGE…`: may these images be used, and as which digest?"""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, report, text
from contenttrust.cli.options import UsageError
from contenttrust.errors import ContentTrustError, DigestMismatchError, NotSignedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.cli.request import Request
    from contenttrust.cli.through_index import Listed
    from contenttrust.reference import Reference


def run(request: Request) -> int:
    """Verify each image on its own: one bad image does not hide the others."""
    options = request.options
    if options.through_index and options.offline:
        raise UsageError("--through-index asks the registry: leave out --offline")
    # All names are read first: a command line that is wrong somewhere judges nothing.
    references = [request.reference(image) for image in options.images]
    results: list[dict[str, Any]] = []
    codes: list[int] = []
    for image, reference in zip(options.images, references, strict=True):
        repository, tag, listed, error = _judge(request, image, reference)
        codes.append(exit_codes.of(error))
        if request.json:
            members = _members(image, repository, tag, error)
            if options.through_index:
                members |= _listed_members(listed)
            results.append(members)
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write("contenttrust.verify/1", {"results": results})
    return exit_codes.worst(codes)


def _judge(
    request: Request, image: str, reference: Reference
) -> tuple[TrustedRepository | None, SignedTag | None, Listed | None, ContentTrustError | None]:
    repository, error = request.judge(reference.gun)
    tag = listed = None
    if repository is not None:
        tag, error = request.look_up(repository, reference)
        if isinstance(error, NotSignedError | DigestMismatchError):
            listed, error = _listed(request, repository, reference, error)
            tag = None if listed is None else listed.tag
        report.notices(request, repository)
    if request.json:
        return repository, tag, listed, error
    if repository is not None and tag is not None:
        if not request.options.quiet:
            verbose = request.options.verbose
            text.say(*_block(image, tag, repository, listed, verbose=verbose))
    elif error is not None:
        text.complain(
            f"{text.mark(sys.stderr, passed=False)} {text.safe(image)}", *report.refusal(error)
        )
    return repository, tag, listed, error


def _listed(
    request: Request, repository: TrustedRepository, reference: Reference, error: ContentTrustError
) -> tuple[Listed | None, ContentTrustError | None]:
    """What is said of an image that is refused, where an index that is signed may list it."""
    if not request.options.through_index or reference.digest is None:
        return None, error
    from contenttrust.cli import through_index  # noqa: PLC0415 -- brings the registry

    try:
        return through_index.listed(repository, reference), None
    except ContentTrustError as why:
        return None, why


def _block(
    image: str,
    tag: SignedTag,
    repository: TrustedRepository,
    listed: Listed | None,
    *,
    verbose: bool,
) -> list[str]:
    name = text.paint(text.safe(image), "bold", sys.stdout)
    if listed is None:
        rows = [("digest", tag.digest), ("size", f"{tag.size} bytes")]
    else:
        rows = [
            ("digest", listed.child.digest),
            ("size", f"{listed.child.size} bytes"),
            ("listed by", f"the signed index {text.safe(tag.name)}, {tag.digest}"),
        ]
    rows += [
        ("role", text.safe(tag.role)),
        ("signers", report.signers(tag)),
        ("pinned", text.safe(tag.pinned if listed is None else listed.pinned)),
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


def _listed_members(listed: Listed | None) -> dict[str, Any]:
    """What differs where it is not the image itself that is signed, but an index that lists it."""
    if listed is None:
        return {"index": None}
    return {
        "digest": listed.child.digest,
        "size": listed.child.size,
        "pinned": listed.pinned,
        "index": {"name": listed.tag.name, "digest": listed.tag.digest, "size": listed.tag.size},
    }
