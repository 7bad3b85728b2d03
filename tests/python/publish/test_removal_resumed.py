"""A removal of a signer that was interrupted is brought to its end by what is right then."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from contenttrust import _core
from contenttrust.errors import PublishError
from contenttrust.publish import images
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.removal_record import RemovalRecord
from contenttrust.publish.resumption import _listing_again
from contenttrust.publish.sign import Keyring
from labelled_tags import digest, tags

RELEASES = "targets/releases"


def sha256(text):
    return f"sha256:{digest(text)}"


def records(publisher):
    return list(publisher.folder.rglob(".removal_of_*"))


def stop():
    raise KeyboardInterrupt


def test_what_nobody_else_lists_is_revoked_also_where_a_removal_is_resumed(interrupted, publisher):
    shown = []
    removed = images.remove_signer(
        interrupted, "mallory", revoke=True, resume=lambda _, found: shown.append(dict(found))
    )
    assert shown == [{"base": sha256("base")}]
    assert removed.revoked == {"v1": sha256("v1")}
    assert not [one for one in removed.published.notes if "was to stay released" in one]
    assert set(removed.published.repository.tags) == {"base"}
    assert not records(publisher)


def test_what_nobody_else_lists_is_told_also_where_a_removal_is_resumed(interrupted, publisher):
    asked = []
    removed = images.remove_signer(interrupted, "mallory", confirm=asked.append)
    assert asked == [{"v1": sha256("v1")}]
    assert removed.unvouched == asked[0]
    assert set(removed.published.repository.tags) == {"base", "v1"}


def test_what_others_have_taken_back_since_is_not_released_again_where_a_removal_is_resumed(
    interrupted, server
):
    """Nobody else lists it now: that is nothing to answer yes to."""
    interrupted.remove_target("base", roles=["targets/alice"])
    interrupted.publish()
    before = server.files[interrupted.gun].copy()

    told = rf"others listed base \({sha256('base')}\) then, and nobody does now.*--revoke mallory"
    with pytest.raises(PublishError, match=told):
        images.remove_signer(interrupted, "mallory", confirm=lambda _: pytest.fail("asked"))

    assert server.files[interrupted.gun] == before
    removed = images.remove_signer(interrupted, "mallory", revoke=True)
    assert removed.revoked == {"base": sha256("base"), "v1": sha256("v1")}
    assert dict(removed.published.repository.tags) == {}


def test_who_releases_it_again_loses_nothing_else_that_was_agreed(interrupted):
    """By the way out that is named: signed in `targets/releases` too, that would begin anew."""
    interrupted.remove_target("base", roles=["targets/alice"])
    interrupted.publish()
    with pytest.raises(PublishError) as refused:
        images.remove_signer(interrupted, "mallory")
    signer = f"-r targets/SIGNER --sha256 {digest('base')} {interrupted.gun} -- base 7)"
    assert f"(contenttrust addhash -p {signer}, then remove mallory" in refused.value.message

    interrupted.add_target("base", size=7, sha256=digest("base"), roles=["targets/alice"])
    interrupted.publish()

    removed = images.remove_signer(interrupted, "mallory")
    assert set(removed.published.repository.tags) == {"base", "v1"}


def test_no_command_is_named_for_a_target_without_a_length():
    draft = SimpleNamespace(gun="gun", roles={RELEASES: {"targets": {"v1": {}}}})
    assert not _listing_again(draft, "v1", sha256("v1"))


def test_what_the_signer_released_since_is_told_where_a_removal_is_resumed(interrupted):
    removed = images.remove_signer(interrupted, "mallory")
    [note] = [one for one in removed.published.notes if one.startswith(RELEASES)]
    assert f"the server had base ({sha256('base')}), late ({sha256('late')}), v1" in note
    assert note.endswith(f"That changes: tag removed: late ({sha256('late')})")


def test_what_nobody_else_lists_is_not_signed_again_if_that_is_not_wanted(
    interrupted, publisher, server
):
    before = server.files[interrupted.gun].copy()

    def no(_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        images.remove_signer(interrupted, "mallory", confirm=no)
    assert server.files[interrupted.gun] == before
    assert records(publisher)


def test_what_is_revoked_was_shown_also_where_a_removal_is_resumed(
    interrupted, publisher, make_publisher, server
):
    """Somebody signs it in `targets` meanwhile."""
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    sign_in_targets(other, "old")
    server.before_publish.append(lambda: sign_in_targets(other, "good"))
    with pytest.raises(PublishError, match=rf"who lists v1 \({sha256('good')}\).*nothing was"):
        images.remove_signer(interrupted, "mallory", revoke=True)
    assert "v1" in server.signed(interrupted.gun, "targets")["targets"]


def sign_in_targets(other, text):
    elsewhere = other.collection()
    elsewhere.add_target("v1", size=7, sha256=digest(text))
    elsewhere.publish()


def test_a_removal_that_others_ended_revokes_what_nobody_else_lists(
    collection, mallory, publisher, make_publisher, server
):
    """The first run did not reach the server; the signer was removed elsewhere."""
    images.sign(collection, tags("base"))
    images.sign(mallory.collection(), tags("v1"))
    server.before_publish.append(stop)
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    images.remove_signer(other.collection(), "mallory")
    assert records(publisher)

    removed = images.remove_signer(collection, "mallory", revoke=True)

    assert removed.revoked == {"v1": sha256("v1")}
    assert set(removed.published.repository.tags) == {"base"}
    assert not records(publisher)


@pytest.fixture
def revoked(interrupted, server):
    """The removal is resumed with `revoke`, and interrupted when that is published."""
    server.after_publish = [stop]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(interrupted, "mallory", revoke=True)
    assert images.listed(interrupted).keys() == {"base"}
    return interrupted


def test_what_a_resumed_run_took_back_is_nothing_to_sign_again(revoked, publisher):
    removed = images.remove_signer(revoked, "mallory", revoke=True)
    assert removed.published.notes == ()
    assert set(removed.published.repository.tags) == {"base"}
    assert not records(publisher)


def test_who_no_longer_revokes_is_told_what_an_earlier_run_may_have_taken_back(revoked):
    removed = images.remove_signer(revoked, "mallory")
    [note] = removed.published.notes
    assert "by others or by an earlier run, and does not list what was to stay" in note
    assert f"released: v1 ({sha256('v1')}). Sign again" in note


def test_what_others_vouch_for_and_took_out_is_told_also_where_it_is_revoked(
    interrupted, server, publisher
):
    """A signer who stays has signed the role again, and not what another still lists."""
    images.sign(interrupted, tags("v2"), again=True)
    removed = images.remove_signer(interrupted, "mallory", revoke=True)
    [note] = [one for one in removed.published.notes if "was to stay released" in one]
    assert f"stay released: base ({sha256('base')}). Sign again" in note


def test_what_others_released_since_is_not_revoked_where_a_removal_is_resumed(
    collection, mallory, publisher, make_publisher, server
):
    """Only in `targets/releases`, so that nobody else lists it; the removal was ended elsewhere."""
    images.sign(mallory.collection(), tags("v1", "v2"))
    hers = mallory.collection()
    hers.add_target("v3", size=7, sha256=digest("v3"), roles=[RELEASES])
    hers.publish()
    server.before_publish.append(stop)
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    elsewhere = other.collection()
    images.remove_signer(elsewhere, "mallory")
    for name, text in (("v2", "better"), ("v4", "new")):
        elsewhere.add_target(name, size=7, sha256=digest(text), roles=[RELEASES])
    elsewhere.publish()

    removed = images.remove_signer(collection, "mallory", revoke=True)

    assert removed.revoked == {"v1": sha256("v1"), "v3": sha256("v3")}
    assert removed.unvouched == {"v2": sha256("better"), "v4": sha256("new")}
    assert set(removed.published.repository.tags) == {"v2", "v4"}


@pytest.mark.parametrize("roles", [[RELEASES], ["targets/alice", RELEASES]])
def test_what_was_revoked_and_is_released_again_is_not_revoked_where_a_removal_is_resumed(
    collection, mallory, publisher, server, roles
):
    """Interrupted after it was published; then somebody who stays releases what was taken back."""
    images.sign(collection, tags("base"))
    images.sign(mallory.collection(), tags("v1"))
    server.after_publish = [stop]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory", revoke=True)
    assert images.listed(collection).keys() == {"base"}
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=roles)
    collection.publish()

    removed = images.remove_signer(collection, "mallory", revoke=True)

    assert removed.revoked == {}
    assert removed.unvouched == ({"v1": sha256("v1")} if roles == [RELEASES] else {})
    assert set(removed.published.repository.tags) == {"base", "v1"}
    assert not records(publisher)


def test_what_was_released_since_is_not_undone_by_an_old_record(  # noqa: PLR0917 - six are needed
    collection, mallory, publisher, make_publisher, server, monkeypatch
):
    """The removal was published, and not noted as done; later `targets/releases` breaks."""
    bob = make_publisher("bob")
    images.add_signer(collection, "bob", [bob.key("bob")])
    images.sign(collection, tags("v1", "v2"))
    with monkeypatch.context() as patch:
        patch.setattr(RemovalRecord, "forget", lambda _: stop())
        with pytest.raises(KeyboardInterrupt):
            images.remove_signer(collection, "mallory")
    images.revoke(collection, ["v1"])
    images.sign(collection, tags("v3"))
    images.sign(bob.collection(), tags("v4"))
    collection.judge().look()
    as_notary_takes_a_key_out(server, publisher, collection.gun)
    before = server.files[collection.gun].copy()

    with pytest.raises(PublishError, match=r"no signer mallory .* sign again the tags"):
        images.remove_signer(collection, "mallory", resume=lambda *_: pytest.fail("asked"))

    assert server.files[collection.gun] == before
    assert not records(publisher)


@pytest.fixture
def ended_elsewhere(collection, mallory, publisher, make_publisher, server):
    """A colleague ends the removal, revokes a tag, and bob signs another; notary breaks that."""
    bob = make_publisher("bob")
    images.add_signer(collection, "bob", [bob.key("bob")])
    images.sign(collection, tags("bad", "ok"))
    server.before_publish.append(stop)
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    images.remove_signer(other.collection(), "mallory")
    images.revoke(other.collection(), ["bad"])
    images.sign(bob.collection(), tags("new"))
    as_notary_takes_a_key_out(server, publisher, collection.gun)
    return collection


def goes_too(server, publisher, gun):
    """Nothing names bob's key any more."""
    signed = copy.deepcopy(server.signed(gun, "targets"))
    signed["version"] += 1
    given = signed["delegations"]
    given["roles"] = [one for one in given["roles"] if one["name"] != "targets/bob"]
    used = {key_id for one in given["roles"] for key_id in one["keyids"]}
    given["keys"] = {one: key for one, key in given["keys"].items() if one in used}
    targets = authority_in(server.signed(gun, "root"), "targets")
    server.store(gun, {"targets": Keyring(publisher.keys).signed(signed, [targets])}, judged=False)


@pytest.mark.parametrize("meanwhile", [lambda *_: None, goes_too])
def test_what_others_released_since_is_not_undone_by_a_record_of_this_machine(
    ended_elsewhere, publisher, server, meanwhile
):
    """This machine has not verified what was published since."""
    collection = ended_elsewhere
    meanwhile(server, publisher, collection.gun)
    before = server.files[collection.gun].copy()

    with pytest.raises(PublishError, match="was published since, and") as refused:
        images.remove_signer(collection, "mallory", resume=lambda *_: pytest.fail("asked"))

    told = refused.value.message
    assert f"server has new ({sha256('new')}), ok ({sha256('ok')}), which nobody" in told
    assert f"change: tag added: bad ({sha256('bad')}); tag removed: new ({sha256('new')})." in told
    assert server.files[collection.gun] == before

    images.sign(collection, tags("ok", "new"))  # the way out that it names
    removed = images.remove_signer(collection, "mallory")
    assert set(removed.published.repository.tags) == {"ok", "new"}
    assert not records(publisher)


def certificate_of(publisher, key):
    signer = publisher.keys.open(key.canonical_key_id)
    begins = int(publisher.server.now.timestamp()) - 86_400
    ends = begins + 400 * 86_400
    given = signer.certificate("mallory", _core.Instant(begins), _core.Instant(ends))
    return _core.PublicKey.read(given)


@pytest.mark.parametrize("form", [lambda _, key: key, certificate_of])
def test_what_only_the_signer_released_since_is_not_taken_over_whatever_the_key_is_called(
    collection, publisher, make_publisher, server, form
):
    """A colleague is interrupted too, after the signer has published later than what was shown."""
    mallory = make_publisher("mallory")
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.add_signer(collection, "mallory", [form(mallory, mallory.key("mallory"))])
    images.sign(collection, tags("base"))
    server.before_publish = [stop]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(collection, "mallory")

    def late():
        images.sign(mallory.collection(), tags("late"))
        server.after_publish = [stop]

    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    server.before_publish = [late]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(other.collection(), "mallory")

    removed = images.remove_signer(collection, "mallory")

    assert set(removed.published.repository.tags) == {"base"}
    assert any("tag removed: late" in note for note in removed.published.notes)


def as_notary_takes_a_key_out(server, publisher, gun):
    """Only alice's key stays in `targets/releases`, which bob alone has signed."""
    signed = copy.deepcopy(server.signed(gun, "targets"))
    signed["version"] += 1
    given = {one["name"]: one for one in signed["delegations"]["roles"]}
    given[RELEASES]["keyids"] = given["targets/alice"]["keyids"]
    targets = authority_in(server.signed(gun, "root"), "targets")
    file = Keyring(publisher.keys).signed(signed, [targets])
    server.store(gun, {"targets": file}, judged=False)
