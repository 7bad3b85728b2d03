"""What `docker trust` does: tags signed and revoked, signers added and removed."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import NoKeyError, NotSignedError, PublishError, UnreachableError
from contenttrust.publish import images
from labelled_tags import digest, tags
from signed_anew import sign_anew


def listed(repository, role):
    return sorted(tag.name for tag in repository.role_tags(role))


def test_the_first_signing_makes_the_repository(publisher):
    signed = images.sign(publisher.collection(), tags("v1"))

    assert signed.initialized
    assert signed.roles == {"v1": ("targets",)}
    assert signed.signer == ""
    assert signed.published.repository.verify("v1").role == "targets"
    assert sorted(one.role for one in publisher.keys.entries()) == ["root", "targets"]


def test_the_first_signing_makes_the_signer_whose_key_is_here(publisher, server):
    publisher.key("alice")

    signed = images.sign(publisher.collection(), tags("v1"))

    assert signed.signer == "alice"
    assert signed.roles == {"v1": ("targets/alice", "targets/releases")}
    assert [one.name for one in signed.published.repository.verify("v1").signers] == ["alice"]
    assert len(server.uploads) == 1


def test_the_first_signing_makes_a_key_for_the_signer_that_is_named(publisher):
    publisher.key("alice")
    publisher.key("bob")

    signed = images.sign(publisher.collection(), tags("v1"), signer="carol")

    assert signed.signer == "carol"
    assert "carol" in {one.role for one in publisher.keys.entries()}


@pytest.mark.parametrize("named", ["alice", None])
def test_of_two_keys_under_a_first_signers_name_none_is_taken_unasked(publisher, server, named):
    keys = [publisher.key("alice"), publisher.key("alice")]
    with pytest.raises(NoKeyError, match="2 keys of the signer alice") as refused:
        images.sign(publisher.collection(), tags("v1"), signer=named)
    assert refused.value.found == ", ".join(sorted(key.canonical_key_id for key in keys))
    assert f"signer add --key FILE alice {publisher.collection().gun}" in refused.value.message
    assert {one.role for one in publisher.keys.entries()} == {"alice"}
    assert server.uploads == []


def test_of_two_keys_under_a_signers_name_the_one_that_the_delegation_names_signs(
    publisher, server
):
    meant = publisher.key("alice")
    publisher.key("alice")
    images.add_signer(publisher.collection(), "alice", [meant])
    images.sign(publisher.collection(), tags("v1"), signer="alice")
    for role in ("targets/alice", "targets/releases"):
        [signature] = json.loads(server.files[publisher.collection().gun][role])["signatures"]
        assert signature["keyid"] == meant.key_id


def test_a_first_signing_that_failed_goes_on_with_what_it_made(publisher, server):
    def gone():
        raise UnreachableError("gone")

    server.before_publish.append(gone)
    with pytest.raises(UnreachableError):
        images.sign(publisher.collection(), tags("v1"))
    keys = {one.key_id for one in publisher.keys.entries()}

    images.sign(publisher.collection(), tags("v1"))

    assert {one.key_id for one in publisher.keys.entries()} == keys


def test_signing_leaves_what_is_staged_alone(collection):
    collection.remove_target("v1")

    images.sign(collection, tags("v1"))

    assert len(collection.changes()) == 1


@pytest.fixture
def two_signers(collection, publisher):
    images.sign(collection, tags("v0"))
    for name in ("alice", "bob"):
        images.add_signer(collection, name, [publisher.key(name)])
    images.sign(collection, tags("v1", "v2"))
    return collection


@pytest.mark.parametrize("again", [False, True])
def test_what_is_listed_already_is_signed_anew_on_request(collection, again):
    before = images.sign(collection, tags("v1")).published.versions["targets"]
    after = images.sign(collection, tags("v1"), again=again).published.versions.get("targets", 0)
    assert (after > before) == again


def test_every_signer_whose_key_is_here_signs(two_signers):
    [alice, bob] = images.signers(two_signers)
    repository = two_signers.judge().look().repository

    assert (alice.name, bob.name) == ("alice", "bob")
    assert listed(repository, "targets/releases") == ["v1", "v2"]
    assert {one.name for one in repository.verify("v2").signers} == {"alice", "bob"}


def test_without_a_key_of_a_signer_nothing_is_signed(collection, make_publisher):
    images.add_signer(collection, "alice", [make_publisher("alice").key("alice")])

    with pytest.raises(NoKeyError, match="no valid signing keys for delegation roles"):
        images.sign(collection, tags("v1"))


def test_signers_sign_only_what_their_paths_allow(two_signers, publisher):
    two_signers.remove_delegation("targets/bob", every_path=True)
    two_signers.publish()

    assert images.sign(two_signers, tags("v3")).roles == {
        "v3": ("targets/alice", "targets/releases")
    }


@pytest.mark.parametrize("name", ["releases", "Alice", "", "a/b", "-x", "a b"])
def test_names_that_no_signer_can_have(collection, publisher, name):
    with pytest.raises(ValueError, match=r"reserved|must start"):
        images.add_signer(collection, name, [publisher.key("k")])


def test_adding_a_signer_makes_the_repository(publisher):
    collection = publisher.collection()

    images.add_signer(collection, "alice", [publisher.key("alice")])

    assert [one.name for one in images.signers(collection)] == ["alice"]


def test_a_tag_is_revoked_in_every_role(two_signers):
    images.sign(two_signers, tags("v0"))

    done = images.revoke(two_signers, ["v0"])

    assert listed(done.repository, "targets") == []
    assert listed(done.repository, "targets/releases") == ["v1", "v2"]
    with pytest.raises(NotSignedError):
        done.repository.verify("v0")


def test_every_tag_is_revoked(two_signers):
    done = images.revoke(two_signers)

    assert dict(done.repository.tags) == {}
    with pytest.raises(NotSignedError, match="no signed tags"):
        images.revoke(two_signers)


def test_a_tag_that_is_not_signed_is_not_revoked(two_signers):
    with pytest.raises(NotSignedError, match="No valid trust data for v9"):
        images.revoke(two_signers, ["v9"])


@pytest.mark.parametrize("more", [[], ["v1"]])
def test_an_empty_name_is_that_of_no_tag(two_signers, server, more):
    """Least of all the name of every tag that is no image of an index."""
    sent = len(server.uploads)

    with pytest.raises(NotSignedError, match='No valid trust data for ""'):
        images.revoke(two_signers, ["", *more])

    assert images.listed(two_signers).keys() == {"v0", "v1", "v2"}
    assert len(server.uploads) == sent


def test_an_empty_name_that_another_program_has_published_is_revoked_alone(
    two_signers, publisher, server
):
    sign_anew(
        *(server, two_signers.gun, publisher.keys, "targets"),
        lambda targets: targets["targets"].update({"": targets["targets"]["v0"]}),
    )
    assert images.listed(two_signers).keys() == {"", "v0", "v1", "v2"}

    images.revoke(two_signers, [""])

    assert images.listed(two_signers).keys() == {"v0", "v1", "v2"}


def test_a_tag_that_would_stay_signed_is_not_revoked(two_signers, publisher, make_publisher):
    """Docker would take the tag out of releases, and so bring back what targets has."""
    images.sign(two_signers, tags("v0"))
    [key] = [one for one in publisher.keys.entries() if one.role == "targets"]
    publisher.keys.remove(key.key_id)

    with pytest.raises(NoKeyError, match="v0 is signed by targets"):
        images.revoke(two_signers, ["v0"])
    assert images.revoke(two_signers, ["v1"]).versions.keys() == {
        "targets/alice",
        "targets/bob",
        "targets/releases",
    }


def test_what_another_signer_lists_is_revoked_where_it_counts(two_signers, make_publisher):
    carol = make_publisher("carol")
    images.add_signer(two_signers, "carol", [carol.key("carol")])
    images.sign(carol.collection(), tags("v3"))

    done = images.revoke(two_signers, ["v3"])

    assert "v3" not in done.repository.tags
    assert done.notes == ("targets/carol lists v3 still: none of its keys is here",)
    with pytest.raises(NoKeyError, match="targets/carol"):
        images.revoke(two_signers, ["v3"])


def signers_of(server, role):
    document = json.loads(server.files["registry.example/team/app"][role])
    return {one["keyid"] for one in document["signatures"]}


def test_a_signer_that_is_removed_leaves_nothing_behind(two_signers, server):
    """docker 26 to 28 say nothing, and remove nothing."""
    key = {one.name: one.key_ids for one in images.signers(two_signers)}["alice"][0]

    removed = images.remove_signer(two_signers, "alice")

    assert removed.key_ids == (key,)
    assert set(removed.lost) == {"v1", "v2"}
    assert removed.lost["v1"] == f"sha256:{digest('v1')}"
    assert removed.signed_again == ("targets/releases",)
    assert [one.name for one in removed.published.repository.signers] == ["bob"]
    assert key not in json.dumps(server.signed(two_signers.gun, "targets"))
    assert key not in signers_of(server, "targets/releases")
    assert listed(removed.published.repository, "targets/releases") == ["v1", "v2"]


def test_a_signer_that_is_not_there_is_not_removed(two_signers):
    with pytest.raises(PublishError, match="no signer carol for repository"):
        images.remove_signer(two_signers, "carol")


def test_a_removal_whose_answer_is_lost_is_found_out(two_signers, server):
    def gone():
        raise UnreachableError("gone")

    server.after_publish.append(gone)

    assert set(images.remove_signer(two_signers, "alice").lost) == {"v1", "v2"}


@pytest.fixture
def admin(publisher, make_publisher):
    """Who holds the repository's keys, while alice and bob hold their own."""
    collection = publisher.collection()
    for name in ("alice", "bob"):
        images.add_signer(collection, name, [make_publisher(name).key(name)])
    return collection


def test_a_signature_that_everything_rests_on_is_replaced_first(admin, make_publisher, server):
    images.sign(make_publisher("alice").collection(), tags("v1"))

    with pytest.raises(PublishError, match="first let one of them sign it") as refused:
        images.remove_signer(admin, "alice")
    assert "contenttrust witness registry.example/team/app targets/releases -p" in str(
        refused.value
    )
    bob = make_publisher("bob").collection()
    bob.witness(["targets/releases"])
    bob.publish()

    removed = images.remove_signer(admin, "alice")

    assert removed.signed_again == ()
    assert listed(removed.published.repository, "targets/releases") == ["v1"]
    assert removed.published.repository.degraded == ()


def test_a_signature_that_only_looks_like_one_does_not_count(admin, make_publisher, server):
    """The server adds an entry under bob's key id, which it cannot make."""
    images.sign(make_publisher("alice").collection(), tags("v1"))
    gun = admin.gun
    document = json.loads(server.files[gun]["targets/releases"])
    [bob] = [one for one in images.signers(admin) if one.name == "bob"]
    forged = dict(document["signatures"][0], keyid=bob.key_ids[0])
    document["signatures"].append(forged)
    file = json.dumps(document, separators=(",", ":")).encode()
    server.store(gun, {"targets/releases": file}, judged=False)

    with pytest.raises(PublishError, match="first let one of them sign it"):
        images.remove_signer(admin, "alice")


def test_the_last_signer_is_removed_by_force_with_what_it_released(collection, publisher, server):
    images.sign(collection, tags("v0"))
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.sign(collection, tags("v1"))
    with pytest.raises(
        PublishError, match=r"First add another signer.*with --force.* what targets lists;"
    ):
        images.remove_signer(collection, "alice")

    removed = images.remove_signer(collection, "alice", force=True)

    assert removed.unreleased == ("v1",)
    assert list(removed.published.repository.tags) == ["v0"]
    assert removed.published.repository.degraded == ()


def test_a_signer_comes_back_after_the_last_one_went(collection, publisher):
    images.sign(collection, tags("v0"))
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.sign(collection, tags("v1"))
    images.remove_signer(collection, "alice", force=True)
    added = images.add_signer(collection, "bob", [publisher.key("bob")])
    assert any("targets/releases begins anew" in note for note in added.notes)

    signed = images.sign(collection, tags("v2"))

    # The server has had version 1 of these roles, and clients may remember it.
    assert added.versions["targets/releases"] == 2
    assert signed.published.versions == {"targets/bob": 1, "targets/releases": 3}
    assert sorted(signed.published.repository.tags) == ["v0", "v2"]
    assert not signed.published.notes
