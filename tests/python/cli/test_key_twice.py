"""A key whose file stands twice, once in notary's old folders: what is told and removed."""

from __future__ import annotations

import json
import shutil

import pytest

from publisher_place import PublisherPlace


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    it = PublisherPlace(tmp_path, run, monkeypatch)
    for name, words in (("secret", "passphrase of the archive"), ("new", "another passphrase")):
        (it.here / name).write_text(words)
        (it.here / name).chmod(0o600)
    return it


@pytest.fixture
def private(place):
    return place.config / "trust" / "private"


@pytest.fixture
def twice(place, private):
    """The id of a root key, and its other file."""
    key_id = place.done("key", "generate").split()[-1]
    (private / "root_keys").mkdir(mode=0o700)
    other = private / "root_keys" / f"{key_id}_root.key"
    shutil.copy2(private / f"{key_id}.key", other)
    return key_id, other


def test_an_archive_has_the_file_that_is_used_and_a_warning_names_the_other(place, twice):
    key_id, other = twice
    ran = place.run("key", "passwd", "--new-passphrase-file", "new", key_id)
    assert f"still under its own passphrase: {other}" in ran.err
    ran = place.run("key", "backup", "--passphrase-file", "secret", "all.backup")
    assert f"named for the key {key_id} too, and not in the archive: {other}" in ran.err
    place.done("key", "remove", "-y", key_id)
    place.done("key", "restore", "--passphrase-file", "secret", "all.backup")
    place.done("key", "public", "--passphrase-file", "new", key_id)


def test_both_files_of_a_key_are_removed_and_named(place, private, twice):
    key_id, other = twice
    ran = place.run("key", "remove", "-y", key_id)
    assert ran.code == 0
    assert f"named for the same key, and removed with it: {other}" in ran.err
    assert list(private.rglob("*.key")) == []
    assert json.loads(place.done("key", "list", "--json"))["keys"] == []


def test_a_list_shows_the_key_once_and_warns_of_the_other_file(place, private, twice):
    key_id, other = twice
    ran = place.run("key", "list")
    assert ran.out.count(key_id) == 1
    assert f"{private}/{key_id}.key: named for the same key: {other}" in ran.err
