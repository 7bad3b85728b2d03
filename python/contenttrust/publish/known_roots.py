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


def known_roots(trust_dir: TrustDirectory, guns: Iterable[str] = ()) -> Iterator[KnownRoot]:
    """Each of them; what cannot be read says nothing of keys.

    Args:
        trust_dir: Where they lie.
        guns: Collections that may have a record there, and nothing in Docker's cache.
    """
    for gun in dict.fromkeys([*cached_collections(trust_dir.path), *sorted(guns)]):
        with contextlib.suppress(
            ContentTrustError, KeyError, TypeError, ValueError, AttributeError
        ):
            part = Part.of_file(ROOT, _root(trust_dir, gun))
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


def _root(trust_dir: TrustDirectory, gun: str) -> bytes:
    """What was accepted last; where no record can be read, what Docker's cache has.

    A damaged record must not make a collection unknown, as another root key would be made then.
    """
    state = None
    with contextlib.suppress(ContentTrustError):
        state = trust_dir.state(gun)
    file = trust_dir.cached(gun).get(ROOT) if state is None else state.root_document
    return file or b""
