"""Signing in turns at the command line: what is shown, asked, written and published."""

from __future__ import annotations

import base64
import json
import os
import re

import pytest

from contenttrust.cli.signing_request import output
from contenttrust.publish.request import SigningRequest
from publisher_place import Images

GUN = "collection.example/team/files"
DIGEST = "a0fcfe068505f89a2f2a03e3e3eb99b97e9188c29e84e23be8e1c106207ab629"


def keys(place, role, *options):
    listed = json.loads(place.done("key", "list", "--json", *options))["keys"]
    return [key["key_id"] for key in listed if key["role"] == role]


@pytest.fixture
def vault(place):
    """Options that name another trust directory, where the root key is."""
    options = ("--trust-dir", str(place.here / "vault"))
    place.done("key", "generate", "--role", "root", *options)
    [key_id] = keys(place, "root", *options)
    place.done("key", "certificate", key_id, GUN, "root.crt", *options)
    return options


@pytest.fixture
def made(place, vault):
    """A published collection whose root key is in the vault."""
    place.done("signing-request", "init", "--root-cert", "root.crt", GUN, "first.json")
    place.done("signing-request", "sign", "-y", "first.json", *vault)
    place.done("signing-request", "publish", "first.json")
    return place


def rotate(made):
    """Prepare rotate.json for another repository key; the id of that."""
    before = keys(made, "targets")
    made.done("key", "generate", "--role", "targets", "--gun", GUN)
    [new] = set(keys(made, "targets")) - set(before)
    made.done("key", "public", new, "two.pub")
    made.done("signing-request", "rotate", "--key", "two.pub", GUN, "targets", "rotate.json")
    return new


def test_the_root_key_stays_in_the_vault(made):
    assert keys(made, "root") == []
    made.done("addhash", "-p", GUN, "1.0", "7", "--sha256", DIGEST)
    [tag] = json.loads(made.done("list", "--json", GUN))["tags"]
    assert tag["digest"] == f"sha256:{DIGEST}"


def test_nothing_is_published_before_it_is_complete(place, vault):
    [key_id] = keys(place, "root", *vault)
    out = place.done("signing-request", "init", "--root-cert", "root.crt", GUN, "first.json")
    assert f"root needs 1 more of these keys: {key_id}" in out
    refused = place.run("signing-request", "publish", "first.json")
    assert refused.code == 1
    assert "is not complete" in refused.err
    assert place.server.uploads == []


def test_a_request_shows_what_it_would_change(made, vault):
    made.done("addhash", "-p", GUN, "1.0", "7", "--sha256", DIGEST)
    new = rotate(made)
    shown = made.done("signing-request", "show", "rotate.json")
    assert f"target 1.0: sha256:{DIGEST}, 7 bytes" in shown
    assert f"targets: 1 of 1 keys: {new}" in shown
    assert f"root: 1 of 1 keys: {keys(made, 'root', *vault)[0]}" in shown
    facts = json.loads(made.done("signing-request", "show", "--json", "rotate.json"))
    assert facts["schema"] == "contenttrust.signing-request-status/1"
    assert not facts["complete"]
    assert [one["role"] for one in facts["documents"]] == ["root", "targets"]
    signed = made.done("signing-request", "sign", "-y", "rotate.json", *vault)
    assert re.search(r"Signed root with [0-9a-f]{64}\nIt is complete", signed)
    made.done("signing-request", "publish", "rotate.json")
    assert "Your keys had signed it before." in made.done(
        "signing-request", "sign", "-y", "rotate.json", *vault
    )


def for_two(made):
    """Prepare release.json, which alice and bob must both sign; options that name their keys."""
    alice, bob = (("--trust-dir", str(made.here / name)) for name in ("alice", "bob"))
    made.done("key", "generate", "alice", *alice)
    made.done("key", "generate", "bob", *bob)
    made.done(
        "delegation", "add", "-p", "--all-paths", "--threshold", "2", GUN, "targets/releases",
        "alice.pub", "bob.pub",
    )  # fmt: skip
    made.done("addhash", "-r", "targets/releases", GUN, "1.4", "7", "--sha256", DIGEST)
    made.done("signing-request", "prepare", GUN, "release.json")
    return alice, bob


def test_two_people_release_in_turns(made):
    alice, bob = for_two(made)
    for somebody in (alice, bob):
        assert made.run("signing-request", "publish", "release.json").code == 1
        made.done("signing-request", "sign", "-y", "release.json", *somebody)
    made.done("signing-request", "publish", "release.json")
    assert made.done("status", GUN) == f"No unpublished changes for {GUN}\n"
    [tag] = json.loads(made.done("list", "--json", GUN))["tags"]
    assert (tag["name"], tag["role"]) == ("1.4", "targets/releases")


def test_a_request_that_is_published_already_calls_for_no_other_ceremony(made):
    people = for_two(made)
    for somebody in people:
        made.done("signing-request", "sign", "-y", "release.json", *somebody)
    made.done("signing-request", "publish", "release.json")
    sent = len(made.server.uploads)

    out = made.done("signing-request", "publish", "release.json")
    assert f"Published already: {GUN} has what this request holds\n" in out
    ran = made.run("-o", "json", "signing-request", "publish", "release.json")
    assert ran.document["published"] == [{"gun": GUN, "versions": {}}]
    assert len(made.server.uploads) == sent

    made.done("addhash", "-p", GUN, "1.5", "7", "--sha256", DIGEST)
    assert "Published already" in made.done("signing-request", "publish", "release.json")

    made.done("addhash", "-r", "targets/releases", GUN, "1.5", "7", "--sha256", DIGEST)
    made.done("signing-request", "prepare", GUN, "next.json")
    for somebody in people:
        made.done("signing-request", "sign", "-y", "next.json", *somebody)
    made.done("signing-request", "publish", "next.json")
    ran = made.run("signing-request", "publish", "release.json")
    assert ran.code == 1
    assert "was published by others since the request was prepared" in ran.err


def test_who_has_no_key_is_asked_nothing(made):
    for_two(made)
    with made.typing("y") as shown:
        ran = made.run("signing-request", "sign", "release.json")
        assert "Sign this?" not in shown()
    assert ran.code == 1
    assert "none of the keys that may sign this request is here; these may: " in ran.err


def test_who_cannot_sign_alone_is_told_how_several_do(place, server):
    images = Images(server, "team/web")
    images.push("1.0")
    repository = images.repository
    place.done("init", "--server-managed", "-p", repository)
    for name in ("alice", "bob"):
        place.done("key", "generate", name, "--trust-dir", str(place.here / name))
    place.done(
        "delegation", "add", "-p", "--all-paths", "--threshold", "2", repository,
        "targets/releases", "alice.pub", "bob.pub",
    )  # fmt: skip
    ran = place.run("sign", f"{repository}:1.0")
    assert ran.code == 1
    assert "targets/releases needs several signatures, which are given in turns: " in ran.err
    assert f"contenttrust signing-request prepare {repository} FILE" in ran.err


def test_a_signer_is_removed_in_turns_where_two_must_sign(made):
    """As the page on off-boarding has it."""
    bob = ("--trust-dir", str(made.here / "bob"))
    made.done("key", "generate", "alice")
    made.done("key", "generate", "bob", *bob)
    made.done("key", "generate", "mallory")
    releases = (GUN, "targets/releases")
    made.done("delegation", "add", "--all-paths", GUN, "targets/mallory", "mallory.pub")
    made.done(
        "delegation", "add", "-p", "--all-paths", "--threshold", "2", *releases, "alice.pub",
        "bob.pub", "mallory.pub",
    )  # fmt: skip
    made.done("addhash", "-p", "-r", "targets/releases", GUN, "1.4", "7", "--sha256", DIGEST)
    [mallory] = keys(made, "mallory")
    made.done("key", "remove", "-y", mallory)

    refused = made.run("signer", "remove", "-y", "mallory", GUN)
    assert (refused.code, "signing-request prepare GUN FILE" in refused.err) == (1, True)

    made.done("delegation", "remove", "-y", GUN, "targets/mallory")
    made.done("delegation", "remove", *releases, mallory)
    made.done("witness", *releases)
    made.done("signing-request", "prepare", GUN, "without.json")
    made.done("signing-request", "sign", "-y", "without.json", *bob)
    made.done("signing-request", "publish", "without.json")
    listed = json.loads(made.done("list", "--json", GUN))
    assert ([tag["name"] for tag in listed["tags"]], listed["degraded"]) == (["1.4"], [])
    assert made.done("delegation", "list", GUN).count(mallory) == 0


def test_a_file_that_is_there_is_not_written_over(place, vault):
    (place.here / "first.json").write_text("mine")
    refused = place.run("signing-request", "init", "--root-cert", "root.crt", GUN, "first.json")
    assert refused.code in {1, 3}
    assert (place.here / "first.json").read_text() == "mine"


def test_signing_is_confirmed(made, vault):
    rotate(made)
    before = (made.here / "rotate.json").read_bytes()
    refused = made.run("signing-request", "sign", "--no-input", "rotate.json", *vault)
    assert refused.code == 1
    assert "must be confirmed" in refused.err
    assert (made.here / "rotate.json").read_bytes() == before


@pytest.mark.parametrize("verb", ["show", "sign", "publish"])
@pytest.mark.parametrize("content", ["", "{}", '{"schema": "contenttrust.signing-request/1"}'])
def test_what_is_no_request_is_refused(place, verb, content):
    (place.here / "odd.json").write_text(content)
    options = ["-y"] if verb == "sign" else []
    refused = place.run("signing-request", verb, *options, "odd.json")
    assert refused.code == 1
    assert "signing request cannot be used" in refused.err


def test_names_of_strangers_are_shown_harmless(made, vault):
    rotate(made)
    path = made.here / "rotate.json"
    value = json.loads(path.read_text())
    value["parts"][1]["document"]["targets"]["\x1b[2J\u202e"] = {
        "hashes": {"sha256": base64.b64encode(bytes(32)).decode()},
        "length": 1,
        "custom": {"\x07": "\u2066"},
    }
    path.write_text(json.dumps(value))
    shown = made.done("signing-request", "show", "rotate.json")
    assert all(line.isprintable() for line in shown.splitlines())


def rotation(made):
    """Prepare rotate.json; its path and its content."""
    rotate(made)
    path = made.here / "rotate.json"
    return path, json.loads(path.read_text())


def test_files_that_go_with_a_request_are_shown(place, vault):
    place.done("signing-request", "init", "--root-cert", "root.crt", GUN, "first.json")
    path = place.here / "first.json"
    value = json.loads(path.read_text())
    file = json.loads(base64.b64decode(value["files"]["targets"]))
    file["signed"]["targets"]["1.0"] = {
        "hashes": {"sha256": base64.b64encode(bytes.fromhex(DIGEST)).decode()},
        "length": 7,
    }
    value["files"]["targets"] = base64.b64encode(json.dumps(file).encode()).decode()
    path.write_text(json.dumps(value))
    shown = place.done("signing-request", "show", "first.json")
    signed = place.done("signing-request", "sign", "-y", "first.json", *vault)
    for out in (shown, signed):
        assert f"\ntargets, version 1, expires {file['signed']['expires']}\n" in out
        assert f"\n    target 1.0: sha256:{DIGEST}, 7 bytes\n" in out
        assert "nobody signs it in this request" in out
    facts = json.loads(place.done("signing-request", "show", "--json", "first.json"))
    [targets] = facts["files"]
    assert (targets["role"], targets["version"], targets["expired"]) == ("targets", 1, False)
    assert targets["expires"] == file["signed"]["expires"]
    assert targets["document"] == file["signed"]
    assert facts["staged"] == []


def test_staged_changes_that_end_with_a_request_are_shown(made):
    for_two(made)
    path = made.here / "release.json"
    value = json.loads(path.read_text())
    [staged] = value["staged"]
    value["staged"].append("a\nroot, version 7")
    path.write_text(json.dumps(value))
    shown = made.done("signing-request", "show", "release.json")
    assert f"\n    {staged}\n" in shown
    assert '\n    "a\\nroot, version 7"\n' in shown
    facts = json.loads(made.done("signing-request", "show", "--json", "release.json"))
    assert facts["staged"] == value["staged"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("1.0", "1.0"),
        ("v1: sha256:00, 3 bytes", '"v1: sha256:00, 3 bytes"'),
        ("a/b", '"a/b"'),
        ('"1.0"', '"\\"1.0\\""'),
        ("1.0 ", '"1.0 "'),
        ("v\u0661", '"v\\u0661"'),
        ("a" * 129, f'"{"a" * 129}"'),
    ],
)
def test_the_name_of_one_target_does_not_look_like_the_line_of_another(made, name, shown):
    path, value = rotation(made)
    meta = {"hashes": {"sha256": base64.b64encode(bytes(32)).decode()}, "length": 1}
    value["parts"][1]["document"]["targets"] = {name: meta}
    path.write_text(json.dumps(value))
    line = f"    target {shown}: sha256:{'0' * 64}, 1 bytes"
    assert line in made.done("signing-request", "show", "rotate.json").splitlines()


def test_what_has_expired_is_marked_and_not_signed(made, vault):
    path, value = rotation(made)
    value["parts"][0]["document"]["expires"] = "2026-01-01T00:00:00Z"
    path.write_text(json.dumps(value))
    before = path.read_bytes()
    shown = made.done("signing-request", "show", "rotate.json")
    assert "\nroot, version 2, has expired 2026-01-01T00:00:00Z\n" in shown
    assert re.search(r"\ntargets, version \d, expires", shown)
    facts = json.loads(made.done("signing-request", "show", "--json", "rotate.json"))
    assert [one["expired"] for one in facts["documents"]] == [True, False]
    refused = made.run("signing-request", "sign", "-y", "rotate.json", *vault)
    assert refused.code == 1
    assert "root of this request expired at 2026-01-01" in refused.err
    assert path.read_bytes() == before


def test_a_version_that_leaves_no_room_for_others_is_refused(made, vault):
    path, value = rotation(made)
    value["parts"][0]["document"]["version"] = 2**31 - 1
    path.write_text(json.dumps(value))
    assert "root, version 2147483647," in made.done("signing-request", "show", "rotate.json")
    value["parts"][0]["document"]["version"] = 2**31
    path.write_text(json.dumps(value))
    refused = made.run("signing-request", "sign", "-y", "rotate.json", *vault)
    assert refused.code == 1
    assert "its version is 2^31 or more" in refused.err


def names_all_that_is_staged(made, name):
    """What a stranger may write into a request."""
    path = made.here / name
    value = json.loads(path.read_text())
    changelist = made.config / "trust" / "tuf" / GUN / "changelist"
    value["staged"] = sorted(one.name for one in changelist.iterdir())
    path.write_text(json.dumps(value))


def test_a_revocation_that_is_not_in_a_request_stays_staged_and_is_told(made):
    made.done("addhash", "-p", GUN, "0.9", "7", "--sha256", DIGEST)
    everybody = for_two(made)
    made.done("remove", GUN, "0.9")
    names_all_that_is_staged(made, "release.json")
    for somebody in everybody:
        made.done("signing-request", "sign", "-y", "release.json", *somebody)

    published = made.run("signing-request", "publish", "release.json")

    assert published.code == 0
    assert "all of them are still staged" in published.err
    assert "0.9" in made.done("status", GUN)


def test_a_revocation_of_what_is_not_there_is_done_with(made):
    everybody = for_two(made)
    made.done("remove", GUN, "0.9")
    names_all_that_is_staged(made, "release.json")
    for somebody in everybody:
        made.done("signing-request", "sign", "-y", "release.json", *somebody)

    made.done("signing-request", "publish", "release.json")

    assert made.done("status", GUN) == f"No unpublished changes for {GUN}\n"


def test_who_could_read_a_request_can_read_it_when_it_is_signed(made, vault):
    path, _ = rotation(made)
    path.chmod(0o640)
    made.done("signing-request", "sign", "-y", "rotate.json", *vault)
    assert path.stat().st_mode & 0o777 == 0o640
    assert not list(made.here.glob("*.new"))
    assert not list(made.here.glob(".*"))


def test_what_another_signed_in_the_same_file_meanwhile_is_kept(made):
    alice, _ = for_two(made)
    path = made.here / "release.json"
    before = path.read_bytes()
    made.done("signing-request", "sign", "-y", "release.json", *alice)
    # Somebody who had read the file before her writes it again.
    output.replace(str(path), SigningRequest.from_bytes(before))
    assert len(json.loads(path.read_text())["parts"][0]["signatures"]) == 1


def test_a_link_stays_one(made, vault):
    rotate(made)
    (made.here / "link.json").symlink_to("rotate.json")
    made.done("signing-request", "sign", "-y", "link.json", *vault)
    assert (made.here / "link.json").is_symlink()
    made.done("signing-request", "publish", "rotate.json")


def test_what_never_ends_is_no_request(place):
    os.mkfifo(place.here / "fifo")
    refused = place.run("signing-request", "show", "fifo")
    assert refused.code == 2
    assert "no regular file" in refused.err
