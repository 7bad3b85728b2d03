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


@pytest.fixture
def closed(home: Path) -> Path:
    """A policy behind a name that leads to itself: to root no folder is closed."""
    trust = home.parents[1]
    trust.rename(trust.with_name("away"))
    trust.symlink_to("trust")
    return trust


def test_t106_a_policy_that_cannot_be_reached_is_not_absent(
    closed: Path, run, tmp_path: Path
) -> None:
    Path("c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    told = f"whether {closed}/contenttrust/trust-policy.yaml is there cannot be told: Too many"
    for words in (["gate", "kubernetes", "c.yaml"], ["policy", "explain", "--offline", "x"]):
        done = run(*words)
        assert (done.code, told in done.err) == (2, True), done.err
    for before in ([], ["--config", str(tmp_path / "other")]):
        code, err, started = ran(tmp_path, *before, "run", "x", DOCKER_CONFIG=str(tmp_path / "job"))
        assert (code, told in err, started) == (125, True, [])
        assert "internal error" not in err
    with pytest.raises(PolicyError, match="is there cannot be told"):
        pytest_plugin._assert_trusted("alpine:3")
    assert docker._policy_may_be_there({"HOME": str(tmp_path)})


def test_nor_is_the_record_of_one(home: Path, tmp_path: Path) -> None:
    home.unlink()
    (home.parent / "policies").symlink_to("policies")
    with pytest.raises(PolicyError, match=r"in_force\.json is there cannot be told: Too many"):
        policy_record.directory({"HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "job")})


def test_a_policy_that_is_named_leaves_the_home_directory_alone(
    home: Path, run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (home.parent / "policies").write_text("no folder: nothing is written below it")
    Path("c.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    named = lay(tmp_path / "elsewhere", "named")
    refused = run("gate", "kubernetes", "c.yaml")
    assert refused.code == 2
    assert f"record of policies in {home.parents[1]} cannot be used" in refused.err
    assert "--policy:" not in refused.err
    assert "(--trust-dir)" in refused.err
    assert run("gate", "kubernetes", "--policy", str(named), "c.yaml").code == 0
    record = tmp_path / "job" / "trust" / "contenttrust" / "policies" / "versions.json"
    record.unlink()
    monkeypatch.setenv("CONTENTTRUST_POLICY", str(named))
    assert run("gate", "kubernetes", "c.yaml").code == 0
    assert record.read_text() == '{"named": 8}'


def test_that_of_the_home_stays_in_its_record_when_it_is_named(home: Path, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "job")}
    trust = str(home.parents[1])
    assert policy_record.directory(env, policy=str(home)).path == trust
    assert policy_record.directory({**env, "CONTENTTRUST_POLICY": str(home)}).path == trust
    assert policy_record.directory(env, policy="other.yaml").path == str(tmp_path / "job" / "trust")
