"""`contenttrust revoke IMAGE[:TAG]`: take signatures away, as docker trust revoke does.

Images that `sign --recursive` signed by their digests go with the tag whose index they are in.
"""

from __future__ import annotations

import os

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.options import UsageError
from contenttrust.errors import (
    ContentTrustError,
    FetchError,
    LimitExceededError,
    NotSignedError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contenttrust.cli.request import Request
    from contenttrust.publish.collection import Collection
    from contenttrust.reference import Reference

_MOST_OTHERS = 256
"""Other signed tags that are asked about, each by a request."""


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
    try:
        own = _below(reference, listed[name]) & by_digest
    except (FetchError, LimitExceededError) as error:
        return [name], _told(reference, by_digest, error)
    others = {tag: found for tag, found in listed.items() if tag not in {name, *by_digest}}
    try:
        own -= _below_others(reference, others) if own else set()
    except (FetchError, LimitExceededError) as error:
        return [name], _told(reference, own, error)
    return [name, *sorted(own)], []


def _below_others(reference: Reference, others: Mapping[str, set[str]]) -> set[str]:
    digests = set().union(*others.values())
    if len(digests) > _MOST_OTHERS:
        raise LimitExceededError(f"more than {_MOST_OTHERS} other images are signed")
    return _below(reference, digests)


def _below(reference: Reference, digests: Iterable[str]) -> set[str]:
    """Digests of the images in indexes, by the registry's bytes with just these digests."""
    from contenttrust.cli.index_images import images_of  # noqa: PLC0415 -- see editing
    from contenttrust.reference import Reference as Named  # noqa: PLC0415
    from contenttrust.registry import registry_of  # noqa: PLC0415

    registry = registry_of(reference, env=os.environ)
    found: set[str] = set()
    for digest in sorted(filter(None, digests)):
        named = Named(reference.domain, reference.path, tag=None, digest=digest)
        found |= images_of(registry, named, registry.manifest(named)).keys()
    return found


def _told(reference: Reference, left: Iterable[str], cause: ContentTrustError) -> list[str]:
    """That images are signed by their digests still, each with the command that takes it back."""
    from contenttrust.publish.commands import command  # noqa: PLC0415 -- see editing

    repository = reference.gun
    ways = "; ".join(command("revoke", f"{repository}@{digest}") for digest in sorted(left))
    if not ways:
        return []
    told = (
        "images that may have been signed with it are signed by their digests still: it could not "
        f"be found out which belong to it alone ({cause.message}). To take them back: {ways}"
    )
    return [told]
