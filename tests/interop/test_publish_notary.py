"""One collection in one trust directory, kept by notary and by us in turns."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from contenttrust import _core, load
from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.keys.importing import import_file
from interop.collection import P256, RSA
from interop.hands import Notary, Ours, certificate
from interop.our_publisher import OurPublisher
from interop.processes import run
from interop.shared import Shared, canonical, digest

HANDS = ("ours", "notary")
BOTH = list(product(HANDS, HANDS))


@pytest.mark.parametrize(("creates", "goes_on"), BOTH)
@pytest.mark.parametrize("server_snapshot", [True, False], ids=["server-snapshot", "own-snapshot"])
def test_who_goes_on_is_understood(
    shared: Shared, creates: str, goes_on: str, server_snapshot: bool
) -> None:
    first, second = shared.hands[creates], shared.hands[goes_on]
    first.create(server_snapshot=server_snapshot)
    first.add("v1", digest("v1"))
    second.add("v2", digest("v2"))
    assert shared.listed() == {"v1": digest("v1"), "v2": digest("v2")}

    second.remove("v1")
    second.add("v2", digest("moved"))
    first.add("v3", digest("v3"))

    assert shared.listed() == {"v2": digest("moved"), "v3": digest("v3")}


def test_what_notary_takes_from_the_changelist_is_published_or_missed(shared: Shared) -> None:
    shared.hands["ours"].create()
    collection = shared.ours.collection(shared.gun)
    collection.add_target("v1", size=7, sha256=digest("v1"))
    shared.hands["notary"].publish()
    assert collection.publish().versions == {}

    collection.add_target("v2", size=7, sha256=digest("v2"))
    shared.publisher.notary("reset", shared.gun, "--all")
    with pytest.raises(PublishError, match="create target v2"):
        collection.publish()
    assert shared.listed() == {"v1": digest("v1")}


@pytest.mark.parametrize(("stages", "publishes"), BOTH)
def test_what_one_stages_the_other_publishes(shared: Shared, stages: str, publishes: str) -> None:
    first, second = shared.hands[stages], shared.hands[publishes]
    first.create()
    first.stage("v1", digest("v1"))
    second.stage("v2", digest("v2"))

    second.publish()

    assert shared.listed() == {"v1": digest("v1"), "v2": digest("v2")}
    assert shared.ours.collection(shared.gun).changes() == ()
    status = shared.publisher.notary("status", shared.gun).out
    assert "No unpublished changes" in status


@pytest.mark.parametrize("kind", [P256, RSA], ids=["ecdsa", "rsa"])
@pytest.mark.parametrize(("delegates", "goes_on"), BOTH)
def test_delegations(shared: Shared, delegates: str, goes_on: str, kind: tuple[str, ...]) -> None:
    first, second = shared.hands[delegates], shared.hands[goes_on]
    alice = certificate(shared.publisher, "alice", kind)
    bob = certificate(shared.publisher, "bob", kind)
    first.create(server_snapshot=True)
    first.delegate("targets/releases", alice)
    first.delegate("targets/qa", bob, ["qa-"])
    second.add("v1", digest("v1"), "targets/releases")
    second.add("qa-1", digest("qa"), "targets/qa")
    first.add("v2", digest("v2"), "targets/releases")
    second.witness("targets/releases")
    second.delegate("targets/releases/eu", bob, ["eu-"])
    first.add("eu-1", digest("eu"), "targets/releases/eu")
    everything = {"v1": "v1", "qa-1": "qa", "v2": "v2", "eu-1": "eu"}
    assert shared.listed() == {tag: digest(label) for tag, label in everything.items()}

    second.undelegate("targets/releases/eu")
    first.remove("v1", "targets/releases")
    second.undelegate("targets/qa")

    assert shared.listed() == {"v2": digest("v2")}


@pytest.mark.parametrize(("gives", "takes"), BOTH)
def test_keys_of_delegations_come_and_go(shared: Shared, gives: str, takes: str) -> None:
    first, second = shared.hands[gives], shared.hands[takes]
    alice, bob, carol = (certificate(shared.publisher, name) for name in ("a", "b", "c"))
    first.create(server_snapshot=True)
    for one in (alice, bob, carol):
        first.delegate("targets/releases", one)
    first.delegate("targets/other", carol)
    second.add("v1", digest("v1"), "targets/releases")
    second.take_key("targets/releases", canonical(alice))
    assert shared.listed() == {"v1": digest("v1")}
    second.purge(canonical(carol))

    second.add("v2", digest("v2"), "targets/releases")

    assert shared.listed() == {"v1": digest("v1"), "v2": digest("v2")}
    listed = shared.publisher.notary("delegation", "list", shared.gun).out
    assert canonical(bob) in listed
    assert canonical(alice) not in listed
    assert canonical(carol) not in listed


ROTATIONS = [
    ("targets", False),
    ("snapshot", False),
    ("snapshot", True),
    ("timestamp", True),
    ("root", False),
]


@pytest.mark.parametrize(("creates", "rotates"), BOTH)
def test_every_key_is_rotated_and_readers_follow(
    shared: Shared, creates: str, rotates: str, tmp_path: Path
) -> None:
    first, second = shared.hands[creates], shared.hands[rotates]
    first.create()
    first.add("v1", digest("v1"))
    old_notary, old_ours = tmp_path / "notary", tmp_path / "ours"
    server = ["-s", shared.stack.url, "--tlscacert", str(shared.stack.authority)]
    reader = ["notary", *server, "-d", str(old_notary), "list", shared.gun]
    run(reader, shared.publisher.env).succeeded()
    load(shared.gun, source=shared.ours.server, trust_dir=old_ours)

    for number, (role, server_managed) in enumerate(ROTATIONS * 2):
        second.rotate(role, server_managed=server_managed)
        first.add(f"r{number}", digest(f"r{number}"))

    expected = {"v1", *(f"r{number}" for number in range(len(ROTATIONS) * 2))}
    assert shared.listed().keys() == expected
    assert "r9" in run(reader, shared.publisher.env).succeeded().out
    assert set(load(shared.gun, source=shared.ours.server, trust_dir=old_ours).tags) == expected


@pytest.mark.parametrize(("deletes", "begins_anew"), BOTH)
@pytest.mark.parametrize("creates", HANDS)
def test_a_deleted_collection_is_made_anew(
    shared: Shared, creates: str, deletes: str, begins_anew: str
) -> None:
    first, second, third = (shared.hands[who] for who in (creates, deletes, begins_anew))
    first.create()
    first.add("v1", digest("v1"))
    second.delete()
    assert shared.is_gone()
    if isinstance(third, Ours) and isinstance(second, Notary) and third.remembers():
        with pytest.raises(ContentTrustError, match="delete it here too"):
            third.create()
        third.collection.delete()

    third.create()
    third.add("v2", digest("v2"))

    assert shared.listed() == {"v2": digest("v2")}


def test_ours_goes_on_after_notary_at_another_machine(
    shared: Shared, place: Callable[[str], Path]
) -> None:
    """The keys are exported by notary and imported by us, into an empty trust directory."""
    notary = shared.hands["notary"]
    notary.create(server_snapshot=True)
    notary.add("v1", digest("v1"))
    exported = shared.publisher.folder / "keys.pem"
    shared.publisher.notary("key", "export", "-o", str(exported))
    elsewhere = OurPublisher(place("elsewhere"), shared.stack)
    import_file(elsewhere.keys, str(exported))
    collection = elsewhere.collection(shared.gun)
    collection.add_target("v2", size=7, sha256=digest("v2"))

    collection.publish()

    assert shared.listed() == {"v1": digest("v1"), "v2": digest("v2")}


@pytest.mark.parametrize("goes_on", HANDS)
def test_a_threshold_of_two_is_read_by_everybody(shared: Shared, goes_on: str) -> None:
    """notary can make no such role; holding both keys it goes on with ours."""
    alice, bob = (certificate(shared.publisher, name) for name in ("alice", "bob"))
    shared.hands["ours"].create()
    collection = shared.ours.collection(shared.gun)
    keys = [_core.PublicKey.read(one.read_bytes()) for one in (alice, bob)]
    collection.add_delegation("targets/releases", keys=keys, paths=[""], threshold=2)
    collection.publish()

    shared.hands["ours"].add("v1", digest("v1"), "targets/releases")
    shared.hands[goes_on].add("v2", digest("v2"), "targets/releases")

    assert shared.listed() == {"v1": digest("v1"), "v2": digest("v2")}
    shared.ours.keys.remove(keys[0].canonical_key_id)
    with pytest.raises(ContentTrustError, match="1 of these must still sign"):
        shared.hands["ours"].add("v3", digest("v3"), "targets/releases")
