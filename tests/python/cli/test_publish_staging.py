"""The verbs that stage: notary's texts, what status shows of it, what is refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from at_terminal import at_a_terminal
from contenttrust import clock
from contenttrust._core import PrivateKey
from key_place import Place

GUN = "collection.example/team/files"
DIGEST = "a0fcfe068505f89a2f2a03e3e3eb99b97e9188c29e84e23be8e1c106207ab629"
ADDED = [GUN, "v1", "5", "--sha256", DIGEST]


@pytest.fixture
def place(tmp_path):
    it = Place(tmp_path)
    (it.here / "file").write_text("f\n")
    return it


def staged(place):
    """Rows of status, without the numbers."""
    document = json.loads(place.done("status", "-o", "json", GUN))
    assert document["schema"] == "contenttrust.status/1"
    return [
        (change["action"], change["role"], change["type"], change["path"])
        for change in document["changes"]
    ]


def test_a_file_is_staged_with_the_text_of_notary(place):
    assert place.done("status", GUN) == f"No unpublished changes for {GUN}\n"
    assert place.done("add", GUN, "v1", "file") == (
        f'Addition of target "v1" to repository "{GUN}" staged for next publish.\n'
    )
    assert place.done("status", GUN) == (
        f"Unpublished changes for {GUN}:\n\n"
        "#    ACTION    SCOPE      TYPE      PATH\n"
        "-    ------    -----      ----      ----\n"
        "0    create    targets    target    v1\n"
    )
    [change] = (place.trust / "tuf" / GUN / "changelist").iterdir()
    assert json.loads(change.read_text())["path"] == "v1"


def test_hashes_are_staged_for_several_roles_at_once(place):
    out = place.done(
        "addhash", GUN, "v1", "100", "--sha256", DIGEST, "-r", "targets/a,targets/b", "--roles",
        "targets",
    )  # fmt: skip
    assert out == (
        f'Addition of target "v1" by sha256 hash to repository "{GUN}" staged for next publish.\n'
    )
    assert [role for _, role, _, _ in staged(place)] == ["targets/a", "targets/b", "targets"]
    named = (f"sha256:{DIGEST}", f"sha512:{DIGEST * 2}")  # as registries write them
    out = place.done("addhash", GUN, "v1", "1", "--sha256", named[0], "--sha512", named[1])
    assert "by sha256, sha512 hash to" in out


def test_removals_and_witnesses_are_staged(place):
    assert place.done("remove", GUN, "v1") == (
        f"Removal of v1 from {GUN} staged for next publish.\n"
    )
    assert place.done("witness", GUN, "targets", "targets/releases") == (
        "The following roles were successfully marked for witnessing on the next publish:\n"
        "\t- targets\n\t- targets/releases\n"
    )
    assert staged(place) == [
        ("delete", "targets", "target", "v1"),
        ("update", "targets", "witness", ""),
        ("update", "targets/releases", "witness", ""),
    ]


def test_what_another_program_listed_without_a_name_can_be_removed(place):
    said = f'Removal of "" from {GUN} staged for next publish.\n'
    assert place.done("remove", "-r", "targets/releases", GUN, "--", "") == said
    assert place.run("addhash", GUN, "", "7", "--sha256", "a" * 64).code == 2


def test_delegations_are_staged_with_the_texts_of_notary(place):
    place.done("key", "generate", "alice")
    [key_id] = place.key_ids()
    head = "\nAddition of delegation role targets/alice with"
    tail = f'to repository "{GUN}" staged for next publish.\n\n'
    assert place.done("delegation", "add", GUN, "targets/alice", "--all-paths", "alice.pub") == (
        f'{head} keys [{key_id}], with paths ["" <all paths>], {tail}'
    )
    assert place.done("delegation", "add", GUN, "targets/alice", "--paths", "a/,b") == (
        f"{head} paths [a/\nb], {tail}"
    )
    assert place.done("delegation", "remove", GUN, "targets/alice", key_id, "--paths", "b") == (
        f"\nRemoval of delegation role targets/alice with keys [{key_id}], with paths [b], {tail}"
    )
    assert place.done("delegation", "purge", GUN, "--key", key_id) == (
        f"Removal of the following keys from all delegations in {GUN} staged for next publish:\n"
        f"\t- {key_id}\n"
    )
    assert place.done("delegation", "remove", "-y", GUN, "targets/alice") == (
        f"\nForced removal (including all keys and paths) of delegation role targets/alice {tail}"
    )
    kinds = {kind for _, _, kind, _ in staged(place)}
    assert kinds == {"delegation"}


def test_changes_are_reset_by_their_numbers_or_all(place):
    for name in ("a", "b", "c"):
        place.done("remove", GUN, name)
    assert place.done("reset", GUN, "-n", "0,2") == (
        f"Successfully reset specified changes for repository {GUN}\n"
    )
    assert [name for _, _, _, name in staged(place)] == ["b"]
    place.done("reset", "--all", GUN)
    assert staged(place) == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["add", GUN, "v1", "nosuch"], "nosuch: No such file or directory"),
        (["add", GUN, "v1", "file", "--custom", "nosuch"], "nosuch: No such file or directory"),
        (
            ["add", GUN, "v1", "file", "--custom", "file"],
            "file: the custom data of a target cannot",
        ),
        (["addhash", *ADDED, "--custom", "file"], "file: the custom data of a target cannot"),
        (["add", GUN, "v1", "file", "-r", "targets/A"], "invalid role targets/A"),
        (["add", "../x", "v1", "file"], "../x"),
        (["addhash", GUN, "v1", "5"], "at least one hash"),
        (["addhash", GUN, "a\nb", *ADDED[2:]], '"a\\nb" is no name of a target'),
        (["addhash", GUN, "v1", "5", "--sha256", "aa"], "64 hexadecimal digits"),
        (["addhash", GUN, "v1", "5", "--sha256", f"sha512:{DIGEST}"], "64 hexadecimal digits"),
        (["addhash", GUN, "v1", "-5", "--sha256", DIGEST], "whole number"),
        (["remove", GUN, "v1", "-r", "bogus"], "invalid role bogus"),
        (["witness", GUN, "bogus"], "invalid role bogus"),
        (["witness", GUN], "required: ROLE"),
        (["reset", GUN], "Must specify changes to reset with -n or the --all flag"),
        (["reset", GUN, "--all", "-n", "0"], "Must specify changes"),
        (["reset", GUN, "-n", "7"], "there is no staged change 7"),
        (["delegation", "add", GUN, "targets/a"], "files of public keys, --paths or --all-paths"),
        (["delegation", "add", GUN, "releases", "--all-paths"], "invalid role releases"),
        (["delegation", "add", GUN, "targets/a", "file"], "no valid public key found"),
        (["delegation", "add", GUN, "targets/a", "--paths", "a", "--all-paths"], "leave out one"),
        (["delegation", "add", GUN, "targets/a", "--all-paths", "--threshold", "0"], "at least 1"),
        (["delegation", "add", GUN, "targets/a", "--all-paths", "--threshold", "-1"], "'-1' is no"),
        (["delegation", "remove", GUN, "targets/a", "abc"], "64 hexadecimal digits"),
        (["delegation", "purge", GUN], "at least one key ID"),
        (["publish", GUN, "--offline"], "--offline: what is published goes to a trust server"),
        (["publish", GUN, "--metadata", "."], "--metadata says nothing to publish"),
        (["status", GUN, "--passphrase-file", "x"], "--passphrase-file says nothing to status"),
    ],
)
def test_what_cannot_be_staged_is_bad_usage(place, words, text):
    ran = place.run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert text in ran.err
    assert staged(place) == []


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["add", GUN, "v1", "file"], "--roles"),
        (["addhash", GUN, "v1", "5", "--sha256", DIGEST], "--roles"),
        (["remove", GUN, "v1"], "--roles"),
        (["reset", GUN, "--all"], "--number"),
        (["renew", GUN], "--roles"),
        (["delegation", "add", GUN, "targets/a", "alice.pub"], "--paths"),
        (["delegation", "remove", "-y", GUN, "targets/a"], "--paths"),
    ],
)
def test_an_option_that_names_nothing_is_not_taken_for_one_that_is_not_given(place, words, option):
    place.done("remove", GUN, "v0")
    for nothing in ("", ",,"):
        ran = place.run(*words, option, nothing)
        assert (ran.code, ran.out) == (2, "")
        assert f"{option}: nothing is named" in ran.err
    assert len(staged(place)) == 1


@pytest.mark.parametrize(
    "words", [["delegation", "remove", GUN, "targets/a"], ["delete", GUN], ["delete", GUN, "-q"]]
)
@pytest.mark.parametrize("no_input", [[], ["--no-input"]])
def test_what_cannot_be_undone_is_not_done_where_nobody_can_be_asked(place, words, no_input):
    place.done("remove", GUN, "v1")
    ran = place.run(*words, *no_input, stdin="yes\n")
    assert (ran.code, ran.out) == (1, "")
    assert "must be confirmed" in ran.err
    assert "use -y" in ran.err
    assert len(staged(place)) == 1


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("no", 1)])
def test_trust_data_is_deleted_once_somebody_says_so(place, typed, code):
    place.done("remove", GUN, "v1")
    question = f"Are you sure you want to delete the local trust data of {GUN}?  (yes/no)"
    ran = at_a_terminal(["delete", GUN], [(question, f"{typed}\n")], env=place.env)
    assert ran.code == code
    assert len(staged(place)) == code
    said = f"Successfully deleted local trust data for repository {GUN}"
    assert (said in ran.shown) == (code == 0)


def test_a_whole_delegation_is_removed_once_somebody_says_so(place):
    question = "Are you sure you want to remove all data for this delegation? (yes/no)"
    words = ["delegation", "remove", GUN, "targets/a"]
    assert at_a_terminal(words, [(question, "no\n")], env=place.env).code == 1
    assert staged(place) == []
    assert at_a_terminal(words, [(question, "yes\n")], env=place.env).code == 0
    assert staged(place) == [("delete", "targets/a", "delegation", "")]


def test_a_staged_change_that_is_none_is_told_and_can_be_reset(place):
    place.done("remove", GUN, "v1")
    [change] = (place.trust / "tuf" / GUN / "changelist").iterdir()
    change.write_text("{")
    ran = place.run("status", "-o", "json", GUN)
    assert ran.code == 1
    assert json.loads(ran.out)["error"]["code"] == "publish"
    assert place.run("reset", "-n", "0", GUN).code == 1
    place.done("reset", "--all", GUN)
    assert staged(place) == []


@pytest.mark.parametrize(
    ("days", "code", "text"),
    [(-1, 2, "has expired"), (100, 0, "certificate with CN alice is near expiry"), (400, 0, "")],
)
def test_a_certificate_that_ends_is_told(place, days, code, text):
    today = datetime.now(timezone.utc)
    made = PrivateKey.generate("ecdsa").certificate(
        "alice", clock.instant(today - timedelta(days=9)), clock.instant(today + timedelta(days))
    )
    (place.here / "alice.crt").write_bytes(made)
    ran = place.run("delegation", "add", GUN, "targets/alice", "alice.crt", "--all-paths")
    assert ran.code == code
    assert text in ran.err
    assert bool(ran.err) == bool(text)
    assert len(staged(place)) == (2 if code == 0 else 0)


@pytest.mark.parametrize(("hours", "code"), [(47, 2), (23, 0)])
def test_a_certificate_that_is_not_valid_yet_is_refused_as_by_docker(place, hours, code):
    """A day is allowed for: the clock of who made it may be ahead."""
    begins = datetime.now(timezone.utc) + timedelta(hours=hours)
    made = PrivateKey.generate("ecdsa").certificate(
        "alice", clock.instant(begins), clock.instant(begins + timedelta(days=400))
    )
    (place.here / "alice.crt").write_bytes(made)
    ran = place.run("delegation", "add", GUN, "targets/alice", "alice.crt", "--all-paths")
    assert ran.code == code
    assert ("alice.crt: the certificate of alice is not valid before" in ran.err) == (code == 2)
    assert len(staged(place)) == (2 if code == 0 else 0)
