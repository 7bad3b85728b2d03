"""`docker trust` with a docker that has lost it, by our plug-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interop.newer_docker import VERSION, newer_docker

_SCRIPTS = Path(sys.executable).parent
_VECTOR = Path(__file__).parents[1] / "vectors" / "good-one-tag"


@pytest.fixture
def docker(tmp_path):
    """Run docker 29 with a configuration of its own, in which the plug-in is installed."""
    client = newer_docker()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").symlink_to(client)
    path = f"{tmp_path}/bin:{os.defpath}"
    env = {"PATH": path, "DOCKER_CONFIG": str(tmp_path / "docker"), "HOME": str(tmp_path)}

    def run(*arguments):
        return subprocess.run(
            [client, *arguments], check=False, env=env, capture_output=True, text=True, timeout=60
        )

    unknown = run("trust", "inspect", "alpine")
    assert unknown.returncode != 0
    assert "unknown command" in unknown.stderr
    installed = subprocess.run(
        [_SCRIPTS / "contenttrust", "docker-plugin", "install"],
        check=False, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    return run


def test_docker_lists_the_plugin(docker):
    assert VERSION in docker("--version").stdout
    told = json.loads(docker("info", "--format", "{{json .ClientInfo.Plugins}}").stdout)
    [plugin] = [plugin for plugin in told if plugin["Name"] == "trust"]
    assert plugin["Vendor"] == "contenttrust"
    assert plugin.get("Err") is None
    assert "trust*" in docker("--help").stdout


def test_docker_runs_it(docker):
    gun = json.loads((_VECTOR / "case.json").read_text())["gun"]
    asked = docker(
        "--debug", "trust", "inspect", "--metadata", str(_VECTOR / "tuf"),
        "--at", "2026-11-24T00:00:00Z", gun,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)[0]["Name"] == gun


@pytest.mark.parametrize(
    ("words", "code"), [(["inspect", "--bogus"], 125), (["inspect"], 1), (["bogus"], 1), ([], 0)]
)
def test_exit_codes_come_through(docker, words, code):
    assert docker("trust", *words).returncode == code
