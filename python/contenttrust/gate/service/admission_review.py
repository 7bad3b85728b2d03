"""AdmissionReview v1 as the service reads it: what is asked, about which object.

Source: Kubernetes 1.34, `k8s.io/api/admission/v1/types.go`; Dynamic Admission Control.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.gate.service.strict_json import JsonError, decoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"
OPERATIONS = frozenset({"CREATE", "UPDATE", "DELETE", "CONNECT"})
_UID_LIMIT = 128


class ReviewError(ValueError):
    """A review that cannot be answered as one: there is no telling what is asked.

    Attributes:
        uid: Of the request, where it has one; then the answer is a refusal of that request.
    """

    def __init__(self, message: str, *, uid: str = "") -> None:
        super().__init__(message)
        self.uid = uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One question of the API server.

    Attributes:
        uid: Names the question; the answer echoes it.
        operation: One of ``CREATE`` ``UPDATE`` ``DELETE`` ``CONNECT``.
        kind: Of the object, such as ``Pod``.
        api_version: Of the object, such as ``apps/v1``.
        subresource: Such as ``ephemeralcontainers``, or empty.
        namespace: Where the object is, or empty.
        document: The object as it would be stored; empty where there is none.
        old: The object as it is stored; empty where there is none.
        dry_run: Whether nothing will be stored.
    """

    uid: str
    operation: str
    kind: str
    api_version: str
    subresource: str
    namespace: str
    document: dict[str, Any]
    old: dict[str, Any]
    dry_run: bool


def parse(body: bytes) -> Review:
    """Read a review.

    Raises:
        ReviewError: It is none; `uid` is set where a refusal can be addressed to a request.

    Source: threats of abused reviews: missing uid, wrong version, no request, members twice.
    """
    try:
        review = decoded(body)
    except JsonError as error:
        raise ReviewError(str(error)) from None
    if not isinstance(review, dict):
        raise ReviewError("the document is no object")
    found = review.get("apiVersion"), review.get("kind")
    if found != (API_VERSION, KIND):
        raise ReviewError(f"{KIND} of {API_VERSION} is wanted, not {_shown(found)}")
    request = review.get("request")
    if not isinstance(request, dict):
        raise ReviewError("the review has no request")
    uid = request.get("uid")
    if not isinstance(uid, str) or not 0 < len(uid) <= _UID_LIMIT:
        raise ReviewError("the request has no uid")
    return _request(request, uid)


def _request(request: Mapping[str, Any], uid: str) -> Review:
    operation = _text(request, "operation", uid)
    if operation not in OPERATIONS:
        raise ReviewError(f"the operation {_shown(operation)} is not known", uid=uid)
    kind = _member(request, "kind", uid)
    group, version = _text(kind, "group", uid), _text(kind, "version", uid)
    dry_run = request.get("dryRun")
    if dry_run is not None and not isinstance(dry_run, bool):
        raise ReviewError("dryRun is neither true nor false", uid=uid)
    review = Review(
        uid=uid,
        operation=operation,
        kind=_text(kind, "kind", uid),
        api_version=f"{group}/{version}" if group else version,
        subresource=_text(request, "subResource", uid),
        namespace=_text(request, "namespace", uid),
        document=_member(request, "object", uid),
        old=_member(request, "oldObject", uid),
        dry_run=bool(dry_run),
    )
    if review.operation in {"CREATE", "UPDATE"}:
        _check_object(review)
    return review


def _check_object(review: Review) -> None:
    """Refuse an object that is not of the kind that the request speaks of."""
    wanted = review.api_version, review.kind
    found = review.document.get("apiVersion"), review.document.get("kind")
    if not review.document:
        raise ReviewError(f"the request to {review.operation} has no object", uid=review.uid)
    if found != wanted:
        raise ReviewError(
            f"the request speaks of {_shown(wanted)}, its object of {_shown(found)}", uid=review.uid
        )


def _text(members: Mapping[str, Any], name: str, uid: str) -> str:
    value = members.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ReviewError(f"{name} is no text", uid=uid)
    return value


def _member(members: Mapping[str, Any], name: str, uid: str) -> dict[str, Any]:
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ReviewError(f"{name} is no object", uid=uid)
    return value


def _shown(found: object) -> str:
    return ascii(found)[:160]
