"""Another folder for docker's configuration does not leave the home's policy behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contenttrust import pytest_plugin
from contenttrust.cli import docker
from contenttrust.errors import PolicyError
from contenttrust.gate import policy_record
from noting_docker import environment, installed

POLICY = """apiVersion: contenttrust/v1
kind: TrustPolicy
metadata: {name: NAME, version: 8}
rules: [{match: "registry.example.com/NAME/**", require: {signed: any}}]
docker: {disable-content-trust: WORD}
"""
SWITCH = "--disable-content-trust"
FORBIDDEN = f"contenttrust: {SWITCH}: the policy forbids it\n"


def lay(config: Path, name: str, word: str = "forbid") -> Path:
    """A policy where it stands in a folder for docker's configuration."""
    (config / "trust").mkdir(mode=0o700, parents=True)
    file = config / "trust" / "contenttrust" / "trust-policy.yaml"
    file.parent.mkdir(mode=0o700)
    file.write_text(POLICY.replace("NAME", name).replace("WORD", word))
    return file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The policy of a home directory."""
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "job"))
    monkeypatch.chdir(tmp_path)
    return lay(tmp_path / ".docker", "home")


def ran(tmp_path: Path, *words: str, **env: str) -> tuple[int, str, list[list[str]]]:
    noting = installed(tmp_path)
    noting.notes.unlink(missing_ok=True)
    done = subprocess.run(
        [Path(sys.executable).parent / "contenttrust", "docker", "--", *words],
        check=False, env=environment(noting, tmp_path, **env), text=True, timeout=60,
        capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stderr, noting.started


@pytest.mark.usefixtures("home")
def test_t097_a_folder_without_a_policy_leaves_that_of_the_home_in_force(tmp_path: Path) -> None:
    job = str(tmp_path / "job")
    for before in ([], ["--config", job], ["--config", str(tmp_path / "other")]):
        code, told, started = ran(tmp_path, *before, "run", SWITCH, "x", DOCKER_CONFIG=job)
        assert (code, told, started) == (125, FORBIDDEN, [])


@pytest.mark.usefixtures("home")
def test_a_folder_with_a_policy_has_its_own(tmp_path: Path) -> None:
    lay(tmp_path / "job", "job", "allow")
    words = ("run", SWITCH, "x")
    code, _, started = ran(tmp_path, *words, DOCKER_CONFIG=str(tmp_path / "job"))
    assert (code, started) == (0, [["run", "--", "x"]])


def test_that_of_the_home_is_missed_when_it_is_gone(home: Path, tmp_path: Path) -> None:
    job = str(tmp_path / "job")
    assert ran(tmp_path, "run", "x", DOCKER_CONFIG=job)[0] == 125
    home.unlink()
    code, told, started = ran(tmp_path, "run", "x", DOCKER_CONFIG=job)
    assert (code, started) == (125, [])
    assert "the policy home (version 8) was in force here" in told
    assert f"{home} is gone" in told


def test_gates_of_files_explain_and_pytest_go_by_it(home: Path, run, tmp_path: Path) -> None:
    Path("c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    assert "judged by the policy home" in run("gate", "kubernetes", "-v", "c.yaml").err
    explained = run("policy", "explain", "--offline", "registry.example.com/home/web:1")
    assert "registry.example.com/home/**" in explained.out + explained.err
    (home.parent / "policies" / "in_force.json").stat()
    home.unlink()
    with pytest.raises(PolicyError, match="was in force here"):
        pytest_plugin._assert_trusted("alpine:3")
    assert run("gate", "kubernetes", "c.yaml").code == 2


def test_a_named_trust_directory_is_the_one_that_counts(home: Path, tmp_path: Path) -> None:
    chosen = str(tmp_path / "chosen")
    assert policy_record.directory({"HOME": str(tmp_path)}, named=chosen).path == chosen


@pytest.mark.usefixtures("home")
def test_the_quick_look_agrees(tmp_path: Path) -> None:
    assert docker._policy_may_be_there({"HOME": str(tmp_path), "DOCKER_CONFIG": "/nowhere"})
    assert not docker._policy_may_be_there({"HOME": "/nowhere", "DOCKER_CONFIG": "/nowhere"})
