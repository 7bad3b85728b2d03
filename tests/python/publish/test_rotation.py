"""Rotation of keys, deletion, and what is left of the old keys."""

from __future__ import annotations

import json

import pytest

from contenttrust import _core
from contenttrust.errors import NoKeyError, PublishError, UnreachableError
from labelled_tags import digest


def roles_here(publisher):
    return sorted(entry.role for entry in publisher.keys.entries())


def key_ids(server, collection, role):
    return server.signed(collection.gun, "root")["roles"][role]["keyids"]


def test_targets_get_another_key_and_the_old_one_stays_here(collection, publisher, server):
    """Notary deletes it."""
    old = key_ids(server, collection, "targets")

    done = collection.rotate_key("targets")

    assert done.versions == {"root": 2, "targets": 3}
    assert key_ids(server, collection, "targets") != old
    assert done.replaced == tuple(old)
    assert publisher.keys.find(old[0]) is not None
    assert roles_here(publisher) == ["root", "targets", "targets"]
    collection.add_target("v1", size=7, sha256=digest("v1"))
    collection.publish()
    signatures = json.loads(server.files[collection.gun]["targets"])["signatures"]
    assert [one["keyid"] for one in signatures] == key_ids(server, collection, "targets")


def test_the_old_key_still_signs_a_delegation_that_has_it(collection, publisher, server):
    [old] = key_ids(server, collection, "targets")
    key = publisher.keys.open(old)
    collection.add_delegation(
        "targets/releases", keys=[_core.PublicKey.of(key.key_type, key.public)], paths=[""]
    )
    collection.publish()

    collection.rotate_key("targets")
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/releases"])

    assert set(collection.publish().repository.tags) == {"v1"}


def test_the_old_key_still_signs_another_collection_that_has_it(collection, publisher, server):
    old = key_ids(server, collection, "targets")
    other = publisher.collection(f"{collection.gun}/other")
    other.initialize()
    other.publish()
    key = publisher.keys.open(old[0])
    publisher.keys.remove(old[0])
    publisher.keys.add(key, role="targets", gun=other.gun)
    other.rotate_key("targets", key_ids=old)

    collection.rotate_key("targets")
    other.add_target("v1", size=7, sha256=digest("v1"))

    assert set(other.publish().repository.tags) == {"v1"}


@pytest.mark.parametrize("role", ["targets", "snapshot"])
def test_a_key_that_is_kept_for_another_collection_is_refused(collection, publisher, server, role):
    """What it signs for one is valid in the other; and no request would be signed with it."""
    entry = publisher.keys.generate(role=role, gun=f"{collection.gun}/other")

    with pytest.raises(PublishError, match=f"given {role} key of {entry.gun} instead") as refused:
        collection.rotate_key(role, key_ids=[entry.key_id])

    assert (
        f"contenttrust key generate --role {role} --gun {collection.gun})" in refused.value.message
    )
    assert refused.value.expected == f"a key of {role} of {collection.gun}"
    assert server.signed(collection.gun, "root")["version"] == 1


def test_a_key_that_names_no_collection_is_taken(collection, publisher, server):
    """As notary makes them."""
    key = _core.PrivateKey.generate("ecdsa")
    file = publisher.folder / "private" / f"{key.key_id}.key"
    file.write_bytes(key.encode(_core.Secret(b"a passphrase for tests"), role="targets"))
    file.chmod(0o600)

    collection.rotate_key("targets", key_ids=[key.key_id])

    assert key_ids(server, collection, "targets") == [key.key_id]


def test_a_key_that_only_gets_another_certificate_is_not_replaced(collection, server, publisher):
    [root] = [entry.key_id for entry in publisher.keys.entries() if entry.role == "root"]

    done = collection.rotate_key("root", key_ids=[root])
    assert (done.replaced, done.recertified, done.still_in) == ((), (root,), {})
    done = collection.rotate_key("root")
    assert (done.replaced, done.recertified) == ((root,), ())


def test_root_is_signed_by_old_and_new_keys_and_both_stay(collection, publisher, server):
    old = key_ids(server, collection, "root")

    collection.rotate_key("root")

    document = json.loads(server.files[collection.gun]["root"])
    signers = {one["keyid"] for one in document["signatures"]}
    assert signers == {*old, *key_ids(server, collection, "root")}
    assert roles_here(publisher) == ["root", "root", "targets"]
    assert set(old) <= set(document["signed"]["keys"])


def test_readers_follow_through_many_rotations(collection, make_publisher):
    reader = make_publisher("reader").collection()
    before = reader.judge().look()
    for _ in range(3):
        collection.rotate_key("root")

    after = reader.judge().look()

    assert before.version("root") == 1
    assert after.version("root") == 4


def test_old_root_keys_sign_for_clients_that_know_only_those(collection, server):
    first = key_ids(server, collection, "root")
    collection.rotate_key("root")
    second = key_ids(server, collection, "root")
    collection.rotate_key("root", legacy=1)

    document = json.loads(server.files[collection.gun]["root"])
    signers = {one["keyid"] for one in document["signatures"]}
    assert signers == {*first, *second, *key_ids(server, collection, "root")}


def test_the_snapshot_moves_between_us_and_the_server(collection, publisher, server):
    done = collection.rotate_key("snapshot")
    assert done.versions == {"root": 2, "snapshot": 2}
    assert roles_here(publisher) == ["root", "snapshot", "targets"]

    done = collection.rotate_key("snapshot", server_managed=True)
    assert done.versions == {"root": 3}
    assert server.signed(collection.gun, "snapshot")["version"] == 3
    assert roles_here(publisher) == ["root", "snapshot", "targets"]


def test_the_timestamp_gets_another_key_of_the_server(collection, server):
    old = key_ids(server, collection, "timestamp")

    assert collection.rotate_key("timestamp", server_managed=True).versions == {"root": 2}
    assert key_ids(server, collection, "timestamp") != old


def test_rotation_publishes_nothing_that_is_staged(collection):
    collection.add_target("v1", size=7, sha256=digest("v1"))

    done = collection.rotate_key("targets")

    assert list(done.repository.tags) == []
    assert len(collection.changes()) == 1


@pytest.mark.parametrize(
    ("role", "server_managed"),
    [
        ("targets/releases", False),
        ("timestamp", False),
        ("root", True),
        ("targets", True),
        ("nothing", False),
    ],
)
def test_what_cannot_be_rotated_is_refused_and_makes_no_key(
    collection, publisher, role, server_managed
):
    with pytest.raises(PublishError, match="notary does not"):
        collection.rotate_key(role, server_managed=server_managed)
    assert roles_here(publisher) == ["root", "targets"]


def test_a_key_that_is_given_is_used(collection, publisher, server):
    entry = publisher.keys.generate("ecdsa", role="targets", gun=collection.gun)

    collection.rotate_key("targets", key_ids=[entry.key_id])

    assert key_ids(server, collection, "targets") == [entry.key_id]
    with pytest.raises(NoKeyError, match="unable to find key"):
        collection.rotate_key("targets", key_ids=["0" * 64])
    with pytest.raises(PublishError, match="attempted to load root key"):
        collection.rotate_key("root", key_ids=[entry.key_id])


def test_a_rotation_that_is_not_published_keeps_the_old_key(collection, publisher, server):
    old = key_ids(server, collection, "targets")

    def gone():
        raise UnreachableError("gone")

    server.before_publish.append(gone)
    with pytest.raises(UnreachableError):
        collection.rotate_key("targets")

    assert publisher.keys.find(old[0]) is not None
    assert collection.rotate_key("targets").versions == {"root": 2, "targets": 3}


@pytest.fixture
def elsewhere(collection, publisher, make_publisher):
    """The same keys on another machine: who holds the old ones can publish there."""
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    return other.collection()


@pytest.mark.parametrize("role", ["targets", "root", "snapshot"])
def test_a_rotation_and_a_publication_at_once_both_count(collection, elsewhere, server, role):
    """The new key signs nothing of what was published."""
    entry = collection.keys.generate("ecdsa", role="releases")
    signer = collection.keys.open(entry.key_id)
    public = _core.PublicKey.of(signer.key_type, signer.public)
    collection.add_delegation("targets/releases", keys=[public], paths=[""])
    collection.publish()
    elsewhere.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/releases"])
    server.before_publish.append(elsewhere.publish)

    assert set(collection.rotate_key(role).repository.tags) == {"v1"}


def test_a_renewal_of_the_same_content_at_once_stops_no_rotation(collection, elsewhere, server):
    elsewhere.witness(["targets"])
    server.before_publish.append(elsewhere.publish)

    assert collection.rotate_key("targets").attempts == 2


def test_t010_a_new_targets_key_signs_nothing_that_came_while_it_was_rotated(
    collection, publisher, elsewhere, server
):
    """Only the holder of the old key can have published it."""
    for tag in ("kept", "moved", "gone"):
        collection.add_target(tag, size=7, sha256=digest(tag))
    collection.publish()
    old = key_ids(server, collection, "targets")
    for tag in ("evil", "moved"):
        elsewhere.add_target(tag, size=7, sha256=digest("evil"))
    elsewhere.remove_target("gone")
    key = _core.PrivateKey.generate("ecdsa")
    elsewhere.add_delegation(
        "targets/evil", keys=[_core.PublicKey.of(key.key_type, key.public)], paths=[""]
    )
    server.before_publish.append(elsewhere.publish)

    with pytest.raises(PublishError, match="so nothing was rotated") as refused:
        collection.rotate_key("targets")

    assert refused.value.found == (
        f"tag added: evil (sha256:{digest('evil')}); tag changed: moved (sha256:{digest('evil')}); "
        f"tag removed: gone (sha256:{digest('gone')}); delegation added: targets/evil"
    )
    assert key_ids(server, collection, "targets") == old
    here = {one.key_id for one in publisher.keys.entries() if one.role == "targets"}
    assert here == {*old, *refused.value.kept_keys}, "the new one had been sent"
    assert collection.rotate_key("targets").versions["root"] == 2


def test_t010_a_new_root_key_signs_no_root_that_came_while_it_was_rotated(
    collection, elsewhere, server
):
    server.before_publish.append(lambda: elsewhere.rotate_key("targets"))

    with pytest.raises(PublishError, match=r"somebody published root of .*: role changed: targets"):
        collection.rotate_key("root")

    assert server.signed(collection.gun, "root")["version"] == 2


@pytest.mark.parametrize("role", ["targets", "snapshot"])
def test_the_present_key_is_no_other_key(collection, server, role):
    collection.rotate_key(role)
    present = key_ids(server, collection, role)
    before = len(server.uploads)

    with pytest.raises(PublishError, match=f"{present[0]} is the {role} key of .* already"):
        collection.rotate_key(role, key_ids=present)
    assert len(server.uploads) == before


def test_a_server_that_gives_the_key_that_it_had_rotates_nothing(collection, server, monkeypatch):
    monkeypatch.setattr(server, "rotate_key", server.public_key)

    with pytest.raises(PublishError, match=r"is the timestamp key of .* already.* The server was"):
        collection.rotate_key("timestamp", server_managed=True)


def test_a_rotation_whose_answer_is_lost_is_found_out(collection, server):
    def gone():
        raise UnreachableError("gone")

    server.after_publish.append(gone)

    assert collection.rotate_key("targets").versions == {"root": 2, "targets": 3}


@pytest.mark.parametrize("role", ["targets", "snapshot", "root"])
@pytest.mark.parametrize("kept_for", ["root", "targets", "snapshot", "alice"])
def test_a_key_that_is_kept_for_another_role_is_not_taken(
    collection, publisher, server, role, kept_for
):
    gun = "" if kept_for in {"root", "alice"} else collection.gun
    entry = publisher.keys.generate("ecdsa", role=kept_for, gun=gun)
    before = len(server.uploads)
    if role == kept_for:
        collection.rotate_key(role, key_ids=[entry.key_id])
        return

    with pytest.raises(PublishError, match=f"load {role} key but given {kept_for} key instead"):
        collection.rotate_key(role, key_ids=[entry.key_id])
    assert len(server.uploads) == before


def test_where_a_replaced_key_still_counts_is_told_by_the_metadata(collection, publisher, server):
    """Whether the key is here does not matter: somebody else has it, that is why it goes."""
    [old] = key_ids(server, collection, "targets")
    key = publisher.keys.open(old)
    begins = _core.Instant(int(server.now.timestamp()) - 86_400)
    ends = _core.Instant(begins.seconds + 400 * 86_400)
    certificate = _core.PublicKey.read(key.certificate("qa", begins, ends))
    assert certificate.key_id != old
    bare = _core.PublicKey.of(key.key_type, key.public)
    collection.add_delegation("targets/qa", keys=[certificate], paths=[""])
    collection.add_delegation("targets/releases", keys=[bare], paths=[""])
    collection.publish()
    publisher.keys.remove(old)

    done = collection.rotate_key("targets", key_ids=_made(publisher, collection))

    assert done.still_in == {"targets/qa": (old,), "targets/releases": (old,)}
    assert done.replaced == ()
    assert collection.rotate_key("targets").still_in == {}


def _made(publisher, collection):
    return [publisher.keys.generate("ecdsa", role="targets", gun=collection.gun).key_id]


def test_without_the_root_key_nothing_is_rotated(collection, publisher, server):
    [root] = [entry for entry in publisher.keys.entries() if entry.role == "root"]
    publisher.keys.remove(root.key_id)
    before = len(server.uploads)

    with pytest.raises(NoKeyError, match=root.key_id):
        collection.rotate_key("timestamp", server_managed=True)
    assert len(server.uploads) == before


def test_deleting_forgets_here_and_there_but_no_key(collection, publisher, server, tmp_path):
    collection.add_target("v1", size=7, sha256=digest("v1"))
    nested = publisher.collection(f"{collection.gun}/nested")
    nested.initialize()

    collection.delete(remote=True)

    assert collection.gun not in server.files
    assert collection.changes() == ()
    assert collection.trust_dir.cached(collection.gun) == {}
    assert collection.trust_dir.state(collection.gun) is None
    assert nested.trust_dir.cached(nested.gun)
    assert roles_here(publisher) == ["root", "targets", "targets"]
    collection.initialize()
    assert collection.publish().versions == {"root": 1, "targets": 2}


def test_deleting_here_leaves_the_server_alone(collection, server):
    collection.delete()

    assert server.files[collection.gun]
    assert collection.judge().look() is not None
