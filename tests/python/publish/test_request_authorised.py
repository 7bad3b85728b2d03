"""Requests that strangers made: what the collection says counts, not what they say."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from contenttrust import _core
from contenttrust.errors import NoKeyError, PublishError
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.initialisation import certified
from contenttrust.publish.metadata import key_value, signed_part
from contenttrust.publish.part import Part
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring
from passed_requests import passed_on

GUN = "registry.example/team/app"
OTHER = "registry.example/hobby/page"
DIGEST = "a" * 64


@pytest.fixture
def mallory(make_publisher):
    return make_publisher("mallory")


@pytest.fixture
def collection(publisher):
    """A published collection whose snapshot key is here."""
    made = publisher.collection()
    made.initialize(server_managed=["timestamp"])
    made.publish()
    return made


@pytest.fixture
def opened(publisher, monkeypatch):
    """The ids of the keys that the publisher signs with from now on."""
    found = []
    original = publisher.keys.open

    def noted(key_id):
        found.append(key_id)
        return original(key_id)

    monkeypatch.setattr(publisher.keys, "open", noted)
    return found


@pytest.fixture
def unmoved(collection, server, opened):
    """Sees that a publication is refused before anything is signed or sent."""

    def refused(request, words, *, by=collection, error=PublishError):
        sent = len(server.uploads)
        del opened[:]
        with pytest.raises(error, match=words) as caught:
            by.publish_request(request)
        assert opened == []
        assert len(server.uploads) == sent
        return caught.value

    return refused


def changed(request, change):
    value = json.loads(request.to_bytes())
    change(value)
    return SigningRequest.from_bytes(json.dumps(value).encode())


def authority_by(publisher, role, name="own"):
    key = publisher.key(name)
    return {"role": role, "threshold": 1, "keys": {key.key_id: key_value(key)}}


def test_keys_that_the_request_names_itself_do_not_count(collection, mallory, unmoved):
    collection.add_target("1.0", sha256=DIGEST, size=7)
    own = authority_by(mallory, "targets")

    request = changed(
        collection.prepare(),
        lambda value: value["parts"][0].update(authorities=[own], signatures=[]),
    )
    request.sign(Keyring(mallory.keys))
    assert request.missing() == []

    error = unmoved(request, "signed by 0 of the keys that registry.example/team/app names")
    assert (error.role, error.expected, error.found) == ("targets", "1", "0")


def test_a_threshold_counts_that_the_collection_has(collection, publisher, mallory, unmoved):
    keys = [publisher.key("alice"), mallory.key("bob")]
    collection.add_delegation("targets/both", keys=keys, paths=[""], threshold=2)
    collection.publish()
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])

    request = changed(
        collection.prepare(),
        lambda value: value["parts"][0]["authorities"][0].update(threshold=1),
    )

    error = unmoved(request, "whatever the request says")
    assert (error.role, error.expected, error.found) == ("targets/both", "2", "1")


def test_a_signed_delegation_is_not_published_under_another_name(
    collection, publisher, mallory, unmoved
):
    ours, theirs = publisher.key("alice"), mallory.key("bob")
    collection.add_delegation("targets/a", keys=[ours], paths=[""])
    collection.add_delegation("targets/b", keys=[theirs], paths=[""])
    collection.publish()
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/a"])
    request = collection.prepare()

    def named(role):
        def change(value):
            [part] = value["parts"]
            part["role"] = part["authorities"][0]["role"] = role

        return changed(request, change)

    unmoved(named("targets/b"), "signed by 0 of the keys")
    unmoved(named("targets/c"), "there is no delegation targets/c")
    unmoved(named("targets/a/x"), "there is no delegation targets/a/x")
    assert collection.publish_request(request).versions["targets/a"] == 1


def test_the_successor_of_a_root_is_signed_by_the_published_one(
    collection, publisher, mallory, unmoved
):
    """The new root is signed by its own keys, and the request leaves out who was before."""
    entry = mallory.keys.generate("ecdsa", role="root")
    new = certified(mallory.keys.open(entry.key_id), GUN, collection.moment)
    request = collection.prepare_rotation("root", [new])
    request.sign(Keyring(mallory.keys))

    def change(value):
        part = value["parts"][0]
        part["authorities"] = part["authorities"][:1]
        part["signatures"] = [one for one in part["signatures"] if one["keyid"] == new.key_id]

    stolen = changed(request, change)
    assert stolen.missing() == []

    assert unmoved(stolen, "signed by 0 of the keys").role == "root"
    assert collection.publish_request(request).versions["root"] == 2


def test_a_version_that_does_not_follow_is_refused(collection, publisher, unmoved):
    """With the right keys: a document of a version that leaves no room for others."""
    collection.add_target("1.0", sha256=DIGEST, size=7)

    def change(value):
        value["parts"][0]["document"]["version"] = 2**31 - 1

    request = changed(collection.prepare(), change)
    request.sign(Keyring(publisher.keys))

    error = unmoved(request, "version 2147483647, and 3 follows")
    assert (error.expected, error.found) == ("3", "2147483647")


def test_what_expired_on_its_way_is_not_published(collection, publisher, unmoved):
    collection.add_target("1.0", sha256=DIGEST, size=7)
    request = collection.prepare()
    late = publisher.collection(now=collection.moment.datetime + timedelta(days=1_096))
    assert unmoved(request, "look at this machine's clock", by=late).role == "targets"


@pytest.fixture
def first(mallory):
    """A first root of another collection with a snapshot key of our choice; as a function."""

    def prepared(*, key=None, targets=None):
        entry = mallory.keys.generate("ecdsa", role="root")
        certificate = certified(
            mallory.keys.open(entry.key_id), OTHER, mallory.collection(OTHER).moment
        )
        request = mallory.collection(OTHER).prepare_initialization(
            [certificate], server_managed=["timestamp"]
        )
        [part] = request.parts
        if key is not None:
            part.document["keys"][key.key_id] = key_value(key)
            part.document["roles"]["snapshot"]["keyids"] = [key.key_id]
        request.files = {"targets": targets or request.files["targets"]}
        request.sign(Keyring(mallory.keys))
        return passed_on(request)

    return prepared


def key_of(publisher, role):
    [entry] = [one for one in publisher.keys.entries() if one.role == role]
    signer = publisher.keys.open(entry.key_id)
    return _core.PublicKey.of(signer.key_type, signer.public)


@pytest.mark.parametrize("role", ["snapshot", "targets", "alice"])
def test_a_stranger_s_root_does_not_make_our_keys_sign_its_snapshot(
    collection, publisher, first, unmoved, role
):
    publisher.key("alice")
    request = first(key=key_of(publisher, role))

    unmoved(request, f"is kept here as the {role} key", by=publisher.collection(OTHER))


def test_a_new_collection_is_published_with_the_key_that_was_made_for_its_snapshot(mallory, first):
    assert mallory.collection(OTHER).publish_request(first()).versions["snapshot"] == 1


def test_files_of_a_new_collection_are_signed_by_whom_its_root_names(mallory, first):
    request = first()
    signed = signed_part(request.files["targets"])
    key = mallory.key("own")
    store = Keyring(mallory.keys)
    other = store.signed(signed, [authority_in(_root_with(key), "targets")])
    request.files = {"targets": other}

    with pytest.raises(PublishError, match="targets of the request is signed by 0") as caught:
        mallory.collection(OTHER).publish_request(passed_on(request))
    assert caught.value.role == "targets"


def _root_with(key):
    roles = {"targets": {"keyids": [key.key_id], "threshold": 1}}
    return {"roles": roles, "keys": {key.key_id: key_value(key)}}


@pytest.mark.parametrize("lacking", ["root", "targets"])
def test_a_new_collection_has_root_and_targets(publisher, mallory, first, lacking, unmoved):
    request = first()
    if lacking == "targets":
        request.files = {}
    else:
        file = request.files["targets"]
        signed = Part.of_file("targets", file)
        key = signed.signatures[0]["keyid"]
        keys = {key: request.parts[0].document["keys"][key]}
        authority = authority_in(
            {"roles": {"targets": {"keyids": [key], "threshold": 1}}, "keys": keys}, "targets"
        )
        signed.authorities = (authority,)
        request.parts, request.files = (signed,), {}

    unmoved(passed_on(request), f"has no {lacking}", by=publisher.collection(OTHER))


def test_who_must_still_sign_is_told_first(collection, mallory, unmoved):
    collection.add_delegation("targets/a", keys=[mallory.key("bob")], paths=[""])
    collection.publish()
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/a"])
    unmoved(collection.prepare(), "not complete", error=NoKeyError)


# What is staged.


def names(collection):
    return [one.file for one in collection.changes()]


@pytest.fixture
def release(collection, publisher):
    """A request of a stranger, who may release: `targets/a` lists another target."""
    collection.add_target("bad", sha256=DIGEST, size=7)
    collection.add_delegation("targets/a", keys=[publisher.key("alice")], paths=[""])
    collection.publish()
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/a"])
    request = collection.prepare()
    collection.reset()
    return request


def test_a_stranger_s_request_does_not_take_a_revocation_out_of_the_changelist(collection, release):
    collection.remove_target("bad")
    release.staged = tuple(names(collection))

    done = collection.publish_request(passed_on(release))

    assert done.versions["targets/a"] == 1
    assert names(collection) == list(release.staged)
    assert "names staged changes that are not in what was published" in done.notes[-1]
    assert "bad" not in collection.publish().repository.tags


def test_with_one_that_is_not_contained_all_stay(collection, release):
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/a"])
    collection.remove_target("bad")
    release.staged = tuple(names(collection))

    collection.publish_request(passed_on(release))

    assert len(names(collection)) == 2


def test_a_revocation_stays_as_long_as_what_it_revokes(collection, release):
    """Alone it would change nothing; what is staged before it would be published without it."""
    collection.add_target("worse", sha256=DIGEST, size=7)
    collection.remove_target("worse")
    release.staged = (names(collection)[1],)

    done = collection.publish_request(passed_on(release))

    assert len(names(collection)) == 2
    assert "others come before" in done.notes[-1]


def test_what_was_staged_after_the_request_stays(collection):
    collection.add_target("1.0", sha256=DIGEST, size=7)
    request = collection.prepare()
    collection.add_target("2.0", sha256=DIGEST, size=7)

    done = collection.publish_request(passed_on(request))

    assert done.notes == ()
    assert [one.path for one in collection.changes()] == ["2.0"]


def test_changes_that_undo_each_other_are_done_with(collection):
    collection.add_target("1.0", sha256="b" * 64, size=7)
    collection.add_target("1.0", sha256=DIGEST, size=7)
    request = collection.prepare()

    assert collection.publish_request(passed_on(request)).notes == ()
    assert collection.changes() == ()


@pytest.mark.parametrize("custom", [b"true", b"1"])
def test_true_is_not_one(collection, custom):
    collection.add_target("1.0", sha256=DIGEST, size=7, custom=b"1")
    request = collection.prepare()
    collection.reset()
    collection.add_target("1.0", sha256=DIGEST, size=7, custom=custom)
    request.staged = tuple(names(collection))

    collection.publish_request(passed_on(request))

    assert len(names(collection)) == (0 if custom == b"1" else 1)


def test_roles_that_were_signed_anew_are_witnessed(collection, release):
    collection.publish_request(passed_on(release))
    collection.witness(["targets/a"])

    done = collection.publish_request(passed_on(collection.prepare()))

    assert done.versions["targets/a"] == 2
    assert collection.changes() == ()


def test_roles_that_a_colleague_signed_anew_first_are_witnessed(
    collection, release, publisher, make_publisher
):
    """Who has staged it publishes the same request after somebody else has."""
    collection.publish_request(passed_on(release))
    collection.witness(["targets/a"])
    request = passed_on(collection.prepare())
    other = make_publisher("colleague")
    other.keys = publisher.keys
    other.collection().publish_request(passed_on(request))

    done = collection.publish_request(request)

    assert (done.versions, done.notes) == ({}, ())
    assert collection.changes() == ()


def test_roles_that_were_not_signed_anew_are_not_witnessed(collection, release):
    collection.witness(["targets"])
    release.staged = tuple(names(collection))

    collection.publish_request(passed_on(release))

    assert len(names(collection)) == 1


def test_what_cannot_be_read_is_told_of_and_stays(collection, release, publisher):
    collection.remove_target("bad")
    [name] = names(collection)
    place = publisher.folder / "tuf" / GUN / "changelist" / name
    place.write_bytes(b"{")
    release.staged = (name,)

    done = collection.publish_request(passed_on(release))

    assert "are still staged" in done.notes[-1]
    assert place.exists()
