"""Whether an archive of keys is enough to go on with a collection, and keys that are elsewhere."""

from __future__ import annotations

import json

import pytest

from contenttrust.keys import EnvironmentPassphrases, KeyStore, PassphraseChain
from contenttrust.keys.backup_note import backed_up
from publisher_place import PublisherPlace
from vault_plugin import offered

GUN = "collection.example/team/files"


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    it = PublisherPlace(tmp_path, run, monkeypatch)
    secret = it.here / "secret"
    secret.write_text("passphrase of the archive")
    secret.chmod(0o600)
    return it


@pytest.fixture
def vault(tmp_path, monkeypatch):
    """A package that offers keys under addresses such as `vault-y:1`."""
    with offered("vault-y", tmp_path / "package", monkeypatch) as keys:
        yield keys


def key_ids(place, role):
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    return [key["key_id"] for key in keys if key["role"] == role]


def checked(place, archive, gun=GUN):
    return place.run(
        "key", "restore", "--check", "--gun", gun, "--passphrase-file", "secret", archive
    )


def test_an_archive_holds_what_the_published_root_wants(place):
    place.done("init", "-p", GUN)
    place.done("key", "backup", "--passphrase-file", "secret", "all.backup")
    ran = checked(place, "all.backup")
    assert ran.code == 0, ran
    assert f"1 of the keys of the published root of {GUN}, which wants 1" in ran.out


def test_an_archive_without_the_root_key_is_not_enough(place):
    place.done("init", "-p", GUN)
    (targets,) = key_ids(place, "targets")
    place.done("key", "backup", "--passphrase-file", "secret", "--key", targets, "some.backup")
    ran = checked(place, "some.backup")
    assert ran.code == 1
    assert f"0 of the keys of the published root of {GUN}, which wants 1" in ran.out


def test_a_collection_that_is_not_published_is_no_proof(place):
    place.done("key", "generate")
    place.done("key", "backup", "--passphrase-file", "secret", "all.backup")
    ran = checked(place, "all.backup")
    assert ran.code == 1
    assert "remote trust data does not exist" in ran.err


def test_where_a_backup_cannot_be_noted_it_is_made_and_restored_with_a_warning(place):
    place.done("key", "generate")
    (place.config / "trust" / "contenttrust").write_text("no folder")
    for words in (["backup"], ["restore"]):
        ran = place.run("-o", "json", "key", *words, "--passphrase-file", "secret", "all.backup")
        assert (ran.code, ran.document["done"]) == (0, True)
        assert ran.err.startswith("warning: it could not be noted in ")
        assert ran.err.endswith(": not a directory, or a link to one\n")
        assert "keys-backed-up" not in ran.out + ran.err


@pytest.mark.usefixtures("vault")
def test_of_a_key_that_is_elsewhere_no_backup_is_noted(place):
    place.done("key", "generate")
    place.done("key", "load", "--name", "alice", "vault-y:1")
    [root], [alice] = key_ids(place, "root"), key_ids(place, "alice")
    ran = place.run("key", "backup", "--passphrase-file", "secret", "all.backup")
    assert (ran.code, ran.out) == (0, "Successfully backed up keys to all.backup\n")
    assert f"the alice key {alice} is not in the archive: it is kept at vault-y:1" in ran.err
    assert backed_up(place.config / "trust") == {root}


@pytest.mark.usefixtures("vault")
def test_what_is_not_in_an_archive_is_told_in_its_document(place):
    place.done("key", "generate")
    place.done("key", "load", "--name", "alice", "vault-y:1")
    ran = place.run("key", "backup", "-o", "json", "--passphrase-file", "secret", "all.backup")
    [warning] = ran.document["warnings"]
    assert warning["message"].endswith("is not in the archive: it is kept at vault-y:1")


def test_a_damaged_list_of_addresses_is_no_key_that_is_left_out(place):
    place.done("key", "generate")
    addresses = place.config / "trust" / "private" / "signers.json"
    addresses.write_text("damaged")
    addresses.chmod(0o600)
    ran = place.run("key", "backup", "--passphrase-file", "secret", "all.backup")
    assert ran.code == 0
    assert "key signers.json" not in ran.err
    assert f"warning: {addresses}: " in ran.err
    assert "none of them is in the archive" in ran.err


def test_a_key_whose_role_has_other_letters_hinders_no_backup(place):
    place.done("key", "generate")
    place.done("key", "generate", "--role", "josé")
    place.done("key", "backup", "--passphrase-file", "secret", "all.backup")
    ran = place.run("key", "restore", "--check", "--passphrase-file", "secret", "all.backup")
    assert ran.code == 0
    assert "the josé key" in ran.out


def test_a_key_that_is_elsewhere_is_loaded_by_its_address(place, vault):
    out = place.done("key", "load", "--name", "alice", "vault-y:1")
    assert out == (
        'Loading key from "vault-y:1"...\n'
        "Successfully loaded vault-y:1. Corresponding public key available: alice.pub\n"
    )
    (entry,) = json.loads(place.done("key", "list", "--json"))["keys"]
    assert (entry["role"], entry["path"]) == ("alice", "vault-y:1")
    assert (place.here / "alice.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----\n")


def test_nothing_is_restored_in_place_of_an_address(place, vault):
    key_id = place.done("key", "generate").split()[-1]
    place.done("key", "backup", "--passphrase-file", "secret", "all.backup")
    vault["vault-y:1"] = KeyStore(
        place.config / "trust", passphrases=PassphraseChain([EnvironmentPassphrases()])
    ).open(key_id)
    place.done("key", "remove", "-y", key_id)
    place.done("key", "load", "--name", "alice", "vault-y:1")
    ran = place.run("key", "restore", "--passphrase-file", "secret", "all.backup")
    assert (ran.code, key_ids(place, "root"), key_ids(place, "alice")) == (1, [], [key_id])
    assert "kept for alice: it is not kept for root in place of that" in ran.err
    assert f"(contenttrust key remove {key_id}); nothing was restored" in ran.err


def test_an_address_of_nobody_is_a_file_that_is_not_there(place, vault):
    ran = place.run("key", "load", "vault-z:1")
    assert ran.code == 2
    assert "vault-z:1" in ran.err
    assert key_ids(place, "alice") == []


def test_a_file_that_cannot_be_looked_at_is_no_address(place, vault):
    (place.here / "vault-y:").symlink_to("vault-y:")
    ran = place.run("key", "load", "--name", "alice", "vault-y:/1")
    assert ran.code == 2
    assert "vault-y:/1: Too many levels of symbolic links" in ran.err
    assert key_ids(place, "alice") == []


def test_an_address_may_be_longer_than_the_name_of_a_file(place, vault):
    address = f"vault-y:{'1' * 300}"
    place.done("key", "load", "--name", "alice", address)
    (entry,) = json.loads(place.done("key", "list", "--json"))["keys"]
    assert (entry["role"], entry["path"]) == ("alice", address)


def test_a_file_that_is_named_like_an_address_is_a_file(place, vault):
    (place.here / "vault-y:1").write_text("no key")
    (place.here / "vault-y:1").chmod(0o600)
    ran = place.run("key", "load", "--name", "alice", "vault-y:1")
    assert ran.code == 1
    assert key_ids(place, "alice") == []
