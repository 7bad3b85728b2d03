"""What is said of an admission review: allowed or not, why, and how to pin the images.

Source: Kubernetes 1.34, `k8s.io/api/admission/v1/types.go` AdmissionResponse.
"""

from __future__ import annotations

import base64

from contenttrust.errors import shown
from contenttrust.gate.service import json_patch, strict_json
from contenttrust.gate.service.admission_review import API_VERSION, KIND
from contenttrust.gate.service.verdicts import not_enforced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from contenttrust.gate.kubernetes import Place
    from contenttrust.gate.service.admission_review import Review
    from contenttrust.gate.service.verdicts import Verdict

_MESSAGE_LIMIT = 4096
_WARNING_LIMIT = 512
_WARNINGS = 16
_FORBIDDEN = 403


def denied(
    uid: str, message: str, *, code: str, warnings: Sequence[str] = (), **annotations: str
) -> dict[str, Any]:
    """A refusal; the API server shows the message to whoever made the request."""
    response: dict[str, Any] = {
        "uid": uid,
        "allowed": False,
        "status": {
            "status": "Failure",
            "code": _FORBIDDEN,
            "reason": "Forbidden",
            "message": shown(message)[:_MESSAGE_LIMIT],
        },
        "auditAnnotations": {**annotations, "verdict": "deny", "code": code},
    }
    if warnings:
        response["warnings"] = list(warnings)
    return _review(response)


def answer(
    review: Review,
    checked: Sequence[tuple[Place, Verdict]],
    *,
    mutate: bool,
    unchecked: Verdict | None = None,
) -> dict[str, Any]:
    """The answer to a review whose images were all asked about.

    Args:
        review: The question.
        checked: Every image that had to be asked about, with its verdict.
        mutate: Whether the images are to be replaced by what is signed.
        unchecked: On what nobody can check in it, where there is such.
    """
    warnings = [_warning(place, verdict) for place, verdict in checked if _visible(verdict)]
    beside = _beside(checked)
    warnings += [shown(f"contenttrust: {text}")[:_WARNING_LIMIT] for text in beside]
    refusals = [(place, verdict) for place, verdict in checked if not verdict.decision.allowed]
    facts = _facts(checked, unchecked, beside)
    if refusals:
        lines = [_refusal(place, verdict) for place, verdict in refusals]
        code = refusals[0][1].decision.code
        message = "contenttrust: " + "; ".join(lines)
        return denied(review.uid, message, code=code, warnings=warnings[:_WARNINGS], **facts)
    if unchecked is not None:
        decision = unchecked.decision
        if not decision.allowed:
            message = f"contenttrust: {decision.reasons[0]}"
            return denied(review.uid, message, code=decision.code, **facts)
        text = f"contenttrust: NOT CHECKED: {decision.although}"
        warnings.insert(0, shown(text)[:_WARNING_LIMIT])
    response: dict[str, Any] = {"uid": review.uid, "allowed": True, "auditAnnotations": facts}
    if mutate:
        try:
            _add_patch(response, review, checked)
        except ValueError as error:
            return denied(review.uid, f"contenttrust: {error}", code="malformed", **facts)
    if unchecked is not None:
        facts["code"] = unchecked.decision.code
    if warnings:
        response["warnings"] = warnings[:_WARNINGS]
    return _review(response)


def encoded(document: Mapping[str, Any]) -> bytes:
    """An answer as it is sent."""
    return strict_json.encoded(document).encode()


def _review(response: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": KIND, "response": dict(response)}


def _add_patch(
    response: dict[str, Any], review: Review, checked: Sequence[tuple[Place, Verdict]]
) -> None:
    changes = [
        (place.pointer, place.image, verdict.decision.pinned)
        for place, verdict in checked
        if verdict.decision.pinned
    ]
    patch = json_patch.pinning(review.document, changes)
    if patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(patch.encode()).decode()


def _visible(verdict: Verdict) -> bool:
    """Whether a request is let through that a rule in force would have refused."""
    return verdict.decision.verdict == "warn"


def _facts(
    checked: Sequence[tuple[Place, Verdict]], unchecked: Verdict | None, beside: Sequence[str]
) -> dict[str, str]:
    """What the API server writes into its audit log beside the request."""
    facts = {"images": str(len(checked))}
    decisions = [verdict.decision for _, verdict in checked]
    if unchecked is not None:
        decisions.append(unchecked.decision)
    if not decisions:
        return facts
    verdicts = {decision.verdict for decision in decisions}
    facts["verdict"] = next((word for word in ("deny", "warn") if word in verdicts), "allow")
    facts["mode"] = " ".join(sorted({one.mode for one in decisions} - {"", "enforce"}))
    facts["policy"] = decisions[0].policy_digest
    facts["pinned"] = " ".join(dict.fromkeys(one.pinned for one in decisions if one.pinned))
    although = "; ".join(dict.fromkeys(one.although for one in decisions if one.although))
    facts["although"] = shown(although)[:_MESSAGE_LIMIT]
    facts["notices"] = shown("; ".join(beside))[:_MESSAGE_LIMIT]
    return {name: text for name, text in facts.items() if text}


def _beside(checked: Sequence[tuple[Place, Verdict]]) -> list[str]:
    """What must be known of the trust data, once for each collection."""
    decisions = [verdict.decision for _, verdict in checked]
    lines = [f"{one.gun}: {remark}" for one in decisions for remark in one.warnings]
    return list(dict.fromkeys(lines))


def _refusal(place: Place, verdict: Verdict) -> str:
    decision = verdict.decision
    reason = decision.reasons[0] if decision.reasons else decision.code
    return f"{place.pointer}: {decision.image}: {decision.code}: {reason}"


def _warning(place: Place, verdict: Verdict) -> str:
    text = f"contenttrust: {not_enforced(verdict.decision)}: {_refusal(place, verdict)}"
    return shown(text)[:_WARNING_LIMIT]
