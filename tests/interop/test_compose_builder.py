"""What a project tells the builder, beside its Dockerfiles, by way of docker compose."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop import builder
from interop.compose_files import environment, project
from interop.composed import Composed
from interop.trust_stack import TrustStack

GIVEN = ("BUILDX_BUILDER", "DOCKER_BUILDKIT", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", "TOKEN", "KEY")
PROJECT = """\
services:
  web:
    build:
      dockerfile_inline: FROM scratch
      args: [KEY]
      ssh: [default]
      secrets: [{secret}]
secrets:
  token: {{environment: TOKEN}}
  policy: {{environment: EXPERIMENTAL_BUILDKIT_SOURCE_POLICY}}
  odd: {{environment: EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=policy.json}}
"""
# In place of buildx: it writes down its environment, and builds nothing.
BUILDX = """\
#!/bin/sh
[ "$1" = docker-cli-plugin-metadata ] &&
  exec echo '{"SchemaVersion": "0.1.0", "Vendor": "x", "Version": "v0.29.1"}'
[ "$1" = bake ] && env -0 > environment
exit 1
"""


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose, in a folder with a file of variables."""
    made = environment(tmp_path, monkeypatch)
    (tmp_path / ".env").write_text("".join(f"{name}=here\n" for name in (*GIVEN, "COMPOSE_X")))
    return {**made, "DOCKER_BUILDKIT": "1"}


def of_buildx(env: dict[str, str], secret: str) -> dict[str, str]:
    """What the project adds to the environment in which buildx is started."""
    program = Path(env["DOCKER_CONFIG"], "cli-plugins", "docker-buildx")
    program.unlink()
    program.write_text(BUILDX)
    program.chmod(0o755)
    Path("compose.yaml").write_text(PROJECT.format(secret=secret))
    command = ["docker", "compose", "build"]
    subprocess.run(command, env=env, capture_output=True, check=False, timeout=60)
    told = Path("environment").read_text().split("\0")
    found = dict(one.split("=", 1) for one in told if one)
    return {name: value for name, value in found.items() if env.get(name) != value}


@pytest.mark.parametrize(
    ("secret", "name", "value"),
    [
        ("token", "TOKEN", "here"),
        ("policy", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", "here"),
        ("odd", "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY", "policy.json="),
    ],
)
def test_t100_what_a_secret_would_give_to_buildx_is_refused(
    env: dict[str, str], secret: str, name: str, value: str
) -> None:
    made = project(env, compose=PROJECT.format(secret=secret))

    assert ["environment" in f.spot.what for f in made.findings if f.refused] == [True]
    assert of_buildx(env, secret)[name] == value


def test_of_a_file_of_variables_buildx_gets_those_of_compose_and_of_secrets(
    env: dict[str, str],
) -> None:
    made = project(env, compose=PROJECT.format(secret=""))

    assert [finding for finding in made.findings if finding.refused] == []
    given = {name for name, value in of_buildx(env, "").items() if value == "here"}
    assert given == {"COMPOSE_X"}


@pytest.fixture(scope="module")
def buildkitd() -> Iterator[str]:
    """The address of a BuildKit that has no images of the daemon."""
    with builder.running() as started:
        yield f"unix://{started._folder}/b.sock"


@pytest.fixture
def compose(
    docker_stack: TrustStack, place: Callable[[str], Path], buildkitd: str
) -> Iterator[Composed]:
    """A project that this test has for itself, with a builder."""
    made = Composed(place("composed-builder"), docker_stack)
    made.docker.plain("buildx", "create", "--name", "own", "--driver", "remote", buildkitd)
    yield made
    made.down()


def write(compose: Composed, name: str, **of_build: object) -> None:
    """A service `web` that is built upon a service `other`, in place of an image."""
    inline = f"FROM {name}\nCOPY compose.yaml /x\n"
    web = {"dockerfile_inline": inline, "additional_contexts": {name: "service:other"}}
    other = {"dockerfile_inline": "FROM scratch\nCOPY compose.yaml /label\n"}
    services = {
        "other": {"image": name, "build": {**other, **dict(of_build.get("other", {}))}},
        "web": {"image": "built.example/web", "build": {**web, **dict(of_build.get("web", {}))}},
    }
    for service in services.values():
        service["build"]["context"] = "."
        service["pull_policy"] = "build"
    compose.folder.joinpath("compose.yaml").write_text(json.dumps({"services": services}))
    compose.files = ["--file=compose.yaml"]


def pulled(compose: Composed, name: str) -> bool:
    """Whether docker compose has an image fetched from a registry for the build."""
    ran = compose("--progress=plain", "build", "--builder=own", "--no-cache", "web")
    return f"load metadata for {name}" in ran.out + ran.err


def test_t100_a_service_is_pulled_where_compose_builds_without_bake(compose: Composed) -> None:
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}:1.0"
    compose.docker.upload(path, f"{path} unsigned", tag="1.0")
    write(compose, name)

    compose.env["COMPOSE_BAKE"] = "true"
    compose.gate("compose", "compose.yaml").succeeded()
    assert not pulled(compose, name)
    compose.env["COMPOSE_BAKE"] = "false"
    assert "set COMPOSE_BAKE=true" in compose.gate("compose", "compose.yaml").err
    assert pulled(compose, name)


def test_t100_a_service_is_no_context_for_a_platform_that_it_is_not_built_for(
    compose: Composed,
) -> None:
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}:1.0"
    compose.docker.upload(path, f"{path} unsigned", tag="1.0")
    compose.env["COMPOSE_BAKE"] = "true"
    many = {"platforms": ["linux/amd64", "linux/arm64"]}

    for web, passes in ((many, True), ({"platforms": ["linux/386"]}, False)):
        write(compose, name, other=many, web=web)
        assert (compose.gate("compose", "compose.yaml").code == 0) == passes
        assert pulled(compose, name) != passes
    write(compose, name, other=many, web={"dockerfile_inline": f"FROM {name} AS x", **many})
    compose.gate("compose", "compose.yaml").succeeded()
    inline = f"FROM --platform=linux/386 {name}"
    write(compose, name, other=many, web={"dockerfile_inline": inline, **many})
    assert "without --platform" in compose.gate("compose", "compose.yaml").err
    assert pulled(compose, name)
