"""An image that is not signed itself, but listed by a signed index, by the registry's bytes of it.

What is signed is the digest of the index, so its bytes are, and so are the digests in them. They
come from a registry, which proves nothing by itself: bytes with another digest or another length
than is signed are no such index.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.cli.index_images import DEPTH, Search
from contenttrust.errors import FetchError, LengthError, LimitExceededError, NotSignedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from contenttrust._core import SignedTag, TrustedRepository
    from contenttrust.reference import Reference
    from contenttrust.registry.manifest import Descriptor, Manifest


@dataclass(frozen=True, slots=True)
class Listed:
    """An image of an index that is signed.

    Attributes:
        tag: What is signed: the index.
        child: What the index, or one in it, says of the image.
    """

    tag: SignedTag
    child: Descriptor

    @property
    def pinned(self) -> str:
        """The name to use for the image."""
        return f"{self.tag.pinned.partition('@')[0]}@{self.child.digest}"


def listed(repository: TrustedRepository, reference: Reference) -> Listed:
    """Find an image in the indexes that are signed: under its tag, or under all where it has none.

    Args:
        repository: Verified.
        reference: The image, with a digest.

    Raises:
        NotSignedError: No signed index lists it.
        FetchError: The registry lacks something that may list it, or did not answer in time.
        LengthError: What lists it has another length than is signed.
        LimitExceededError: It takes too many requests, or indexes lie too deep.
        ContentTrustError: The tag is not signed, or the role that lists the index is broken.
    """
    search, doubt = Search(reference), None
    for tag in _candidates(repository, reference):
        try:
            index = search.manifest(tag.digest)
            child = _below(search, index, str(reference.digest))
        except FetchError as error:
            doubt = doubt or error
            continue
        except LimitExceededError as error:
            raise doubt or error from error  # what did not answer may have listed it
        if child is None:
            continue
        if index.size != tag.size:
            raise LengthError(
                f"the index {tag.name} has another length than is signed",
                gun=repository.gun,
                role=tag.role,
                subject=tag.name,
                expected=str(tag.size),
                found=str(index.size),
            )
        return Listed(tag, child)
    if doubt is not None:
        raise doubt
    raise NotSignedError(
        f"No valid trust data for {reference.digest}: no signed index lists it either",
        gun=repository.gun,
        subject=str(reference.digest),
        expected="an image of a signed index",
        found="none",
    )


def _candidates(repository: TrustedRepository, reference: Reference) -> Iterable[SignedTag]:
    if reference.tag is not None:
        return [repository.verify(reference.tag)]
    from contenttrust.publish.tags import child_digest  # noqa: PLC0415 -- as the registry

    # Images of an index that are signed beside it would cost a request each, for nothing.
    names = ((tag.digest, tag.name) for tag in repository.tags.values())
    by_digest = {digest: name for digest, name in names if not child_digest(name)}
    return (repository.verify(name) for name in by_digest.values())


def _below(search: Search, index: Manifest, digest: str) -> Descriptor | None:
    """What an index, or one in it, says of an image; attestations and other things are none."""
    from contenttrust.registry.manifest import IMAGE_TYPES, INDEX_TYPES  # noqa: PLC0415 -- as there

    level = [index]
    for _ in range(DEPTH):
        children = [
            one
            for each in level
            for one in each.children
            if one.media_type in (*IMAGE_TYPES, *INDEX_TYPES) and not one.is_attestation
        ]
        for child in children:
            if child.digest == digest:
                return child
        below = {one.digest for one in children if one.media_type in INDEX_TYPES}
        level = [search.manifest(one) for one in sorted(below)]
        if not level:
            return None
    raise LimitExceededError(f"there are indexes more than {DEPTH} deep")
