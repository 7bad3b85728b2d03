"""Pages on keys, typed as they stand, on the machines that they speak of."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from contenttrust.keys import EnvironmentPassphrases, KeyStore, PassphraseChain
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.sign import Keyring

PAGES = Path(__file__).parents[3] / "docs" / "how-to"
NAME = "registry.example.com/team/web"


def typed(page):
    """Each command of the blocks of a page, without the program; and the remark beside it."""
    for block in MarkdownIt("commonmark").parse((PAGES / page).read_text()):
        if block.type == "fence" and block.info == "sh":
            for line in block.content.splitlines():
                program, *words = shlex.split(line, comments=True)
                assert program == "contenttrust"
                yield words, line.partition("# ")[2]


def inline(page, start):
    """The commands in the text of a page that begin so."""
    text = (PAGES / page).read_text()
    return [shlex.split(found)[1:] for found in re.findall(f"`({start}[^`]*)`", text)]


def ids(place, role, *options):
    listed = json.loads(place.done("key", "list", "--json", *options))["keys"]
    return {one["key_id"] for one in listed if one["role"] == role}


@pytest.fixture
def lost(place, images, tmp_path):
    """Two machines, and the id of alice's key, which has signed 1.0 and is lost."""
    owner, alice = place.config, tmp_path / "alice"
    images.push("1.0")
    place.as_another(alice)
    place.done("key", "generate", "alice")
    place.as_another(owner)
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    place.as_another(alice)
    place.done("sign", f"{images.repository}:1.0")
    [old] = ids(place, "alice")
    place.done("key", "remove", "-y", old)
    (place.here / "alice.pub").rename(place.here / "lost.pub")
    return owner, alice, old


def roles_of(place, repository, tag):
    listed = json.loads(place.done("list", "--json", "--all-roles", repository))["all_roles"]
    return {role for role, tags in listed.items() if tag in {one["name"] for one in tags}}


def test_a_lost_delegation_key_is_exchanged(place, images, lost):
    owner, alice, old = lost
    for words, remark in typed("recover_a_delegation_key.md"):
        is_hers = words[:2] == ["key", "generate"] or "machine" in remark or "there" in remark
        place.as_another(alice if is_hers else owner)
        place.done(
            *(old if word == "ID" else word.replace(NAME, images.repository) for word in words)
        )

    assert roles_of(place, images.repository, "1.0") == {"targets/alice", "targets/releases"}
    left = set(re.findall(r"[0-9a-f]{64}", place.done("delegation", "list", images.repository)))
    place.as_another(alice)
    assert left == ids(place, "alice")
    assert old not in left


def test_a_role_that_is_broken_and_not_witnessed_begins_anew(place, images, lost):
    owner, alice, old = lost
    place.as_another(alice)
    place.done("key", "generate", "alice")
    place.as_another(owner)
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    as_notary_takes_a_key_out(place, owner, images.repository, old)
    place.as_another(alice)
    with place.typing("n"):
        witness = ["witness", "-p", images.repository, "targets/alice", "targets/releases"]
        assert place.run(*witness).code == 1

    [status] = inline("recover_a_delegation_key.md", "contenttrust status")
    [reset] = inline("recover_a_delegation_key.md", "contenttrust reset")
    for words in (status, reset):
        place.done(*(word.replace(NAME, images.repository) for word in words))
    assert place.done("status", images.repository).startswith("No unpublished changes")
    images.push("1.1")
    ran = place.run("sign", f"{images.repository}:1.1")

    assert ran.code == 0
    assert ran.err.count("was broken, and begins anew") == 2
    assert not roles_of(place, images.repository, "1.0")
    assert roles_of(place, images.repository, "1.1") == {"targets/alice", "targets/releases"}


def as_notary_takes_a_key_out(place, owner, gun, key_id):
    signed = place.server.signed(gun, "targets")
    signed["version"] += 1
    for role in signed["delegations"]["roles"]:
        role["keyids"].remove(key_id)
    keys = KeyStore(owner / "trust", passphrases=PassphraseChain([EnvironmentPassphrases()]))
    targets = authority_in(place.server.signed(gun, "root"), "targets")
    file = Keyring(keys).signed(signed, [targets])
    place.server.store(gun, {"targets": file}, judged=False)


def test_a_root_key_is_kept_offline(place, images, tmp_path):
    vault = ("--trust-dir", str(tmp_path / "vault"))
    images.push("1.0")
    commands = [words for words, _ in typed("keep_the_root_key_offline.md")]
    several = next(n for n, words in enumerate(commands) if "--threshold" in words)
    said = {"/vault": vault[1], NAME: images.repository}
    for words in commands[:several]:
        before = ids(place, "targets")
        if "ID" in words and "/vault" in words:
            [said["ID"]] = ids(place, "root", *vault)
        with place.typing("yes"):
            place.done(*(said.get(word, word) for word in words))
        if words[:2] == ["key", "generate"] and "/vault" not in words:
            [said["ID"]] = ids(place, "targets") - before
    assert not ids(place, "root")
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    place.done("sign", f"{images.repository}:1.0")
    assert said["ID"] in place.done("list", "-v", images.repository).split()
    listed = json.loads(place.done("key", "list", "--json"))["keys"]
    assert {one["role"] for one in listed} == {"targets", "alice"}
    assert {one["gun"] for one in listed if one["role"] == "targets"} == {images.repository}


def test_every_key_is_rotated(place, images):
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    commands = inline("rotate_keys.md", "contenttrust key rotate")
    assert len(commands) == 5
    for words in commands:
        with place.typing("y"):
            out = place.done(*(images.repository if word == "GUN" else word for word in words))
        assert out.startswith(f"Successfully rotated {words[3]} key")
