"""A policy that stood in the trust directory and is gone: no gate makes do with less than it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contenttrust import pytest_plugin
from contenttrust.errors import PolicyError
from noting_docker import environment, installed

POLICY = """apiVersion: contenttrust/v1
kind: TrustPolicy
metadata: {name: NAME, version: 8}
rules: [{match: "**", require: {signed: any}}]
"""
GONE = "the policy production (version 8) was in force here"


class Place:
    """A trust directory with a policy in it, and a gate of files."""

    def __init__(self, run, trust: Path) -> None:
        self._run = run
        self.trust = trust
        self.usual = trust / "contenttrust" / "trust-policy.yaml"
        self.record = trust / "contenttrust" / "policies" / "in_force.json"
        self.usual.parent.mkdir(mode=0o700, parents=True)
        trust.chmod(0o700)
        self.usual.write_text(POLICY.replace("NAME", "production"))

    def gate(self, *words: str):
        """Judge a file that has no images: the policy counts all the same."""
        return self._run("gate", "kubernetes", "--trust-dir", str(self.trust), *words, "c.yaml")


@pytest.fixture
def place(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    Path("other.yaml").write_text(POLICY.replace("NAME", "other"))
    return Place(run, tmp_path / ".docker" / "trust")


def test_it_is_missed_until_it_is_back_or_its_record_is_removed(place: Place) -> None:
    assert place.gate().code == 0
    text = place.usual.read_text()
    place.usual.unlink()
    for _ in range(2):
        gone = place.gate()
        assert gone.code == 2
        assert GONE in gone.err
        assert f"{place.usual} is gone" in gone.err
        assert f"remove {place.record} too" in gone.err
    place.usual.write_text(text)
    assert place.gate().code == 0
    place.usual.unlink()
    place.record.unlink()
    assert place.gate().code == 0


def test_who_names_a_policy_misses_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.gate().code == 0
    place.usual.unlink()
    assert place.gate("--policy", "other.yaml").code == 0
    monkeypatch.setenv("CONTENTTRUST_POLICY", "other.yaml")
    assert place.gate().code == 0


def test_a_policy_that_was_named_is_not_missed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.usual.unlink()
    assert place.gate("--policy", "other.yaml").code == 0
    monkeypatch.setenv("CONTENTTRUST_POLICY", "other.yaml")
    assert place.gate().code == 0
    monkeypatch.delenv("CONTENTTRUST_POLICY")
    assert place.gate().code == 0


def test_what_is_not_remembered_is_not_missed(place: Place, run) -> None:
    assert place.gate("--at", "2026-11-24T00:00:00Z").code == 0
    explain = ("policy", "explain", "--offline", "--trust-dir", str(place.trust), "alpine:3")
    assert run(*explain).code == 0
    place.usual.unlink()
    assert place.gate().code == 0


def test_policy_explain_and_pytest_miss_it_too(place: Place, run) -> None:
    assert place.gate().code == 0
    place.usual.unlink()
    explained = run("policy", "explain", "--offline", "--trust-dir", str(place.trust), "alpine:3")
    assert (explained.code, GONE in explained.err) == (2, True)
    with pytest.raises(PolicyError, match="was in force here"):
        pytest_plugin._assert_trusted("alpine:3", trust_dir=place.trust)


@pytest.mark.parametrize("on", ["", "1"])
def test_docker_s_commands_miss_it_whatever_content_trust_is(
    place: Place, tmp_path: Path, on: str
) -> None:
    noting = installed(tmp_path)
    env = environment(noting, tmp_path, DOCKER_CONTENT_TRUST=on)
    program = Path(sys.executable).parent / "contenttrust"

    def docker(*words: str) -> tuple[int, str, list[list[str]]]:
        noting.notes.unlink(missing_ok=True)
        ran = subprocess.run(
            [program, "docker", "--", *words], check=False, env=env, text=True, timeout=60,
            capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return ran.returncode, ran.stderr, noting.started

    assert docker("run", "-x!")[0] == 125  # not understood, and there is a policy
    assert place.gate().code == 0
    place.usual.unlink()
    for before in ([], ["--config", str(tmp_path / "other")]):
        for command, code in (("run", 125), ("pull", 1)):
            ended, told, started = docker(*before, command, "x")
            assert (ended, started) == (code, [])
            assert GONE in told
        ended, told, started = docker(*before, "compose", "up")
        assert (ended, started, GONE in told) == (1, [], True)
    assert docker("ps")[2] == [["ps"]]


def test_a_policy_in_the_folder_that_docker_was_told_of_is_missed_there(
    place: Place, tmp_path: Path
) -> None:
    noting = installed(tmp_path)
    env = environment(noting, tmp_path)
    program = Path(sys.executable).parent / "contenttrust"
    other = Place(None, tmp_path / "other" / "trust")
    place.usual.unlink()

    def run() -> tuple[int, str]:
        ran = subprocess.run(
            [program, "docker", "--", "--config", str(tmp_path / "other"), "run", "x"],
            check=False, env=env, text=True, timeout=60, capture_output=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return ran.returncode, ran.stderr

    assert run()[0] == 125
    assert other.record.exists()
    assert not place.record.exists()
    other.usual.unlink()
    code, told = run()
    assert (code, GONE in told) == (125, True)
