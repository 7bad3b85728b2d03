"""Where docker compose is there, it is asked what a project comes to."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from contenttrust.gate.compose import plugin
from contenttrust.gate.compose.files import composition
from contenttrust.yaml_nodes import YamlError

PIN = "docker.io/library/web@sha256:" + "a" * 64


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A stand-in for docker, which answers what it is told."""

    def make(answer: object, *, code: int = 0, told: str = "", knows: bool = True) -> str:
        program = tmp_path / "docker"
        (tmp_path / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer))
        program.write_text(
            "#!/bin/sh\n"
            '[ "$2" = version ] && exit 0\n'
            f'echo "$COMPOSE_EXPERIMENTAL_GIT_REMOTE $@" >> {tmp_path}/asked\n'
            + ("" if knows else 'case "$*" in *--no-env-resolution*) echo "unknown flag: x" >&2;'
               " exit 16;; esac\n")
            + f"printf '%s' '{told}' >&2\ncat {tmp_path}/answer\nexit {code}\n"
        )  # fmt: skip
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return str(program)

    return make


def test_docker_compose_is_asked_where_it_is_there(docker, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c").write_text("services: {}")
    told = 'time="2026-01-01T00:00:00Z" level=warning msg="The \\"TAG\\" variable is not set"'
    program = docker({"services": {"web": {"image": "web:9"}}}, told=told)
    texts = {"a.yaml": b"services:\n  web:\n    extends: x\n", "b.yaml": b"include: [c]\n"}
    made = composition(texts, profiles=["p"], env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [(u.image, u.spot.file, u.spot.line) for u in made.uses] == [("web:9", "a.yaml", 3)]
    assert [(f.level, f.message) for f in made.findings] == [
        ("note", 'docker compose: The "TAG" variable is not set')
    ]
    command = "compose --file a.yaml --file b.yaml --profile p config --format json"
    assert (tmp_path / "asked").read_text().splitlines() == [
        f"false {command} --no-env-resolution", f" {command} --no-env-resolution",
    ]  # fmt: skip
    with pytest.raises(YamlError, match="comes from another file"):
        made.pinned({"web:9": PIN})


def test_a_program_of_many_names_is_called_by_that_of_docker(tmp_path: Path, monkeypatch) -> None:
    """As snap, which runs what its name says; Python runs the file `compose` here."""
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "docker"
    program.symlink_to(sys.executable)
    Path("compose").write_text(
        "import os, sys\n"
        "if os.path.basename(sys.orig_argv[0]) != 'docker': sys.exit('no such program')\n"
        'print(\'{"services": {"web": {"image": "web:9"}}}\')\n'
    )
    made = composition({"a.yaml": b"services: {}"}, env=dict(os.environ), program=str(program))
    assert [use.image for use in made.uses] == ["web:9"]


def test_a_dollar_that_docker_compose_wrote_twice_is_one(docker) -> None:
    inline = {"context": "/app", "dockerfile_inline": "ARG B=base:1\nFROM $$B"}
    program = docker({"services": {"web": {"build": inline}}})
    made = composition({"a.yaml": b"services: {}"}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [use.image for use in made.uses] == ["base:1"]


@pytest.mark.parametrize("is_other", [False, True])
def test_keys_of_a_build_may_come_in_any_order(docker, tmp_path: Path, is_other: bool) -> None:
    program = docker({})
    more = ["b"] * is_other
    for name, keys in (("local", ["default", "a=/a"]), ("open", ["a=/a", "default", *more])):
        build = {"context": "/app", "dockerfile_inline": "FROM base:1", "ssh": keys}
        (tmp_path / name).write_text(json.dumps({"services": {"web": {"build": build}}}))
    Path(program).write_text(
        '#!/bin/sh\n[ "$2" = version ] && exit 0\n'
        f"cd {tmp_path}\n[ $COMPOSE_EXPERIMENTAL_GIT_REMOTE ] && exec cat local\nexec cat open\n"
    )
    made = composition({"a.yaml": b"services: {}"}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [use.image for use in made.uses] == ([] if is_other else ["base:1"])
    assert ["another one" in one.message for one in made.findings] == [True] * is_other


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ([1], "services is no mapping"),
        ({"web": "web:1"}, "no service"),
        ({"web": {"build": {"context": 1}}}, "context is no text"),
        ({"web": {"build": {"args": {"A": True}}}}, "of A is no text"),
        ({"web": {"build": {"args": {"A": None}, "context": "https://x.example"}}}, "is not here"),
        ({"web": {"image": ["web:1"]}}, "no text"),
    ],
)
def test_a_project_of_another_shape_is_refused(docker, services: object, words: str) -> None:
    program = docker({"services": services})
    made = composition({"a.yaml": b"services: {}"}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [words in finding.message for finding in made.findings] == [True]


def test_the_short_form_of_a_build_is_read(docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM base:1\n")
    program = docker({"services": {"web": {"build": str(tmp_path)}}})
    made = composition({"a.yaml": b"services: {}"}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [use.image for use in made.uses] == ["base:1"]


def test_tags_that_docker_compose_understands_are_in_the_way_of_writing_only(docker) -> None:
    text = b"services:\n  web: !override\n    image: web:1\n"
    program = docker({"services": {"web": {"image": "web:1"}}})
    made = composition({"a.yaml": text}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [(u.image, u.spot.line) for u in made.uses] == [("web:1", 3)]
    assert made.findings == ()
    with pytest.raises(YamlError, match=r"the tag !override.*--override-out pins"):
        made.pinned({"web:1": PIN})


def test_an_env_file_that_is_not_there_is_told_with_what_to_do(docker) -> None:
    text = b"services:\n  web: {image: x, env_file: [missing.env]}\n"
    for told, is_helped in (
        ("env file /w/missing.env not found: stat /w/missing.env: no such file or directory", True),
        ("couldn'\\''t find env file: /w/missing.env", False),
    ):
        program = docker("", code=1, told=told)
        made = composition({"a.yaml": text}, env={"PATH": "/bin:/usr/bin"}, program=program)
        [finding] = made.findings
        assert finding.refused
        assert "missing.env" in finding.message
        assert finding.message.endswith("(--without-docker)") == is_helped
    [use] = composition({"a.yaml": text}, env={}, program=None).uses  # as the message says
    assert use.image == "x"


def test_what_docker_compose_refuses_is_told_with_the_place_that_is_doubtful(docker) -> None:
    program = docker("", code=1, told="no such tag")
    text = b"services:\n  web: !other {image: x}\n"
    made = composition({"a.yaml": text}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert [(f.refused, f.spot.line, f.message[:21]) for f in made.findings] == [
        (True, 1, "docker compose: no su"), (True, 2, "the tag !other: reade"),
    ]  # fmt: skip


def test_an_older_docker_compose_is_asked_in_its_words(docker, tmp_path: Path) -> None:
    program = docker({"services": {}}, knows=False)
    made = composition({"a.yaml": b"services: {}"}, env={"PATH": "/bin:/usr/bin"}, program=program)

    assert made.findings == ()
    asked = (tmp_path / "asked").read_text().splitlines()
    assert ["--no-env-resolution" in one for one in asked] == [True, False] * 2


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ("", 1, "docker compose"),
        ("{", 0, "no JSON"),
        ("[]", 0, "no project"),
        ('{"services": {"a": {}, "a": {}}}', 0, "twice"),
    ],
)
def test_a_project_that_docker_compose_refuses_is_refused(docker, answer, code, words) -> None:
    program = docker(answer, code=code, told="validating: \x1b[2J")
    made = composition({"a.yaml": b"services: {}"}, env={"PATH": "/bin:/usr/bin"}, program=program)

    [finding] = made.findings
    assert finding.refused
    assert words in finding.message
    assert finding.message.isprintable()


def test_docker_compose_is_not_started_to_wait_for_a_file_of_variables(
    docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(".env")
    program = docker({"services": {"web": {"image": "web:9"}}})
    for more in ({}, {"COMPOSE_FILE": "a.yaml"}, {"COMPOSE_ENV_FILES": ".env"}):
        env = {"PATH": "/bin:/usr/bin", **more}
        made = composition({"a.yaml": b"services: {}"}, env=env, program=program)
        assert made.uses == ()
        assert all(finding.refused for finding in made.findings)
        assert made.findings[-1].message == ".env: it is no regular file"
    assert not (tmp_path / "asked").exists()


def test_a_docker_that_is_not_there_has_no_compose(tmp_path: Path) -> None:
    assert not plugin.available(str(tmp_path / "none"))
    with pytest.raises(plugin.ComposeConfigError, match="No such file"):
        plugin.config(["a"], profiles=[], env={}, program=str(tmp_path / "none"))
