"""`docker trust` with a docker that has lost it, by our plug-in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from interop.newer_docker import VERSION, newer_docker
from interop.processes import run
from interop.readers import program
from interop.signed_repository import Repository

_VECTOR = Path(__file__).parents[1] / "vectors" / "good-one-tag"


def docker_29(folder, environment):
    """Run docker 29 in an environment, in whose configuration the plug-in is installed."""
    client = newer_docker()
    programs = folder / "programs"
    programs.mkdir()
    (programs / "docker").symlink_to(client)
    env = {**environment, "PATH": f"{programs}:{os.defpath}"}

    def docker(*arguments):
        return run([client, *arguments], env)

    unknown = docker("trust", "inspect", "alpine")
    assert unknown.code != 0
    assert "unknown command" in unknown.err
    run([program(), "docker-plugin", "install"], env).succeeded()
    return docker


@pytest.fixture
def docker(tmp_path):
    """Docker 29 with a configuration of its own."""
    return docker_29(tmp_path, {"DOCKER_CONFIG": str(tmp_path / "docker"), "HOME": str(tmp_path)})


def test_docker_lists_the_plugin(docker):
    assert VERSION in docker("--version").out
    told = json.loads(docker("info", "--format", "{{json .ClientInfo.Plugins}}").out)
    [plugin] = [plugin for plugin in told if plugin["Name"] == "trust"]
    assert plugin["Vendor"] == "contenttrust"
    assert plugin.get("Err") is None
    assert "trust*" in docker("--help").out


def test_docker_runs_it(docker):
    gun = json.loads((_VECTOR / "case.json").read_text())["gun"]
    asked = docker(
        "--debug", "trust", "inspect", "--metadata", str(_VECTOR / "tuf"),
        "--at", "2026-11-24T00:00:00Z", gun,
    )  # fmt: skip
    assert json.loads(asked.succeeded().out)[0]["Name"] == gun


@pytest.mark.parametrize(
    ("words", "code"), [(["inspect", "--bogus"], 125), (["inspect"], 1), (["bogus"], 1), ([], 0)]
)
def test_exit_codes_come_through(docker, words, code):
    assert docker("trust", *words).code == code


def test_an_image_is_signed_and_revoked_by_its_words(repository: Repository):
    docker = docker_29(repository.folder, repository.publisher.env)
    gun, folder = repository.gun, str(repository.folder)
    repository.docker.store("one", tag="v1")
    key = f"{folder}/alice.pub"

    docker("trust", "key", "generate", "alice", "--dir", folder).succeeded()
    docker("trust", "signer", "add", "--key", key, "alice", gun).succeeded()
    docker("trust", "sign", f"{gun}:v1").succeeded()
    assert repository.pulls("v1") == repository.docker.digests["one"]
    shown = docker("trust", "inspect", "--pretty", gun).succeeded().out
    assert shown == repository.inspected()
    assert "alice" in shown

    docker("trust", "revoke", "-y", f"{gun}:v1").succeeded()
    assert repository.pulls("v1") is None
    again = docker("trust", "revoke", "-y", f"{gun}:v1")
    assert (again.code, f"could not remove signature for {gun}:v1" in again.err) == (1, True)

    docker("trust", "signer", "remove", "-f", "alice", gun).succeeded()
    assert "alice" not in repository.inspected()
    assert docker("trust", "signer", "remove", "-f", "alice", gun).code == 1
