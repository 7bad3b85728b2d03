"""Compose projects as docker compose reads them, pinned so that it starts what was checked."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
from pathlib import Path

import pytest

from contenttrust.gate.compose import build_texts, environment_file, plain_files, plugin
from contenttrust.gate.compose.files import composition
from contenttrust.gate.compose.interpolation import InterpolationError, interpolated
from contenttrust.gate.compose.merging import merged
from contenttrust.yaml_nodes import read
from interop.compose_files import PIN, environment, images, project, there, told_by_docker

PROJECT = """\
x-base: &base
  image: ${REGISTRY:-example.com}/web:${TAG}
services:
  web:
    <<: *base
    profiles: [a]
    volumes:
    - {type: image, source: "data:${TAG-1}", target: /data}
  db:
    image: db:$${TAG}
    pull_policy: never
  built:
    image: mine:1
    pull_policy: build
    build:
      context: .
      args: {BASE: "base:${TAG}"}
      additional_contexts: {other: "docker-image://other:${TAG}"}
      dockerfile_inline: |
        ARG BASE
        FROM $$BASE
        FROM other
"""
SECOND = """\
services:
  db: {image: "db:${TAG:?needed}"}
  new: {image: "new:${NONE:-${TAG}}"}
"""
ELSEWHERE = """\
services:
  extended:
    extends: {file: base.yaml, service: base}
include: [included.yaml]
"""


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose, and of nothing else."""
    return environment(tmp_path, monkeypatch)


def test_files_mean_the_same_with_and_without_docker_compose(env) -> None:
    asked = project(env, compose=PROJECT, second=SECOND)
    read = project(env, program=None, compose=PROJECT, second=SECOND)

    assert images(asked) == images(read)
    assert [image for image, _ in images(asked)] == [
        "base:7", "data:7", "db:7", "example.com/web:7", "new:7", "other:7",
    ]  # fmt: skip
    pins = {"db:7": PIN, "new:7": PIN, "data:7": PIN, "other:7": PIN}
    assert asked.override(pins) == read.override(pins)


def test_docker_compose_reads_what_extends_and_includes(env) -> None:
    Path("base.yaml").write_text("services: {base: {image: base:1}}\n")
    Path("included.yaml").write_text("services: {included: {image: included:1}}\n")
    made = project(env, compose=ELSEWHERE)

    assert [image for image, _ in images(made)] == ["base:1", "included:1"]
    assert project(env, program=None, compose=ELSEWHERE).findings[0].refused


def test_docker_compose_starts_what_the_override_pins(env) -> None:
    made = project(env, compose=PROJECT, second=SECOND)
    wanted = dict.fromkeys(("db:7", "new:7", "data:7", "other:7", "example.com/web:7"), PIN)
    Path("trust.yaml").write_bytes(made.override(wanted))
    files = ["--file=compose.yaml", "--file=second.yaml", "--file=trust.yaml", "--profile=*"]
    told = subprocess.run(
        ["docker", "compose", *files, "config", "--format", "json"],
        env=env, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    services = json.loads(told.stdout)["services"]

    assert {name: service.get("image") for name, service in services.items()} == {
        "web": PIN, "db": PIN, "new": PIN, "built": "mine:1",
    }  # fmt: skip
    assert services["web"]["volumes"] == [{"type": "image", "source": PIN, "target": "/data"}]
    assert services["built"]["build"]["additional_contexts"] == {"other": f"docker-image://{PIN}"}
    assert images(composition(
        {name: Path(name).read_bytes() for name in ("compose.yaml", "second.yaml", "trust.yaml")},
        env=env,
    ))[1:] == [(PIN, "trust.yaml")] * 5  # fmt: skip


STACK = "services:\n  web:\n    image: web:1\n"


def test_docker_compose_and_docker_stack_read_the_digests_that_were_written(env) -> None:
    for name, text in project(env, compose=STACK).pinned({"web:1": PIN}).items():
        Path(name).write_bytes(text)

    assert f"image: {PIN}\n" in told_by_docker(env, "compose", "config")
    assert f"image: {PIN}\n" in told_by_docker(env, "stack", "config", "-c", "compose.yaml")


def test_files_that_the_gate_did_not_write_name_tags_still(env) -> None:
    project(env, compose=STACK).override({"web:1": PIN})

    assert "image: web:1\n" in told_by_docker(env, "compose", "config")


PIECES = [
    "$", "{", "}", "${", "TAG", "EMPTY", "NONE", "M_1", ":-", "-", ":?", "?", ":+", "+", "x", "$$",
    "1", " ", ".", "/", "${TAG}", "${NONE:-", "${EMPTY:-", "$TAG", "${NONE-", "$DOLLAR",
]  # fmt: skip


def test_variables_mean_what_docker_compose_makes_of_them(env) -> None:
    variables = {"TAG": "7", "EMPTY": "", "M_1": "m", "DOLLAR": "$TAG"}
    chance = random.Random(7)
    labels: dict[str, str] = {}
    expected: dict[str, str] = {}
    while len(labels) < 400:
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 7)))
        with contextlib.suppress(InterpolationError):
            expected[f"l{len(labels)}"] = interpolated(text, variables.get)
            labels[f"l{len(labels)}"] = text
    Path("compose.yaml").write_text(
        json.dumps({"services": {"a": {"image": "x", "labels": labels}}})
    )
    told = json.loads(told_by_docker({**env, **variables}, "compose", "config", "--format", "json"))

    assert {
        name: value.replace("$$", "$") for name, value in told["services"]["a"]["labels"].items()
    } == expected


@pytest.mark.parametrize(
    "remote", ["https://github.com/docker/awesome-compose.git", "oci://example.com/project:1"]
)
def test_t100_what_is_on_a_server_is_not_fetched(env, remote: str) -> None:
    [finding] = project(env, compose=f"include: ['{remote}']\n").findings

    assert finding.refused
    assert f"{remote} is no file here" in finding.message


@pytest.mark.parametrize(("image", "variables"), [
    ("team/app${COMPOSE_EXPERIMENTAL_GIT_REMOTE:+:1.4}", ""),
    ("${PICK:-mallory/evil}", "PICK=${COMPOSE_EXPERIMENTAL_OCI_REMOTE:+team/app:1.4}\n"),
])  # fmt: skip
def test_t100_what_forbids_docker_compose_to_fetch_tells_no_project_that_it_is_checked(
    env, image: str, variables: str
) -> None:
    Path(".env").write_text(variables)
    [finding] = project(env, compose=f"services: {{web: {{image: '{image}'}}}}\n").findings

    assert finding.refused
    assert "COMPOSE_EXPERIMENTAL_GIT_REMOTE" in finding.message


@pytest.mark.parametrize("name", ["COMPOSE_FILE", "COMPOSE_BAKE"])
def test_t100_variables_are_those_that_docker_compose_has(env, name: str) -> None:
    Path(".env").write_text(f"{name}=${{COMPOSE_EXPERIMENTAL_GIT_REMOTE:+here}}\n")

    assert plugin.variables([name], folder="", env=env) == {}


def test_a_variable_that_is_not_set_is_a_note_of_docker_compose(env) -> None:
    del env["TAG"]
    made = project(env, compose="services: {web: {image: 'web:1${TAG}'}}\n")

    assert [(finding.level, finding.message) for finding in made.findings] == [
        ("note",
         'docker compose: The "TAG" variable is not set. Defaulting to a blank string.')
    ]  # fmt: skip


@pytest.mark.parametrize("value", [
    "7", "0", "-3", "010", "0o17", "0x1F", "1.0", "1e3", "+5", "1_000", "true", "True", "yes",
    "08", "0_8", "9223372036854775807", "9223372036854775808", "1.", ".5", "0b11",
    ".inf", "'010'", "1:30",
])  # fmt: skip
def test_an_argument_is_what_docker_compose_makes_of_it_or_refused(env, value: str) -> None:
    text = f"services: {{a: {{build: {{dockerfile_inline: FROM x, args: {{V: {value}}}}}}}}}"
    read = project(env, program=None, compose=text)
    told = json.loads(told_by_docker(env, "compose", "config", "--format", "json"))
    theirs = told["services"]["a"]["build"]["args"]["V"]

    if any(finding.refused for finding in read.findings):
        assert "'" not in value
        assert not value.isdecimal() or value.startswith("0") or int(value) >= 2**63
    else:
        [built] = read.builds
        assert built.dockerfile.settings.build_args.get("V") == theirs


def test_what_is_not_named_is_what_docker_compose_reads_beside(env) -> None:
    chance = random.Random(7)
    names = [
        *("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"),
        *("compose.override.yml", "compose.override.yaml"),
        *("docker-compose.override.yml", "docker-compose.override.yaml"),
    ]
    for _ in range(25):
        there = [name for name in names if name in names[:1] or chance.random() < 0.4]
        chosen = chance.choice(["", "", ":".join(chance.sample(there, min(2, len(there))))])
        for name in names:
            Path(name).unlink(missing_ok=True)
        for name in there:
            Path(name).write_text(f"services: {{s{names.index(name)}: {{image: x}}}}\n")
        Path(".env").write_text(f"COMPOSE_FILE={chosen}\n" if chosen else "")
        told = json.loads(told_by_docker(env, "compose", "config", "--format", "json"))
        theirs = {names[int(service[1:])] for service in told["services"]}

        ours = plain_files.unnamed(["compose.yaml"], env={}) or ["compose.yaml"]
        assert set(ours) == theirs
        assert plain_files.unnamed(sorted(theirs), env={}) == []


PLACES = [
    *((switch, None) for switch in (None, "", "0", "1", "true", "False", "yes", "TrUe", "t")),
    *(("1", name) for name in ("", ",", "a.env", "a.env,b.env", "b.env,,a.env", "c.env")),
    (None, "none.env"), ("yes", "a.env"),
]  # fmt: skip


def test_variables_come_from_the_files_that_docker_compose_reads(env) -> None:
    text = "services: {a: {image: 'x:${TAG-none}'}}"
    del env["TAG"]
    Path(".env").write_text("TAG=env\n")
    for name in ("a", "b"):
        Path(f"{name}.env").write_text(f"TAG={name}\n")
    Path("c.env").write_text("TAG=c\nCOMPOSE_DISABLE_ENV_FILE=1\n")
    for disabled, named in PLACES:
        given = {"COMPOSE_DISABLE_ENV_FILE": disabled, "COMPOSE_ENV_FILES": named}
        there = env | {name: value for name, value in given.items() if value is not None}
        asked, read = (project(there, program, compose=text) for program in ("docker", None))
        if any(finding.refused for finding in asked.findings):
            assert any(finding.refused for finding in read.findings), given
        elif named != "c.env":  # which ours refuses
            assert images(asked) == images(read), given


def test_variables_of_the_current_folder_go_before_where_compose_file_names_others(env) -> None:
    del env["TAG"]
    Path("deploy").mkdir()
    Path("deploy/compose.yaml").write_text("services: {a: {image: 'x:${TAG}'}}\n")
    Path("deploy/.env").write_text("TAG=beside\n")
    Path(".env").write_text("TAG=here\nCOMPOSE_FILE=deploy/compose.yaml\n")

    assert told_by_docker(env, "compose", "config", "--images") == "x:here\n"
    assert told_by_docker(env, "compose", "-f", "deploy/compose.yaml", "config", "--images") == (
        "x:beside\n"
    )
    [finding] = there(["deploy/compose.yaml"], env).findings
    assert (finding.refused, "variables from .env here first" in finding.message) == (True, True)
    env["COMPOSE_ENV_FILES"] = ".env"
    assert images(there(["deploy/compose.yaml"], env)) == [("x:here", "deploy/compose.yaml")]


def test_variables_of_the_current_folder_go_before_where_the_file_is_found_around_it(
    env, monkeypatch: pytest.MonkeyPatch
) -> None:
    del env["TAG"]
    Path("deploy").mkdir()
    Path("compose.yaml").write_text("services: {a: {image: 'x:${TAG}'}}\n")
    Path(".env").write_text("TAG=beside\n")
    Path("deploy/.env").write_text("TAG=here\n")
    monkeypatch.chdir("deploy")

    assert told_by_docker(env, "compose", "config", "--images") == "x:here\n"
    [finding] = there(["../compose.yaml"], env).findings
    assert (finding.refused, "variables from .env here first" in finding.message) == (True, True)


def test_a_file_env_that_is_not_simple_is_read_by_docker_compose(env) -> None:
    odd = 'A=$(id) x\nB="1\n2"\n# COMPOSE_FILE=evil.yaml\n'
    for more, theirs in {
        "": [],
        "COMPOSE_FILE=compose.yaml": [],
        "COMPOSE_FILE='compose.yaml:evil.yaml' # both": ["compose.yaml", "evil.yaml"],
        'export COMPOSE_FILE: "${B:+compose.yaml:}evil.yaml"': ["compose.yaml", "evil.yaml"],
        "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=compose.yaml;$B": ["compose.yaml", "1\n2"],
    }.items():
        Path(".env").write_text(odd + more)
        assert plain_files.unnamed(["compose.yaml"], env=env) == theirs
        with pytest.raises(environment_file.EnvironmentFileError):
            plain_files.unnamed(["compose.yaml"], env=env, program=None)
    assert plain_files.unnamed(["compose.yaml"], env={**env, "COMPOSE_FILE": ""}) == theirs
    [finding] = project(env, compose=STACK).findings
    assert "without -f docker compose reads" in finding.message
    Path(".env").write_text(odd + "COMPOSE_FILE='")
    assert all(finding.refused for finding in project(env, compose=STACK).findings)


def test_a_null_takes_back_what_it_takes_back_from_docker_compose(env) -> None:
    first = (
        "services: {a: {build: {dockerfile_inline: FROM x, target: t, args: {A: '1', B: '2'}, "
        "additional_contexts: {c: docker-image://c}}}}"
    )
    for null in (
        "dockerfile_inline: ", "target: ", "args: ", "args: {A: }", "args: [A]",
        "additional_contexts: ", "{}",
    ):  # fmt: skip
        second = f"services: {{a: {{build: {{{null}}}}}}}" if null != "{}" else first
        documents = [*read(first, file="compose.yaml"), *read(second, file="second.yaml")]
        ours = merged(documents, lookup={}.get, profiles=["*"])["services"]["a"]["build"]
        project(env, compose=first, second=second)
        files = ["--file=compose.yaml", "--file=second.yaml"]
        told = told_by_docker(env, "compose", *files, "config", "--format", "json")
        theirs = json.loads(told)["services"]["a"]["build"]
        for member in ("dockerfile_inline", "target", "args", "additional_contexts"):
            mine = ours.get(member)
            if isinstance(mine, dict):  # what has no value is not there to them
                mine = {name: value for name, value in mine.items() if value is not None}
            assert (null, member, mine) == (null, member, theirs.get(member))


TEMPLATES = [
    "${", "%{", "}", "%", "$", "$$", "%%{", "$${", "x", '"a"', " ", "if true", "endif", "~}", "{",
    "\\", "\n",
]  # fmt: skip


def test_bake_gets_every_text_that_is_not_refused_as_it_was_read(env) -> None:
    chance = random.Random(7)

    def some() -> str:
        return "".join(chance.choice(TEMPLATES) for _ in range(chance.randint(1, 6)))

    services: dict[str, object] = {}
    expected: dict[str, dict[str, object]] = {}
    refused = 0
    while len(services) < 150:
        build = {
            "dockerfile_inline": f"FROM x\n# {some()}",
            "target": some(),
            "args": {"V": some()},
        }
        if build_texts.faults(build):
            refused += 1
            continue
        name = f"s{len(services)}"
        expected[name] = build
        services[name] = {"build": json.loads(json.dumps(build).replace("$", "$$"))}
    assert refused
    Path("compose.yaml").write_text(json.dumps({"services": services}))
    written = told_by_docker(env, "compose", "build", "--print")
    ran = subprocess.run(
        ["docker", "buildx", "bake", "--file=-", "--print"],
        env=env, input=written, capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    targets = json.loads(ran.stdout.replace("$${", "${").replace("%%{", "%{"))["target"]

    assert {
        name: {
            "dockerfile_inline": target["dockerfile-inline"],
            "target": target["target"],
            "args": target["args"],
        }
        for name, target in targets.items()
    } == expected


def test_an_argument_that_docker_gives_by_itself_is_refused(env) -> None:
    config = Path(env["DOCKER_CONFIG"])
    (config / "config.json").write_text('{"proxies": {"default": {"noProxy": "evil"}}}')
    text = 'services: {a: {build: {dockerfile_inline: "ARG NO_PROXY=good\\nFROM x:$$NO_PROXY"}}}'
    made = project(env, compose=text)

    written = json.loads(told_by_docker(env, "compose", "build", "--print"))
    assert written["target"]["a"]["args"] == {"NO_PROXY": "evil"}
    [finding] = made.findings
    assert (finding.refused, "say build.args NO_PROXY=" in finding.message) == (True, True)
    bake = ["docker", "buildx", "bake", "--file=-", "--print"]
    ran = subprocess.run(
        bake, env={**env, "SOURCE_DATE_EPOCH": "1"}, input='{"target": {"default": {}}}',
        capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    assert json.loads(ran.stdout)["target"]["default"]["args"] == {"SOURCE_DATE_EPOCH": "1"}
