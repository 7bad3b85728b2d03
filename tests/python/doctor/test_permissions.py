"""Who else may read the keys, or write what is trusted."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from contenttrust.doctor import permissions
from trust_place import Place

STRANGER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")

SECRETS = {"auths": {"registry.example.com": {"auth": "dXNlcjpwYXNz"}}}
NO_SECRETS = {"auths": {"registry.example.com": {}}, "credsStore": "pass"}


@pytest.fixture
def docker(place, repository):
    """A trust directory as Docker and contenttrust leave it: records, a cache and a key."""
    place.verify(repository)
    private = place.path / "private"
    private.mkdir(mode=0o700)
    key = private / f"{'a' * 64}.key"
    key.write_text("key")
    key.chmod(0o600)
    return place


def looked_at(place, config=None):
    env = {"DOCKER_CONFIG": str(config or place.path.parent / "nowhere")}
    return list(permissions.check(str(place.path), env))


def worse_than_ok(findings):
    return [(f.subject, f.level) for f in findings if f.level != "ok"]


def first_key(place):
    (key,) = (place.path / "private").glob("*.key")
    return key


def test_what_docker_and_contenttrust_make_is_fine(docker):
    findings = looked_at(docker)

    assert worse_than_ok(findings) == []
    assert [f.subject for f in findings] == [
        str(docker.path / name) for name in ("private", "tuf", "contenttrust")
    ]


def test_no_trust_directory_yet_is_a_note(tmp_path):
    (finding,) = permissions.check(str(tmp_path / "trust"), {"DOCKER_CONFIG": str(tmp_path)})

    assert finding.level == "note"
    assert "first use" in finding.message


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_t102_a_key_that_others_may_read_or_write_is_a_failure(docker, mode):
    first_key(docker).chmod(mode)

    assert worse_than_ok(looked_at(docker)) == [(str(first_key(docker)), "failure")]


@pytest.mark.parametrize(
    ("mode", "level"),
    [(0o755, "warning"), (0o750, "warning"), (0o770, "failure"), (0o777, "failure")],
)
def test_a_directory_of_keys_is_for_nobody_else(docker, mode, level):
    (docker.path / "private").chmod(mode)

    assert worse_than_ok(looked_at(docker)) == [(str(docker.path / "private"), level)]


@pytest.mark.parametrize(
    ("mode", "level"), [(0o644, "note"), (0o640, "note"), (0o664, "failure"), (0o602, "failure")]
)
@pytest.mark.parametrize("where", ["tuf", "contenttrust"])
def test_metadata_and_records_are_no_secret_but_nobody_else_s_to_write(docker, where, mode, level):
    file = next(p for p in (docker.path / where).rglob("*.json"))
    file.chmod(mode)

    assert worse_than_ok(looked_at(docker)) == [(str(file), level)]


def test_t062_a_link_is_a_failure_wherever_it_leads(docker, tmp_path):
    key = first_key(docker)
    key.rename(tmp_path / "key")
    key.symlink_to(tmp_path / "key")
    (docker.path / "tuf").rename(tmp_path / "tuf")
    (docker.path / "tuf").symlink_to(tmp_path / "tuf")

    assert worse_than_ok(looked_at(docker)) == [
        (str(key), "failure"),
        (str(docker.path / "tuf"), "failure"),
    ]


def test_t062_a_second_name_is_a_failure(docker, tmp_path):
    os.link(docker.records[0], tmp_path / "other")

    assert worse_than_ok(looked_at(docker)) == [(str(docker.records[0]), "failure")]


def test_t062_a_fifo_is_a_failure_and_is_not_waited_for(docker):
    os.mkfifo(docker.path / "private" / "fifo.key", 0o600)

    assert worse_than_ok(looked_at(docker)) == [
        (str(docker.path / "private" / "fifo.key"), "failure")
    ]


@needs_root
@pytest.mark.parametrize("where", ["private", "tuf", "contenttrust"])
def test_t062_what_belongs_to_another_user_is_a_failure(docker, where):
    os.chown(docker.path / where, STRANGER, STRANGER)

    assert worse_than_ok(looked_at(docker)) == [(str(docker.path / where), "failure")]


@needs_root
def test_a_trust_directory_of_another_user_is_a_warning(docker):
    os.chown(docker.path, STRANGER, STRANGER)

    assert worse_than_ok(looked_at(docker)) == [(str(docker.path), "warning")]


def test_a_parent_that_everybody_may_write_is_a_failure(docker):
    docker.path.parent.chmod(0o777)

    assert worse_than_ok(looked_at(docker)) == [(str(docker.path.parent), "failure")]


def test_a_parent_with_the_sticky_bit_is_fine(docker):
    docker.path.parent.chmod(0o1777)

    assert worse_than_ok(looked_at(docker)) == []


def test_a_link_to_the_trust_directory_is_a_note(docker):
    real = docker.path.rename(docker.path.parent / "real")
    docker.path.symlink_to(real)

    assert worse_than_ok(looked_at(docker)) == [(str(docker.path), "note")]


def test_many_files_with_one_fault_are_one_finding(docker):
    for number in range(9):
        key = docker.path / "private" / f"{number}.key"
        key.write_text("key")
        key.chmod(0o644)

    (failure,) = [f for f in looked_at(docker) if f.level == "failure"]

    assert failure.subject == str(docker.path / "private" / "0.key")
    assert "8 more" in failure.message


def test_a_very_deep_directory_is_looked_through(docker):
    below = [docker.path / "tuf"]
    while len(below) <= sys.getrecursionlimit():
        below.append(below[-1] / "a")
        below[-1].mkdir(mode=0o700)
    below[-1].chmod(0o702)

    found = worse_than_ok(looked_at(docker))
    for directory in below[:0:-1]:  # pytest's own clearing would recurse too deep
        directory.rmdir()

    assert found == [(str(below[-1]), "failure")]


@pytest.mark.parametrize(
    ("content", "mode", "level"),
    [
        (json.dumps(SECRETS), 0o600, "ok"),
        (json.dumps(SECRETS), 0o640, "failure"),
        (json.dumps(SECRETS), 0o644, "failure"),
        (json.dumps(NO_SECRETS), 0o644, "ok"),
        (json.dumps(NO_SECRETS), 0o666, "failure"),
        ("{}", 0o644, "ok"),
        ("[]", 0o644, "ok"),
        ('{"auths": []}', 0o644, "ok"),
        ("{", 0o600, "warning"),
        ("[" * 99999, 0o600, "warning"),
    ],
)
def test_docker_s_configuration_is_looked_at(docker, tmp_path, content, mode, level):
    config = tmp_path / "docker" / "config.json"
    config.parent.mkdir()
    config.write_text(content)
    config.chmod(mode)

    (found,) = [f for f in looked_at(docker, config.parent) if f.subject == str(config)]

    assert found.level == level
    assert "dXNlcjpwYXNz" not in repr(found)


def test_a_configuration_that_cannot_be_read_is_a_warning(docker, tmp_path):
    config = tmp_path / "docker" / "config.json"
    config.mkdir(parents=True)

    (found,) = [f for f in looked_at(docker, config.parent) if f.subject == str(config)]

    assert found.level == "warning"
    assert "it cannot be read" in found.message


@needs_root
def test_a_configuration_of_another_user_is_a_failure(docker, tmp_path):
    config = tmp_path / "docker" / "config.json"
    config.parent.mkdir()
    config.write_text("{}")
    os.chown(config, STRANGER, STRANGER)

    (found,) = [f for f in looked_at(docker, config.parent) if f.subject == str(config)]

    assert found.level == "failure"


def test_without_a_place_for_it_there_is_no_configuration_to_look_at(docker):
    assert not [f for f in permissions.check(str(docker.path), {}) if "config" in f.subject]


def test_a_trust_directory_that_its_group_may_write_is_a_note(docker):
    docker.path.chmod(0o770)

    assert worse_than_ok(looked_at(docker)) == [(str(docker.path), "note")]


@contextlib.contextmanager
def as_stranger():
    """This process without the superuser's rights."""
    os.setegid(STRANGER)
    os.seteuid(STRANGER)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@needs_root
@pytest.mark.parametrize("where", ["", "private", "tuf", "contenttrust"])
def test_an_unreadable_directory_is_a_failure_and_not_the_end(repository, where):
    # Not below pytest's own directory: that one is closed to strangers.
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o711)
        place = Place(Path(scratch) / "trust")
        place.verify(repository)
        (place.path / "private").mkdir()
        for path in (place.path, *place.path.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
            os.chown(path, STRANGER, STRANGER)
        looked_at(place)  # what is imported late is imported now
        shut = place.path / where
        shut.chmod(0)
        with as_stranger():
            found = looked_at(place)

    assert worse_than_ok(found) == [(str(shut), "failure")]
    assert "cannot be read" in next(f for f in found if f.level == "failure").message
