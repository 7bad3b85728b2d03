"""A signer who was removed and comes back with the same key, at a real trust server.

The server keeps the files of roles that nothing names any more, and its snapshot lists them still.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from contenttrust import _core, clock, load
from contenttrust.publish import Collection, images, target_meta
from contenttrust.publish.images import ReturningError
from contenttrust.publish.sign import Keyring
from contenttrust.publish.uploads import Uploads
from interop.our_publisher import OurPublisher
from interop.publisher import Publisher
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


class _SignedMeanwhile(Uploads):
    """Somebody else signs right after the first upload, before it is read back."""

    def __init__(self, publisher: OurPublisher, sign: Callable[[], object]) -> None:
        super().__init__(publisher.server)
        self._sign = [sign]

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        super().publish(gun, files)
        if self._sign:
            self._sign.pop()()


@pytest.mark.parametrize("comes_back", [False, True])
def test_what_she_signs_while_she_is_added_is_noted(
    place: Callable[[str], Path], trust_stack: TrustStack, comes_back: bool
) -> None:
    if comes_back:
        repository = Repository(place, trust_stack)
        owner, alice, gun, key = (
            repository.owner, repository.alice, repository.gun, repository.key,
        )  # fmt: skip
    else:
        owner, alice = (OurPublisher(place(name), trust_stack) for name in ("owner", "alice"))
        gun, key = f"registry.example/new/{place('gun').name.lower()}", alice.key("alice")
        owner.collection(gun).initialize()
        owner.collection(gun).publish()

    def sign() -> None:
        """In a second of her own: what expires as what was there before could be older."""
        now = clock.now().datetime + timedelta(seconds=2)
        hers = Collection(
            gun, keys=alice.keys, sink=alice.server, trust_dir=alice.trust_dir, now=now
        )
        images.sign(hers, {"v3": TAG["v1"]})

    sink = _SignedMeanwhile(owner, sign)
    raced = Collection(gun, keys=owner.keys, sink=sink, trust_dir=owner.trust_dir)
    done = images.add_signer(raced, "alice", [key], confirm=lambda _: None)

    assert set(done.repository.tags) == {"v3", *(TAG if comes_back else ())}
    assert sum("signed meanwhile" in note for note in done.notes) == 2


class Readers:
    """Ours and notary's, with what they have verified before."""

    def __init__(self, place: Callable[[str], Path], stack: TrustStack, gun: str) -> None:
        self._ours, self._gun = OurPublisher(place("reader"), stack), gun
        self._theirs = Publisher(place("notary-reader"), stack)

    def pulled(self) -> set[str]:
        """What both see; nothing is broken for ours."""
        view = load(self._gun, source=self._ours.server, trust_dir=self._ours.trust_dir)
        assert view.degraded == ()
        out = self._theirs.notary("list", self._gun, "-r", "targets/releases").out
        tags = set(view.tags)
        assert {line.split()[0] for line in out.splitlines() if "targets/releases" in line} == tags
        return tags


@pytest.mark.parametrize("way", ["shown", "anew"])
def test_with_a_snapshot_key_of_our_own_earlier_readers_go_on(
    place: Callable[[str], Path], trust_stack: TrustStack, way: str
) -> None:
    owner = OurPublisher(place("owner"), trust_stack)
    gun = f"registry.example/own/{place('gun').name.lower()}"
    owner.collection(gun).initialize(server_managed=("timestamp",))
    key = owner.key("alice")
    images.add_signer(owner.collection(gun), "alice", [key])
    images.sign(owner.collection(gun), TAG)
    earlier = Readers(place, trust_stack, gun)
    assert earlier.pulled() == {"v1"}
    images.remove_signer(owner.collection(gun), "alice", force=True)
    file = Path(
        owner.keys.entries()[[one.role for one in owner.keys.entries()].index("alice")].path
    )
    private = file.read_bytes()
    if way == "shown":
        file.unlink()

    images.add_signer(owner.collection(gun), "alice", [key], confirm=lambda _: None)

    expected = {"v1"} if way == "shown" else set()
    assert earlier.pulled() == expected
    assert Readers(place, trust_stack, gun).pulled() == expected
    file.write_bytes(private)
    file.chmod(0o600)
    images.sign(owner.collection(gun), {"v2": TAG["v1"]})
    assert earlier.pulled() == {"v2", *expected}
