"""`contenttrust docker -- …` as a process, before a docker that notes what it is started with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from contenttrust.cli import docker
from contenttrust.gate.docker import commands
from contenttrust.policy import location
from noting_docker import Noting, environment, installed

PROGRAM = Path(sys.executable).parent / "contenttrust"
SWITCH = "--disable-content-trust"


class Done(NamedTuple):
    code: int
    err: str
    started: list[list[str]]
    trust: list[str | None]


Run = Callable[..., Done]


@pytest.fixture
def noting(tmp_path: Path) -> Noting:
    return installed(tmp_path)


@pytest.fixture
def run(noting: Noting, tmp_path: Path) -> Run:
    def start(*words: str, before: tuple[str, ...] = (), **env: str) -> Done:
        noting.notes.unlink(missing_ok=True)
        done = subprocess.run(
            [PROGRAM, "docker", *before, "--", *words],
            check=False, env=environment(noting, tmp_path, **env), text=True, timeout=60,
            capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Done(done.returncode, done.stderr, noting.started, [n["trust"] for n in noting.told])

    return start


@pytest.mark.parametrize("on", ["", "1"])
@pytest.mark.parametrize(
    ("words", "handed_on"),
    [
        ([], []),
        (["ps", "-a"], ["ps", "-a"]),
        (["logs", "-f", "pull"], ["logs", "-f", "pull"]),
        (["exec", "-it", "x", "docker", "pull"], ["exec", "-it", "x", "docker", "pull"]),
        (["image", "ls", "--foo"], ["image", "ls", "--foo"]),
        (["start", "x"], ["start", "x"]),
        (["-H", "tcp://x", "ps"], ["--host=tcp://x", "ps"]),
        (["-Dc", "mine", "ps"], ["--debug=true", "--context=mine", "ps"]),
        (["--", "ps"], ["ps"]),
        (["--help"], ["--help=true"]),
        (["-v"], ["--version=true"]),
        (["run", "--help", "x"], ["run", "--help"]),
        (["pull", "x", "--help"], ["pull", "--help"]),
        (["image", "--help", "pull", "x"], ["image", "--help"]),
        (["--help", "run", "x"], ["--help=true", "run"]),
        (["buildx"], ["buildx"]),
        (["buildx", "--builder", "b", "ls"], ["buildx", "--builder=b", "ls"]),
        (["compose"], ["compose"]),
        (["compose", "ps", "-a"], ["compose", "ps", "-a"]),
        (["compose", "-f", "up", "logs", "up"], ["compose", "--file=up", "logs", "up"]),
        (
            ["compose", "-pup", "--dry-run", "down"],
            ["compose", "--project-name=up", "--dry-run=true", "down"],
        ),
    ],
)
def test_what_is_harmless_is_docker_itself(
    run: Run, on: str, words: list[str], handed_on: list[str]
) -> None:
    done = run(*words, DOCKER_CONTENT_TRUST=on)
    assert done == Done(0, "", [handed_on], [on])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["pull", "x"], 1),
        (["image", "pull", "x"], 1),
        (["run", "x"], 125),
        (["container", "run", "-d", "x"], 125),
        (["create", "x"], 125),
        (["container", "create", "x"], 125),
        (["-H", "tcp://x", "--tls", "run", "x"], 125),
        (["--context=c", "container", "run", "x"], 125),
        (["--config", "/nowhere", "pull", "x"], 1),
    ],
)
def test_t097_whatever_stands_before_the_command_it_is_checked(
    run: Run, words: list[str], code: int
) -> None:
    done = run(*words, DOCKER_CONTENT_TRUST="1")
    assert done.code == code
    assert done.err.startswith("contenttrust: Error: error contacting notary server: ")
    assert done.started == []


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--unknown", "x"], ["run", "-Z", "x"], ["pull", "--frobnicate=x", "x"],
        ["create", "--name"], ["image", "--unknown", "pull", "x"], ["--unknown", "ps"],
        ["buildx", "--unknown", "ls"], ["container", "-x", "run", "y"],
        ["--", "--debug", "run", "x"], ["--", "--", "pull", "x"], ["-", "pull", "x"],
        ["buildx", "--", "--debug", "build", "."], ["image", "-", "pull", "x"],
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(run: Run, words: list[str]) -> None:
    done = run(*words, DOCKER_CONTENT_TRUST="1")
    assert done.code in {1, 125}
    assert done.err.startswith("contenttrust: ")
    assert "not clear what docker would do" in done.err
    assert done.started == []


def test_where_nothing_is_checked_docker_knows_its_flags_best(run: Run) -> None:
    assert run("--unknown", "ps").started == [["--unknown", "ps"]]
    assert run("image", "--unknown", "ls").started == [["image", "--unknown", "ls"]]
    assert run("--unknown", "pull", f"{SWITCH}=false", "x").started == []
    assert run("run", "--unknown", "x").started == [["run", "--unknown", "x"]]
    assert run("run", "-it", "x", "--", "y").started == [["run", "-it", "x", "--", "y"]]


@pytest.mark.parametrize(
    ("words", "on", "passes"),
    [
        (["pull", SWITCH, "x"], "1", True),
        (["pull", "x", SWITCH], "1", True),
        (["run", f"{SWITCH}=true", "x"], "1", True),
        (["run", f"{SWITCH}=T", "x"], "1", True),
        (["run", f"{SWITCH}=1", "x"], "1", True),
        (["create", SWITCH, "x"], "1", True),
        (["container", "create", SWITCH, "x"], "1", True),
        (["create", "x", SWITCH], "1", False),
        (["run", SWITCH, f"{SWITCH}=false", "x"], "1", False),
        (["run", f"{SWITCH}=false", SWITCH, "x"], "", True),
        (["pull", f"{SWITCH}=false", "x"], "", False),
        (["pull", f"{SWITCH}=0", "x"], "0", False),
        (["pull", f"{SWITCH}=maybe", "x"], "", False),
        (["pull", f"{SWITCH}=", "x"], "", False),
        (["run", "x", SWITCH], "1", False),
        (["run", "--", "x", SWITCH], "1", False),
        (["run", "-e", SWITCH, "x"], "1", False),
        (["pull", "--", SWITCH], "1", False),
        (["pull", "-disable-content-trust", "x"], "1", False),
        (["pull", "--disable-content-trus", "x"], "1", False),
        ([SWITCH, "pull", "x"], "1", False),
        (["image", SWITCH, "pull", "x"], "1", False),
    ],
)
def test_t096_the_switch_counts_where_docker_has_it_and_nowhere_else(
    run: Run, words: list[str], on: str, passes: bool
) -> None:
    done = run(*words, DOCKER_CONTENT_TRUST=on)
    assert bool(done.started) == passes, done
    if passes:
        # Newer dockers complain of the switch; older ones would check, because of the variable.
        assert not any(SWITCH in word for word in done.started[0])
        assert done.trust == ["0"]


def policy(folder: Path, docker: str) -> str:
    file = folder / "trust-policy.yaml"
    file.write_text(
        "apiVersion: contenttrust/v1\nkind: TrustPolicy\n"
        "metadata: {name: test, version: 1}\n"
        "rules:\n  - {match: '**', require: {signed: any}}\n"
        "pins:\n  '**': {tofu: once}\n"
        f"docker: {docker}\n"
    )
    return str(file)


@pytest.mark.parametrize("command", [*commands.CHECKED])
def test_t096_a_policy_may_forbid_the_switch(run: Run, tmp_path: Path, command: str) -> None:
    strict = policy(tmp_path, "{disable-content-trust: forbid}")
    words = command.split()
    code = 1 if words[-1] in {"pull", "push"} else 125
    for env in ({"DOCKER_CONTENT_TRUST": "1"}, {}):
        done = run(*words, SWITCH, "x", CONTENTTRUST_POLICY=strict, **env)
        assert (done.code, done.started) == (code, [])
        assert done.err == f"contenttrust: {SWITCH}: the policy forbids it\n"


def test_t145_what_passes_by_the_switch_is_written_down(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    run("pull", SWITCH, "x", DOCKER_CONTENT_TRUST="1", CONTENTTRUST_AUDIT_LOG=str(log))
    run("compose", "up", DOCKER_CONTENT_TRUST="1", CONTENTTRUST_AUDIT_LOG=str(log))
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(each["door"], each["verdict"]) for each in told] == [
        ("docker pull", "allow"),
        ("docker compose", "allow"),
    ]
    assert told[0]["although"] == SWITCH
    assert told[1]["although"].startswith("not covered: ")
    nowhere = str(tmp_path / "missing" / "audit.jsonl")
    done = run("pull", SWITCH, "x", DOCKER_CONTENT_TRUST="1", CONTENTTRUST_AUDIT_LOG=nowhere)
    assert (done.code, done.started) == (1, [])


def test_a_policy_is_enough_to_check(run: Run, tmp_path: Path) -> None:
    chosen = policy(tmp_path, "{}")
    assert run("run", "x", CONTENTTRUST_POLICY=chosen, DOCKER_CONTENT_TRUST="0").code == 125
    assert run("run", "x", before=("--policy", chosen)).code == 125
    place = tmp_path / ".docker" / "trust" / "contenttrust"
    place.mkdir(parents=True, mode=0o700, exist_ok=True)
    Path(chosen).rename(place / location.FILE_NAME)
    assert run("run", "x").code == 125
    assert run("ps").started == [["ps"]]


@pytest.mark.parametrize("words", [["run", "x"], ["pull", "x"], ["compose", "up"]])
def test_a_policy_that_cannot_be_read_lets_nothing_pass(
    run: Run, tmp_path: Path, words: list[str]
) -> None:
    done = run(*words, CONTENTTRUST_POLICY=str(tmp_path / "missing"))
    assert done.code in {1, 125}
    assert done.started == []
    assert done.err.startswith("contenttrust: ")


@pytest.mark.parametrize("home", ["HOME", "DOCKER_CONFIG"])
def test_the_quick_look_for_a_policy_agrees_with_the_thorough_one(
    tmp_path: Path, home: str
) -> None:
    below = "trust" if home == "DOCKER_CONFIG" else ".docker/trust"
    env = {home: str(tmp_path)}
    assert not docker._policy_may_be_there(env)
    assert docker._policy_may_be_there({**env, "CONTENTTRUST_POLICY": "x"})
    place = tmp_path / below / "contenttrust"
    place.mkdir(parents=True)
    (place / location.FILE_NAME).symlink_to("nowhere")
    assert location.found(env=env, trust_dir=tmp_path / below) is not None
    assert docker._policy_may_be_there(env)


def test_t097_another_configuration_does_not_leave_the_policy_behind(
    run: Run, tmp_path: Path
) -> None:
    place = tmp_path / ".docker" / "trust" / "contenttrust"
    place.mkdir(parents=True)
    policy(place, "{disable-content-trust: forbid}")
    for before in ([], ["--config", str(tmp_path / "other")]):
        done = run(*before, "run", SWITCH, "x")
        assert (done.code, done.started) == (125, [])
        assert "the policy forbids it" in done.err


def test_t097_nor_does_it_bring_an_older_policy_back(run: Run, tmp_path: Path) -> None:
    chosen = Path(policy(tmp_path, "{}"))
    older = chosen.read_text()
    chosen.write_text(older.replace("version: 1", "version: 2"))
    other = str(tmp_path / "other")
    for before in ([], ["--config", other]):
        done = run(*before, "run", "x", CONTENTTRUST_POLICY=str(chosen))
        assert "error contacting notary server" in done.err
    chosen.write_text(older)
    for before in ([], ["--config", other], ["--config", ""]):
        done = run(*before, "run", SWITCH, "x", CONTENTTRUST_POLICY=str(chosen))
        assert (done.code, done.started) == (125, [])
        assert "version 2 of that name was used here before" in done.err


def test_an_empty_configuration_is_none(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "chosen" / "trust" / "contenttrust"
    place.mkdir(parents=True)
    policy(place, "{disable-content-trust: forbid}")
    done = run("--config", "", "run", SWITCH, "x", DOCKER_CONFIG=str(tmp_path / "chosen"))
    assert (done.code, done.started) == (125, [])


def test_t097_the_policy_of_a_named_trust_directory_is_in_force(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "chosen" / "contenttrust"
    place.mkdir(parents=True)
    (tmp_path / "chosen").chmod(0o700)
    policy(place, "{disable-content-trust: forbid}")
    for words in (["run", SWITCH, "x"], ["--config", str(tmp_path), "run", SWITCH, "x"]):
        done = run(*words, before=("--trust-dir", str(tmp_path / "chosen")))
        assert (done.code, done.started) == (125, [])
        assert "the policy forbids it" in done.err


def test_a_user_without_a_home_has_no_policy(tmp_path: Path) -> None:
    code = (
        "import pwd, sys\n"
        "from contenttrust.cli import docker\n"
        "pwd.getpwuid = {}.__getitem__\n"
        "sys.exit(docker.command(['docker', '--', 'run', 'x']))\n"
    )

    def ran(**env: str) -> tuple[int, str]:
        env = {"PATH": "/usr/bin:/bin", "CONTENTTRUST_DOCKER": "/bin/echo", **env}
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, env=env, capture_output=True, text=True
        )
        return done.returncode, done.stdout

    assert ran() == (0, "run x\n")
    assert ran(DOCKER_CONTENT_TRUST="1") == (125, "")
    assert ran(CONTENTTRUST_POLICY=str(tmp_path / "policy.yaml")) == (125, "")


def test_a_place_for_a_policy_is_none(run: Run, tmp_path: Path) -> None:
    assert run("run", "x", before=("--trust-dir", str(tmp_path))).started == [["run", "x"]]
    assert run("run", "x", HOME="").started == [["run", "x"]]
    assert run("run", "x", HOME="", DOCKER_CONTENT_TRUST="1").started == []


UNCOVERED = (
    ["compose", "up"], ["compose", "watch"], ["compose", "scale", "x=2"],
    ["compose", "publish", "x"], ["compose", "start"], ["compose", "--file=ps", "up"],
    ["compose", "--newer", "ps"], ["load", "-i", "x"], ["import", "x"], ["service", "create", "x"],
    ["stack", "deploy", "x"], ["plugin", "install", "x"], ["buildx", "bake"], ["scout", "x"],
    ["buildx", "inspect", "--bootstrap", "x"], ["commit", "x"], ["buildx", "create"],
    ["buildx", "imagetools", "create", "x"], ["manifest", "push", "x"], ["buildx", "history", "ls"],
    ["swarm", "init"], ["swarm", "join", "x"], ["node", "promote", "x"],
)  # fmt: skip


@pytest.mark.parametrize("words", UNCOVERED)
def test_t097_what_is_not_covered_does_not_pass_in_silence(run: Run, words: list[str]) -> None:
    done = run(*words, DOCKER_CONTENT_TRUST="1")
    assert done.started == [words]
    assert done.err.startswith(f"contenttrust: docker {words[0]}")
    assert "not covered" in done.err
    assert run(*words).err == ""


@pytest.mark.parametrize("words", UNCOVERED)
def test_t097_a_policy_may_refuse_it(run: Run, tmp_path: Path, words: list[str]) -> None:
    strict = policy(tmp_path, "{uncovered: refuse}")
    done = run(*words, CONTENTTRUST_POLICY=strict)
    assert (done.code, done.started) == (1, [])
    assert "not covered" in done.err
    chosen = policy(tmp_path, "{uncovered: warn}")
    assert run(*words, CONTENTTRUST_POLICY=chosen).started == [words]
    assert run(*words, before=("--strict",), CONTENTTRUST_POLICY=chosen).started == []


def test_the_exit_code_is_dockers(run: Run) -> None:
    assert run("ps", ENDS="41").code == 41
    assert run("run", SWITCH, "x", DOCKER_CONTENT_TRUST="1", ENDS="42").code == 42


def test_another_docker_can_be_named(run: Run, noting: Noting, tmp_path: Path) -> None:
    other = tmp_path / "other"
    noting.path.rename(other)
    empty = str(tmp_path / "empty")
    assert run("ps", CONTENTTRUST_DOCKER=str(other), PATH=empty).code == 127  # no env for python3
    assert run("ps", CONTENTTRUST_DOCKER=str(other)).started == [["ps"]]
    for wrong, what in (
        ("other", "CONTENTTRUST_DOCKER is no absolute path: 'other'"),
        (str(tmp_path / "missing"), f"CONTENTTRUST_DOCKER: '{tmp_path}/missing' does not exist"),
        (str(tmp_path), f"CONTENTTRUST_DOCKER: '{tmp_path}' is no program that can be run"),
    ):
        done = run("ps", CONTENTTRUST_DOCKER=wrong)
        assert (done.code, done.started) == (127, [])
        assert what in done.err
    assert run("ps", PATH=empty).err.startswith("contenttrust: no directory of PATH has docker")


def test_options_of_ours_stand_before_the_dashes(run: Run) -> None:
    assert run("ps", before=("--offline",)).started == [["ps"]]
    wrong = run("ps", before=("--nonsense",))
    assert (wrong.code, wrong.started) == (2, [])
    done = run("pull", "x", before=("--offline",), DOCKER_CONTENT_TRUST="1")
    assert done.code == 1
    assert "localhost:1" not in done.err


def test_without_registry_a_build_asks_none_what_its_base_brings(
    run: Run, vectors: Path, tmp_path: Path
) -> None:
    context = tmp_path / "context"
    context.mkdir()
    context.joinpath("Dockerfile").write_text("FROM localhost:5000/corpus/revoked:3.0\n")
    before = ("--metadata", str(vectors / "good-revoked-tag" / "tuf"), "--at=2026-11-24T00:00:00Z")
    words = ("build", str(context))
    asked = run(*words, before=before, DOCKER_CONTENT_TRUST="1")
    assert (asked.code, asked.started) == (125, [])  # the images of the vectors are in no registry
    assert "what the triggers (ONBUILD) of localhost:5000/corpus/revoked:3.0 bring" in asked.err
    done = run(*words, before=(*before, "--without-registry"), DOCKER_CONTENT_TRUST="1")
    assert (done.code, done.started[0][0]) == (0, "build")
    assert "are not looked at (--without-registry)" in done.err
    strict = (*before, "--without-registry", "--strict")
    assert run(*words, before=strict, DOCKER_CONTENT_TRUST="1").code == 125
