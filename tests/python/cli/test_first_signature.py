"""Where a pipeline would begin a collection that nobody asked for, and which root key one has."""

from __future__ import annotations

import json

import pytest

from contenttrust.cli import confirm
from publisher_place import Images


@pytest.fixture
def images(server):
    made = Images(server, "team/web")
    made.push("1.0")
    return made


@pytest.fixture
def file(place):
    path = place.here / "passphrase"
    path.touch(mode=0o600)
    path.write_text("a passphrase for all\n")
    return str(path)


def keys_of(place, role=""):
    found = json.loads(place.done("key", "list", "--json"))["keys"]
    return [key["key_id"] for key in found if role in {"", key["role"]}]


def test_a_name_that_the_server_does_not_have_makes_no_root_key_in_a_pipeline(
    place, images, file, monkeypatch
):
    image = f"{images.repository}:1.0"
    place.done("key", "generate", "ci", "--no-input", "--passphrase-file", file)
    here = keys_of(place)
    signing = ["sign", "--no-input", image]
    adding = ["signer", "add", "--no-input", "--key", "ci.pub", "ci", images.repository]
    for words in (signing, adding):
        ran = place.run(*words, "--passphrase-file", file)
        assert ran.code == 1
        assert "does not exist at the trust server" in ran.err
        assert "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or NOTARY_ROOT_PASSPHRASE" in ran.err
        assert f"contenttrust init --server-managed -p {images.repository}" in ran.err
    monkeypatch.delenv("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE")
    assert "does not exist at the trust server" in place.run(*signing).err
    assert keys_of(place) == here
    assert place.server.uploads == []


def test_without_a_terminal_nobody_is_asked_either(place, images, file, monkeypatch):
    words = ["sign", "--passphrase-file", file, f"{images.repository}:1.0"]
    monkeypatch.setattr(confirm, "_TERMINAL", str(place.here / "absent"))
    assert "does not exist at the trust server" in place.run(*words).err
    assert keys_of(place) == []
    monkeypatch.setattr(confirm, "_TERMINAL", file)  # it only has to be there
    assert place.run(*words).code == 0


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
@pytest.mark.parametrize("verb", ["sign", "signer add"])
def test_a_server_that_loses_a_collection_between_two_answers_begins_none(  # noqa: PLR0917
    place, images, file, tmp_path, monkeypatch, verb, answers
):
    place.done("init", "--server-managed", "-p", images.repository)
    (tmp_path / "pipeline").mkdir(mode=0o700)
    place.as_another(tmp_path / "pipeline")
    place.done("key", "generate", "ci", "--no-input", "--passphrase-file", file)
    here, sent = keys_of(place), len(place.server.uploads)
    answered, left = place.server.file, [answers]

    def losing(gun, name, sha256):
        left[0] -= name == "root"
        return None if left[0] < 0 else answered(gun, name, sha256)

    monkeypatch.setattr(place.server, "file", losing)
    words = {
        "sign": ["sign", f"{images.repository}:1.0"],
        "signer add": ["signer", "add", "--key", "ci.pub", "ci", images.repository],
    }[verb]

    ran = place.run(*words, "--no-input", "--passphrase-file", file)

    assert ran.code != 0, ran
    assert "a new collection is begun" not in ran.err
    assert keys_of(place) == here
    assert len(place.server.uploads) == sent


def test_the_passphrase_of_root_keys_alone_is_consent(place, images):
    image = f"{images.repository}:1.0"
    ran = place.run("sign", "--no-input", image)
    assert ran.code == 0
    assert f"The root key is {keys_of(place, 'root')[0]}" in ran.err
    assert place.run("sign", "--no-input", image).err == ""


def test_that_a_collection_is_begun_is_told_before_a_passphrase_is_asked_for(
    place, images, file, server, monkeypatch
):
    place.done("key", "generate", "alice")
    monkeypatch.setattr(confirm, "_TERMINAL", file)
    (place.here / "passphrase").write_text("")  # which no key is protected by
    Images(server, "team/webe").push("1.0")
    slip = f"{images.repository}e"
    for words in (["signer", "add", "--key", "alice.pub", "alice", slip], ["sign", f"{slip}:1.0"]):
        ran = place.run(*words, "--passphrase-file", file)
        assert ran.code == 1
        assert f"warning: {slip} has no trust data: a new collection is begun\n" in ran.err
        assert "is empty, which would not protect" in ran.err
    assert place.server.uploads == []


@pytest.mark.parametrize("published", [["-p"], []])
def test_a_collection_that_is_there_is_signed_with_one_passphrase(place, images, file, published):
    words = ["--no-input", "--passphrase-file", file]
    place.done("init", "--server-managed", *published, *words, images.repository)
    assert place.run("sign", *words, f"{images.repository}:1.0").code == 0


@pytest.mark.parametrize("pin", [["--no-tofu"], ["--pin-key", "0" * 64]])
def test_what_is_pinned_holds_for_what_would_be_begun(place, images, pin):
    for words in (["sign", f"{images.repository}:1.0"], ["init", images.repository]):
        ran = place.run(*words, *pin)
        assert ran.code == 1
        assert "No key was made and nothing published" in ran.err
    assert keys_of(place) == []
    assert place.server.uploads == []


def test_which_of_two_root_keys_is_told_or_asked_for(place, images):
    repository = images.repository
    place.done("sign", f"{repository}:1.0")
    [old] = keys_of(place, "root")
    place.done("key", "rotate", "-y", repository, "root")
    [new] = set(keys_of(place, "root")) - {old}
    out = place.done("init", f"{repository}-b")
    assert out.startswith(f"Root key found, using: {new}\n")

    for _ in range(2):
        place.done("key", "generate", "--role", "root")
    place.done("delete", "-y", repository)
    place.done("delete", "-y", f"{repository}-b")
    ran = place.run("init", f"{repository}-c")
    assert ran.code == 1
    assert "Name one: contenttrust init --rootkey ID" in ran.err
    assert old in ran.err
