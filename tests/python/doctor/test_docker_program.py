"""Which docker this is, and whether it checks anything."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from contenttrust.doctor import docker_program

ON = ["1", "t", "T", "TRUE", "true", "True"]
ODD = ["yes", "no", "off", "on", "2", " 1", "0 ", "fALSE", "tRue", "n", "00", "-1", "xyz"]
OFF = ["", "0", "f", "F", "FALSE", "false", "False"]


def says(version):
    """What Docker's own program prints, as 20.10 and 28.2 do, without a daemon."""
    return (
        f'[ "$1" = --version ] && echo "Docker version {version}, build 0000000" && exit\n'
        f"echo {version}; exit 1"
    )


def looked_at(program, **variables):
    env = {"PATH": str(program.parent), **variables}
    return list(docker_program.check(env))


def levels(findings, subject):
    return [f.level for f in findings if f.subject == subject]


def switch(findings):
    (finding,) = [f for f in findings if f.subject == "DOCKER_CONTENT_TRUST"]
    return finding


@pytest.mark.parametrize("value", [*ON, *ODD])
def test_t095_what_docker_cannot_read_is_on(value):
    assert docker_program.is_on(value)


@pytest.mark.parametrize("value", OFF)
def test_t095_only_an_explicit_false_and_nothing_are_off(value):
    assert not docker_program.is_on(value)


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "23.0.6", "28.2.2", "28.5.2", "19.03.15"])
def test_a_docker_that_checks_is_fine_when_content_trust_is_on(program, version):
    made = program(says(version))

    findings = looked_at(made, DOCKER_CONTENT_TRUST="1")

    assert levels(findings, str(made)) == ["ok"]
    assert version in findings[0].message
    assert switch(findings).level == "ok"
    assert "failure" not in [f.level for f in findings]


@pytest.mark.parametrize("version", ["29.0.0", "29.0.0-rc.3", "29.8.0", "30.1.0", "100.0.0"])
@pytest.mark.parametrize("value", [*ON, *ODD])
def test_a_docker_that_ignores_content_trust_while_it_is_on_is_a_failure(program, version, value):
    found = switch(looked_at(program(says(version)), DOCKER_CONTENT_TRUST=value))

    assert found.level == "failure"
    assert "ignores it" in found.message
    assert found.advice


@pytest.mark.parametrize("value", OFF)
def test_a_docker_that_would_ignore_it_is_a_note_while_it_is_off(program, value):
    findings = looked_at(program(says("29.0.0")), DOCKER_CONTENT_TRUST=value)

    assert {f.level for f in findings} == {"note"}


@pytest.mark.parametrize("value", OFF)
def test_content_trust_that_is_off_is_a_note(program, value):
    assert switch(looked_at(program(says("28.2.2")), DOCKER_CONTENT_TRUST=value)).level == "note"


@pytest.mark.parametrize("value", ODD)
def test_a_value_that_means_on_by_accident_is_a_warning(program, value):
    found = switch(looked_at(program(says("28.2.2")), DOCKER_CONTENT_TRUST=value))

    assert found.level == "warning"
    assert f"takes {value!r} for on" in found.message


@pytest.mark.parametrize(
    ("version", "variables", "said"),
    [
        ("28.2.2", {}, True),
        ("23.0.0", {}, True),
        ("20.10.24", {}, False),
        ("20.10.24", {"DOCKER_BUILDKIT": "1"}, True),
        ("28.2.2", {"DOCKER_BUILDKIT": "0"}, False),
        ("28.2.2", {"DOCKER_BUILDKIT": "false"}, False),
        ("28.2.2", {"DOCKER_BUILDKIT": ""}, True),
        ("29.0.0", {}, False),  # nothing is checked there anyway
    ],
)
def test_a_builder_that_never_checks_is_a_note(program, version, variables, said):
    findings = looked_at(program(says(version)), **variables)

    assert levels(findings, "docker build") == (["note"] if said else [])


@pytest.mark.parametrize(
    ("version", "said"), [("25.0.7", False), ("26.0.0", True), ("28.2.2", True), ("29.8.0", True)]
)
def test_a_signer_remove_that_removes_nobody_is_a_note(program, version, said):
    findings = looked_at(program(says(version)))

    assert levels(findings, "docker trust signer remove") == (["note"] if said else [])


def test_without_docker_it_is_said_and_nothing_fails(tmp_path):
    findings = list(docker_program.check({"PATH": str(tmp_path), "DOCKER_CONTENT_TRUST": "1"}))

    assert findings[0].message == "there is no docker on PATH"
    assert "failure" not in [f.level for f in findings]


@pytest.mark.parametrize("path", ["", ".", ":", "bin", "bin:."])
def test_t106_a_docker_in_the_current_directory_is_not_run(program, path, tmp_path, monkeypatch):
    made = program(f"touch {tmp_path}/ran; echo 29.0.0")
    monkeypatch.chdir(made.parent if path in {"", ".", ":"} else made.parent.parent)

    findings = list(docker_program.check({"PATH": path}))

    assert findings[0].message == "there is no docker on PATH"
    assert not (tmp_path / "ran").exists()


def test_a_version_that_only_the_format_gives_is_enough(program):
    made = program('[ "$1" = version ] || exit 1\n[ "$3" = "{{.Client.Version}}" ] && echo 29.0.0')

    assert switch(looked_at(made, DOCKER_CONTENT_TRUST="1")).level == "failure"


def test_a_bare_version_on_every_question_is_docker_s(program):
    assert levels(looked_at(program("echo 29.0.0")), "DOCKER_CONTENT_TRUST") == ["note"]


@pytest.mark.parametrize("words", ["podman version 5.4.0", "nerdctl version 2.0.1"])
def test_a_program_that_only_has_the_name_checks_nothing(program, words):
    made = program(f"echo {words}")

    findings = looked_at(made, DOCKER_CONTENT_TRUST="1")

    assert words in findings[0].message
    assert switch(findings).level == "failure"


@pytest.mark.parametrize(
    "script", ["exit 1", "echo", "echo nonsense", "exec /nonexistent", "kill $$"]
)
def test_a_docker_that_says_nothing_usable_is_doubt(program, script):
    made = program(script)

    assert levels(looked_at(made, DOCKER_CONTENT_TRUST="1"), str(made)) == ["failure"]
    assert levels(looked_at(made), str(made)) == ["warning"]


def test_a_docker_that_never_answers_is_given_up_with_what_it_started(program, tmp_path):
    made = program(f"sleep 60 & echo $! >{tmp_path}/child; wait")
    started = time.monotonic()

    findings = list(docker_program.check({"PATH": f"{made.parent}:/bin"}, time_limit=0.3))

    assert time.monotonic() - started < 10
    assert findings[0].level == "warning"
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(child)


def test_docker_sees_the_variables_that_were_given(program):
    made = program('echo "Docker version $WANTED, build 0"')

    assert "28.7.6" in looked_at(made, WANTED="28.7.6")[0].message


def _lives(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
