"""Every kind of change, staged by notary or by us and published by the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust import _core
from contenttrust.publish.changelist import Changelist
from contenttrust.publish.draft import Targets
from contenttrust.publish.metadata import target_meta
from ended_runs import ends, record_of
from interop.hands import certificate
from interop.shared import Shared, canonical, digest

OTHERS = [("ours", "notary"), ("notary", "ours")]
OLD, NEW = "targets/old", "targets/releases"


def begun(shared: Shared) -> tuple[Path, Path]:
    """A collection with a target to take away and a role to witness; two certificates."""
    alice, bob = (certificate(shared.publisher, name) for name in ("alice", "bob"))
    ours = shared.hands["ours"]
    ours.create(server_snapshot=True)
    ours.delegate(OLD, bob)
    ours.add("gone", digest("gone"))
    ours.add("kept", digest("kept"), OLD)
    return alice, bob


def staged_by_ours(shared: Shared, alice: Path, bob: Path) -> None:
    collection = shared.ours.collection(shared.gun)
    for one, paths in ((alice, ["", "a"]), (bob, [])):
        key = _core.PublicKey.read(one.read_bytes())
        collection.add_delegation(NEW, keys=[key], paths=paths)
    collection.remove_delegation(NEW, paths=["a"])
    collection.remove_delegation(NEW, key_ids=[canonical(bob)])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=[NEW])
    collection.remove_target("gone")
    collection.witness([OLD])


def staged_by_notary(shared: Shared, alice: Path, bob: Path) -> None:
    notary, gun = shared.publisher.notary, shared.gun
    notary("delegation", "add", gun, NEW, str(alice), "--paths", "a,", "--all-paths")
    notary("delegation", "add", gun, NEW, str(bob))
    notary("delegation", "remove", gun, NEW, "--paths", "a")
    notary("delegation", "remove", gun, NEW, canonical(bob), "-y")
    notary("addhash", gun, "v1", "7", "--sha256", digest("v1"), "-r", NEW)
    notary("remove", gun, "gone")
    notary("witness", gun, OLD)


STAGES = {"ours": staged_by_ours, "notary": staged_by_notary}


@pytest.mark.parametrize(("stages", "publishes"), OTHERS)
def test_changes_of_every_kind(shared: Shared, stages: str, publishes: str) -> None:
    alice, bob = begun(shared)
    before = shared.served(OLD)["signed"]["version"]
    STAGES[stages](shared, alice, bob)

    shared.hands[publishes].publish()

    assert shared.ours.collection(shared.gun).changes() == ()
    assert shared.listed() == {"kept": digest("kept"), "v1": digest("v1")}
    assert shared.served(OLD)["signed"]["version"] == before + 1
    roles = shared.served("targets")["signed"]["delegations"]["roles"]
    [new] = [role for role in roles if role["name"] == NEW]
    assert (len(new["keyids"]), new["paths"]) == (1, [""])
    told = shared.publisher.notary("delegation", "list", shared.gun).out
    assert canonical(alice) in told


@pytest.mark.parametrize(("stages", "resets"), OTHERS)
def test_one_takes_back_what_the_other_has_staged(shared: Shared, stages: str, resets: str) -> None:
    first = shared.hands[stages]
    first.create(server_snapshot=True)
    for tag in ("v1", "v2", "v3"):
        first.stage(tag, digest(tag))
    if resets == "notary":
        shared.publisher.notary("reset", shared.gun, "-n", "1")
    else:
        shared.ours.collection(shared.gun).reset([1])

    status = shared.publisher.notary("status", shared.gun).out
    assert "v2" not in status
    shared.hands[resets].publish()

    assert shared.listed() == {"v1": digest("v1"), "v3": digest("v3")}


@pytest.mark.parametrize(
    ("stages", "publishes", "listed"),
    [("notary", "ours", "corrected"), ("ours", "ours", "corrected"), ("ours", "notary", "first")],
)
def test_what_we_sent_and_did_not_clear_is_a_plain_change_to_notary(
    shared: Shared, stages: str, publishes: str, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notary knows nothing of our record, and applies again what stands in the changelist."""
    first = shared.hands[stages]
    first.create(server_snapshot=True)
    first.stage("v1", digest("first"))
    collection = shared.ours.collection(shared.gun)
    with monkeypatch.context() as broken:
        broken.setattr(Changelist, "remove", ends)
        with pytest.raises(KeyboardInterrupt):
            collection.publish()
    assert record_of(collection).exists()
    corrected = target_meta(7, sha256=digest("corrected"))
    collection.publish_steps([Targets("targets", {"v1": corrected})])
    assert shared.publisher.notary("status", shared.gun).out.count("v1") == 1

    shared.hands[publishes].publish()

    assert shared.listed() == {"v1": digest(listed)}
    assert "v1" not in shared.publisher.notary("status", shared.gun).out
    collection.publish()
    assert shared.listed() == {"v1": digest(listed)}
    assert not record_of(collection).exists()
