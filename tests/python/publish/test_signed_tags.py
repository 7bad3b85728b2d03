"""Which roles sign which tag, where a role may not list all of them."""

from __future__ import annotations

import hashlib

import pytest

from contenttrust.errors import NoKeyError, PublishError
from contenttrust.publish import images, target_meta
from contenttrust.publish.tags import child_name

RELEASES, ALICE = "targets/releases", "targets/alice"
CHILD = f"sha256:{hashlib.sha256(b'child').hexdigest()}"


def tags(*names):
    return {
        name: target_meta(7, sha256=hashlib.sha256(name.encode()).hexdigest()) for name in names
    }


@pytest.fixture
def narrow(publisher):
    """Gives a repository of alice, where roles have other paths than all."""

    def made(**paths):
        collection = publisher.collection()
        images.add_signer(collection, "alice", [publisher.key("alice")])
        for role, some in paths.items():
            collection.remove_delegation(f"targets/{role}", every_path=True)
            collection.add_delegation(f"targets/{role}", paths=some)
        collection.publish()
        return collection

    return made


def listed(repository, role):
    return sorted(tag.name for tag in repository.role_tags(role))


def test_each_tag_is_signed_in_the_roles_that_may_list_it(narrow):
    done = images.sign(narrow(releases=["v"]), tags("v1", "x1"))

    assert done.roles == {"v1": (ALICE, RELEASES), "x1": (ALICE,)}
    assert listed(done.published.repository, ALICE) == ["v1", "x1"]
    assert listed(done.published.repository, RELEASES) == ["v1"]
    assert done.published.notes == (
        f"x1 is signed by {ALICE}, but not released: {RELEASES} may not list it (its paths are v)",
    )


def test_an_image_of_an_index_that_a_role_may_not_list_takes_no_tag_with_it(narrow):
    done = images.sign(narrow(releases=["v"]), tags("v1", child_name(CHILD)))

    assert done.roles == {"v1": (ALICE, RELEASES), child_name(CHILD): (ALICE,)}
    assert listed(done.published.repository, RELEASES) == ["v1"]
    [note] = done.published.notes
    assert note == (
        f"{RELEASES} may not list the images of an index (its paths are v), and does not list "
        f"{CHILD}"
    )


def test_images_of_an_index_that_nobody_may_list_are_told(narrow):
    done = images.sign(narrow(releases=["v"], alice=["v"]), tags("v1", child_name(CHILD)))

    assert done.roles[child_name(CHILD)] == ()
    assert [note.partition(" ")[0] for note in done.published.notes] == [ALICE, RELEASES]
    assert all(CHILD in note for note in done.published.notes)


def test_a_tag_that_was_asked_for_is_no_image_of_an_index_whatever_its_name_is(narrow, server):
    collection = narrow(releases=["v"], alice=["v"])
    sent = len(server.uploads)
    named = tags("v1", child_name(CHILD))

    with pytest.raises(NoKeyError, match=f"to sign {child_name(CHILD)}") as refused:
        images.sign(collection, named, asked=named)

    assert refused.value.subject == child_name(CHILD)
    assert len(server.uploads) == sent
    assert images.sign(collection, named, asked=["v1"]).roles[child_name(CHILD)] == ()


def test_a_tag_that_was_asked_for_is_told_as_one_whatever_its_name_is(narrow):
    named = tags("v1", child_name(CHILD))

    done = images.sign(narrow(releases=["v"]), named, asked=named)

    [note] = done.published.notes
    assert note.startswith(f"{child_name(CHILD)} is signed by {ALICE}, but not released")


def test_a_tag_that_nobody_may_list_stops_all(narrow, server):
    collection = narrow(releases=["v"], alice=["v"])
    before = len(server.uploads)

    with pytest.raises(NoKeyError, match="no valid signing keys for delegation roles") as refused:
        images.sign(collection, tags("v1", "x1"))

    assert refused.value.subject == "x1"
    assert f"{ALICE}, {RELEASES} may not list it" in refused.value.message
    assert len(server.uploads) == before


def test_a_signer_who_may_not_sign_each_tag_cannot_be_named(narrow):
    with pytest.raises(PublishError, match="alice would not sign"):
        images.sign(narrow(alice=["v"]), tags("v1", "x1"), signer="alice")


def test_that_there_is_no_role_that_releases_is_told(publisher):
    collection = publisher.collection()
    images.add_signer(collection, "alice", [publisher.key("alice")])
    collection.remove_delegation(RELEASES)
    collection.publish()

    [note] = images.sign(collection, tags("v1")).published.notes

    assert note == f"v1 is signed by {ALICE}, but not released: there is no {RELEASES}"
