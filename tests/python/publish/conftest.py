"""A trust server in memory, a key store with one passphrase, and a collection to publish."""

from __future__ import annotations

import json
import logging
import shutil
from datetime import datetime, timedelta, timezone

import pytest

from contenttrust import _core
from contenttrust.keys import KeyStore
from contenttrust.publish import Collection, images
from ended_runs import A, B, add, ends, record_of
from labelled_tags import tags
from servers.memory_server import MemoryServer
from signed_anew import sign_anew, take_key

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
GUN = "registry.example/team/app"
ROUNDS = 2_048


class OnePassphrase:
    """Gives one passphrase for everything, and counts how often."""

    def __init__(self):
        self.requests = []

    def give(self, request):
        self.requests.append(request)
        return _core.Secret(b"a passphrase for tests")


class Publisher:
    """One machine with a trust directory of its own."""

    def __init__(self, folder, server):
        self.folder = folder
        self.server = server
        self.passphrases = OnePassphrase()
        self.keys = KeyStore(folder, passphrases=self.passphrases, rounds=ROUNDS)

    def collection(self, gun=GUN, *, now=None, **options):
        return Collection(
            gun,
            keys=self.keys,
            sink=self.server,
            trust_dir=self.folder,
            now=self.server.now if now is None else now,
            **options,
        )

    def key(self, name, algorithm="ecdsa"):
        """A new key of this publisher, as a public key."""
        entry = self.keys.generate(algorithm, role=name)
        key = self.keys.open(entry.key_id)
        return _core.PublicKey.of(key.key_type, key.public)


@pytest.fixture
def server():
    return MemoryServer(NOW)


@pytest.fixture
def make_publisher(tmp_path, server):
    def make(name="publisher"):
        return Publisher(tmp_path / name, server)

    return make


@pytest.fixture
def people(make_publisher):
    """The publisher, and two signers on machines of their own."""
    return [make_publisher(name) for name in ("publisher", "alice", "bob")]


@pytest.fixture
def publisher(make_publisher):
    return make_publisher()


@pytest.fixture
def collection(publisher):
    """A published collection without targets."""
    made = publisher.collection()
    made.initialize()
    made.publish()
    return made


def later(**span):
    return NOW + timedelta(**span)


@pytest.fixture
def mallory(collection, publisher, make_publisher):
    """A signer beside alice, on a machine of her own."""
    images.add_signer(collection, "alice", [publisher.key("alice")])
    made = make_publisher("mallory")
    made.public = made.key("mallory")
    images.add_signer(collection, "mallory", [made.public])
    return made


@pytest.fixture
def broken_role(collection, publisher, server):
    """Makes that `targets/a` has another key than the one that signed what is served of it."""

    def make(change):
        old, new = publisher.key("old"), publisher.key("new")
        collection.add_delegation("targets/a", keys=[old], paths=[""])
        collection.add_target("v1", size=7, sha256="a" * 64, roles=["targets/a"])
        collection.publish()
        file = server.files[collection.gun]["targets/a"]
        if change(file) != file:
            server.store(collection.gun, {"targets/a": change(file)}, judged=False)
        collection.add_delegation("targets/a", keys=[new])
        collection.publish()
        # Notary takes away a key that alone has signed; we refuse to.
        sign_anew(server, collection.gun, publisher.keys, "targets", take_key(old.key_id))

    return make


@pytest.fixture
def alice(collection, publisher):
    """Alice's key, which is here; she was the last signer, and was removed with what she signed."""
    key = publisher.key("alice")
    images.add_signer(collection, "alice", [key])
    images.sign(collection, tags("v1", "v2"))
    images.remove_signer(collection, "alice", force=True)
    return key


@pytest.fixture
def elsewhere(alice, publisher):
    """The same, once only her public key is here."""
    publisher.keys.remove(alice.canonical_key_id)
    return alice


@pytest.fixture
def hidden(alice, server, monkeypatch):
    """The server says by name that it has nothing of the roles, and serves what a snapshot lists.

    Gives a function that makes the snapshot list them only once something is published.
    """
    file = server.file
    roles = {"targets/alice", "targets/releases"}

    def by_content(gun, name, sha256):
        return None if sha256 is None and name in roles else file(gun, name, sha256)

    monkeypatch.setattr(server, "file", by_content)

    def unlist(collection):
        signed = server.signed(collection.gun, "snapshot")
        kept = {role: signed["meta"].pop(role) for role in roles}
        before = server.files[collection.gun]
        made = server._sign(
            collection.gun, "snapshot", "Snapshot", signed["version"] + 1, signed["meta"], days=9
        )
        after = {**before, "snapshot": made}
        after["timestamp"] = server._timestamp(collection.gun, before, after)
        server.files[collection.gun] = after
        server.history[collection.gun].update(after.values())
        snapshot = server._snapshot

        def listing(gun, before, files, root):
            text = json.loads(before["snapshot"])
            text["signed"]["meta"] = {**kept, **text["signed"]["meta"]}
            return snapshot(gun, {**before, "snapshot": json.dumps(text).encode()}, files, root)

        monkeypatch.setattr(server, "_snapshot", listing)

    return unlist


@pytest.fixture
def interrupted(collection, mallory, server):
    """Base is alice's, v1 only hers who goes; `targets/releases` is broken: she published late."""
    images.sign(collection, tags("base"))
    images.sign(mallory.collection(), tags("v1"))

    def stop():
        raise KeyboardInterrupt

    def late():
        images.sign(mallory.collection(), tags("late"))
        server.after_publish = [stop]

    server.before_publish = [late]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")
    return collection


@pytest.fixture
def colleague(collection, publisher, make_publisher):
    """The same collection on another machine."""
    made = make_publisher("colleague")
    shutil.copytree(publisher.folder, made.folder)
    return made.collection()


@pytest.fixture
def again(publisher):
    """Publishes in another process."""
    return lambda: publisher.collection().publish()


@pytest.fixture
def accepted(collection, server):
    """Publishes v1 = A, and ends when the server has accepted it."""

    def publish():
        server.after_publish = [ends]
        with pytest.raises(KeyboardInterrupt):
            collection.publish()
        assert record_of(collection).exists()

    def stage_and_publish():
        add(collection, "v1", A)
        publish()

    stage_and_publish.only = publish
    return stage_and_publish


@pytest.fixture
def corrected(accepted, colleague):
    """The same, and a colleague has published v1 = B since."""
    accepted()
    add(colleague, "v1", B)
    colleague.publish()


@pytest.fixture
def told(caplog):
    """What was said of changes that are published already."""
    caplog.set_level(logging.WARNING)
    return lambda: [
        one.getMessage() for one in caplog.records if one.name.endswith(".sent_changes")
    ]
