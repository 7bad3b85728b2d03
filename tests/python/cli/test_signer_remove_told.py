"""`contenttrust signer remove`: what `targets` lists under the same names, and what is resumed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from contenttrust.keys import EnvironmentPassphrases, KeyStore, PassphraseChain
from contenttrust.publish import Collection, target_meta

RELEASES = "targets/releases"
OLD = f"sha256:{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"


@pytest.fixture
def alice(place, images):
    """A repository that alice alone signs; `targets` lists 1.0."""
    images.push("1.0")
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    place.done("add", "-p", images.repository, "1.0", __file__)
    return images.repository


def test_what_targets_lists_under_a_tag_of_the_last_signer_is_shown_and_told(place, images, alice):
    new, two = images.push("1.0", "new"), images.push("2.0")
    place.done("sign", f"{alice}:1.0", f"{alice}:2.0")
    with place.typing("y") as shown:
        ran = place.run("-o", "json", "signer", "remove", "alice", alice)
        question = shown().replace("\r", "")
    assert f"or what targets lists under their names:\n  2.0 ({two})\n" in question
    assert f"  1.0 ({OLD}), as targets lists it\n" in question
    assert new not in question
    told = f"  1.0 ({OLD}) is what can be pulled from now on: targets lists it so"
    assert told in ran.document["messages"]
    [removed] = ran.document["removed"]
    assert (removed["unreleased"], removed["pulled_as"]) == (["2.0"], {"1.0": OLD})


@pytest.fixture
def bobs(place, images, alice):
    """Bob alone signs 1.0 in another way than `targets`, and is about to go."""
    place.done("sign", f"{alice}:1.0")
    place.done("key", "generate", "bob")
    place.done("signer", "add", "--key", "bob.pub", "bob", alice)
    place.done("remove", "-p", "-r", "targets/alice", alice, "1.0")
    return images.push("1.0")


def test_of_very_many_tags_the_text_names_some_and_a_document_all(place, images, alice):
    for name in ("bob", "carol"):
        place.done("key", "generate", name)
        place.done("signer", "add", "--key", f"{name}.pub", name, alice)
    trust = place.config / "trust"
    keys = KeyStore(trust, passphrases=PassphraseChain([EnvironmentPassphrases()]))
    edited = Collection(alice, keys=keys, sink=place.server, trust_dir=trust)
    metas = {f"1.{n}": target_meta(7, sha256=f"{n:064x}") for n in range(250)}
    edited.publish_targets(metas.items(), roles=["targets/bob", "targets/carol", RELEASES])

    lines = place.done("signer", "remove", "-y", "bob", alice).splitlines()

    assert [line for line in lines if "lost the signature of bob" in line][-1].startswith("  1.99 ")
    assert "  and 150 more: -o json names all" in lines
    assert len(lines) < 110
    [removed] = json.loads(place.done("-o", "json", "signer", "remove", "-y", "carol", alice))[
        "removed"
    ]
    assert set(removed["lost"]) == set(removed["unvouched"]) == set(metas)


def test_a_digest_that_targets_had_under_a_revoked_name_is_told(place, alice, bobs):
    out = place.done("signer", "remove", "--revoke", "bob", alice)
    assert f"  1.0 ({bobs}) is revoked: nobody else lists it\n" in out
    assert f"  1.0 ({OLD}) is revoked too: targets listed it under the same name" in out
    assert not place.server.signed(alice, "targets")["targets"]


def test_a_removal_that_is_resumed_revokes_too(place, alice, bobs):
    """It was interrupted before anything was published, and somebody else removed the signer."""

    def interrupt():
        raise KeyboardInterrupt

    place.server.before_publish.append(interrupt)
    assert place.run("signer", "remove", "-y", "bob", alice).code == 130
    [record] = place.config.rglob(".removal_of_bob.json")
    kept = record.read_bytes()
    place.done("signer", "remove", "-y", "bob", alice)
    record.write_bytes(kept)
    record.chmod(0o600)

    out = place.done("signer", "remove", "bob", alice)
    assert f"  1.0 ({bobs}) stays released, though nobody else lists it: to take it back, " in out
    record.write_bytes(kept)
    record.chmod(0o600)
    out = place.done("signer", "remove", "--revoke", "bob", alice)
    assert f"  1.0 ({bobs}) is revoked: nobody else lists it\n" in out
