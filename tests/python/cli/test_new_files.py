"""A file that could not be written is refused before a passphrase is asked for or a key made."""

from __future__ import annotations

import json
import os

import pytest

from contenttrust.keys.passphrase import PassphraseChain

GUN = "collection.example/team/files"
OTHER = "collection.example/team/new"
DIGEST = "a0fcfe068505f89a2f2a03e3e3eb99b97e9188c29e84e23be8e1c106207ab629"
TAKEN = {"taken": "File exists", "nodir/new": "No such file", "taken/new": "Not a directory"}
VERBS = {
    "signing-request init": ["--root-cert", "other.crt", OTHER, "FILE"],
    "signing-request prepare": [GUN, "FILE"],
    "signing-request rotate": ["--key", "two.pub", GUN, "targets", "FILE"],
    "key backup": ["--passphrase-file", "secret", "FILE"],
    "key certificate": ["ROOT", GUN, "FILE"],
    "key public": ["ROOT", "FILE"],
}


def ids(place, role=""):
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    return {key["key_id"] for key in keys if role in {"", key["role"]}}


@pytest.fixture
def made(place):
    """A published collection with a staged change, and what the verbs are given."""
    place.done("init", "-p", "--server-managed", GUN)
    place.done("addhash", GUN, "1.0", "7", "--sha256", DIGEST)
    [root], before = ids(place, "root"), ids(place)
    place.done("key", "certificate", root, OTHER, "other.crt")
    place.done("key", "generate", "--role", "targets", "--gun", GUN)
    [new] = ids(place) - before
    place.done("key", "public", new, "two.pub")
    (place.here / "taken").write_text("mine")
    (place.here / "secret").write_text("passphrase of the archive")
    (place.here / "secret").chmod(0o600)
    return place


@pytest.fixture
def asked(monkeypatch):
    """What passphrases were asked for."""
    found, give = [], PassphraseChain.give

    def noted(chain, request):
        found.append(request)
        return give(chain, request)

    monkeypatch.setattr(PassphraseChain, "give", noted)
    return found


def run(made, verb, file):
    [root] = ids(made, "root")
    given = {"FILE": file, "ROOT": root}
    return made.run(*verb.split(), *(given.get(word, word) for word in VERBS[verb]))


@pytest.mark.parametrize("verb", VERBS)
def test_what_cannot_be_written_is_told_before_anybody_is_asked(made, asked, monkeypatch, verb):
    asked.clear()
    before = ids(made)
    for file, told in TAKEN.items():
        ran = run(made, verb, file)
        assert (ran.code, ran.err.startswith(f"contenttrust: {file}: {told}")) == (1, True), ran
    monkeypatch.setattr(os, "access", lambda *_: False)
    ran = run(made, verb, "new")
    assert ran.code == 1
    assert "new: no file can be written in that folder" in ran.err
    assert (asked, ids(made)) == ([], before)
    assert (made.here / "taken").read_text() == "mine"


@pytest.mark.parametrize("verb", VERBS)
def test_what_can_be_written_is(made, verb):
    assert run(made, verb, "new").code == 0
    assert (made.here / "new").exists()


def test_a_request_that_cannot_be_written_again_is_not_signed(made, asked, monkeypatch):
    made.done("signing-request", "prepare", GUN, "request.json")
    asked.clear()
    monkeypatch.setattr(os, "access", lambda *_: False)
    ran = made.run("signing-request", "sign", "-y", "request.json")
    assert ran.code == 1
    assert "request.json: no file can be written in that folder" in ran.err
    assert asked == []


def test_a_signers_key_is_not_made_where_its_public_half_cannot_be_written(place, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    ran = place.run("key", "generate", "alice")
    assert ran.code == 1
    assert "alice.pub: no file can be written in that folder" in ran.err
    assert ids(place) == set()


def test_a_public_half_of_another_key_is_told_before_anybody_is_asked(made, asked):
    [root] = ids(made, "root")
    asked.clear()
    ran = made.run("key", "public", root, "two.pub")
    assert (ran.code, asked) == (1, [])
    assert "two.pub: File exists" in ran.err
