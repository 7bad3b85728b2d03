"""What is taken out of a role that does not count now is not signed again with it."""

from __future__ import annotations

import json
from functools import partial

import pytest

from contenttrust.errors import NoKeyError, NotSignedError, PublishError
from contenttrust.publish import images
from contenttrust.publish.initialisation import certified
from contenttrust.publish.metadata import key_value
from labelled_tags import digest, tags
from signed_anew import sign_anew

RELEASES = "targets/releases"


def listed(server, collection, role=RELEASES):
    return server.signed(collection.gun, role)["targets"].keys()


def test_what_is_revoked_is_not_released_again_by_a_removal_that_goes_on(interrupted, server):
    done = images.revoke(interrupted, ["base"])

    assert done.versions.keys() == {"targets/alice", RELEASES}
    [note] = done.notes
    assert note.startswith(f"{RELEASES} was broken, and begins anew")
    assert f"v1 (sha256:{digest('v1')})" in note
    removed = images.remove_signer(
        interrupted,
        "mallory",
        confirm=lambda _: pytest.fail("asked"),
        resume=lambda *_: pytest.fail("asked"),
    )
    assert dict(removed.published.repository.tags) == {}
    assert not listed(server, interrupted)


def test_with_all_tags_those_of_a_broken_role_are_revoked(interrupted, server):
    done = images.revoke(interrupted)
    assert not listed(server, interrupted)
    assert done.repository.degraded == ()


def test_a_broken_role_that_does_not_list_the_tag_stays_as_it_is(interrupted, server):
    interrupted.add_target("other", size=7, sha256=digest("other"))
    interrupted.publish()
    before = server.files[interrupted.gun][RELEASES]

    done = images.revoke(interrupted, ["other"])

    assert done.versions.keys() == {"targets"}
    assert server.files[interrupted.gun][RELEASES] == before
    with pytest.raises(NotSignedError):
        images.revoke(interrupted, ["nosuch"])


def test_a_target_that_a_broken_role_lists_is_not_witnessed_once_it_is_removed(
    collection, broken_role, server
):
    broken_role(lambda file: file)
    collection.remove_target("v1", roles=["targets/a"])

    done = collection.publish()

    assert any("targets/a was broken, and begins anew" in note for note in done.notes)
    assert not any("nothing to remove" in note for note in done.notes)
    assert listed(server, collection, "targets/a") == set()
    collection.witness(["targets/a"])
    collection.publish()
    assert dict(collection.judge().look().repository.tags) == {}


def test_what_a_broken_role_does_not_list_begins_nothing_anew(collection, broken_role, server):
    broken_role(lambda file: file)
    before = server.files[collection.gun]["targets/a"]
    collection.remove_target("v2", roles=["targets/a"])

    done = collection.publish()

    assert done.versions == {}
    assert "targets/a does not list v2: there was nothing to remove" in done.notes
    assert server.files[collection.gun]["targets/a"] == before


@pytest.fixture
def released(collection, publisher, make_publisher):
    """Alice's tag, which `targets` lists too; carol's key is elsewhere."""
    collection.add_target("v1", size=7, sha256=digest("v1"))
    collection.publish()
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.add_signer(collection, "carol", [make_publisher("carol").key("carol")])
    images.sign(collection, tags("v1"))
    return collection


def leave_to(names, threshold=1):
    """A change of targets: `targets/releases` has only the keys of some signers."""

    def change(targets):
        keys = {one["name"]: one["keyids"] for one in targets["delegations"]["roles"]}
        for one in targets["delegations"]["roles"]:
            if one["name"] == RELEASES:
                one["keyids"] = [key for name in names for key in keys[f"targets/{name}"]]
                one["threshold"] = threshold

    return change


def test_a_tag_stays_where_a_broken_role_would_be_signed_again_with_it(released, publisher, server):
    """Who has carol's key can witness the role."""
    sign_anew(server, released.gun, publisher.keys, "targets", leave_to(["carol"]))
    before = server.files[released.gun].copy()

    told = f"v1 is listed by {RELEASES}, which is broken, .*nothing was revoked. Revoke it where"
    with pytest.raises(NoKeyError, match=told):
        images.revoke(released, ["v1"])

    assert server.files[released.gun] == before


def test_a_broken_role_that_nobody_can_sign_does_not_keep_a_tag(released, publisher, server):
    """Docker leaves such a role when the last signer goes; who gives it a key is asked."""
    sign_anew(server, released.gun, publisher.keys, "targets", leave_to([]))

    done = images.revoke(released, ["v1"])

    assert done.versions.keys() == {"targets", "targets/alice"}
    assert done.notes == (f"{RELEASES} lists v1 still: it has too few keys to be signed",)
    told = f"To remove that role: contenttrust delegation remove -p {released.gun} {RELEASES}"
    with pytest.raises(NoKeyError, match=told):
        images.revoke(released, ["v1"])


def certified_too(collection, publisher, targets):
    """Alice's key is named bare and in a certificate, and two keys must sign."""
    leave_to(["alice"], threshold=2)(targets)
    entry = next(one for one in publisher.keys.entries() if one.role == "alice")
    again = certified(publisher.keys.open(entry.key_id), collection.gun, collection.moment)
    given = targets["delegations"]
    given["keys"][again.key_id] = key_value(again)
    [releases] = [one for one in given["roles"] if one["name"] == RELEASES]
    releases["keyids"].append(again.key_id)


@pytest.mark.parametrize("change", [None, certified_too], ids=["one key", "one key twice"])
def test_a_role_with_too_few_keys_does_not_keep_a_tag_though_one_is_here(
    released, publisher, server, change
):
    """A key was purged, so that nobody can sign what two must sign."""
    fewer = leave_to(["alice"], 2) if change is None else partial(change, released, publisher)
    sign_anew(server, released.gun, publisher.keys, "targets", fewer)

    done = images.revoke(released, ["v1"])

    assert done.versions.keys() == {"targets", "targets/alice"}
    assert done.notes == (f"{RELEASES} lists v1 still: it has too few keys to be signed",)
    with pytest.raises(PublishError, match="fewer keys than its threshold of 2"):
        witness(released)
    told = "v1 is listed by .*broken, and it has too few keys to be signed: .* To remove that role"
    with pytest.raises(NoKeyError, match=told):
        images.revoke(released, ["v1"])


def witness(collection):
    collection.witness([RELEASES])
    collection.publish(confirm=lambda _: None)


@pytest.mark.parametrize(
    "signed",
    [5, {"targets": [1]}, {"targets": "v1"}, {"targets": {"v1": 5}}, {"targets": {"v1": None}}, {}],
    ids=str,
)
def test_a_cached_role_that_cannot_be_read_is_not_known(released, publisher, server, signed):
    sign_anew(server, released.gun, publisher.keys, "targets", leave_to(["carol"]))
    file = publisher.folder / "tuf" / released.gun / "metadata" / f"{RELEASES}.json"
    assert file.exists()
    file.write_text(json.dumps({"signed": signed, "signatures": []}))

    with pytest.raises(NoKeyError, match=f"v1 is listed by {RELEASES}"):
        images.revoke(released, ["v1"])
