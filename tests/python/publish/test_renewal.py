"""What has expired, or soon will, and is renewed by whoever holds the keys."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from contenttrust.errors import ContentTrustError, ExpiredError, PublishError, ServerError
from contenttrust.publish.initialisation import certified
from contenttrust.publish.metadata import key_value
from contenttrust.publish.recorder import Recorder
from labelled_tags import digest
from passed_requests import root_certificate, signed_by
from signed_anew import sign_anew, take_key

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


@pytest.fixture
def at(publisher, server):
    """The collection at a later moment, for which the server has renewed its timestamp."""

    def at(days):
        server.now = NOW + timedelta(days=days)
        server.renew(GUN)
        return publisher.collection(now=server.now)

    return at


GUN = "registry.example/team/app"


def test_nothing_that_lives_long_is_renewed(collection, at):
    assert at(365).renew().versions == {}


def test_what_ends_soon_is_renewed(collection, at, server):
    done = at(1_000).renew()

    assert done.versions == {"targets": 3}
    assert server.signed(GUN, "targets")["expires"] == "2032-08-23T12:00:00Z"


def test_only_some_roles_are_renewed_if_asked(collection, at, publisher):
    key = publisher.key("alice")
    collection.add_delegation("targets/a", keys=[key], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/a"])
    collection.publish()

    assert at(1_000).renew(roles=["targets/a"]).versions == {"targets/a": 2}
    with pytest.raises(PublishError, match="targets/b is not there"):
        at(1_000).renew(roles=["targets/b"])
    with pytest.raises(PublishError, match="renewed by the server"):
        at(1_000).renew(roles=["timestamp"])


def test_what_has_expired_is_renewed(collection, at):
    collection.add_target("v1", size=7, sha256=digest("v1"))
    collection.publish()
    later = at(1_200)
    with pytest.raises(ExpiredError):
        later.judge()._run(Recorder(later.sink)).repository()

    done = later.renew()

    assert done.versions == {"targets": 4}
    assert list(done.repository.tags) == ["v1"]


def test_a_change_of_what_has_expired_is_published(collection, at):
    later = at(1_200)
    later.add_target("v1", size=7, sha256=digest("v1"))

    done = later.publish()

    assert done.versions == {"targets": 3}
    assert list(done.repository.tags) == ["v1"]


def test_expired_delegations_are_renewed_with_what_they_list(collection, at, publisher):
    for name in ("a", "b"):
        collection.add_delegation(f"targets/{name}", keys=[publisher.key(name)], paths=[""])
        collection.add_target(name, size=7, sha256=digest(name), roles=[f"targets/{name}"])
    collection.publish()

    done = at(1_200).renew()

    assert set(done.versions) == {"targets", "targets/a", "targets/b"}
    assert done.repository.degraded == ()
    assert [tag.name for tag in done.repository.role_tags("targets/a")] == ["a"]


def test_a_snapshot_of_ours_is_renewed(publisher, server, at):
    collection = publisher.collection()
    collection.initialize(server_managed=())
    collection.publish()

    done = at(1_200).renew()

    assert done.versions == {"targets": 3, "snapshot": 3}


def test_root_is_renewed_half_a_year_before_its_end(collection, at):
    at(1_000).renew()
    at(2_000).renew()
    at(3_000).renew()
    assert "root" not in at(3_400).renew().versions

    later = at(3_500)
    later.add_target("v1", size=7, sha256=digest("v1"))

    assert later.publish().versions == {"root": 2, "targets": 6}


def test_an_expired_timestamp_is_the_servers_to_renew(collection, publisher, server):
    later = publisher.collection(now=NOW + timedelta(days=20))
    later.add_target("v1", size=7, sha256=digest("v1"))

    with pytest.raises(ExpiredError) as refused:
        later.publish()
    assert refused.value.role == "timestamp"


def test_an_expired_timestamp_behind_expired_targets_is_noticed(collection, publisher, server):
    """For targets an earlier moment counts; for the timestamp never."""
    server.now = NOW + timedelta(days=1_200)
    later = publisher.collection(now=server.now)

    with pytest.raises(ExpiredError) as refused:
        later.renew()
    assert refused.value.role == "timestamp"


def test_what_cannot_be_renewed_is_told(collection, at, publisher):
    [key] = [entry for entry in publisher.keys.entries() if entry.role == "targets"]
    publisher.keys.remove(key.key_id)

    done = at(1_000).renew()

    assert done.versions == {}
    assert "targets ends soon" in done.notes[0]


@pytest.fixture
def two_must_sign(collection, publisher, make_publisher):
    """A role that needs a signature made here and one made elsewhere."""
    alice = make_publisher("alice")
    keys = [publisher.key("bob"), alice.key("alice")]
    collection.add_delegation("targets/a", keys=keys, paths=[""])
    collection.set_threshold("targets/a", 2)
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/a"])
    collection.publish_request(signed_by(collection.prepare(), alice))


def test_a_role_that_more_must_sign_does_not_keep_others_from_being_renewed(two_must_sign, at):
    done = at(1_000).renew()

    assert done.versions == {"targets": 4}
    [note] = done.notes
    assert note == (
        "targets/a ends soon, and only 1 of the 2 keys that must sign are here to renew it: its "
        f"signers sign a request in turns (contenttrust witness {GUN} targets/a, then contenttrust "
        f"signing-request prepare {GUN} FILE)"
    )


def test_a_root_that_more_must_sign_does_not_keep_others_from_being_renewed(people, at):
    publisher, alice, _ = people
    collection = publisher.collection()
    certificates = [root_certificate(one, GUN) for one in (publisher, alice)]
    request = collection.prepare_initialization(certificates, threshold=2)
    collection.publish_request(signed_by(signed_by(request, publisher), alice))

    done = at(1_000).renew(days=4_000)

    assert done.versions.keys() == {"targets"}
    [note] = done.notes
    assert note.startswith("root ends soon, and only 1 of the 2 keys that must sign are here")
    later = at(3_500)
    for days in (182, 4_000):
        [note] = later.renew(days=days).notes
        assert note.startswith("root expires within six months, and too few keys are here")


def test_a_broken_role_is_told_and_not_renewed(collection, broken_role, at):
    broken_role(lambda file: file)
    later = at(1_000)

    done = later.renew()

    assert done.versions.keys() == {"targets"}
    [note] = done.notes
    assert note.startswith("targets/a is broken, so that nothing it lists counts, and cannot be")
    assert f"contenttrust witness -p {GUN} targets/a, which shows that" in note
    with pytest.raises(PublishError, match="targets/a is broken") as refused:
        later.renew(roles=["targets/a"])
    assert refused.value.message == note
    assert later.renew(days=4_000, roles=["targets"]).notes == ()


def test_of_a_broken_role_without_keys_it_is_told_that_it_needs_some(
    collection, broken_role, publisher, server
):
    broken_role(lambda file: file)
    key = {one.role: one.key_id for one in publisher.keys.entries()}["new"]
    sign_anew(server, GUN, publisher.keys, "targets", take_key(key))

    [note] = collection.renew().notes

    assert (
        f"too few keys: give it more (contenttrust delegation add -p {GUN} targets/a KEYFILE)"
        in note
    )
    assert note.endswith(f"or remove it (contenttrust delegation remove -p {GUN} targets/a)")
    collection.remove_delegation("targets/a")
    collection.publish()
    assert collection.renew().notes == ()


def test_a_key_of_a_broken_role_that_is_named_twice_is_one(
    collection, broken_role, publisher, server
):
    """Bare and in a certificate: two cannot sign it, so a witness is no way out."""
    broken_role(lambda file: file)
    [entry] = [one for one in publisher.keys.entries() if one.role == "new"]
    again = certified(publisher.keys.open(entry.key_id), GUN, collection.moment)

    def two_must_sign(targets):
        given = targets["delegations"]
        given["keys"][again.key_id] = key_value(again)
        given["roles"][0] |= {"keyids": [entry.key_id, again.key_id], "threshold": 2}

    sign_anew(server, GUN, publisher.keys, "targets", two_must_sign)

    [note] = collection.renew().notes

    assert "It has too few keys: give it more" in note


@pytest.fixture
def stopped(publisher, server):
    """A collection with a snapshot of ours that has expired: its server gives no timestamp."""
    collection = publisher.collection()
    collection.initialize(server_managed=())
    collection.add_target("v1", size=7, sha256=digest("v1"))
    collection.publish()
    server.now = NOW + timedelta(days=1_200)
    fetch = server.fetch

    def failing(gun, files):
        expires = server.signed(gun, "snapshot")["expires"]
        expired = datetime.fromisoformat(expires.replace("Z", "+00:00")) <= server.now
        return [
            ServerError("it answers with status 500", role=file.name)
            if expired and file.name in {"timestamp", "snapshot"} and file.sha256 is None
            else answer
            for file, answer in zip(files, fetch(gun, files), strict=True)
        ]

    server.fetch = failing
    return publisher.collection(now=server.now)


def test_an_expired_snapshot_that_stops_the_server_is_renewed(stopped, server):
    """notary 1648: nobody could read such a collection, nor publish to it, ever again."""
    done = stopped.renew()

    assert done.versions == {"targets": 3, "snapshot": 3}
    assert list(done.repository.tags) == ["v1"]
    stopped.add_target("v2", size=7, sha256=digest("v2"))
    assert stopped.publish().versions == {"targets": 4, "snapshot": 4}


def test_only_a_renewal_builds_upon_what_the_server_does_not_tell(stopped, server):
    stopped.add_target("v2", size=7, sha256=digest("v2"))
    before = len(server.uploads)

    with pytest.raises(ServerError):
        stopped.publish()
    assert len(server.uploads) == before


def test_a_machine_that_knows_nothing_of_it_cannot_renew_it(stopped, publisher, make_publisher):
    other = make_publisher("other")
    other.keys = publisher.keys

    with pytest.raises(ServerError):
        other.collection(now=stopped._now).renew()


def test_a_renewal_of_what_others_have_changed_since_is_refused(stopped, publisher, server):
    document = server.files[GUN]["targets"]
    server.files[GUN]["targets"] = document.replace(b'"version":2', b'"version":9')

    with pytest.raises(ContentTrustError):
        stopped.renew()
