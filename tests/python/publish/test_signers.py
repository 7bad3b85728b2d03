"""Signers that are removed: under whatever id, and wherever else, their keys are named."""

from __future__ import annotations

import json

import pytest

from contenttrust import _core
from contenttrust.errors import NoKeyError, PublishError
from contenttrust.publish import images, target_meta
from contenttrust.publish.signers import RemovedSigner
from labelled_tags import digest, tags


def listed(repository, role):
    return sorted(tag.name for tag in repository.role_tags(role))


def signers_of(server, role):
    document = json.loads(server.files["registry.example/team/app"][role])
    return {one["keyid"] for one in document["signatures"]}


def roles_of(server, gun):
    """Key ids of every direct delegation, as `targets` names them."""
    given = server.signed(gun, "targets")["delegations"]["roles"]
    return {one["name"]: one["keyids"] for one in given}


def certificate_of(publisher, key):
    signer = publisher.keys.open(key.canonical_key_id)
    now, day = publisher.server.now, 86_400
    begins = _core.Instant(int(now.timestamp()) - day)
    return _core.PublicKey.read(
        signer.certificate("mallory", begins, _core.Instant(begins.seconds + 400 * day))
    )


def cannot_release(mallory):
    stranger = mallory.collection()
    stranger.add_target("evil", size=7, sha256=digest("evil"), roles=["targets/releases"])
    with pytest.raises(NoKeyError):
        stranger.publish()


@pytest.mark.parametrize("other", ["targets/qa", "targets/team"])
def test_a_key_that_another_signer_shares_is_nobody_s_to_remove(collection, mallory, server, other):
    """Her key would go on signing there; nobody but the owner knows whose it is."""
    collection.add_delegation(other, keys=[mallory.public], paths=[""])
    collection.publish()
    before = len(server.uploads)

    with pytest.raises(PublishError, match=f"is also a key of {other}") as refused:
        images.remove_signer(collection, "mallory")

    key_id = mallory.public.canonical_key_id
    assert f"delegation remove -p {collection.gun} {other} {key_id}" in str(refused.value)
    assert len(server.uploads) == before
    collection.remove_delegation(other, key_ids=[key_id])
    collection.publish()
    assert images.remove_signer(collection, "mallory").still_in == {}
    cannot_release(mallory)


def test_by_force_a_shared_key_releases_no_more_and_its_other_roles_are_told(
    collection, mallory, server
):
    collection.add_delegation("targets/qa", keys=[mallory.public], paths=[""])
    collection.publish()

    removed = images.remove_signer(collection, "mallory", force=True)

    key_id = mallory.public.canonical_key_id
    assert removed.still_in == {"targets/qa": (key_id,)}
    assert set(roles_of(server, collection.gun)) == {
        "targets/alice",
        "targets/qa",
        "targets/releases",
    }
    assert key_id not in roles_of(server, collection.gun)["targets/releases"]
    cannot_release(mallory)


def test_force_does_not_take_back_what_another_signer_s_key_released(collection, publisher):
    key = publisher.key("alice")
    for name in ("alice", "team"):
        images.add_signer(collection, name, [key])
    images.sign(collection, tags("v1"))

    with pytest.raises(PublishError, match="another signer and let it sign; nothing was"):
        images.remove_signer(collection, "alice", force=True)


def test_where_more_must_sign_than_stay_the_way_out_is_one_that_works(collection, publisher):
    for name in ("alice", "bob"):
        images.add_signer(collection, name, [publisher.key(name)])
    images.sign(collection, tags("v1"))
    collection.set_threshold("targets/releases", 2)
    collection.publish()
    lower = f"delegation add --threshold 1 -p {collection.gun} targets/releases"
    for force in (False, True):
        with pytest.raises(PublishError, match=f"without alice 1 would be left.*{lower}") as told:
            images.remove_signer(collection, "alice", force=force)
        assert "--force" not in told.value.message

    collection.set_threshold("targets/releases", 1)
    collection.publish()
    removed = images.remove_signer(collection, "alice")
    assert set(removed.published.repository.tags) == {"v1"}


def test_a_key_of_the_repository_itself_is_not_removed_with_a_signer(collection, publisher, server):
    [key_id] = server.signed(collection.gun, "root")["roles"]["targets"]["keyids"]
    key = publisher.keys.open(key_id)
    public = _core.PublicKey.of(key.key_type, key.public)
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.add_signer(collection, "mallory", [public])

    with pytest.raises(PublishError, match=f"key rotate {collection.gun} targets"):
        images.remove_signer(collection, "mallory")


def test_another_signer_cannot_keep_a_removed_key_releasing(
    collection, publisher, mallory, make_publisher, server
):
    """Bob names her key below his own delegation."""
    bob = make_publisher("bob")
    images.add_signer(collection, "bob", [bob.key("bob")])
    images.sign(collection, tags("v1"))
    images.sign(bob.collection(), tags("v1"))
    elsewhere = bob.collection()
    elsewhere.add_delegation("targets/bob/sub", keys=[mallory.public], paths=[""])
    elsewhere.publish()

    removed = images.remove_signer(collection, "mallory")

    key_id = mallory.public.canonical_key_id
    assert removed.key_ids == (key_id,)
    assert removed.still_in == {"targets/bob/sub": (key_id,)}
    assert key_id not in roles_of(server, collection.gun)["targets/releases"]
    cannot_release(mallory)


@pytest.mark.parametrize("released", [[False], [True], [False, True]])
@pytest.mark.parametrize("certified", [False, True])
def test_a_key_goes_under_every_id_that_it_has(collection, publisher, server, certified, released):
    """Bare in one role, in a certificate in the other."""
    images.add_signer(collection, "alice", [publisher.key("alice")])
    bare = publisher.key("mallory")
    forms = {False: bare, True: certificate_of(publisher, bare)}
    assert forms[False].key_id != forms[True].key_id
    collection.add_delegation("targets/mallory", keys=[forms[certified]], paths=[""])
    collection.add_delegation("targets/releases", keys=[forms[one] for one in released], paths=[""])
    collection.publish()
    images.sign(collection, tags("v1"))

    removed = images.remove_signer(collection, "mallory")

    assert removed.key_ids == (bare.canonical_key_id,)
    [left] = roles_of(server, collection.gun)["targets/releases"]
    assert left not in {form.key_id for form in forms.values()}
    assert signers_of(server, "targets/releases") == {left}
    assert listed(removed.published.repository, "targets/releases") == ["v1"]


def test_a_shared_key_is_seen_under_another_id(collection, publisher):
    images.add_signer(collection, "alice", [publisher.key("alice")])
    bare = publisher.key("mallory")
    images.add_signer(collection, "mallory", [bare])
    collection.add_delegation("targets/qa", keys=[certificate_of(publisher, bare)], paths=[""])
    collection.publish()

    with pytest.raises(PublishError, match="is also a key of targets/qa"):
        images.remove_signer(collection, "mallory")


def test_two_ids_of_one_key_are_not_two_keys_that_stay(collection, publisher):
    alice = publisher.key("alice")
    images.add_signer(collection, "alice", [alice, certificate_of(publisher, alice)])
    images.add_signer(collection, "mallory", [publisher.key("mallory")])
    collection.set_threshold("targets/releases", 2)
    collection.publish()

    with pytest.raises(PublishError, match="needs the signatures of 2 keys, and without"):
        images.remove_signer(collection, "mallory")


def test_a_delegation_that_somebody_else_removes_meanwhile_leaves_no_key_behind(
    collection, publisher, mallory, make_publisher, server
):
    """The other one takes the delegation only; the key would stay where it releases."""
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    elsewhere = other.collection()
    elsewhere.remove_delegation("targets/mallory")
    server.before_publish.append(elsewhere.publish)

    removed = images.remove_signer(collection, "mallory")

    assert removed.published.attempts == 2
    assert mallory.public.key_id not in roles_of(server, collection.gun)["targets/releases"]


def test_what_is_read_back_must_not_have_a_key_of_the_signer(collection, mallory, monkeypatch):
    monkeypatch.setattr(RemovedSigner, "_release_without", lambda *_: None)

    with pytest.raises(PublishError, match="targets/releases has keys of mallory still"):
        images.remove_signer(collection, "mallory")


def test_t078_what_only_a_removed_signer_lists_is_told_before_and_after(collection, mallory):
    images.sign(mallory.collection(), tags("evil", "good"))
    images.sign(collection, {"good": tags("good")["good"], "other": tags("other")["other"]})
    asked = []

    removed = images.remove_signer(collection, "mallory", confirm=asked.append)

    assert asked == [{"evil": f"sha256:{digest('evil')}"}]
    assert removed.unvouched == asked[0]
    assert removed.revoked == {}
    released = listed(removed.published.repository, "targets/releases")
    assert released == ["evil", "good", "other"]


def test_t078_another_digest_under_the_same_tag_is_vouched_for_by_nobody(collection, mallory):
    images.sign(collection, tags("v1"))
    evil = {"v1": target_meta(7, sha256=digest("evil"))}
    images.sign(mallory.collection(), evil)

    removed = images.remove_signer(collection, "mallory")

    assert removed.unvouched == {"v1": f"sha256:{digest('evil')}"}


def test_what_nobody_else_lists_is_not_published_if_that_is_not_wanted(collection, mallory, server):
    images.sign(mallory.collection(), tags("evil"))
    before = len(server.uploads)

    def no(_found):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        images.remove_signer(collection, "mallory", confirm=no)
    assert len(server.uploads) == before


@pytest.mark.parametrize("voucher", ["targets", "targets/alice/qa"])
def test_the_repository_and_nested_delegations_of_others_vouch_too(
    collection, publisher, mallory, voucher
):
    if voucher != "targets":
        collection.add_delegation(voucher, keys=[publisher.key("qa")], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=[voucher])
    collection.publish()
    images.sign(mallory.collection(), tags("v1"))

    assert images.remove_signer(collection, "mallory").unvouched == {}


@pytest.mark.parametrize("role", ["targets/releases/evil", "targets/mallory/evil", "targets/qa"])
def test_a_role_that_the_signer_can_make_or_sign_vouches_for_nothing(collection, mallory, role):
    if role == "targets/qa":
        collection.add_delegation(role, keys=[mallory.public], paths=[""])
        collection.publish()
    stranger = mallory.collection()
    images.sign(stranger, tags("evil"))
    if role != "targets/qa":
        stranger.add_delegation(role, keys=[mallory.key("second")], paths=[""])
        stranger.publish()
    stranger.add_target("evil", size=7, sha256=digest("evil"), roles=[role])
    stranger.publish()

    assert set(images.remove_signer(collection, "mallory", force=True).unvouched) == {"evil"}


def test_what_lies_outside_the_paths_of_a_delegation_is_not_vouched_for_by_it(
    collection, publisher, mallory
):
    collection.add_delegation("targets/qa", keys=[publisher.key("qa")], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/qa"])
    collection.publish()
    collection.remove_delegation("targets/qa", paths=[""])
    collection.add_delegation("targets/qa", paths=["qa-"])
    collection.publish()
    images.sign(mallory.collection(), tags("v1"))

    assert set(images.remove_signer(collection, "mallory").unvouched) == {"v1"}
