"""Delegations as verified files say them, also those that nobody has signed for yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from contenttrust.publish.metadata import TARGETS, public_key, signed_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust._core import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A delegation in the words of the role above it.

    Attributes:
        role: Its name.
        paths: Prefixes of what it may list, as they are written there.
        key_ids: Canonical ids of its keys.
        threshold: How many of them must sign.
        certificates_end: When the last certificate ends in which it has a key, by canonical id; of
            keys that it has bare there is none.
    """

    role: str
    paths: tuple[str, ...]
    key_ids: tuple[str, ...]
    threshold: int
    certificates_end: Mapping[str, Instant] = field(hash=False)


def delegations_in(documents: Mapping[str, bytes]) -> tuple[Delegation, ...]:
    """Every delegation of a collection, by name.

    Args:
        documents: Verified files by role, as `Verification.documents` has them.
    """
    return tuple(sorted(_below(documents, TARGETS), key=lambda one: one.role))


def _below(documents: Mapping[str, bytes], start: str) -> Iterator[Delegation]:
    if start not in documents:
        return
    found = signed_part(documents[start]).get("delegations") or {}
    keys = {key_id: public_key(value) for key_id, value in (found.get("keys") or {}).items()}
    for entry in found.get("roles") or ():
        own = [keys[one] for one in entry["keyids"] or () if one in keys]
        ids = {key.canonical_key_id for key in own}
        ends: dict[str, list[Instant | None]] = {}
        for key in own:
            ends.setdefault(key.canonical_key_id, []).append(key.not_after)
        yield Delegation(
            role=entry["name"],
            paths=tuple(entry.get("paths") or ()),
            key_ids=tuple(sorted(ids)),
            threshold=entry["threshold"],
            certificates_end={
                one: max(end for end in found if end is not None)
                for one, found in ends.items()
                if None not in found
            },
        )
        yield from _below(documents, entry["name"])
