"""A delegation that is made anew: what the server has kept of it does not come back unseen."""

from __future__ import annotations

import base64
import json

import pytest

from contenttrust.errors import PublishError, ServerError
from contenttrust.publish import images
from contenttrust.publish.images import ReturningError
from contenttrust.publish.metadata import envelope, message_of
from contenttrust.publish.request import SigningRequest
from labelled_tags import digest, listed, tags

RELEASES = "targets/releases"


@pytest.fixture
def alice_signs(collection, alice, publisher, server):
    """Makes that the server has of a role what alice has signed once more, with delegations."""
    key = publisher.keys.open(alice.canonical_key_id)

    def make(role, delegations):
        signed = server.signed(collection.gun, role)
        signed |= {"delegations": delegations, "version": signed["version"] + 1}
        message = message_of(signed)
        signature = base64.b64encode(key.sign(message)).decode()
        one = {"keyid": alice.key_id, "method": key.method, "sig": signature}
        server.files[collection.gun][role] = envelope(message, [one])
        server.history[collection.gun].clear()

    return make


def test_t078_where_the_key_is_here_the_role_begins_anew(collection, alice):
    done = images.add_signer(collection, "alice", [alice])

    assert listed(done.repository) == {"targets/alice": [], RELEASES: []}
    assert done.repository.degraded == ()
    assert done.versions == {"targets": 5, "targets/alice": 2, RELEASES: 2}
    assert any(f"{RELEASES} begins anew" in note and "v1 (sha256:" in note for note in done.notes)
    assert sorted(images.sign(collection, tags("v3")).published.repository.tags) == ["v3"]


def test_t078_where_only_the_public_key_is_here_nothing_comes_back_unasked(
    collection, elsewhere, server
):
    sent = len(server.uploads)

    with pytest.raises(ReturningError, match=f"v1 .sha256:{digest('v1')}") as refused:
        images.add_signer(collection, "alice", [elsewhere])

    assert refused.value.tags.keys() == {"targets/alice", RELEASES}
    assert len(server.uploads) == sent


def test_what_somebody_was_shown_comes_back(collection, elsewhere):
    seen = []
    done = images.add_signer(collection, "alice", [elsewhere], confirm=seen.append)

    [shown] = seen
    assert shown[RELEASES] == {tag: f"sha256:{digest(tag)}" for tag in ("v1", "v2")}
    assert listed(done.repository) == {"targets/alice": ["v1", "v2"], RELEASES: ["v1", "v2"]}


def test_who_says_no_publishes_nothing(collection, elsewhere, server):
    def declined(_):
        raise InterruptedError

    sent = len(server.uploads)
    with pytest.raises(InterruptedError):
        images.add_signer(collection, "alice", [elsewhere], confirm=declined)
    assert len(server.uploads) == sent


def test_only_what_was_shown_comes_back(collection, elsewhere, server):
    """The server has something else, by the same key, once the question is answered."""
    served = server.files[collection.gun]
    asked = []

    def exchanged(back):
        asked.append(back)
        served["targets/alice"] = served[RELEASES]

    sent = len(server.uploads)
    with pytest.raises(PublishError, match=r"two files of targets/alice, .*known here"):
        images.add_signer(collection, "alice", [elsewhere], confirm=exchanged)
    assert len(asked) == 1
    assert len(server.uploads) == sent


def test_a_key_that_comes_to_a_broken_role_later_brings_nothing_back_either(
    collection, elsewhere, make_publisher
):
    bob = make_publisher("bob")
    images.add_signer(collection, "bob", [bob.key("bob")])

    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [elsewhere])
    assert "Make targets/alice where a key of it is" in refused.value.message
    assert f"contenttrust witness {collection.gun} {RELEASES}" in refused.value.message

    signed = images.sign(bob.collection(), tags("v3"))
    assert sorted(signed.published.repository.tags) == ["v3"]


def test_a_broken_role_is_not_begun_anew_though_the_key_is_here_and_the_way_out_is_true(
    collection, alice, make_publisher, server
):
    """Who gives it back its keys may want what it lists; where not, it is taken away first."""
    images.add_signer(collection, "bob", [make_publisher("bob").key("bob")])
    sent = len(server.uploads)

    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [alice])
    assert refused.value.tags.keys() == {RELEASES}
    assert "Make " not in refused.value.message
    assert f"contenttrust delegation remove -p {collection.gun} {RELEASES}" in refused.value.message
    assert len(server.uploads) == sent

    collection.remove_delegation(RELEASES)
    collection.publish()
    done = images.add_signer(collection, "alice", [alice])
    assert listed(done.repository) == {"targets/alice": [], RELEASES: []}
    assert done.repository.degraded == ()


def test_what_a_signer_signed_who_was_not_the_last_does_not_come_back(
    collection, publisher, make_publisher
):
    bob = make_publisher("bob")
    images.add_signer(collection, "alice", [publisher.key("alice")])
    key = bob.key("bob")
    images.add_signer(collection, "bob", [key])
    images.sign(bob.collection(), tags("v1"))
    images.sign(collection, tags("v1"))
    images.remove_signer(collection, "bob")

    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "bob", [key])

    assert refused.value.tags.keys() == {"targets/bob"}


@pytest.fixture
def staged(collection, elsewhere):
    """The delegation is to be made anew, by notary's verb."""
    collection.add_delegation(RELEASES, keys=[elsewhere], paths=[""])
    return collection


def test_a_staged_delegation_is_refused_and_stays_staged(staged, server):
    sent = len(server.uploads)
    with pytest.raises(ReturningError, match="signing-request prepare"):
        staged.publish()
    assert len(server.uploads) == sent
    assert len(staged.changes()) == 2


def test_in_a_signing_request_the_role_begins_anew(staged):
    request = staged.prepare()
    assert [(one.role, one.count) for one in request.missing()] == [(RELEASES, 1)]
    stripped = json.loads(request.to_bytes())
    stripped["parts"] = [part for part in stripped["parts"] if part["role"] != RELEASES]
    with pytest.raises(ReturningError):
        staged.publish_request(SigningRequest.from_bytes(json.dumps(stripped).encode()))


def test_a_signing_request_that_begins_the_role_anew_is_published(collection, alice):
    collection.add_delegation(RELEASES, keys=[alice], paths=[""])
    request = collection.prepare()
    assert request.missing() == []
    done = collection.publish_request(request)
    assert listed(done.repository) == {RELEASES: []}


def test_a_delegation_that_is_removed_and_made_in_one_publication_begins_anew(
    collection, publisher
):
    key = publisher.key("alice")
    images.add_signer(collection, "alice", [key])
    images.sign(collection, tags("v1"))
    collection.remove_delegation(RELEASES)
    collection.add_delegation(RELEASES, keys=[key], paths=[""])

    done = collection.publish()

    assert listed(done.repository)[RELEASES] == []
    assert done.versions[RELEASES] == 2


def test_what_is_delegated_further_is_shown_too(collection, publisher, make_publisher):
    key, qa = publisher.key("alice"), make_publisher("qa").key("qa")
    collection.add_delegation("targets/alice", keys=[key], paths=[""])
    collection.publish()
    collection.add_delegation("targets/alice/qa", keys=[qa], paths=[""])
    collection.publish()
    collection.remove_delegation("targets/alice")
    collection.publish()
    publisher.keys.remove(key.canonical_key_id)

    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [key])

    assert refused.value.tags == {"targets/alice": {}, "targets/alice/qa": {}}


def test_a_role_that_listed_nothing_is_given_back_without_a_question(collection, publisher):
    key = publisher.key("alice")
    images.add_signer(collection, "alice", [key])
    images.sign(collection, tags("v1"))
    images.revoke(collection)
    images.remove_signer(collection, "alice", force=True)
    publisher.keys.remove(key.canonical_key_id)

    assert "targets" in images.add_signer(collection, "alice", [key]).versions


def test_what_cannot_be_read_is_not_let_back(collection, elsewhere, server):
    """Somebody who reads less strictly might take it."""
    server.files[collection.gun][RELEASES] = b"{" + server.files[collection.gun][RELEASES]
    server.history[collection.gun].clear()
    sent = len(server.uploads)

    with pytest.raises(PublishError, match=f"cannot be read.* Make {RELEASES} where a key"):
        images.add_signer(collection, "alice", [elsewhere], confirm=lambda _: None)
    assert len(server.uploads) == sent


def test_what_delegates_to_what_is_no_name_is_not_let_back(collection, alice_signs, elsewhere):
    alice_signs("targets/alice", {"keys": {}, "roles": [{"keyids": [], "name": 5, "threshold": 1}]})

    with pytest.raises(PublishError, match="targets/alice cannot be read"):
        images.add_signer(collection, "alice", [elsewhere], confirm=lambda _: None)


def test_a_server_that_does_not_say_what_it_has_is_not_taken_to_have_nothing(
    collection, elsewhere, server, monkeypatch
):
    fetch = server.fetch
    monkeypatch.setattr(
        server,
        "fetch",
        lambda gun, files: [
            ServerError("no answer") if one.name == RELEASES else answer
            for one, answer in zip(files, fetch(gun, files), strict=True)
        ],
    )
    with pytest.raises(ServerError):
        images.add_signer(collection, "alice", [elsewhere])


def test_what_a_server_hides_begins_anew_where_the_key_is_here(collection, alice, hidden):
    done = images.add_signer(collection, "alice", [alice])
    assert listed(done.repository) == {"targets/alice": [], RELEASES: []}


def test_what_was_here_once_begins_anew_whatever_the_server_lists(collection, alice, hidden):
    hidden(collection)
    done = images.add_signer(collection, "alice", [alice])
    assert listed(done.repository) == {"targets/alice": [], RELEASES: []}


def test_what_a_server_hides_does_not_come_back_unasked(collection, elsewhere, hidden, server):
    sent = len(server.uploads)
    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [elsewhere])
    assert refused.value.tags[RELEASES].keys() == {"v1", "v2"}
    assert len(server.uploads) == sent


def test_of_what_cannot_count_nothing_is_asked(collection, publisher, server, monkeypatch):
    key = publisher.key("alice")
    for number in range(3):
        collection.add_delegation(f"targets/s{number}", keys=[key], paths=[""])
    collection.publish()
    asked = []
    fetch = server.fetch

    def noted(gun, files):
        asked.extend(one.name for one in files)
        return fetch(gun, files)

    monkeypatch.setattr(server, "fetch", noted)
    collection.purge_keys([key.canonical_key_id])
    collection.publish()

    assert sum(name.startswith("targets/s") for name in asked) == 0


def test_a_role_of_two_new_keys_is_made_again_where_one_of_them_is_here(
    collection, publisher, make_publisher
):
    collection.add_delegation("targets/qa", keys=[publisher.key("old")], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/qa"])
    collection.publish()
    collection.remove_delegation("targets/qa")
    collection.publish()
    keys = [publisher.key("new"), make_publisher("elsewhere").key("other")]
    collection.add_delegation("targets/qa", keys=keys, paths=[""], threshold=2)

    done = collection.publish()

    assert done.versions.keys() == {"targets"}
    assert done.repository.role_tags("targets/qa") == ()
