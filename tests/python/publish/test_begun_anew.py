"""A broken `targets/releases` that begins anew leaves no tag to an older digest of `targets`."""

from __future__ import annotations

import pytest

from contenttrust.errors import PublishError, RoleBrokenError
from contenttrust.publish import images, target_meta
from contenttrust.publish.metadata import key_value
from labelled_tags import digest, tags
from passed_requests import passed_on
from signed_anew import garble, sign_anew

RELEASES = "targets/releases"
OLD, NEW = (f"sha256:{digest(f'{one} v2')}" for one in ("old", "new"))


def target(text):
    return target_meta(7, sha256=digest(text))


def pulled(collection, tag):
    return collection.judge().look().repository.verify(tag).digest


@pytest.fixture
def released(collection, publisher):
    """v1 and v2 are released; `targets` lists the same v1, and an older v2."""
    for name, text in (("v1", "v1"), ("v2", "old v2")):
        collection.add_target(name, size=7, sha256=digest(text))
    collection.publish()
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.sign(collection, {"v1": target("v1"), "v2": target("new v2")})
    assert pulled(collection, "v2") == NEW
    return collection


@pytest.fixture
def broken(released, server):
    garble(server, released.gun)
    with pytest.raises(RoleBrokenError):
        pulled(released, "v2")
    return released


def without_memory(released, server, make_publisher, publisher):
    """Someone elsewhere with all keys, who never saw the role valid; the server hides v2 in it."""
    garble(server, released.gun, lambda listed: listed.pop("v2"))
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    return other.collection()


def revoke(collection):
    return images.revoke(collection, ["v1"])


def sign(collection):
    return images.sign(collection, tags("v3")).published


def remove(collection):
    collection.remove_target("v1", roles=[RELEASES])
    return collection.publish()


def add(collection):
    collection.add_target("v3", size=7, sha256=digest("v3"), roles=[RELEASES])
    return collection.publish()


def prepare(collection):
    collection.remove_target("v1", roles=[RELEASES])
    return collection.prepare()


def remove_role(collection):
    collection.remove_delegation(RELEASES)
    return collection.publish()


def remove_role_by_request(collection):
    collection.remove_delegation(RELEASES)
    return collection.prepare()


def narrow(collection):
    collection.remove_delegation(RELEASES, paths=[""])
    collection.add_delegation(RELEASES, paths=["v1", "v3"])
    return collection.publish()


def is_refused(publish, collection, server):
    """Gives the message; nothing is published."""
    before = server.files[collection.gun].copy()
    with pytest.raises(PublishError, match="Nothing was published") as raised:
        publish(collection)
    assert server.files[collection.gun] == before
    assert (raised.value.role, raised.value.subject) == (RELEASES, "v2")
    with pytest.raises(RoleBrokenError):
        pulled(collection, "v2")
    return str(raised.value)


@pytest.mark.parametrize("publish", [revoke, sign, remove, add, prepare])
def test_what_would_be_pulled_by_an_older_digest_is_not_left_to_targets(broken, server, publish):
    told = is_refused(publish, broken, server)

    assert f"v2 as {OLD}, where it listed {NEW} when it was valid here last. Nothing" in told
    assert f"contenttrust sign {broken.gun}:v2" in told
    assert f"contenttrust remove -p -r targets {broken.gun} -- v2" in told
    assert "witness" not in told  # what the server has now was never verified here


@pytest.fixture
def left_keyless(released, publisher, server):
    """As docker leaves the role when the last signer goes."""

    def empty(targets):
        for role in targets["delegations"]["roles"]:
            if role["name"] == RELEASES:
                role["keyids"] = []

    sign_anew(server, released.gun, publisher.keys, "targets", empty)
    return released


@pytest.mark.parametrize("state", ["broken", "left_keyless"])
@pytest.mark.parametrize("publish", [remove_role, remove_role_by_request, narrow])
def test_a_broken_role_that_no_longer_decides_leaves_no_older_digest_either(
    request, server, state, publish
):
    collection = request.getfixturevalue(state)

    told = is_refused(publish, collection, server)

    assert f"v2 as {OLD}, where it listed {NEW} when it was valid here last. Nothing" in told
    assert f"would {'lose paths of' if publish is narrow else 'be removed with'} tags" in told
    [way] = told.split("published. ")[1].split("; or ")
    assert f"contenttrust remove -p -r targets {collection.gun} -- v2" in way
    collection.remove_target("v2")  # with what is staged already
    assert RELEASES not in collection.publish().versions


@pytest.mark.parametrize("state", ["broken", "left_keyless"])
@pytest.mark.parametrize("whose", ["publisher", "bob"])
def test_a_broken_role_that_is_removed_and_made_anew_leaves_no_older_digest_either(
    request, make_publisher, server, state, whose
):
    collection = request.getfixturevalue(state)
    key = make_publisher(whose).key("bob")

    def make_anew(collection):
        collection.remove_delegation(RELEASES)
        collection.add_delegation(RELEASES, keys=[key], paths=[""])
        return collection.publish()

    told = is_refused(make_anew, collection, server)

    assert "would begin anew without tags" in told
    assert "Take each out of targets first" in told  # no other way
    assert "; or " not in told


def test_who_publishes_a_request_sees_what_a_removed_role_listed(
    released, server, make_publisher, publisher
):
    maker = without_memory(released, server, make_publisher, publisher)
    maker.remove_delegation(RELEASES)
    request = passed_on(maker.prepare())

    is_refused(lambda collection: collection.publish_request(request), released, server)


def test_a_broken_role_is_removed_where_targets_lists_nothing_otherwise(broken):
    broken.remove_target("v2")
    broken.publish()
    broken.remove_delegation(RELEASES)
    broken.publish()
    assert set(broken.judge().look().repository.tags) == {"v1"}


def test_what_stays_within_the_paths_of_a_broken_role_is_no_matter(broken):
    broken.remove_delegation(RELEASES, paths=[""])
    broken.add_delegation(RELEASES, paths=["v2"])
    broken.publish()
    with pytest.raises(RoleBrokenError):
        pulled(broken, "v2")


def test_what_a_role_below_may_list_is_not_left_to_targets(released, publisher, server):
    released.remove_target("v2", roles=[RELEASES])
    released.add_delegation(f"{RELEASES}/sub", keys=[publisher.key("sub")], paths=["v2"])
    released.add_target("v2", size=7, sha256=digest("new v2"), roles=[f"{RELEASES}/sub"])
    released.publish()
    garble(server, released.gun)

    told = is_refused(revoke, released, server)

    assert f"v2 as {OLD}, where it listed perhaps another, by a role below it, " in told
    released.remove_target("v2")
    released.publish()
    images.revoke(released, ["v1"])


def test_what_is_left_in_targets_is_no_matter_once_it_is_gone_there(broken, server):
    broken.remove_target("v2")
    broken.publish()

    done = images.revoke(broken, ["v1"])

    assert any(NEW in note for note in done.notes)
    assert dict(done.repository.tags) == {}


def test_what_is_taken_out_of_targets_in_the_same_publication_is_no_matter(broken):
    broken.remove_target("v1", roles=[RELEASES])
    broken.remove_target("v2")
    assert set(broken.publish().repository.tags) == {"v1"}


def test_what_is_revoked_too_is_no_matter(broken):
    assert dict(images.revoke(broken, ["v1", "v2"]).repository.tags) == {}


def test_what_is_signed_too_is_no_matter(broken):
    images.sign(broken, {"v2": target("new v2")})
    images.revoke(broken, ["v1"])

    assert pulled(broken, "v2") == NEW
    assert set(broken.judge().look().repository.tags) == {"v2"}


@pytest.fixture
def keyless(released, publisher, server):
    """Another key has taken the place of the one that signed the same file, as by notary."""
    key = publisher.key("bob")

    def exchange(targets):
        given = targets["delegations"]
        given["keys"][key.key_id] = key_value(key)
        for role in given["roles"]:
            if role["name"] == RELEASES:
                role["keyids"] = [key.key_id]

    sign_anew(server, released.gun, publisher.keys, "targets", exchange)
    return released


def test_what_is_witnessed_first_goes_on_as_it_was(keyless, server):
    told = is_refused(revoke, keyless, server)
    assert f"contenttrust witness -p {keyless.gun} {RELEASES}" in told

    keyless.witness([RELEASES])
    keyless.publish(confirm=lambda _: None)
    images.revoke(keyless, ["v1"])

    assert pulled(keyless, "v2") == NEW


def test_what_is_staged_of_the_role_is_forgotten_before_it_is_witnessed(keyless, server):
    told = is_refused(remove, keyless, server)
    reset = f"contenttrust reset -n NUMBER {keyless.gun}"
    assert f"Forget what is staged of it ({reset}), then have it signed as it was" in told

    keyless.reset([0])
    keyless.witness([RELEASES])
    keyless.publish(confirm=lambda _: None)

    assert pulled(keyless, "v2") == NEW


def test_what_is_witnessed_and_changed_in_one_publication_goes_on_as_it_was(keyless):
    keyless.witness([RELEASES])
    keyless.remove_target("v1", roles=[RELEASES])

    keyless.publish(confirm=lambda _: None)

    assert pulled(keyless, "v2") == NEW


def test_what_targets_lists_by_the_same_digest_may_be_left_to_it(released, server):
    released.add_target("v2", size=7, sha256=digest("new v2"))
    released.publish()
    garble(server, released.gun)

    done = images.revoke(released, ["v1"])

    assert any("begins anew" in note for note in done.notes)
    assert pulled(released, "v2") == NEW


def test_what_targets_listed_all_the_time_stays_so(released, publisher, server):
    """The paths of `targets/releases` leave the tag out, so that it never decided."""

    def narrow(targets):
        for role in targets["delegations"]["roles"]:
            if role["name"] == RELEASES:
                role["paths"] = ["v1", "v3"]

    sign_anew(server, released.gun, publisher.keys, "targets", narrow)
    garble(server, released.gun)
    assert pulled(released, "v2") == OLD

    images.sign(released, tags("v3"))

    assert pulled(released, "v2") == OLD


def test_a_server_that_shows_the_older_digest_deceives_nobody(released, server):
    garble(server, released.gun, lambda listed: listed.update({"v2": target("old v2")}))
    told = is_refused(revoke, released, server)
    assert f"v2 as {OLD}, where it listed {NEW} when it was valid here last" in told


def test_what_the_server_shows_counts_where_the_role_was_never_valid(
    broken, server, make_publisher, publisher
):
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    told = is_refused(revoke, other.collection(), server)
    where = "as the server has it, which nobody has verified here"
    assert f"v2 as {OLD}, where it listed {NEW} {where}" in told


def test_several_tags_are_told_with_one_way_to_sign_them(released, server):
    released.add_target("v3", size=7, sha256=digest("old v3"))
    released.publish()
    images.sign(released, {"v3": target("new v3")})
    garble(server, released.gun)

    told = is_refused(revoke, released, server)

    assert told.index(f"v2 as {OLD}") < told.index(f"; v3 as sha256:{digest('old v3')}")
    assert f"contenttrust sign {released.gun}:v2 {released.gun}:v3)" in told
    assert f"contenttrust remove -p -r targets {released.gun} -- TAG)" in told
    images.sign(released, {tag: target(f"new {tag}") for tag in ("v2", "v3")})
    images.revoke(released, ["v1"])
    assert pulled(released, "v2") == NEW


def test_all_that_is_known_of_a_tag_is_told(released, server):
    garble(server, released.gun, lambda listed: listed.update({"v2": target("newer")}))
    told = is_refused(revoke, released, server)
    newer = f"sha256:{digest('newer')} as the server has it, which nobody has verified here"
    assert f"where it listed {newer} and {NEW} when it was valid here last" in told


def test_who_publishes_a_request_sees_what_was_not_known_where_it_was_made(
    released, server, make_publisher, publisher
):
    maker = without_memory(released, server, make_publisher, publisher)
    maker.add_target("v3", size=7, sha256=digest("v3"), roles=[RELEASES])
    request = passed_on(maker.prepare())

    is_refused(lambda collection: collection.publish_request(request), released, server)


def test_a_removal_that_goes_on_signs_what_was_shown_and_asks_no_more(interrupted):
    """What the removed signer published last was never agreed to."""
    interrupted.add_target("late", size=7, sha256=digest("old late"))
    interrupted.publish()

    removed = images.remove_signer(interrupted, "mallory")

    assert removed.signed_again == (RELEASES,)
    assert pulled(interrupted, "v1") == f"sha256:{digest('v1')}"
    assert pulled(interrupted, "late") == f"sha256:{digest('old late')}"
