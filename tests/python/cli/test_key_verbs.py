"""The verbs of keys: texts of the originals, what is written where, what is refused."""

from __future__ import annotations

import json
import os
import stat

import pytest

from key_place import OTHER, Place

_UNKNOWN = "0" * 64


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def root(place):
    """Id of a root key."""
    return place.done("key", "generate").split()[-1]


def test_no_keys_are_listed_as_notary_lists_none(place):
    assert place.done("key", "list") == "\nNo signing keys found.\n\n"
    assert json.loads(place.done("key", "list", "-o", "json")) == {
        "schema": "contenttrust.keys/1", "keys": [],
    }  # fmt: skip


def test_a_signer_s_key_is_made_as_docker_makes_it(place):
    out = place.done("key", "generate", "alice")
    public = place.here / "alice.pub"
    assert out == (
        "Generating key for alice...\n"
        "Successfully generated and loaded private key. "
        f"Corresponding public key available: {public}\n"
    )
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----\nrole: alice\n\n")
    assert stat.S_IMODE(public.stat().st_mode) == 0o600
    [key_id] = place.key_ids()
    file = place.trust / "private" / f"{key_id}.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: alice\n\n")


def test_t102_a_public_key_is_not_written_over(place):
    (place.here / "alice.pub").write_text("mine")
    ran = place.run("key", "generate", "--dir", ".", "alice")
    assert ran.code == 1
    assert 'public key file already exists: "./alice.pub"' in ran.err
    assert (place.here / "alice.pub").read_text() == "mine"
    assert place.key_ids() == []


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["Alice"], 1, 'key name "Alice" must start with lowercase alphanumeric characters'),
        (["../alice"], 1, "must start with lowercase"),
        (["releases"], 1, "releases is a reserved keyword, use a different signer name"),
        (["root"], 1, "root is a reserved keyword"),
        (["--dir", "."], 2, "--dir is for the public key of a signer"),
        (["--role", "root", "alice"], 2, "--role and --gun are for keys of roles"),
        (["--role", "targets"], 1, "a targets key belongs to one collection"),
        (["--algorithm", "dsa", "alice"], 2, "'dsa' is no algorithm"),
        (["--dir", "nosuch", "alice"], 1, 'public key path does not exist: "nosuch"'),
        (["--pin-key", _UNKNOWN, "alice"], 2, "--pin-key says nothing to key generate"),
    ],
)
def test_what_cannot_be_generated_is_refused(place, words, code, text):
    ran = place.run("key", "generate", *words)
    assert ran.code == code
    assert "Successfully" not in ran.out
    assert text in ran.err
    assert place.key_ids() == []


@pytest.mark.parametrize("algorithm", ["ecdsa", "ecdsa-p384", "rsa", "ed25519"])
def test_keys_of_each_algorithm_are_listed_with_their_role(place, algorithm):
    out = place.done(
        "key", "generate", "--algorithm", algorithm, "--role", "targets", "--gun", "a/b"
    )
    [key_id] = place.key_ids()
    assert out == f"Generated new {algorithm} targets key with keyID: {key_id}\n"
    lines = place.done("key", "list").splitlines()
    assert lines[1].split() == ["ROLE", "GUN", "KEY", "ID", "LOCATION"]
    assert lines[3].split() == ["targets", "a/b", key_id, str(place.trust / "private")]


def test_root_keys_come_first_and_json_tells_how_each_is_kept(place, root):
    place.done("key", "generate", "alice")
    keys = json.loads(place.done("-o", "json", "key", "list"))["keys"]
    assert [key["role"] for key in keys] == ["root", "alice"]
    assert keys[0]["key_id"] == root
    assert keys[0]["path"] == str(place.trust / "private" / f"{root}.key")
    assert (keys[0]["is_encrypted"], keys[0]["rounds"], keys[0]["findings"]) == (True, 600_000, [])


def test_a_key_file_that_others_may_read_is_a_warning(place, root):
    (place.trust / "private" / f"{root}.key").chmod(0o644)
    ran = place.run("key", "list")
    assert ran.code == 0
    assert "warning: " in ran.err
    assert "readable or writable by others" in ran.err
    assert place.run("key", "list", "-q").err == ""


def test_the_name_of_a_key_file_does_not_move_the_cursor(place, root):
    good = place.trust / "private" / f"{root}.key"
    (good.parent / "evil\033[2Jname.key").write_bytes(good.read_bytes())
    ran = place.run("key", "list")
    assert "evil" in ran.out
    assert "\033" not in ran.out + ran.err
    exported = place.run("key", "export")
    assert "\033" not in exported.out + exported.err


@pytest.mark.parametrize(
    "words",
    [
        ("load", "nosuch"),
        ("import", "nosuch"),
        ("restore", "nosuch"),
        ("restore", "--check", "nosuch"),
        ("generate", "--passphrase-file", "nosuch"),
        ("passwd", "0" * 64, "--new-passphrase-file", "nosuch"),
        ("rotate", "-k", "nosuch", "a.example/b", "targets"),
    ],
    ids=" ".join,
)
def test_a_named_file_that_is_not_there_is_a_fault_of_the_command_line(place, words):
    ran = place.run("key", *words)
    assert ran.code == 2, ran
    assert "nosuch: No such file or directory" in ran.err


def test_an_export_is_what_import_takes(place, root, tmp_path):
    exported = place.done("key", "export", "--key", root)
    assert f"path: {root}\nrole: root\n" in exported
    place.done("key", "export", "-o", "keys.pem")
    file = place.here / "keys.pem"
    assert file.read_text() == exported
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert place.run("key", "export", "-o", "keys.pem").code == 1
    place.done("key", "remove", "-y", root)
    assert place.key_ids() == []
    assert place.done("key", "import", "keys.pem") == f"Imported key {root} for root\n"
    assert place.key_ids() == [root]


def test_a_mix_of_keys_and_collections_is_not_exported(place, root):
    ran = place.run("key", "export", "--key", root, "--gun", "a/b")
    assert (ran.code, ran.out) == (1, "")
    assert "Only the --gun or --key flag may be provided" in ran.err


def test_a_signer_s_key_is_loaded_as_docker_loads_it(place):
    plain = place.here / "alice.key"
    place.done("key", "generate", "bob")
    plain.write_text(place.done("key", "export"))
    plain.chmod(0o600)
    out = place.done("key", "load", "--name", "alice", "alice.key")
    assert out == 'Loading key from "alice.key"...\nSuccessfully imported key from alice.key\n'
    plain.chmod(0o644)
    ran = place.run("key", "load", "alice.key")
    assert (ran.code, ran.out) == (1, 'Loading key from "alice.key"...\n')
    assert "private key file alice.key must not be readable or writable by others" in ran.err


def test_what_is_no_private_key_is_not_loaded(place):
    place.done("key", "generate", "alice")
    ran = place.run("key", "load", "alice.pub")
    assert ran.code == 1
    assert "provided file alice.pub is not a supported private key" in ran.err


def test_a_key_that_is_not_here_is_named(place):
    for verb in ("remove", "passwd"):
        ran = place.run("key", verb, "-y", _UNKNOWN) if verb == "remove" else place.run(
            "key", verb, _UNKNOWN
        )  # fmt: skip
        assert (ran.code, ran.out) == (1, "")
        assert f"No key with ID {_UNKNOWN} found" in ran.err
        assert place.run("key", verb, "abc").code == 2


def test_nothing_is_removed_where_nobody_can_be_asked(place, root):
    for words in ([], ["--no-input"]):
        ran = place.run("key", "remove", *words, root, stdin="yes\n")
        assert (ran.code, ran.out) == (1, "")
        assert "use -y" in ran.err
    assert place.key_ids() == [root]


def test_a_failure_is_a_document_with_a_word_of_its_own(place):
    ran = place.run("key", "remove", "-y", "-o", "json", _UNKNOWN)
    error = json.loads(ran.out)["error"]
    assert error["code"] == "key_store"
    assert error["expected"] == _UNKNOWN


def test_that_somebody_must_be_asked_is_a_word_of_its_own(place, root):
    for words in (["key", "remove", root], ["key", "passwd", root]):
        ran = place.run("--no-input", "-o", "json", *words)
        assert (ran.code, json.loads(ran.out)["error"]["code"]) == (1, "input_needed")
    assert place.key_ids() == [root]


def test_t101_a_passphrase_that_is_needed_is_named_and_nobody_reads_standard_input(place):
    place.env.pop("DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE")
    for words in ([], ["--no-input"]):
        ran = place.run("key", "generate", *words, "alice", stdin=f"{OTHER}\n" * 4)
        assert ran.code == 1
        assert "the passphrase of the new alice key" in ran.err
        assert "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE" in ran.err
    assert place.key_ids() == []
    assert list(place.here.iterdir()) == []


def test_passphrases_come_from_files_and_descriptors(place, root):
    old, new = place.here / "old", place.here / "new"
    for file, text in ((old, "passphrase of root keys\n"), (new, "another passphrase\n")):
        file.write_text(text)
        file.chmod(0o600)
    place.env = {k: v for k, v in place.env.items() if not k.startswith("DOCKER_CONTENT")}
    out = place.done(
        "key", "passwd", "--passphrase-file", "old", "--new-passphrase-file", "new", root
    )
    assert out == f"Successfully updated passphrase for key ID: {root}\n"
    ran = place.run(
        "key", "passwd", "--passphrase-file", "old", "--new-passphrase-file", "new", root
    )
    assert ran.code == 1
    assert "password invalid, operation has failed" in ran.err
    reading, writing = os.pipe()
    os.write(writing, b"another passphrase")
    os.close(writing)
    ran = place.run(
        "key", "passwd", "--passphrase-fd", str(reading), "--new-passphrase-file", "old", root,
        pass_fds=(reading,),
    )  # fmt: skip
    os.close(reading)
    assert ran.code == 0, ran.err


def test_a_passphrase_is_given_in_one_way_and_where_it_is_needed(place, run):
    ran = run("key", "list", "--passphrase-file", "a", "--passphrase-fd", "3")
    assert ran.code == 2
    assert "leave out one of them" in ran.err
    for verb in ("verify", "explain", "inspect", "list"):
        ran = run(verb, "--passphrase-file", "a", "alpine")
        assert ran.code == 2
        assert f"--passphrase-file says nothing to {verb}" in ran.err


def test_the_new_passphrase_is_not_taken_from_the_environment(place, root):
    ran = place.run("key", "passwd", root)
    assert ran.code == 1
    assert "the passphrase of the new root key" in ran.err
    assert ran.err.endswith(": use --new-passphrase-file or --new-passphrase-fd.\n")


def test_a_backup_is_restored_and_proved(place, root, tmp_path):
    secret = place.here / "secret"
    secret.write_text("passphrase of the archive")
    secret.chmod(0o600)
    given = ["--passphrase-file", "secret"]
    place.done("key", "generate", "alice")
    keys = place.key_ids()
    assert place.done("key", "backup", *given, "a.backup") == (
        "Successfully backed up keys to a.backup\n"
    )
    assert place.run("key", "backup", *given, "a.backup").code == 1
    checked = place.done("key", "restore", "--check", *given, "a.backup")
    assert sorted(line.split()[4] for line in checked.splitlines()) == keys
    for key_id in keys:
        place.done("key", "remove", "-y", key_id)
    out = place.done("key", "restore", *given, "a.backup")
    assert f"Restored the root key {root}" in out
    assert place.key_ids() == keys
    assert "Already here" in place.done("key", "restore", *given, "a.backup")
    place.done("key", "remove", "-y", root)
    assert root in place.done("key", "restore", *given, "--key", root, "a.backup")
    assert place.run("key", "restore", "--check", *given, "--key", root, "a.backup").code == 2
    place.env.pop("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE")
    ran = place.run("key", "restore", "--check", *given, "a.backup")
    assert ran.code == 1
    [told] = [line for line in ran.out.splitlines() if f"the root key {root}: " in line]
    assert told.endswith(": set DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or NOTARY_ROOT_PASSPHRASE")


def test_what_is_no_archive_is_not_restored(place):
    (place.here / "x").write_text("no archive")
    ran = place.run("key", "restore", "x")
    assert (ran.code, ran.out) == (1, "")
    assert place.run("key", "restore", "nosuch").code == 2
    assert place.run("key", "restore", "--gun", "a/b", "x").code == 2


def test_the_public_half_of_a_key_is_written_as_it_was_when_it_was_made(place):
    place.done("key", "generate", "alice")
    lost = (place.here / "alice.pub").read_text()
    (place.here / "alice.pub").unlink()
    [key_id] = place.key_ids()

    assert place.done("key", "public", key_id) == lost
    written = place.done("key", "public", key_id, "alice.pub")
    assert written == "The public key was written: alice.pub\n"
    assert (place.here / "alice.pub").read_text() == lost
    assert stat.S_IMODE((place.here / "alice.pub").stat().st_mode) == 0o600
    assert place.done("key", "public", key_id, "alice.pub") == (
        "The public key is there already: alice.pub\n"
    )


def test_t102_a_public_half_takes_no_other_file_s_place(place):
    place.done("key", "generate", "alice")
    [key_id] = place.key_ids()
    (place.here / "bob.pub").write_text("mine")
    ran = place.run("key", "public", key_id, "bob.pub")
    assert (ran.code, "bob.pub: File exists" in ran.err) == (1, True)
    assert (place.here / "bob.pub").read_text() == "mine"


def test_a_public_half_is_a_document_where_json_is_wanted(place, root):
    document = json.loads(place.done("key", "public", "-o", "json", root))
    [key] = document["keys"]
    assert (key["key_id"], key["role"]) == (root, "root")
    assert key["public_key"].startswith("-----BEGIN PUBLIC KEY-----\nrole: root\n\n")
    document = json.loads(place.done("key", "public", "-o", "json", root, "root.pub"))
    assert document["keys"][0]["public_key_file"] == "root.pub"
    assert (place.here / "root.pub").read_text() == key["public_key"]


def test_a_key_that_is_not_here_has_no_public_half(place):
    ran = place.run("key", "public", _UNKNOWN)
    assert (ran.code, "No key with ID" in ran.err) == (1, True)


def test_t102_a_passphrase_that_others_may_read_is_given_by_a_descriptor(place, root):
    """Secrets of a pipeline are mounted as files that nobody can change."""
    mounted = place.here / "mounted"
    mounted.write_text("passphrase of root keys\n")
    mounted.chmod(0o444)
    backup = ("key", "backup", "all.backup")

    ran = place.run(*backup, "--passphrase-file", "mounted")
    assert (ran.code, "--passphrase-fd 3 3< FILE" in ran.err) == (1, True)
    assert "(install -m 600 FILE COPY)" in ran.err

    ran = place.run(*backup, "--passphrase-file", "/dev/stdin")
    assert (ran.code, "a pipe is read by its descriptor: --passphrase-fd N" in ran.err) == (2, True)

    with mounted.open() as file:
        number = file.fileno()
        ran = place.run(*backup, "--passphrase-fd", str(number), pass_fds=(number,))
    assert ran.code == 0, ran


def test_t102_a_key_that_others_may_read_does_not_sign_without_a_word(place, root, tmp_path):
    file = place.trust / "private" / f"{root}.key"
    file.chmod(0o644)
    ran = place.run("key", "certificate", root, "collection.example/team/files", "root.crt")
    assert ran.code == 0
    assert f"warning: {file}: readable or writable by others (mode 0644)" in ran.err
    file.chmod(0o600)
    ran = place.run("key", "certificate", root, "collection.example/team/files", "other.crt")
    assert (ran.code, ran.err) == (0, "")


def test_nobody_is_asked_for_the_passphrase_of_what_cannot_be_written_or_opened(place, root):
    """Where nobody can be asked, the passphrase would be what is missing."""
    place.here.joinpath("all.backup").write_text("something else")
    for verb, told in (("backup", "all.backup: File exists"), ("restore", "no sealed archive")):
        ran = place.run("key", verb, "all.backup", "--no-input")
        assert ran.code == 1
        assert told in ran.err
        assert "passphrase" not in ran.err


def test_a_name_that_the_file_of_a_key_has_already_holds(place):
    place.done("key", "generate", "alice")
    place.done("key", "export", "-o", "alice.key")
    ran = place.run("key", "load", "--name", "pipeline", "alice.key")
    assert ran.code == 0
    assert "is kept for alice, as its file says; --name pipeline is for a file that" in ran.err
    assert place.run("key", "load", "--name", "alice", "alice.key").err == ""


def test_a_short_id_is_no_key(place, root):
    ran = place.run("key", "remove", "-y", root[:7])
    assert (ran.code, "`contenttrust key list` shows the whole ids" in ran.err) == (2, True)
