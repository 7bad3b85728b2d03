"""Which images a review asks about.

Nothing that the author of an object can write spares it the check: no label, no annotation, no
owner. What the API server itself vouches for is the operation, the subresource and the old object,
which it reads from its own store: whoever makes a request sends the new one alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.gate.kubernetes import ManifestError, NotCoveredError, images
from contenttrust.gate.kubernetes.kinds import POD_SPECS
from contenttrust.gate.kubernetes.pointer import written
from contenttrust.gate.service.admission_review import ReviewError
from contenttrust.gate.service.json_patch import value_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from contenttrust.gate.kubernetes import Place
    from contenttrust.gate.service.admission_review import Review
    from contenttrust.yaml_nodes import Path

WITHOUT_IMAGES = frozenset(
    {"status", "scale", "binding", "eviction", "finalize", "token", "approval", "log", "proxy"}
)
"""Subresources through which the API server lets nobody change an image."""
_NAME = ("apiVersion", "kind", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a review asks about.

    Attributes:
        places: The images that must be checked before the request may go on.
        unknown: Why there may be others, of which nobody said where they stand; else empty.
    """

    places: Sequence[Place]
    unknown: str = ""


def asked_about(review: Review, *, custom: Mapping[str, Sequence[str]]) -> Asked:
    """The images that must be checked before the request may go on.

    Args:
        review: The question.
        custom: Where objects of custom kinds hold images; see `contenttrust.gate.kubernetes`.

    Returns:
        None for what starts nothing: a deletion, a connection, a subresource without images; and of
        an update not those that stand where they stood in the part that `_left_alone` names.

    Raises:
        ReviewError: The object cannot be understood.
    """
    if review.operation not in {"CREATE", "UPDATE"} or review.subresource in WITHOUT_IMAGES:
        return Asked(places=())
    left = _left_alone(review) if review.operation == "UPDATE" else None
    same = left is not None and _is_stored(review, left)
    document: Mapping[str, Any] = review.document
    unknown = ""
    if left is not None and same:
        document = _without(document, left)  # whatever is there need not be understood
    places: list[Place] = []
    try:
        for place in images(document, custom=custom):
            if left is None or not _stands(review, place, left):
                places.append(place)  # noqa: PERF401 - those before an error count
    except NotCoveredError as error:
        unknown = error.problem
    except ManifestError as error:
        raise ReviewError(error.message, uid=review.uid) from None
    if left == () and same:
        unknown = ""  # all that could hold one is as it was
    return Asked(places=places, unknown=unknown)


def _left_alone(review: Review) -> Path | None:
    """The way to the part of an updated object of whose images nothing new starts; None without.

    That is all of a pod, which runs already, and of what is about to be deleted; and the template
    of another kind, as long as nothing in it changes: its pods are asked about when each is made.
    An image that is signed no more could not be got rid of otherwise, as controllers scale the old
    ReplicaSet down by an update of it.

    Once anything in a template changes, every image in it is asked about and pinned, but for a Job:
    a queue may set where it runs when it starts it, and no image of it can be changed. A Deployment
    makes a ReplicaSet of it, whose images are pinned, and takes that for its own only if both
    templates are equal; with a tag left in its own it would make another and another. So would one
    that was paused: it has made none of what changed meanwhile.

    Of custom resources nobody knows what they start. The old object is the API server's: that of a
    request to create says nothing, and its own deletionTimestamp could be anybody's.
    """
    metadata = review.old.get("metadata")
    deleted = isinstance(metadata, dict) and bool(metadata.get("deletionTimestamp"))
    if deleted or (review.api_version, review.kind) == ("v1", "Pod"):
        return ()
    kind = review.api_version.rpartition("/")[0], review.kind
    spec = POD_SPECS.get(kind)
    if not spec:
        return None
    template = spec[:-1]
    if kind == ("batch", "Job"):
        return template
    return template if _is_stored(review, template) and not _resumed(review) else None


def _is_stored(review: Review, left: Path) -> bool:
    """Whether the part of an object that is left alone is as it is stored."""
    if left:
        stored, wanted = (value_at(one, written(left)) for one in (review.old, review.document))
        return stored == wanted
    return all(
        review.old.get(name) == review.document.get(name)
        for name in (review.old.keys() | review.document.keys()) - {"metadata", "status"}
    )


def _without(document: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """An object without one part of it; without all but its name, where that is the whole."""
    if not path:
        return {name: document[name] for name in _NAME if name in document}
    first, *others = path
    rest = {name: value for name, value in document.items() if name != first}
    if others and isinstance(below := document.get(str(first)), dict):
        rest[str(first)] = _without(below, tuple(others))
    return rest


def _stands(review: Review, place: Place, left: Path) -> bool:
    """Whether an image stands where it stood, in the part that is left alone."""
    stood = value_at(review.old, place.pointer)
    return place.path[: len(left)] == left and stood == place.image


def _resumed(review: Review) -> bool:
    """Whether a Deployment that was paused is so no more."""
    was, is_ = (value_at(one, "/spec/paused") for one in (review.old, review.document))
    return bool(was) and not is_
