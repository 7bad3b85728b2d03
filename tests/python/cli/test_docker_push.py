"""`contenttrust docker -- push`: what docker pushed is signed, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from contenttrust.cli import docker
from contenttrust.cli.main import main
from noting_docker import Noting, installed
from publisher_place import PublisherPlace
from simulator.roles import digest_of

IMAGE = "registry.example.com/team/web"


class Ran(NamedTuple):
    code: int | None
    out: str
    err: str


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs one command line of ours in this process; docker writes past sys.stdout."""

    def call(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(arguments)
        return Ran(code, *capfd.readouterr())

    return call


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return PublisherPlace(tmp_path, run, monkeypatch)


@pytest.fixture
def noting(tmp_path: Path) -> Noting:
    folder = tmp_path / "bin"
    folder.mkdir()
    return installed(folder)


@pytest.fixture
def push(noting, place, monkeypatch, capfd) -> Callable[..., Ran]:
    monkeypatch.setenv("CONTENTTRUST_DOCKER", str(noting.path))
    monkeypatch.setenv("NOTES", str(noting.notes))
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")

    def run(tag: str, label: str, *before: str) -> Ran:
        monkeypatch.setenv("PRINTS", f"{tag}: digest: {digest_of(label)} size: 527\n")
        capfd.readouterr()
        code = docker.command(["docker", *before, "--", "push", f"{IMAGE}:{tag}"])
        return Ran(code, *capfd.readouterr())

    return run


def verified(place, tag):
    return json.loads(place.run("verify", "-o", "json", f"{IMAGE}:{tag}").out)["results"][0]


def test_the_first_push_makes_the_repository_without_a_signer(push, place) -> None:
    place.done("key", "generate", "alice")  # who is no signer by that
    done = push("1", "one")
    assert done.code == 0
    assert done.out.splitlines()[1:] == [
        "Signing and pushing trust metadata",
        f'Finished initializing "{IMAGE}"',
        f"Successfully signed {IMAGE}:1",
    ]
    result = verified(place, "1")
    assert (result["digest"], result["role"]) == (digest_of("one"), "targets")


def test_a_repository_that_the_server_loses_meanwhile_is_not_begun(
    push, place, tmp_path, monkeypatch
) -> None:
    push("1", "one")
    (tmp_path / "pipeline").mkdir(mode=0o700)
    place.as_another(tmp_path / "pipeline")
    monkeypatch.delenv("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE")
    answered, left, sent = place.server.file, [1], len(place.server.uploads)

    def losing(gun, name, sha256):
        left[0] -= name == "root"
        return None if left[0] < 0 else answered(gun, name, sha256)

    monkeypatch.setattr(place.server, "file", losing)
    done = push("2", "two")
    assert done.code == 1
    assert "does not exist at the trust server, and where nobody is asked" in done.err
    assert len(place.server.uploads) == sent


def test_the_next_signs_by_every_signer_whose_key_is_here(push, place) -> None:
    push("1", "one")
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", IMAGE)
    assert "Finished initializing" not in push("2", "two").out
    assert verified(place, "2")["signers"] == ["alice"]


def test_docker_gets_no_passphrases_and_does_not_sign(push, noting) -> None:
    noting.path.write_text(
        noting.path.read_text().replace('"trust": ', '"names": sorted(os.environ), "trust": ')
    )
    push("1", "one")
    [told] = noting.told
    assert told["trust"] == "0"
    assert not [name for name in told["names"] if name.endswith("_PASSPHRASE")]


def test_what_cannot_be_signed_is_told_with_dockers_words(push, place, monkeypatch) -> None:
    push("1", "one")
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE", "another one")
    failed = push("2", "two")
    assert failed.code == 1
    assert failed.err.startswith(f"contenttrust: failed to sign {IMAGE}:2: ")
    assert "Successfully" not in failed.out
    assert verified(place, "2")["error"]["code"] == "not_signed"
    assert push("1", "one").code == 1  # what is signed already is signed anew


def test_offline_nothing_is_signed_and_that_is_said(push) -> None:
    failed = push("1", "one", "--offline")
    assert failed.code == 1
    assert "--offline" in failed.err


def test_words_for_another_verb_are_not_ours() -> None:
    assert docker.command(["verify", "docker", "--", "x"]) is None


def test_help_before_the_dashes_is_that_of_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert docker.command(["docker", "-h", "--", "ps"]) == 0
    assert "usage: contenttrust docker" in capsys.readouterr().out


def test_what_breaks_here_is_no_failure_of_dockers(push, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug\x1b")

    monkeypatch.setattr("contenttrust.gate.docker.shim.run", broken)
    done = push("1", "one")
    assert done.code == 125
    assert done.err == "contenttrust: internal error (RuntimeError: RuntimeError('a bug\\x1b'))\n"
