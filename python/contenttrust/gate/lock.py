"""A lock file: which digest each image was signed for, by whom, when that was written down.

With it a build of tomorrow uses what was checked today: what is signed now must be what is locked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from contenttrust.errors import PolicyError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from contenttrust.policy.decision import Decision

SCHEMA = "contenttrust.lock/1"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_MEMBERS = {"digest": str, "signers": list, "policy": str, "locked": str}


class LockError(PolicyError):
    """A lock file is none, or what it holds is not what is signed now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What is locked of one image.

    Attributes:
        digest: ``sha256:…``, signed for it.
        signers: Names of the roles that signed.
        policy: SHA-256 of the policy that allowed it.
        locked: When, RFC 3339.
    """

    digest: str
    signers: tuple[str, ...]
    policy: str
    locked: str


def read(text: bytes) -> dict[str, Locked]:
    """Read a lock file.

    Returns:
        What is locked, by normalised image name.

    Raises:
        LockError: It is none.
    """
    from contenttrust.gate.service.strict_json import JsonError, decoded  # noqa: PLC0415

    try:
        document = decoded(text)
    except JsonError as error:
        raise LockError(f"no lock file: {shown(str(error))}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise LockError(f"no lock file: its schema is not {SCHEMA}")
    images = document.get("images")
    if document.keys() != {"schema", "images"} or not isinstance(images, dict):
        raise LockError("no lock file: it has other members than schema and images")
    return {name: _entry(name, value) for name, value in images.items()}


def _entry(name: str, value: object) -> Locked:
    if not isinstance(value, dict) or value.keys() != _MEMBERS.keys():
        raise LockError(f"the lock of {shown(name)} has not the members {', '.join(_MEMBERS)}")
    for member, kind in _MEMBERS.items():
        if not isinstance(value[member], kind):
            raise LockError(f"the lock of {shown(name)}: {member} is no {kind.__name__}")
    if not all(isinstance(signer, str) for signer in value["signers"]):
        raise LockError(f"the lock of {shown(name)}: a signer is no text")
    if _DIGEST.fullmatch(value["digest"]) is None:
        raise LockError(f"the lock of {shown(name)} has no digest sha256:…")
    return Locked(**{**value, "signers": tuple(value["signers"])})


def written(images: Mapping[str, Locked]) -> bytes:
    """The same content always gives the same bytes."""
    members = {
        name: {
            "digest": entry.digest,
            "signers": list(entry.signers),
            "policy": entry.policy,
            "locked": entry.locked,
        }
        for name, entry in images.items()
    }
    document = {"schema": SCHEMA, "images": members}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def updated(
    images: Mapping[str, Locked], decisions: Iterable[Decision], *, now: datetime
) -> dict[str, Locked]:
    """What is locked after some decisions; what did not change keeps its moment.

    Args:
        images: What is locked so far.
        decisions: Those without a digest lock nothing.
        now: When this is, timezone-aware.
    """
    found = dict(images)
    moment = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    for decision in decisions:
        if decision.allowed and decision.digest and decision.reference is not None:
            entry = Locked(
                digest=decision.digest,
                signers=tuple(sorted(decision.signers)),
                policy=decision.policy_digest,
                locked=moment,
            )
            before = found.get(str(decision.reference))
            if before is None or replace(before, locked=moment) != entry:
                found[str(decision.reference)] = entry
    return found


def checked(images: Mapping[str, Locked], decision: Decision) -> Decision:
    """A decision, turned into a refusal where it is not what is locked.

    Args:
        images: What is locked.
        decision: What a policy says now.
    """
    if not decision.allowed or decision.reference is None:
        return decision
    locked = images.get(str(decision.reference))
    if locked is None:
        if _is_made_here(decision) or _is_what_was_pinned(images, decision):
            return decision
        reason = "the lock file does not have it: lock it first"
        if not decision.digest:
            reason = "no digest is signed for it that the lock file could hold: sign it first"
        return decision.refused("lock", reason)
    if locked.digest != decision.digest:
        reason = f"signed now is {decision.digest or 'nothing'}, locked is {locked.digest}"
        return decision.refused("lock", f"{reason} since {shown(locked.locked)}")
    if set(locked.signers) != set(decision.signers):
        names = [", ".join(map(shown, sorted(s))) for s in (decision.signers, locked.signers)]
        return decision.refused("lock", f"signed now by {names[0]}, locked as by {names[1]}")
    return decision


def _is_made_here(decision: Decision) -> bool:
    """Whether a rule is for what is made here: no other one allows what has no signed digest."""
    by_rule = decision.rule != "default" and not decision.exception
    return decision.verdict == "allow" and by_rule and not decision.digest


def _is_what_was_pinned(images: Mapping[str, Locked], decision: Decision) -> bool:
    """Whether a name with a digest is what a locked name was replaced by.

    Who signed is compared where the tag that was judged is the one that is locked: a digest may be
    signed for another tag as well, by others.
    """
    reference = decision.reference
    if reference is None or reference.digest is None or reference.digest != decision.digest:
        return False
    for name, entry in images.items():
        original, colon, tag = name.partition("@")[0].removeprefix(reference.gun).partition(":")
        if original or not colon or reference.tag not in {None, tag}:
            continue
        same = set(entry.signers) == set(decision.signers)
        if entry.digest == decision.digest and (same or decision.tag not in {"", tag}):
            return True
    return False
