"""What a project says of the builder: nothing may exchange what was checked."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition

SECRET = """\
services:
  web:
    build: {{dockerfile_inline: FROM x, secrets: [{listed}]}}
secrets:
  s: {{environment: {name}}}
"""
SERVICES = """\
services:
  other:
    build: {{dockerfile_inline: FROM x, {of_other}}}
  web:
    build:
      dockerfile_inline: {text}
      additional_contexts: {{base: 'service:other'}}
      {of_web}
"""
MANY = "platforms: [linux/amd64, linux/arm64]"


def read(folder: Path, text: str, program: str | None = None, **env: str) -> Composition:
    return composition({f"{folder}/c.yaml": text.encode()}, env=env, program=program)


def refused(folder: Path, text: str, **env: str) -> list[tuple[int, str]]:
    found = read(folder, text, **env).findings
    return [(f.spot.line, f.message) for f in found if f.refused]


def secret(folder: Path, name: str, *, listed: str = "s", **env: str) -> list[tuple[int, str]]:
    return refused(folder, SECRET.format(name=name, listed=listed), **env)


def services(
    folder: Path, *, of_other: str = "", of_web: str = "", text: str = "FROM base", **env: str
) -> list[tuple[int, str]]:
    made = SERVICES.format(of_other=of_other, of_web=of_web, text=f'"{text}"')
    return refused(folder, made, **({"COMPOSE_BAKE": "true"} | env))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "TOKEN"])
@pytest.mark.parametrize("listed", ["s", "{source: s, target: other}"])
def test_t100_a_secret_of_a_build_has_its_value_from_no_file_of_the_project(
    tmp_path: Path, name: str, listed: str
) -> None:
    assert secret(tmp_path, name, listed=listed) == []  # who builds gives it, or nobody
    (tmp_path / ".env").write_text(f"A=b\n{name}=here\n")

    [(line, message)] = secret(tmp_path, name, listed=listed)
    assert line == 5
    assert f"puts {name} into the environment of the builder" in message
    elsewhere = tmp_path / "prod.env"
    (tmp_path / ".env").rename(elsewhere)
    assert secret(tmp_path, name) == []
    assert len(secret(tmp_path, name, COMPOSE_ENV_FILES=str(elsewhere))) == 1


def test_t100_who_builds_may_have_another_environment_than_who_checks(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TOKEN=here\n")

    assert len(secret(tmp_path, "TOKEN", TOKEN="mine")) == 1


@pytest.mark.parametrize(
    "name",
    ["EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=policy.json", "'A,src=/x'", "'A B'", "ä", "1", "[A]",
     "DOCKER_HOST", "DOCKER_CONTEXT", "COMPOSE_PROJECT_NAME", "USER_AGENT",
     "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", "BUILDX_CONFIG", "BUILDKIT_HOST"],
)  # fmt: skip
def test_t100_a_secret_of_a_build_is_one_variable_that_nobody_else_sets(
    tmp_path: Path, name: str
) -> None:
    [(line, message)] = secret(tmp_path, name)

    assert line == 5
    assert "no name of a variable" in message or "needs another name" in message


def test_secrets_that_reach_no_builder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TOKEN=here\n")

    assert secret(tmp_path, "TOKEN", listed="") == []
    assert (
        refused(tmp_path, SECRET.format(name="x", listed="s").replace("environment", "file")) == []
    )
    for listed in ("other", "3", "{target: s}"):
        [(line, message)] = secret(tmp_path, "TOKEN", listed=listed)
        assert (line, "there is no secret" in message) == (3, True)
    [(line, message)] = refused(tmp_path, SECRET.format(name="x", listed="").replace("[]", "s"))
    assert (line, message) == (3, "secrets is no list")


def test_a_file_of_variables_that_is_not_simple_is_left_to_docker_compose(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=$B\n")
    assert secret(tmp_path, "TOKEN") == []  # nothing of it is there
    (tmp_path / ".env").write_text("TOKEN=a$B\n")
    [(_, message)] = secret(tmp_path, "TOKEN")
    assert "docker compose must read it" in message

    program = tmp_path / "docker"
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *version*) ;;\n'
        '*project-directory*) [ -z "$TOKEN" ] && echo \'{"x-TOKEN": "ab"}\' ;;\n'
        '*) echo \'{"services": {"a": {"build": {"context": "/a", "dockerfile_inline": "FROM x",'
        ' "secrets": [{"source": "s"}]}}}, "secrets": {"s": {"environment": "TOKEN"}}}\' ;;\n'
        "esac\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    env = {"PATH": "/bin:/usr/bin", "TOKEN": "mine"}
    made = read(tmp_path, "services: {}", program=str(program), **env)
    assert ["puts TOKEN into" in f.message for f in made.findings] == [True]


def test_a_source_policy_would_exchange_what_was_checked_by_compose_too(tmp_path: Path) -> None:
    env = {"EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": "policy.json"}
    text = "services:\n  web:\n    build: {dockerfile_inline: FROM x}\n"

    [(line, message)] = refused(tmp_path, text, **env)
    assert line == 3
    assert "would exchange what was checked; unset it" in message
    assert refused(tmp_path, "services: {web: {image: x}}", **env) == []


@pytest.mark.parametrize("value", ["false", "0", "F", "", "no", None])
def test_t100_without_bake_a_service_is_no_context(tmp_path: Path, value: str | None) -> None:
    text = SERVICES.format(of_other="", of_web="", text="FROM base")
    [(line, message)] = refused(
        tmp_path, text, **({} if value is None else {"COMPOSE_BAKE": value})
    )

    assert line == 7
    assert "set COMPOSE_BAKE=true, here and for docker compose" in message
    if value:
        (tmp_path / ".env").write_text(f"COMPOSE_BAKE={value}\n")
        for env in ({}, {"COMPOSE_BAKE": "true"}):
            assert refused(tmp_path, text, **env) == [(7, message)]
    (tmp_path / ".env").write_text("COMPOSE_BAKE=1\n")
    assert refused(tmp_path, text) == []
    assert refused(tmp_path, text, COMPOSE_BAKE="True") == []


def test_t100_without_buildx_a_service_is_no_context(tmp_path: Path) -> None:
    def docker(name: str, plugins: str) -> str:
        program = tmp_path / name
        program.write_text(
            "#!/bin/sh\n"
            f'[ "$2" = version ] && case "$1" in {plugins}) exit 0;; *) exit 1;; esac\n'
            'echo \'{"services": {"a": {"build": {"context": "/a", "dockerfile_inline": "FROM b",'
            ' "additional_contexts": {"b": "service:b"}}},'
            ' "b": {"build": {"context": "/a", "dockerfile_inline": "FROM x"}}}}\'\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return str(program)

    def told(program: str) -> list[str]:
        env = {"PATH": "/bin:/usr/bin", "COMPOSE_BAKE": "true"}
        return [f.message for f in read(tmp_path, "services: {}", program=program, **env).findings]

    [message] = told(docker("without", "compose"))
    assert "buildx, which is not here" in message
    assert told(docker("with", "compose|buildx")) == []


def test_a_service_of_several_platforms_is_a_context_for_the_same_ones(tmp_path: Path) -> None:
    assert services(tmp_path, of_other=MANY, of_web=MANY) == []
    other_order = "platforms: [linux/arm64, linux/amd64]"
    assert services(tmp_path, of_other=MANY, of_web=other_order) == []
    one = "platforms: [linux/amd64]"
    assert services(tmp_path, of_other=one, of_web="platforms: [linux/386]") == []
    assert services(tmp_path, of_web=MANY, text="FROM --platform=linux/386 base AS base") == []


@pytest.mark.parametrize(
    "of_web",
    ["", "platforms: [linux/386]", "platforms: [linux/amd64]",
     "platforms: [linux/amd64, linux/arm64, linux/386]",
     "tags: []\n    platform: linux/386"],
)  # fmt: skip
def test_t100_a_service_of_other_platforms_is_no_context(tmp_path: Path, of_web: str) -> None:
    [(line, message)] = services(tmp_path, of_other=MANY, of_web=of_web)

    assert line == 7
    assert "is there for linux/amd64, linux/arm64" in message


@pytest.mark.parametrize(
    "text",
    ["FROM --platform=linux/386 base", "FROM --platform=linux/amd64 base",
     "FROM --platform=$$BUILDPLATFORM base", "FROM evil AS base", "FROM evil AS BASE"],
)  # fmt: skip
def test_t100_a_context_of_several_platforms_is_for_what_is_built_only(
    tmp_path: Path, text: str
) -> None:
    [(_, message)] = services(tmp_path, of_other=MANY, of_web=MANY, text=text)

    assert "name it without --platform, and call no stage by it" in message
    assert services(tmp_path, text=text) == []


@pytest.mark.parametrize("value", ["'1'", "'false'", ""])
def test_t100_a_service_that_is_kept_by_its_platform_is_no_context(
    tmp_path: Path, value: str
) -> None:
    [(line, message)] = services(tmp_path, of_other=f"args: {{BUILDKIT_MULTI_PLATFORM: {value}}}")

    assert (line, "BUILDKIT_MULTI_PLATFORM: leave it out" in message) == (7, True)


@pytest.mark.parametrize(
    "value", ["linux/amd64,linux/arm64", 'linux/arm64${","}linux/s390x', "linux/%{ if true }"]
)
def test_t100_a_default_platform_is_plainly_one(tmp_path: Path, value: str) -> None:
    name = "DOCKER_DEFAULT_PLATFORM"
    (tmp_path / "Dockerfile").write_text("FROM x")
    build = "services:\n  web:\n    build: ."
    assert refused(tmp_path, build, **{name: "linux/arm/v7"}) == []

    [(line, message)] = refused(tmp_path, build, **{name: value})
    assert line == 3
    assert message.startswith(f"{name}: ")
    assert message.endswith("is not plainly one platform: write one, such as linux/amd64")
    nothing_built = "services:\n  web: {image: x}"
    assert refused(tmp_path, nothing_built, **{name: value}) == []
    (tmp_path / ".env").write_text(f"{name}='{value}'\n")
    expected = (1, "not a simple NAME=VALUE") if "${" in value else (3, message)
    [(line, message)] = refused(tmp_path, build)
    assert (line, expected[1] in message) == (expected[0], True)


@pytest.mark.parametrize("file", ["'./$${\"x\"}'", "'%{ if true }x%{ endif }'", '"a\\0b"'])
def test_t100_a_file_of_a_secret_is_what_bake_reads(tmp_path: Path, file: str) -> None:
    made = SECRET.replace("environment", "file")
    assert refused(tmp_path, made.format(name="./x", listed="s")) == []

    [(line, *_), *_] = refused(tmp_path, made.format(name=file, listed="s"))
    assert line == 5
    assert refused(tmp_path, made.format(name=file, listed="").replace(", secrets: []", "")) == []


@pytest.mark.parametrize("listed", ["{source: [x]}", "{source: {a: b}}", "{a: b}", "5", "{}"])
def test_a_secret_of_a_build_that_has_no_name_is_refused(tmp_path: Path, listed: str) -> None:
    [(line, message)] = secret(tmp_path, "TOKEN", listed=listed)

    assert (line, "there is no secret" in message) == (3, True)
