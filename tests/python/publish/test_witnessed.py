"""Witnessed roles: what they list is shown before it is signed, and nothing else is signed."""

from __future__ import annotations

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import Collection, images
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.metadata import key_value, target_meta
from contenttrust.publish.sign import Keyring
from contenttrust.publish.witnessed import Witnessed, refuse_broken

A, DIGEST = "targets/a", f"sha256:{'a' * 64}"


class DeclinedError(Exception):
    """Somebody said no."""


def add(collection, name, role):
    collection.add_target(name, size=7, sha256="a" * 64, roles=[role])


def refused(collection, server, words, **confirmed):
    """See that nothing is signed or sent, and that all stays staged; gives the message."""
    sent, staged = len(server.uploads), collection.changes()
    with pytest.raises(PublishError, match=words) as caught:
        collection.publish(**confirmed)
    assert (len(server.uploads), collection.changes()) == (sent, staged)
    return str(caught.value)


def refused_after(collection, meanwhile):
    """The refusal after something happened while what is witnessed was being shown."""
    staged = collection.changes()
    with pytest.raises(PublishError, match="is not any more what was shown") as caught:
        collection.publish(confirm=meanwhile)
    assert collection.changes()[: len(staged)] == staged
    return str(caught.value)


@pytest.fixture
def broken(collection, broken_role):
    """A collection with the broken role `targets/a`, which lists v1, staged to be witnessed."""
    broken_role(lambda file: file)
    collection.witness([A])
    return collection


def test_what_a_broken_role_lists_is_not_signed_unseen(broken, server):
    told = refused(broken, server, "targets/a is broken")
    assert f"v1 ({DIGEST})" in told
    assert "`confirm` of `Collection.publish`" in told
    assert "1 staged change stays so" in told
    with pytest.raises(PublishError, match="targets/a is broken"):
        broken.prepare()
    with pytest.raises(PublishError, match="targets/a is broken"):
        broken.publish_targets([])


def test_every_broken_role_is_named():
    with pytest.raises(PublishError, match="targets/a is broken") as refused:
        refuse_broken(
            [
                Witnessed(role=A, is_broken=True, tags={"v1": DIGEST}),
                Witnessed(role="targets/b", is_broken=False),
                Witnessed(role="targets/c", is_broken=True, delegations=("targets/c/d",)),
            ]
        )
    told = f"valid here (v1 ({DIGEST})); so is targets/c (the delegation targets/c/d). Nothing"
    assert told in refused.value.message
    refuse_broken([Witnessed(role="targets/b", is_broken=False)])


def test_what_will_be_listed_is_shown_and_then_it_is_signed(broken):
    add(broken, "v2", A)
    shown = []
    done = broken.publish(confirm=shown.extend)
    assert shown == [Witnessed(role=A, is_broken=True, tags={"v1": DIGEST, "v2": DIGEST})]
    assert [tag.name for tag in done.repository.role_tags(A)] == ["v1", "v2"]


def test_whoever_says_no_ends_it_before_anything_is_signed(broken, server, publisher):
    def no(_):
        raise DeclinedError

    sent, asked = len(server.uploads), len(publisher.passphrases.requests)
    with pytest.raises(DeclinedError):
        broken.publish(confirm=no)
    with pytest.raises(DeclinedError):
        broken.prepare(confirm=no)
    assert (len(server.uploads), len(publisher.passphrases.requests)) == (sent, asked)
    assert len(broken.changes()) == 1


def test_a_request_is_prepared_of_what_was_shown(broken):
    shown = []
    request = broken.prepare(confirm=shown.extend)
    assert [one.role for one in shown] == [A]
    assert broken.publish_request(request).versions == {A: 2}


def test_a_sound_role_is_shown_and_needs_nobodys_word(collection, publisher):
    key = publisher.key("a")
    collection.add_delegation(A, keys=[key], paths=[""])
    collection.add_delegation(f"{A}/b", keys=[key], paths=[""])
    add(collection, "v1", A)
    collection.publish()
    collection.witness([A])
    shown = []
    assert collection.publish(confirm=shown.extend).versions == {A: 2}
    assert shown == [
        Witnessed(role=A, is_broken=False, tags={"v1": DIGEST}, delegations=(f"{A}/b",))
    ]
    collection.witness([A])
    assert collection.publish().versions == {A: 3}


def test_nothing_is_shown_of_what_is_not_witnessed(broken):
    broken.reset()
    add(broken, "v2", "targets")
    shown = []
    broken.publish(confirm=shown.append)
    broken.witness([A])
    broken.remove_delegation(A)
    broken.publish(confirm=shown.append)
    assert shown == []


def test_a_new_collection_witnesses_what_is_staged(publisher):
    made = publisher.collection()
    made.initialize()
    add(made, "v1", "targets")
    made.witness(["targets"])
    shown = []
    made.publish(confirm=shown.extend)
    assert shown == [Witnessed(role="targets", is_broken=False, tags={"v1": DIGEST})]


def test_what_others_publish_while_somebody_looks_is_not_signed(collection, publisher):
    add(collection, "v1", "targets")
    collection.publish()
    collection.witness(["targets"])
    told = refused_after(collection, lambda _: images.revoke(publisher.collection(), ["v1"]))
    assert f"tag removed: v1 ({DIGEST})" in told
    assert collection.publish().versions["targets"] == 5


def test_what_others_publish_while_somebody_looks_is_in_no_request(collection, publisher):
    add(collection, "v1", "targets")
    collection.publish()
    collection.witness(["targets"])
    with pytest.raises(PublishError, match="tag removed: v1"):
        collection.prepare(confirm=lambda _: images.revoke(publisher.collection(), ["v1"]))


def test_what_others_publish_at_the_same_moment_is_not_signed(
    collection, publisher, server, tmp_path
):
    add(collection, "v1", "targets")
    collection.publish()
    collection.witness(["targets"])
    elsewhere = Collection(
        collection.gun, keys=publisher.keys, sink=server, trust_dir=tmp_path, now=server.now
    )
    server.before_publish = [lambda: images.revoke(elsewhere, ["v1"])]
    with pytest.raises(PublishError, match="tag removed: v1"):
        collection.publish()
    assert server.signed(collection.gun, "targets")["version"] == 4


def test_a_role_that_breaks_while_somebody_looks_is_not_signed(collection, publisher, server):
    collection.add_delegation(A, keys=[publisher.key("a")], paths=[""])
    add(collection, "v1", A)
    collection.publish()
    collection.witness([A])

    def take_the_keys_out(_):
        signed = server.signed(collection.gun, "targets")
        [role] = signed["delegations"]["roles"]
        new = publisher.key("new")
        role["keyids"] = [new.key_id]
        signed["delegations"]["keys"] = {new.key_id: key_value(new)}
        signed["version"] += 1
        owner = authority_in(server.signed(collection.gun, "root"), "targets")
        file = Keyring(publisher.keys).signed(signed, [owner])
        server.store(collection.gun, {"targets": file}, judged=False)

    assert "it is broken now" in refused_after(collection, take_the_keys_out)


def test_what_is_staged_while_somebody_looks_is_not_witnessed(broken, publisher):
    told = refused_after(broken, lambda _: publisher.collection().witness(["targets"]))
    assert "targets of" in told
    assert "it was not witnessed then" in told


def test_what_a_removed_signer_published_last_is_shown(
    collection, publisher, mallory, server, tmp_path
):
    def interrupt():
        raise KeyboardInterrupt

    images.sign(collection, {"1.0": target_meta(7, sha256="a" * 64)})
    evil = {"6.6": target_meta(7, sha256="b" * 64)}
    server.before_publish = [lambda: images.sign(mallory.collection(), evil)]
    server.after_publish = [lambda: None, interrupt]  # her publication, then ours
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")

    elsewhere = Collection(
        collection.gun, keys=publisher.keys, sink=server, trust_dir=tmp_path, now=server.now
    )
    with pytest.raises(PublishError, match="shows that, and asks"):
        images.remove_signer(elsewhere, "mallory")
    collection.witness(["targets/releases"])
    assert f"6.6 (sha256:{'b' * 64})" in refused(collection, server, "targets/releases is broken")


def test_tags_outside_the_paths_are_told_when_shown_and_when_they_count_again(
    collection, publisher
):
    collection.add_delegation(A, keys=[publisher.key("a")], paths=[""])
    for name in ("dev-1", "prod-1"):
        add(collection, name, A)
    collection.publish()
    collection.remove_delegation(A, every_path=True)
    collection.add_delegation(A, paths=["dev-"])
    assert not any("counts too" in note for note in collection.publish().notes)

    shown = []
    collection.witness([A])
    collection.publish(confirm=shown.extend)
    [one] = shown
    assert (set(one.tags), one.outside) == ({"dev-1", "prod-1"}, ("prod-1",))

    collection.add_delegation(A, paths=["prod-"])
    told = f"with its new paths, what {A} lists already counts too: prod-1 ({DIGEST})"
    assert told in collection.publish().notes
