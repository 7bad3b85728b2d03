"""The roots of the collections in a trust directory: which keys they name."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from contenttrust.errors import ContentTrustError
from contenttrust.publish.delegations import Authority
from contenttrust.publish.metadata import ROOT, public_key
from contenttrust.publish.part import Part
from contenttrust.transport.docker_cache import cached_collections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from contenttrust.keys import KeyEntry
    from contenttrust.transport.cache import TrustDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRoot:
    """What the root of a collection says of keys; all ids are canonical.

    Attributes:
        gun: Whose root.
        keys: Every key that it carries.
        roles: The keys of each role.
        signers: Keys that have signed it.
    """

    gun: str
    keys: frozenset[str]
    roles: Mapping[str, frozenset[str]]
    signers: frozenset[str]

    def is_published_by(self, entries: Iterable[KeyEntry]) -> bool:
        """Whether a root key among some keys has signed it, or one of them is kept for its GUN.

        What strangers name in theirs says nothing of our keys: public keys are no secret.
        """
        return any(
            one.gun == self.gun or (one.role == ROOT and one.key_id in self.signers)
            for one in entries
            if not one.problem
        )


def known_roots(trust_dir: TrustDirectory) -> Iterator[KnownRoot]:
    """Each of them; what cannot be read says nothing of keys."""
    for gun in cached_collections(trust_dir.path):
        with contextlib.suppress(
            ContentTrustError, KeyError, TypeError, ValueError, AttributeError
        ):
            state = trust_dir.state(gun)
            file = trust_dir.cached(gun).get(ROOT) if state is None else state.root_document
            part = Part.of_file(ROOT, file or b"")
            keys = part.document["keys"]
            ids = {one: public_key(key).canonical_key_id for one, key in keys.items()}
            roles = {
                role: frozenset(ids[one] for one in value["keyids"])
                for role, value in part.document["roles"].items()
            }
            found = KnownRoot(
                gun=gun,
                keys=frozenset(ids.values()),
                roles={ROOT: frozenset(), **roles},
                signers=frozenset(part.signed_by(Authority(ROOT, keys, 1))),
            )
            yield found
