"""A signer who was removed and comes back with the same key, at a real trust server.

The server keeps the files of roles that nothing names any more, and its snapshot lists them still.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust import _core, load
from contenttrust.publish import images, target_meta
from contenttrust.publish.images import ReturningError
from contenttrust.publish.sign import Keyring
from interop.our_publisher import OurPublisher
from interop.trust_stack import TrustStack

TAG = {"v1": target_meta(7, sha256="0" * 64)}


class Repository:
    """One whose only signer was removed; the owner and she have machines of their own."""

    def __init__(self, place: Callable[[str], Path], stack: TrustStack) -> None:
        self.owner = OurPublisher(place("owner"), stack)
        self.alice = OurPublisher(place("alice"), stack)
        self.gun = f"registry.example/back/{place('gun').name.lower()}"
        self.key: _core.PublicKey = self.alice.key("alice")
        self._place = place
        images.add_signer(self.owner.collection(self.gun), "alice", [self.key])
        images.sign(self.alice.collection(self.gun), TAG)
        assert self.pulled() == {"v1"}
        images.remove_signer(self.owner.collection(self.gun), "alice", force=True)
        assert self.pulled() == set()

    def pulled(self) -> set[str]:
        """What a reader sees who has never been here."""
        view = load(self.gun, source=self.owner.server, trust_dir=self._place("reader"))
        assert view.degraded == ()
        return set(view.tags)


@pytest.fixture
def repository(place: Callable[[str], Path], trust_stack: TrustStack) -> Repository:
    return Repository(place, trust_stack)


def test_what_she_signed_comes_back_once_it_was_shown(repository: Repository) -> None:
    collection = repository.owner.collection(repository.gun)
    with pytest.raises(ReturningError, match="targets/releases lists v1"):
        images.add_signer(collection, "alice", [repository.key])
    assert repository.pulled() == set()

    images.add_signer(collection, "alice", [repository.key], confirm=lambda _: None)

    assert repository.pulled() == {"v1"}


def test_where_her_key_is_she_begins_anew(repository: Repository) -> None:
    owner, alice = repository.owner, repository.alice
    for entry in alice.keys.entries():
        file = Path(entry.path)
        kept = owner.trust_dir / "private" / file.name
        kept.write_bytes(file.read_bytes())
        kept.chmod(0o600)

    done = images.add_signer(owner.collection(repository.gun), "alice", [repository.key])

    assert done.versions["targets/releases"] == 2
    assert repository.pulled() == set()
    images.sign(alice.collection(repository.gun), {"v2": TAG["v1"]})
    assert repository.pulled() == {"v2"}


def test_in_a_signing_request_she_begins_anew(repository: Repository) -> None:
    """Her delegation is staged, and the request goes to her and back."""
    collection = repository.owner.collection(repository.gun)
    for role in ("targets/alice", "targets/releases"):
        collection.add_delegation(role, keys=[repository.key], paths=[""])
    with pytest.raises(ReturningError):
        collection.publish()

    request = collection.prepare()
    assert {one.role for one in request.missing()} == {"targets/alice", "targets/releases"}

    request.sign(Keyring(repository.alice.keys))
    collection.publish_request(request)

    assert repository.pulled() == set()
    assert collection.changes() == ()
