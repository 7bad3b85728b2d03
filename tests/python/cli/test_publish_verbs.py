"""The verbs that publish, against a trust server in memory: texts, outcomes, questions."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import RejectedError
from publisher_place import PublisherPlace

GUN = "collection.example/team/files"
DIGEST = "a0fcfe068505f89a2f2a03e3e3eb99b97e9188c29e84e23be8e1c106207ab629"


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    it = PublisherPlace(tmp_path, run, monkeypatch)
    (it.here / "file").write_text("f\n")
    return it


@pytest.fixture
def published(place):
    """A published collection without targets."""
    place.done("init", "-p", GUN)
    return place


def names(place):
    return [tag["name"] for tag in json.loads(place.done("list", "--json", GUN))["tags"]]


def root_key(place):
    """Id of the root key that is here."""
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    return next(key["key_id"] for key in keys if key["role"] == "root")


def _key_ids(place):
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    return [key["key_id"] for key in keys]


def test_a_collection_is_made_and_published_as_notary_does(place):
    assert place.done("init", GUN) == ""
    place.done("add", GUN, "v1", "file")
    assert place.server.uploads == []
    assert place.done("publish", GUN) == (
        f"Pushing changes to {GUN}\nSuccessfully published changes for repository {GUN}\n"
    )
    assert set(place.server.uploads[0]) == {"root", "targets", "snapshot"}
    assert names(place) == ["v1"]
    assert place.done("status", GUN) == f"No unpublished changes for {GUN}\n"


def test_the_root_key_that_is_here_is_used_again(place):
    place.done("key", "generate")
    key_id = root_key(place)
    out = place.done("init", "-p", GUN)
    assert out == (
        f"Root key found, using: {key_id}\n"
        f"Auto-publishing changes to {GUN}\n"
        f"Successfully published changes for repository {GUN}\n"
    )


def test_the_root_key_may_be_named_by_its_file_or_id(place):
    place.done("key", "generate")
    key_id = root_key(place)
    place.done("key", "export", "--key", key_id, "-o", "root.pem")
    place.done("key", "remove", "-y", key_id)
    place.done("key", "generate")
    assert place.done("init", "--rootkey", "root.pem", "-p", GUN).startswith("Auto-publishing")
    document = json.loads(place.done("list", "--json", GUN))
    assert document["roles"]["root"]["canonical_key_ids"] == [key_id]
    place.done("init", "--rootkey", key_id, "-p", f"{GUN}/another")
    place.done("init", "--rootkey", key_id.upper(), "-p", f"{GUN}/third")


@pytest.mark.parametrize("by", ["id", "file", "file alone"])
def test_the_root_key_is_no_key_of_a_signer(place, by):
    place.done("key", "generate", "alice")
    place.done("key", "export", "-o", "alice.key")
    [key] = json.loads(place.done("key", "list", "--json"))["keys"]
    if by == "file alone":
        place.done("key", "remove", "-y", key["key_id"])
    before = _key_ids(place)

    ran = place.run("init", "--rootkey", key["key_id"] if by == "id" else "alice.key", "-p", GUN)

    assert (ran.code, "attempted to load root key but given alice key" in ran.err) == (1, True)
    assert place.server.uploads == []
    assert _key_ids(place) == before


def test_no_key_of_a_signer_is_imported_for_a_rotation(published):
    published.done("key", "generate", "alice")
    published.done("key", "export", "-o", "all.key")
    root = root_key(published)  # signs the rotation
    for key_id in sorted({*_key_ids(published)} - {root}):
        published.done("key", "remove", "-y", key_id)
    ran = published.run("key", "rotate", "--key", "all.key", GUN, "targets")
    assert (ran.code, "attempted to load targets key but given" in ran.err) == (1, True)
    assert _key_ids(published) == [root]


def test_the_server_may_hold_the_key_of_the_snapshot(place):
    place.done("init", "--server-managed", "-p", GUN)
    assert set(place.server.uploads[0]) == {"root", "targets"}


def test_a_change_is_published_with_the_verb_that_stages_it(published):
    out = published.done("addhash", "-p", GUN, "v1", "100", "--sha256", DIGEST)
    assert out == (
        f'Addition of target "v1" by sha256 hash to repository "{GUN}" staged for next publish.\n'
        f"Auto-publishing changes to {GUN}\n"
        f"Successfully published changes for repository {GUN}\n"
    )
    assert names(published) == ["v1"]
    published.done("remove", "-p", GUN, "v1")
    assert names(published) == []


def test_what_was_staged_stays_when_the_server_refuses(published):
    def refuse(gun, files):
        raise RejectedError("trust server rejected operation: not today")

    published.server.instead = [refuse]
    ran = published.run("add", "-p", "-o", "json", GUN, "v1", "file")
    assert ran.code == 1
    assert "trust server rejected operation: not today" in ran.err
    error = json.loads(ran.out.splitlines()[-1])["error"]
    assert error["code"] == "publish"
    changes = json.loads(published.done("status", "--json", GUN))["changes"]
    assert [change["path"] for change in changes] == ["v1"]
    published.done("publish", GUN)
    assert names(published) == ["v1"]


def test_who_publishes_meanwhile_loses_nothing(published):
    def meanwhile():
        published.done("addhash", GUN, "theirs", "1", "--sha256", DIGEST, "--trust-dir", other)
        published.done("publish", GUN, "--trust-dir", other)

    other = str(published.here / "other")
    published.done("key", "export", "-o", "all.pem")
    published.done("key", "import", "--trust-dir", other, "all.pem")
    published.server.before_publish = [meanwhile]
    published.done("add", "-p", GUN, "ours", "file")
    assert names(published) == ["ours", "theirs"]


def test_what_is_not_initialized_is_not_published(place):
    place.done("add", GUN, "v1", "file")
    ran = place.run("publish", GUN)
    assert ran.code == 1
    assert "compare the name, or initialise it first (contenttrust init)" in ran.err
    assert len(json.loads(place.done("status", "--json", GUN))["changes"]) == 1


def test_delegations_are_listed_as_notary_lists_them(published):
    assert published.done("delegation", "list", GUN) == (
        "\n\nNo delegations present in this repository.\n\n\n"
    )
    published.done("key", "generate", "alice")
    published.done("key", "generate", "bob")
    keys = {
        key["role"]: key["key_id"]
        for key in json.loads(published.done("key", "list", "--json"))["keys"]
    }
    published.done("delegation", "add", "-p", GUN, "targets/qa", "--paths", "qa/,x", "alice.pub")
    published.done(
        "delegation", "add", GUN, "targets/releases", "alice.pub", "--all-paths", "bob.pub", "-p",
        "--threshold", "2",
    )  # fmt: skip
    lines = published.done("delegation", "list", GUN).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["ROLE", "PATHS", "KEY", "IDS", "THRESHOLD"],
        ["----", "-----", "-------", "---------"],
        ["targets/qa", "qa/", keys["alice"], "1"],
        ["x"],
        ["targets/releases", '""', "<all", "paths>", min(keys["alice"], keys["bob"]), "2"],
        [max(keys["alice"], keys["bob"])],
        [],
    ]
    document = json.loads(published.done("delegation", "list", "-o", "json", GUN))
    assert document["schema"] == "contenttrust.delegations/1"
    assert document["delegations"][0] == {
        "role": "targets/qa", "paths": ["qa/", "x"], "key_ids": [keys["alice"]], "threshold": 1,
    }  # fmt: skip


def test_delegations_of_what_is_not_signed_are_refused(place):
    ran = place.run("delegation", "list", "-o", "json", GUN)
    assert ran.code == 1
    document = json.loads(ran.out)
    assert (document["verified"], document["error"]["code"]) == (False, "no_trust_data")


@pytest.mark.parametrize(
    "words", [["targets"], ["snapshot"], ["snapshot", "--server-managed"], ["timestamp", "-r"]]
)
def test_keys_are_rotated_and_nothing_staged_is_published(published, words):
    published.done("add", GUN, "v1", "file")
    assert published.done("key", "rotate", GUN, *words) == (
        f"Successfully rotated {words[0]} key for repository {GUN}\n"
    )
    assert names(published) == []
    published.done("publish", GUN)
    assert names(published) == ["v1"]


@pytest.mark.parametrize("role", ["targets", "root"])
def test_a_key_that_was_replaced_is_said_to_be_still_here(published, role):
    here = {one["key_id"] for one in json.loads(published.done("key", "list", "--json"))["keys"]
            if one["role"] == role}  # fmt: skip
    ran = published.run("key", "rotate", "-y", GUN, role)
    [old] = here
    assert f"warning: the old {role} key {old} is still here; " in ran.err
    assert (f"'contenttrust key remove {old}'" in ran.err) == (role == "targets")
    assert old in published.done("key", "list", "--json")


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("no", 1)])
def test_the_root_key_is_rotated_once_somebody_says_so(published, typed, code):
    before = len(published.server.uploads)
    ran = published.run("key", "rotate", GUN, "root")
    assert (ran.code, len(published.server.uploads)) == (1, before)
    assert "must be confirmed" in ran.err
    with published.typing(typed) as shown:
        ran = published.run("key", "rotate", GUN, "root")
        text = shown()
    assert "Warning: you are about to rotate your root key." in text
    assert "Are you sure you want to proceed?  (yes/no)" in text
    assert ran.code == code
    assert (len(published.server.uploads) > before) == (code == 0)
    assert names(published) == []


def test_a_new_key_may_be_named(published):
    out = published.done("key", "generate", "--role", "targets", "--gun", GUN)
    key_id = out.split()[-1]
    published.done("key", "rotate", GUN, "targets", "-k", key_id)
    roles = json.loads(published.done("list", "--json", GUN))["roles"]
    assert roles["targets"]["key_ids"] == [key_id]


def test_the_present_key_is_refused_and_a_new_certificate_of_root_is_called_so(published):
    roles = json.loads(published.done("list", "--json", GUN))["roles"]
    [present] = roles["targets"]["key_ids"]
    ran = published.run("key", "rotate", GUN, "targets", "-k", present)
    assert (ran.code, "Successfully" in ran.out) == (1, False)
    assert f"{present} is the targets key of {GUN} already" in ran.err
    [root] = roles["root"]["canonical_key_ids"]
    assert published.done("key", "rotate", "-y", GUN, "root", "-k", root) == (
        f"The root key {root} of {GUN} stays: only its certificate is new\n"
    )


def test_t010_roles_that_a_replaced_key_may_sign_still_are_named(published):
    """By the metadata: the key itself may be in strange hands only."""
    key = published.done("key", "generate", "--role", "targets", "--gun", GUN).split()[-1]
    published.done("key", "rotate", GUN, "targets", "-k", key)
    public = published.server.signed(GUN, "root")["keys"][key]["keyval"]["public"]
    pem = f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n"
    published.here.joinpath("shared.pub").write_text(pem)
    published.done("delegation", "add", "-p", "--all-paths", GUN, "targets/qa", "shared.pub")
    published.done("key", "remove", "-y", key)
    ran = published.run("-o", "json", "key", "rotate", GUN, "targets")
    [rotated] = ran.document["rotated"]
    assert rotated["still_in"] == {"targets/qa": [key]}
    way_out = f"contenttrust delegation remove -p {GUN} targets/qa {key}"
    assert any(way_out in one["message"] for one in ran.document["warnings"])


def test_a_file_that_holds_no_private_key_is_named(published):
    published.done("key", "generate", "bob")
    ran = published.run("key", "rotate", GUN, "targets", "-k", "bob.pub")
    assert ran.code != 0
    assert "bob.pub: " in ran.err


def test_a_verb_that_publishes_at_once_says_that_its_change_stays_staged(published):
    published.here.joinpath("file").write_text("1")
    ran = published.run("add", "-p", "-r", "targets/nobody", GUN, "v9", "file")
    assert ran.code != 0
    assert "1 staged change stays so: `contenttrust publish` tries again" in ran.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["timestamp"], "notary does not permit the client managing the timestamp key"),
        (["targets/alice"], "notary does not currently permit rotating the targets/alice key"),
    ],
)
def test_what_cannot_be_rotated_is_told_in_notary_s_words(published, words, text):
    ran = published.run("key", "rotate", GUN, *words)
    assert ran.code == 1
    assert text in ran.err


def test_what_is_no_role_is_a_fault_of_the_command_line(published):
    ran = published.run("key", "rotate", GUN, "foo")
    assert ran.code == 2
    assert "foo: keys are rotated of root, targets, snapshot, timestamp" in ran.err


def test_what_cannot_be_renewed_is_told_once(place):
    ran = place.run("renew", GUN)
    assert ran.code == 1
    assert ran.err.count("there is no trust data of") == 1


def test_what_ends_soon_is_renewed(published):
    assert published.done("renew", GUN) == f"Nothing to renew of {GUN}\n"
    out = published.done("renew", "--within", "4000", GUN)
    assert out.startswith(f"Renewed of {GUN}: ")
    assert "targets (version" in out
    assert "root (version 2)" in out
    ran = published.run("renew", GUN, f"{GUN}/nosuch")
    assert ran.code == 1
    assert f"Nothing to renew of {GUN}\n" in ran.out
    assert f"cannot renew {GUN}/nosuch\n" in ran.err
    document = published.run("renew", "-o", "json", GUN, f"{GUN}/nosuch").document
    assert document["done"] is False
    [failed] = document["failed"]
    assert (failed["gun"], bool(failed["code"]), bool(failed["message"])) == (
        f"{GUN}/nosuch", True, True,
    )  # fmt: skip


def test_what_ends_soon_and_has_no_key_here_is_a_warning_and_not_done(published):
    published.done("key", "remove", "-y", root_key(published))
    ran = published.run("renew", "--within", "4000", GUN)
    assert ran.code == 1
    assert "root" in ran.err
    assert "Renewed of" in ran.out


def test_a_collection_is_deleted_here_and_at_the_server(published):
    assert published.done("delete", "-y", "--remote", GUN) == (
        f"Deleting trust data for repository {GUN}\n"
        f"Successfully deleted local and remote trust data for repository {GUN}\n"
    )
    assert GUN not in published.server.files
    assert root_key(published)


def test_a_threshold_is_met_by_witnesses(published):
    published.done("key", "generate", "alice")
    published.done("key", "generate", "bob")
    published.done(
        "delegation", "add", GUN, "targets/releases", "alice.pub", "bob.pub", "--all-paths",
        "--threshold", "2",
    )  # fmt: skip
    published.done("add", GUN, "v1", "file", "-r", "targets/releases")
    published.done("publish", GUN)
    assert names(published) == ["v1"]
    out = published.done("witness", "-p", GUN, "targets/releases")
    assert out.startswith("The following roles were successfully marked for witnessing")
    roles = json.loads(published.done("list", "--json", GUN))["roles"]
    assert (roles["targets/releases"]["threshold"], roles["targets/releases"]["version"]) == (2, 2)


def test_what_prints_nothing_is_a_document_where_json_is_wanted(place):
    made = place.run("init", "--json", GUN)
    assert (made.code, made.document["done"], made.document["messages"]) == (0, True, [])
    staged = place.run("add", "-o", "json", "-p", GUN, "v1", "file").document
    assert staged["published"] == [
        {"gun": GUN, "versions": {"root": 1, "targets": 2, "snapshot": 2}}
    ]
    with place.typing("no"):
        kept = place.run("delete", "--json", GUN)
    assert (kept.code, kept.document["done"]) == (1, False)
    for words in (["list", GUN], ["status", GUN], ["delegation", "list", GUN], ["key", "list"]):
        document = place.run("--json", *words).document
        assert document["schema"] != "contenttrust.done/1"
