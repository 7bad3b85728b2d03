"""What is shown of requests, staged key exchanges and odd files; who waits for a locked folder."""

from __future__ import annotations

import base64
import fcntl
import json
import os

import pytest

from contenttrust._core import PublicKey
from contenttrust.cli.signing_request import output
from contenttrust.publish.metadata import key_value
from publisher_place import PublisherPlace

GUN = "registry.example/team/app"


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    made = PublisherPlace(tmp_path, run, monkeypatch)
    made.done("init", "-p", "--server-managed", GUN)
    return made


def keys(place, role):
    found = json.loads(place.done("key", "list", "--json"))["keys"]
    return [key["key_id"] for key in found if key["role"] == role]


@pytest.fixture
def rotation(place):
    """A request for another root key, which nobody has signed yet."""
    place.done("key", "generate", "--role", "root", "--trust-dir", str(place.here / "vault"))
    [new] = json.loads(
        place.done("key", "list", "--json", "--trust-dir", str(place.here / "vault"))
    )["keys"]
    words = ["--trust-dir", str(place.here / "vault"), new["key_id"], GUN, "new.crt"]
    place.done("key", "certificate", *words)
    place.done("signing-request", "rotate", "--key", "new.crt", GUN, "root", "r.json")
    return "r.json"


def test_whose_keys_sign_a_root_is_said(place, rotation):
    shown = place.done("signing-request", "show", rotation).splitlines()
    assert "    signed by 0 of 1 keys, which asks for 1" in shown
    assert "    signed by 1 of 1 keys of the root before it, which asks for 1" in shown
    value = json.loads((place.here / rotation).read_text())
    value["parts"][0]["signatures"] = []
    (place.here / rotation).write_text(json.dumps(value))
    shown = place.done("signing-request", "show", rotation)
    [old] = keys(place, "root")
    assert f"root needs 1 more of these keys of the root before it: {old}\n" in shown
    missing = json.loads(place.done("signing-request", "show", "--json", rotation))["documents"]
    assert [one["former"] for one in missing[0]["missing"]] == [False, True]


@pytest.mark.parametrize("words", [["timestamp"], ["-r", "timestamp"], ["-r", "snapshot"]])
def test_a_key_of_the_server_is_asked_for_when_its_rotation_is_prepared(place, words):
    role = words[-1]
    before = place.server.keys[GUN, role].key_id
    place.done("signing-request", "rotate", GUN, *words, "server.json")
    assert place.server.signed(GUN, "root")["roles"][role]["keyids"] == [before]
    place.done("signing-request", "publish", "server.json")

    root = place.server.signed(GUN, "root")
    after = place.server.keys[GUN, role].key_id
    assert (root["version"], root["roles"][role]["keyids"]) == (2, [after])
    assert after != before


def test_a_folder_that_others_lock_does_not_hold_a_signer_for_ever(place, rotation, monkeypatch):
    monkeypatch.setattr(output, "PATIENCE", 0.2)
    before = (place.here / rotation).read_bytes()
    folder = os.open(place.here, os.O_RDONLY)
    words = ["signing-request", "sign", "-y", "--trust-dir", str(place.here / "vault"), rotation]
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        ran = place.run(*words)
    finally:
        os.close(folder)
    assert ran.code == 1
    assert "somebody has held the lock of the folder" in ran.err
    assert (place.here / rotation).read_bytes() == before
    assert place.run(*words).code == 0


def stage(place, name, change):
    folder = place.config / "trust" / "tuf" / GUN / "changelist"
    folder.mkdir(exist_ok=True, mode=0o700)
    (folder / name).write_text(json.dumps(change))
    (folder / name).chmod(0o600)


def test_a_staged_exchange_of_keys_says_of_which_role(place):
    place.done("key", "generate", "two")
    key = PublicKey.read((place.here / "two.pub").read_bytes())
    data = json.dumps({"role": "targets", "keys": [key_value(key)]}).encode()
    change = {"action": "create", "role": "root", "type": "role", "path": ""}
    stage(place, "1.change", {**change, "data": base64.b64encode(data).decode()})
    stage(place, "2.change", {**change, "data": None})
    shown = place.done("status", GUN)
    assert f"role    targets: {key.canonical_key_id}\n" in shown
    assert "unreadable" in shown
    first, second = json.loads(place.done("status", "--json", GUN))["changes"]
    assert (first["of"], first["key_ids"]) == ("targets", [key.canonical_key_id])
    assert second["key_ids"] == []


def test_the_file_of_a_change_is_named_in_one_line(place):
    change = {"action": "create", "role": "targets", "type": "target", "path": "x", "data": "e30="}
    stage(place, "1\x1b[31m\na.change", change)
    ran = place.run("publish", GUN)
    assert ran.code == 1
    assert "\\u000aa.change" in ran.err


def test_a_key_file_that_stops_an_export_or_a_backup_is_named(place):
    private = place.config / "trust" / "private"
    [good, *_] = private.iterdir()
    odd = private / "1\nodd.key"
    odd.write_bytes(good.read_bytes())
    odd.chmod(0o600)
    for words in (["key", "export"], ["key", "backup", "b.sealed"]):
        ran = place.run(*words)
        assert ran.code == 1
        assert f"{private}/1\\u000aodd.key" in ran.err
        assert "odd.key" in ran.err.splitlines()[0]


def test_an_ed25519_signer_is_warned_of(place):
    place.done("key", "generate", "--algorithm", "ed25519", "carol")
    place.done("key", "generate", "dave")
    adding = ["signer", "add", "--key"]
    ran = place.run(*adding, "carol.pub", "carol", GUN)
    assert ran.code == 0
    assert "docker and notary take no Ed25519 key as a signer's" in ran.err
    assert "Ed25519" not in place.run(*adding, "dave.pub", "dave", GUN).err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["init", GUN, "new.json", "--threshold", "0"], "--threshold: a threshold is at least 1"),
        (["rotate", GUN, "targets", "new.json", "--threshold", "0"], "a threshold is at least 1"),
        (["rotate", GUN, "root", "new.json"], "--key: name each key that the role will have"),
        (["rotate", GUN, "targets", "new.json"], "--key: name each key that the role will have"),
        (["rotate", GUN, "snapshot", "new.json"], "left to the server (--server-managed)"),
        (["init", f"{GUN}2", "new.json"], "--root-cert: name the certificate of each root key"),
    ],
)
def test_a_request_for_keys_names_them(place, words, told):
    ran = place.run("signing-request", *words)
    assert (ran.code, told in ran.err) == (2, True), ran
    assert not (place.here / "new.json").exists()


@pytest.mark.parametrize(
    ("role", "made", "written"),
    [("targets", f"--role targets --gun {GUN}", "public"), ("root", "--role root", "certificate")],
)
def test_a_signers_key_is_named_for_no_top_level_role(place, role, made, written):
    place.done("key", "generate", "alice")
    ran = place.run("signing-request", "rotate", "--key", "alice.pub", GUN, role, "new.json")
    assert ran.code == 1
    told = " ".join(ran.err.split())
    assert f"names it for alice, not for {role}" in told
    assert f"contenttrust key generate {made}" in told
    assert f"contenttrust key {written}" in told
    assert not (place.here / "new.json").exists()


def test_what_a_request_leaves_undone_is_said_where_it_is_prepared(place):
    place.done("key", "generate", "alice")
    key = ("alice.pub", "--all-paths")
    place.done("delegation", "add", "-p", GUN, "targets/releases", *key)
    place.done("remove", "-r", "targets/releases", GUN, "nosuch")
    place.done("addhash", "-r", "targets/releases", GUN, "1.0", "7", "--sha256", "a" * 64)
    told = "targets/releases does not list nosuch: there was nothing to remove"

    ran = place.run("signing-request", "prepare", GUN, "one.json")
    assert (ran.code, told in ran.err) == (0, True)
    [warning] = place.run("-o", "json", "signing-request", "prepare", GUN, "two.json").document[
        "warnings"
    ]
    assert warning["message"] == told
