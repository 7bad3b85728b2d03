"""`contenttrust revoke IMAGE[:TAG]`: take signatures away, as docker trust revoke does.

Images that `sign --recursive` signed by their digests go with the tag whose index they are in.
Which these are a registry must say; so the tag itself is revoked before it is asked.
"""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.index_images import (
    UNKNOWN,
    Search,
    told_if_interrupted,
    told_interrupted,
    told_kept,
    told_strays,
    told_unknown,
)
from contenttrust.cli.options import UsageError
from contenttrust.cli.repositories import tell_failed
from contenttrust.errors import ContentTrustError, NotSignedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection as Digests
    from collections.abc import Mapping

    from contenttrust.cli.request import Request
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.publication import Published
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
    name = None if reference.name_only else reference.digest or str(reference.tag)
    try:
        had = {} if reference.tag is None else images.listed(edited)
        done = images.revoke(edited, None if name is None else [name])
    except ContentTrustError as error:
        if request.json:
            raise
        # What is not signed is told in docker's words alone: there is nothing to be done about it.
        why = error.message if isinstance(error, NotSignedError) else str(error)
        text.complain(f"could not remove signature for {shown}: {text.safe(why)}")
        return exit_codes.of(error)
    _tell(request, done)
    text.say(f"Successfully deleted signature for {shown}")
    if reference.tag is None:
        return exit_codes.OK
    return _images(request, edited, reference, done, had.get(reference.tag, ()))


def _images(
    request: Request,
    edited: Collection,
    reference: Reference,
    done: Published,
    digests: Digests[str],
) -> int:
    """Revoke the images that went with a tag, which had these digests and is revoked."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing

    children, told = _with(request, reference, digests, images.listed_in(done))
    report.warn(request, told)
    if not children:
        return exit_codes.OK
    try:
        with told_if_interrupted(request, told_interrupted(reference, children)):
            done = images.revoke(edited, children)
    except ContentTrustError as error:
        tell_failed(request, edited.gun, error)
        text.complain(f"could not remove the signatures of its images: {text.safe(str(error))}")
        report.warn(request, told_kept(reference, children))
        return exit_codes.of(error)
    _tell(request, done)
    text.say(*(f"Deleted the signature for {one}, an image of it" for one in children))
    return exit_codes.OK


def _with(
    request: Request,
    reference: Reference,
    digests: Digests[str],
    listed: Mapping[str, Digests[str]],
) -> tuple[list[str], list[str]]:
    """Images that go with a tag which had these digests; and what to say of others that stay."""
    from contenttrust.publish.tags import child_digest  # noqa: PLC0415 -- see editing

    by_digest = set(filter(None, map(child_digest, listed)))
    if not by_digest:
        return [], []
    own, search = by_digest, Search(reference)
    others = {name: found for name, found in listed.items() if not child_digest(name)}
    others.pop(str(reference.tag), None)  # a role lists it still, whose keys are not here
    try:
        with told_if_interrupted(request, told_interrupted(reference, by_digest)):
            own = search.below(digests) & by_digest
            stay = search.with_tags(others)
    except UNKNOWN as error:
        return [], told_unknown(reference, own, error)
    return sorted(own - stay), told_strays(reference, by_digest - own - stay)


def _tell(request: Request, done: Published) -> None:
    report.warn(request, done.notes)
    request.tell("published", gun=done.gun, versions=dict(done.versions))
