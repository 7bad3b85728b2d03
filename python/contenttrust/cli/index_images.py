"""The images of an index, and of the indexes in it, as a registry has them by their digests."""

from __future__ import annotations

import contextlib
import os
import time

from contenttrust.cli import report
from contenttrust.errors import FetchError, ImageLookupError, LimitExceededError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from contenttrust.cli.request import Request
    from contenttrust.errors import ContentTrustError
    from contenttrust.reference import Reference
    from contenttrust.registry import Manifest, Registry

MOST = 256
"""Images of one index; those of real ones are a dozen. Each is a request, and a signed name."""
DEPTH = 4
"""Indexes within each other; build tools make one of two."""
REQUESTS = 512
"""Indexes and signed tags that a search asks about, each by a request."""
SECONDS = 60.0
"""For all requests of a search together: it only finds out what else there is to take back."""
UNKNOWN = (FetchError, LimitExceededError)
"""What a registry raises that cannot say what an index holds."""


def images_of(registry: Registry, reference: Reference, index: Manifest) -> dict[str, int]:
    """Sizes of all images and indexes below an index, by digest, each once; attestations are none.

    Args:
        registry: That has them.
        reference: The index.
        index: Its manifest.

    Raises:
        LimitExceededError: There are too many, or they lie too deep.
        ImageLookupError: The registry lacks one, or it is not what the index says of it.
    """
    found: dict[str, int] = {}
    level = [index]
    for depth in range(DEPTH + 1):
        wanted = {
            (one.digest, one.size, one.media_type): one
            for manifest in level
            for one in manifest.children
            if not one.is_attestation
        }
        if not wanted:
            break
        if depth == DEPTH or len(found) + len(wanted) > MOST:
            what = f"indexes more than {DEPTH} deep" if depth == DEPTH else f"over {MOST} images"
            raise LimitExceededError(
                f"the index {reference} has {what}: they are not signed one by one. Leave out "
                "--recursive: the index covers them all",
                subject=str(reference),
                expected=str(DEPTH if depth == DEPTH else MOST),
            )
        level = []
        for descriptor in wanted.values():
            child = registry.child(reference, descriptor)
            if child.digest not in found:
                found[child.digest] = child.size
                level.append(child)
    return found


class Search:
    """Finds out which images belong to signed names, within one limit for all that it asks."""

    def __init__(self, reference: Reference) -> None:
        """Begin; the time runs.

        Args:
            reference: Names the repository.
        """
        self._reference = reference
        self._until = time.monotonic() + SECONDS
        self._left = REQUESTS
        self._registry: Registry | None = None

    def below(self, digests: Iterable[str]) -> set[str]:
        """Digests of the images in indexes, by the registry's bytes with just these digests.

        Images themselves are not asked for: their indexes name them.

        Args:
            digests: Of the indexes, or of images, which have none below them.

        Raises:
            ContentTrustError: One of `UNKNOWN`.
        """
        from contenttrust.registry.manifest import IMAGE_TYPES  # noqa: PLC0415 -- see editing

        found: set[str] = set()
        level = set(filter(None, digests))
        for _ in range(DEPTH):
            children = [
                child
                for digest in sorted(level)
                for child in self.manifest(digest).children
                if not child.is_attestation
            ]
            found |= {child.digest for child in children}
            level = {child.digest for child in children if child.media_type not in IMAGE_TYPES}
            if not level:
                return found
        raise LimitExceededError(f"there are indexes more than {DEPTH} deep")

    def with_tags(self, tags: Mapping[str, Collection[str]]) -> set[str]:
        """Digests that go with tags: their own, and those of the images in their indexes.

        Args:
            tags: The digests of each.

        Raises:
            ContentTrustError: One of `UNKNOWN`; also where there are too many tags.
        """
        digests = set[str]().union(*tags.values())
        if len(digests) > self._left:
            raise LimitExceededError(f"more than {self._left} other images are signed")
        return digests | self.below(digests)

    def manifest(self, digest: str) -> Manifest:
        """The registry's bytes with a digest.

        Raises:
            ContentTrustError: One of `UNKNOWN`.
        """
        from contenttrust.reference import Reference as Named  # noqa: PLC0415 -- see editing
        from contenttrust.registry import registry_of  # noqa: PLC0415
        from contenttrust.transport import deadline  # noqa: PLC0415

        seconds = self._until - time.monotonic()
        one = self._reference
        if seconds <= 0:  # nothing is wrong with what it sent
            slow = ImageLookupError(
                f"the registry {one.domain} took more than {SECONDS:g} seconds for what was asked "
                "of it: try again",
                gun=one.gun,
            )
            slow.code = "unreachable"
            raise slow
        if not self._left:
            raise LimitExceededError(f"it takes more than {REQUESTS} requests", gun=one.gun)
        self._left -= 1
        with deadline.visit(seconds):
            if self._registry is None:
                self._registry = registry_of(one, env=os.environ)
            return self._registry.manifest(Named(one.domain, one.path, tag=None, digest=digest))


def told_left(
    reference: Reference,
    left: set[str],
    former: Iterable[str],
    tags: Mapping[str, Collection[str]],
) -> list[str]:
    """What to say of images that are signed by their digests, though their index no longer is.

    Args:
        reference: Names the repository.
        left: Digests of the images that are signed so.
        former: Digests that tags had until now.
        tags: Those that are signed now, with their digests.
    """
    search = Search(reference)
    with contextlib.suppress(*UNKNOWN):  # else it may be any of them
        left = left & search.below(former)
    if not left:
        return []
    try:
        return told_strays(reference, left - search.with_tags(tags))
    except UNKNOWN as error:
        return told_unknown(reference, left, error)


def told_strays(reference: Reference, strays: Iterable[str]) -> list[str]:
    """That images are signed by their digests that no signed tag has, with the way back."""
    told = (
        "images are signed by their digests that are in no index under a signed tag: an older "
        "index had them, or they were signed for themselves"
    )
    return _with_ways(reference, strays, told)


def told_kept(reference: Reference, names: Iterable[str]) -> list[str]:
    """That the images of a tag that is revoked are signed by their digests still."""
    return _with_ways(reference, names, "images of it are signed by their digests still")


def told_unknown(reference: Reference, left: Iterable[str], cause: ContentTrustError) -> list[str]:
    """That images may be signed by their digests still, with the way back."""
    told = (
        "images that may have been signed with it are signed by their digests still: it could not "
        f"be found out which belong to it alone ({cause.message})"
    )
    return _with_ways(reference, left, told)


def told_interrupted(reference: Reference, left: Iterable[str]) -> list[str]:
    """That a tag is revoked, and perhaps not the images that went with it, with the way back."""
    told = (
        f"interrupted: the signature of {reference} is deleted; images that may have been signed "
        "with it may be signed by their digests still"
    )
    return _with_ways(reference, left, told)


def told_unsearched(reference: Reference, left: Iterable[str]) -> list[str]:
    """That tags are signed, and perhaps images still that only an older index had."""
    told = (
        "interrupted: all that was named is signed; which of the images that are signed by their "
        "digests only an older index had was not searched to the end"
    )
    return _with_ways(reference, left, told)


@contextlib.contextmanager
def told_if_interrupted(request: Request, remarks: Iterable[str]) -> Iterator[None]:
    """Say, where it is interrupted, what was published already and what is not done."""
    try:
        yield
    except KeyboardInterrupt:
        for line in remarks:
            report.remark(request, line)  # no document is written any more
        raise


def _with_ways(reference: Reference, digests: Iterable[str], told: str) -> list[str]:
    """One message with the command for each image; none without images."""
    from contenttrust.publish.commands import command  # noqa: PLC0415 -- see editing

    ways = "; ".join(command("revoke", f"{reference.gun}@{digest}") for digest in sorted(digests))
    return [f"{told}. To take them back: {ways}"] if ways else []
