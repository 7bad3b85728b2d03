"""What is published while a signer is being removed, and what is asked before."""

from __future__ import annotations

import base64
import contextlib
import copy

import pytest

from contenttrust.errors import NoKeyError, PublishError, RejectedError
from contenttrust.publish import images, target_meta
from contenttrust.publish.metadata import envelope, message_of
from labelled_tags import digest, tags

GUN = "registry.example/team/app"


def roles_of(server, gun):
    """Key ids of every direct delegation, as `targets` names them."""
    given = server.signed(gun, "targets")["delegations"]["roles"]
    return {one["name"]: one["keyids"] for one in given}


def cannot_release(mallory):
    stranger = mallory.collection()
    stranger.add_target("evil", size=7, sha256=digest("evil"), roles=["targets/releases"])
    with pytest.raises(NoKeyError):
        stranger.publish()


def released(removed):
    """What is released after a removal: names and digests."""
    repository = removed.published.repository
    return {tag.name: tag.digest for tag in repository.role_tags("targets/releases")}


def sha256(text):
    return f"sha256:{digest(text)}"


def listed_otherwise(mallory, server, change, role="targets/releases"):
    """Publish a role after any change of its document, signed with her key."""
    signed = copy.deepcopy(server.signed(GUN, role))
    signed["version"] += 1
    change(signed)
    message = message_of(signed)
    key = mallory.keys.open(mallory.public.canonical_key_id)
    sig = base64.b64encode(key.sign(message)).decode()
    entry = {"keyid": mallory.public.key_id, "method": key.method, "sig": sig}
    server.store(GUN, {role: envelope(message, [entry])})


def rolled_back(signed):
    signed["targets"].update(tags_of({"v1": "old"}))


def tags_of(texts):
    return {name: target_meta(7, sha256=digest(text)) for name, text in texts.items()}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda signed: signed["targets"].update(tags("evil")), "tag added: evil (sha256:"),
        (rolled_back, f"tag changed: v1 ({sha256('old')})"),
        (lambda signed: signed["targets"].pop("v1"), f"tag removed: v1 ({sha256('new')})"),
        (lambda signed: signed["targets"]["v2"].update(custom={"a": True}), "tag changed: v2 ("),
        (lambda signed: signed["targets"]["v2"].update(length=8), "tag changed: v2 ("),
    ],
)
@pytest.mark.parametrize(("times", "revoke"), [(1, False), (50, False), (50, True)])
def test_t078_what_the_signer_publishes_during_the_removal_is_neither_signed_nor_stops_it(  # noqa: PLR0917 - what is varied
    collection, mallory, server, change, told, times, revoke
):
    """Not even what another signer lists still, and not if it is published without end."""
    custom = tags_of({"v2": "two"})
    custom["v2"]["custom"] = {"a": 1}
    images.sign(collection, {**tags_of({"v1": "old"}), **custom})
    images.sign(mallory.collection(), tags_of({"v1": "new"}))
    images.sign(collection, tags_of({"v1": "new"}))
    images.sign(mallory.collection(), {**tags_of({"v1": "new"}), **custom}, again=True)

    def publish():
        listed_otherwise(mallory, server, change)

    server.before_publish.append(publish)
    server.before_publish.extend([lambda: refused(publish)] * times)

    removed = images.remove_signer(collection, "mallory", revoke=revoke)

    assert released(removed) == {"v1": sha256("new"), "v2": sha256("two")}
    assert server.signed(GUN, "targets/releases")["targets"]["v2"]["custom"] == {"a": 1}
    assert any(told in note for note in removed.published.notes)
    assert removed.signed_again == ("targets/releases",)
    assert not removed.published.repository.degraded
    cannot_release(mallory)


def refused(publish):
    """Publish what a server takes until it knows that the key is gone."""
    with contextlib.suppress(RejectedError, KeyError):
        publish()


def test_t078_a_delegation_that_appears_below_releases_during_the_removal_is_not_taken_over(
    collection, mallory, server
):
    images.sign(collection, tags("v1"))
    images.sign(mallory.collection(), tags("v1"), again=True)
    stranger = mallory.collection()
    stranger.add_delegation("targets/releases/evil", keys=[mallory.key("second")], paths=[""])
    server.before_publish.append(stranger.publish)

    removed = images.remove_signer(collection, "mallory")

    assert any("delegation added: targets/releases/evil" in it for it in removed.published.notes)
    assert server.signed(GUN, "targets/releases")["delegations"]["roles"] == []


def test_what_others_release_during_the_removal_is_not_signed_again_unseen(
    collection, mallory, make_publisher, server
):
    bob = make_publisher("bob")
    images.add_signer(collection, "bob", [bob.key("bob")])
    images.sign(collection, tags("v1"))
    server.before_publish.append(lambda: images.sign(bob.collection(), tags("v2")))

    with pytest.raises(PublishError, match=r"somebody published .*: tag added: v2 \(sha256:"):
        images.remove_signer(collection, "mallory")

    assert "targets/mallory" in roles_of(server, collection.gun)
    assert set(released(images.remove_signer(collection, "mallory"))) == {"v1", "v2"}


def test_what_others_change_elsewhere_during_the_removal_stops_nothing(
    collection, mallory, make_publisher, server
):
    images.sign(collection, tags("v1"))
    other = make_publisher("elsewhere")
    other.keys = collection.keys
    elsewhere = other.collection()
    elsewhere.add_target("v9", size=7, sha256=digest("v9"))
    server.before_publish.append(elsewhere.publish)

    removed = images.remove_signer(collection, "mallory")

    assert removed.published.attempts == 2
    assert set(released(removed)) == {"v1"}


def test_what_nobody_else_lists_is_taken_back_in_the_same_publication(collection, mallory, server):
    """Also what `targets` would bring back under that name."""
    collection.add_target("v1", size=7, sha256=digest("old"))
    collection.publish()
    evil = {"v1": target_meta(7, sha256=digest("evil"))}
    images.sign(collection, tags("v2"))
    images.sign(mallory.collection(), evil)
    server.before_publish.append(lambda: images.sign(mallory.collection(), tags("late")))

    removed = images.remove_signer(collection, "mallory", revoke=True)

    assert removed.revoked == {"v1": sha256("evil")}
    assert any("tag added: late (" in note for note in removed.published.notes)
    assert removed.unvouched == {}
    assert removed.signed_again == ("targets/releases",)
    assert list(removed.published.repository.tags) == ["v2"]


def test_t078_releases_broken_by_a_late_publication_is_no_success(
    collection, mallory, make_publisher, server
):
    """No key that stays is here: what stays must be signed anew elsewhere."""
    bob = make_publisher("bob")
    collection.remove_delegation("targets/alice")
    collection.remove_delegation("targets/releases", key_ids=keys_of_alice(collection))
    collection.publish()
    images.add_signer(collection, "bob", [bob.key("bob")])
    images.sign(mallory.collection(), tags("v1"))
    images.sign(bob.collection(), tags("v1"), again=True)
    server.before_publish.append(lambda: images.sign(mallory.collection(), tags("evil")))

    signs = r"is removed from .*, but targets/releases is broken: "
    with pytest.raises(PublishError, match=signs) as broken:
        images.remove_signer(collection, "mallory")

    assert "signs anew: v1 (contenttrust sign" in str(broken.value)
    assert "evil" not in str(broken.value)
    assert images.sign(bob.collection(), tags("v1")).published.repository.tags.keys() == {"v1"}


def keys_of_alice(collection):
    return [entry.key_id for entry in collection.keys.entries() if entry.role == "alice"]


def test_t078_the_step_after_a_lost_race_fails_and_says_what_to_do(collection, mallory, server):
    images.sign(collection, tags("v1"))

    def fail(*_):
        raise RejectedError("no more")

    def late():
        images.sign(mallory.collection(), tags("evil"))
        server.after_publish.append(lambda: server.instead.append(fail))

    server.before_publish.append(late)
    again = rf"The same again on this machine \(contenttrust signer remove mallory {GUN}\)"
    with pytest.raises(RejectedError, match=rf"is broken: .* {again} .*no more") as failed:
        images.remove_signer(collection, "mallory")
    assert failed.value.upload == "served"  # the removal itself
    assert "contenttrust sign," not in failed.value.message

    removed = images.remove_signer(collection, "mallory")
    assert removed.signed_again == ("targets/releases",)
    assert set(released(removed)) == {"v1"}


@pytest.mark.parametrize("name", ["md5", "\x1b[2Jevil", "aa:7 (good)"])
def test_t078_the_digest_that_is_shown_is_the_one_that_docker_pulls(
    collection, mallory, server, name
):
    """Whoever lists a tag chooses its hashes; those of other names mean nothing to Docker."""
    images.sign(collection, tags("v1"))
    images.sign(mallory.collection(), tags("v1"), again=True)
    zeros = base64.b64encode(bytes(32)).decode()

    def change(signed):
        signed["targets"].update(tags("evil"))
        for tag in ("evil", "v1"):
            signed["targets"][tag]["hashes"][name] = zeros
        signed["targets"]["none"] = {"length": 7, "hashes": {name: zeros}}

    listed_otherwise(mallory, server, change)

    removed = images.remove_signer(collection, "mallory")

    assert removed.unvouched == {"evil": sha256("evil"), "none": ""}


def test_the_question_holds_up_nobody(collection, mallory, publisher):
    """It is asked, and passphrases are typed, before the publication begins."""
    images.sign(mallory.collection(), tags("told"))

    def ask(_found):
        with publisher.collection().trust_dir.locked(GUN, "publish"):
            pass

    assert set(images.remove_signer(collection, "mallory", confirm=ask).unvouched) == {"told"}


def test_what_a_signer_who_stays_built_upon_hers_is_no_success(
    collection, mallory, make_publisher, server
):
    carol = make_publisher("carol")
    images.add_signer(collection, "carol", [carol.key("carol")])
    images.sign(carol.collection(), tags("v1"))

    def exchanged(signed):
        signed["targets"].update({"v1": tags("evil")["evil"]})

    server.before_publish = [
        lambda: listed_otherwise(mallory, server, exchanged),
        lambda: images.sign(carol.collection(), tags("v2")),
    ]
    with pytest.raises(PublishError, match=r"tag added: v2 .*tag changed: v1 ") as refused:
        images.remove_signer(collection, "mallory")
    assert "mallory is removed" in refused.value.message
    assert refused.value.role == "targets/releases"
    assert "targets/mallory" not in roles_of(server, GUN)


def interrupted(collection, mallory, server):
    """A removal that ends when the key is gone and `targets/releases` is not signed yet."""
    images.sign(collection, tags("v1"))

    def interrupt():
        raise KeyboardInterrupt

    server.before_publish = [lambda: listed_otherwise(mallory, server, rolled_back)]
    server.after_publish = [interrupt]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")
    server.after_publish = []
    assert "targets/mallory" not in roles_of(server, GUN)


def records(publisher):
    return list(publisher.folder.rglob(".removal_of_*"))


def test_a_removal_that_was_interrupted_is_brought_to_its_end_by_the_next(
    collection, publisher, mallory, server
):
    interrupted(collection, mallory, server)
    [record] = records(publisher)
    assert record.stat().st_mode & 0o777 == 0o600
    asked = []
    removed = images.remove_signer(
        collection, "mallory", resume=lambda begun, found: asked.append((begun, dict(found)))
    )
    assert asked == [("2026-11-28T12:00:00Z", {"v1": sha256("v1")})]
    assert released(removed) == {"v1": sha256("v1")}
    assert removed.signed_again == ("targets/releases",)
    assert removed.key_ids == (mallory.public.canonical_key_id,)
    assert not removed.published.repository.degraded
    assert not records(publisher)
    with pytest.raises(PublishError, match="no signer mallory"):
        images.remove_signer(collection, "mallory")


def test_a_removal_that_is_not_to_be_resumed_leaves_all_as_it_is(
    collection, publisher, mallory, server
):
    interrupted(collection, mallory, server)
    before = server.files[GUN].copy()

    def no(*_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        images.remove_signer(collection, "mallory", resume=no)
    assert server.files[GUN] == before
    assert records(publisher)


def test_a_removal_that_others_have_mended_meanwhile_signs_nothing(
    collection, publisher, mallory, server
):
    interrupted(collection, mallory, server)
    images.sign(collection, tags("v2"), again=True)
    versions = server.signed(GUN, "targets/releases")["version"]
    removed = images.remove_signer(collection, "mallory", resume=lambda *_: pytest.fail("asked"))
    [gone] = [note for note in removed.published.notes if "was to stay released" in note]
    assert f"does not list what was to stay released: v1 ({sha256('v1')}). Sign again" in gone
    assert removed.signed_again == ()
    assert server.signed(GUN, "targets/releases")["version"] == versions
    assert set(released(removed)) == {"v2"}
    assert not records(publisher)


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"begun": "', b"\xff"])
def test_a_damaged_record_of_a_removal_is_refused(collection, publisher, mallory, server, damage):
    interrupted(collection, mallory, server)
    [record] = records(publisher)
    record.write_bytes(damage)
    before = server.files[GUN].copy()
    with pytest.raises(PublishError, match=r"is damaged: .* Move it away"):
        images.remove_signer(collection, "mallory")
    assert server.files[GUN] == before


def test_a_removal_that_was_interrupted_elsewhere_is_told(collection, publisher, mallory, server):
    interrupted(collection, mallory, server)
    [record] = records(publisher)
    record.unlink()
    with pytest.raises(PublishError, match=r"no signer mallory .* a removal was interrupted"):
        images.remove_signer(collection, "mallory")
    with pytest.raises(PublishError, match="no signer nobody"):
        images.remove_signer(collection, "nobody")


def test_who_forgets_a_collection_forgets_the_removal_that_was_begun(
    collection, publisher, mallory, server
):
    interrupted(collection, mallory, server)
    assert records(publisher)
    collection.delete()
    assert not records(publisher)
