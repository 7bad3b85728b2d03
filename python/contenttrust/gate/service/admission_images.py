"""Which images a review asks about.

Nothing that the author of an object can write spares it the check: no label, no annotation, no
owner. What the API server itself vouches for is the operation, the subresource and the old object,
which it reads from its own store: whoever makes a request sends the new one alone.
"""

from __future__ import annotations

from contenttrust.gate.kubernetes import ManifestError, NotCoveredError, images
from contenttrust.gate.kubernetes.kinds import POD_SPECS
from contenttrust.gate.service.admission_review import ReviewError
from contenttrust.gate.service.json_patch import value_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.gate.kubernetes import Place
    from contenttrust.gate.service.admission_review import Review

WITHOUT_IMAGES = frozenset(
    {"status", "scale", "binding", "eviction", "finalize", "token", "approval", "log", "proxy"}
)
"""Subresources through which the API server lets nobody change an image."""


def asked_about(review: Review, *, custom: Mapping[str, Sequence[str]]) -> list[Place]:
    """The images that must be checked before the request may go on.

    Args:
        review: The question.
        custom: Where objects of custom kinds hold images; see `contenttrust.gate.kubernetes`.

    Returns:
        None for what starts nothing: a deletion, a connection, a subresource without images; and of
        an update not those that stand where they stood, as `_asked_later` says.

    Raises:
        ReviewError: The object cannot be understood, or its kind is not known to hold no images.
    """
    if review.operation not in {"CREATE", "UPDATE"} or review.subresource in WITHOUT_IMAGES:
        return []
    try:
        places = list(images(review.document, custom=custom))
    except NotCoveredError as error:
        raise ReviewError(error.problem, uid=review.uid, unknown_kind=True) from None
    except ManifestError as error:
        raise ReviewError(error.message, uid=review.uid) from None
    if review.operation == "UPDATE" and _asked_later(review):
        return [place for place in places if value_at(review.old, place.pointer) != place.image]
    return places


def _asked_later(review: Review) -> bool:
    """Whether nothing starts from an image of the old object without another question.

    That holds for pods, which run already; for the kinds of Kubernetes with a template, whose pods
    are asked about when each is made; and for what is about to be deleted. An image that is signed
    no more could not be got rid of otherwise: controllers scale the old ReplicaSet down by an
    update of it. Of custom resources nobody knows what else they start. The old object is the API
    server's: that of a request to create says nothing, and its own deletionTimestamp could be
    anybody's.
    """
    metadata = review.old.get("metadata")
    deleted = isinstance(metadata, dict) and bool(metadata.get("deletionTimestamp"))
    return deleted or (review.api_version.rpartition("/")[0], review.kind) in POD_SPECS
