"""`contenttrust revoke IMAGE[:TAG]`: take signatures away, as docker trust revoke does.

Images that `sign --recursive` signed by their digests go with the tag whose index they are in.
"""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.index_images import UNKNOWN, below, told_strays, told_unknown, with_tags
from contenttrust.cli.options import UsageError
from contenttrust.errors import ContentTrustError, NotSignedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request
    from contenttrust.publish.collection import Collection
    from contenttrust.reference import Reference


def run(request: Request) -> int:
    """Revoke one tag, or all of a repository once that is confirmed."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing

    image = request.options.image
    shown = text.safe(image)
    reference = request.reference(image)
    if reference.digest is not None and reference.tag is not None:
        raise UsageError(f"{image}: cannot use a tag and a digest: revoke IMAGE:TAG, or the digest "
                         "under which an image was signed")  # fmt: skip
    edited = editing.collection(request, reference.gun)
    question = f"Confirm you would like to delete all signature data for {shown}? [y/N] "
    if reference.name_only and not confirmed(request, question):
        text.complain("trust revoke has been cancelled")
        return exit_codes.REFUSED
    try:
        names, left = _names(edited, reference)
        done = images.revoke(edited, names)
    except ContentTrustError as error:
        if request.json:
            raise
        # What is not signed is told in docker's words alone: there is nothing to be done about it.
        why = error.message if isinstance(error, NotSignedError) else str(error)
        text.complain(f"could not remove signature for {shown}: {text.safe(why)}")
        return exit_codes.of(error)
    report.warn(request, [*done.notes, *left])
    request.tell("published", gun=done.gun, versions=dict(done.versions))
    text.say(*(f"Deleted the signature for {one}, an image of it" for one in (names or [])[1:]))
    text.say(f"Successfully deleted signature for {shown}")
    return exit_codes.OK


def _names(edited: Collection, reference: Reference) -> tuple[list[str] | None, list[str]]:
    """What is revoked, None for all; and which images may have been signed with it and stay."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing
    from contenttrust.publish.tags import is_digest  # noqa: PLC0415

    if reference.name_only:
        return None, []
    name = reference.digest or str(reference.tag)
    listed = images.listed(edited)
    by_digest = {one for one in listed if is_digest(one)}
    if name in by_digest or name not in listed or not by_digest:
        return [name], []
    own = by_digest
    try:
        own = below(reference, listed[name]) & by_digest
        others = {tag: found for tag, found in listed.items() if tag not in {name, *by_digest}}
        stay = with_tags(reference, others)
    except UNKNOWN as error:
        return [name], told_unknown(reference, own, error)
    return [name, *sorted(own - stay)], told_strays(reference, by_digest - own - stay)
