"""Compose projects on a real daemon: what docker compose starts is what was signed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.alternating_registry import AlternatingRegistry
from interop.composed import WAYS, Composed
from interop.registries import registry
from interop.trust_stack import START_TIMEOUT_S, TrustStack, free_ports


@pytest.fixture
def compose(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Composed]:
    """A project that this test has for itself."""
    made = Composed(place("composed"), docker_stack)
    yield made
    made.down()


@pytest.fixture
def repository(compose: Composed) -> str:
    """A repository with a signed and an unsigned tag."""
    path = f"composed/{compose.folder.name}"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(f"{compose.docker.stack.registry}/{path}:1.0")
    compose.docker.upload(path, f"{path} unsigned", tag="unsigned")
    return path


def host(compose: Composed) -> str:
    return compose.docker.stack.registry


def pin_of(compose: Composed, repository: str) -> str:
    """The signed image by its digest."""
    signed = compose.docker.upload(repository, f"{repository} signed", tag="1.0")
    return f"{host(compose)}/{repository}@{signed.digest}"


@pytest.mark.parametrize("way", WAYS)
def test_docker_compose_starts_the_signed_digest(compose: Composed, repository: str, way) -> None:
    pin = pin_of(compose, repository)
    compose.write(f"{host(compose)}/{repository}:1.0")
    compose.pin(way).succeeded()
    compose.docker.upload(repository, f"{repository} unsigned", tag="1.0")  # the tag moves

    compose("pull").succeeded()
    assert compose.docker.has(pin)
    assert compose("run", "--rm", "web").succeeded().out == f"{repository} signed\n"
    compose("create").succeeded()
    assert compose.containers() == [pin]
    compose("start").succeeded()
    up = compose("up", "--no-color", "--no-log-prefix", "--scale=web=2").succeeded()
    assert up.out.count(f"{repository} signed\n") == 2
    compose("up", "--detach", "--scale=web=3").succeeded()
    compose("scale", "web=4").succeeded()
    assert compose.containers() == [pin] * 4
    assert not compose.docker.has(f"{host(compose)}/{repository}:1.0")


@pytest.mark.parametrize("way", WAYS)
def test_docker_compose_starts_nothing_unsigned_by_files_of_the_gate(
    compose: Composed, repository: str, way: str
) -> None:
    name = f"{host(compose)}/{repository}:unsigned"
    compose.write(name)
    before = compose.folder.joinpath("compose.yaml").read_bytes()
    refused = compose.pin(way)
    assert (refused.code, refused.out) == (1, "")
    assert f"refused: compose.yaml:3:12: {name}: " in refused.err
    assert compose.folder.joinpath("compose.yaml").read_bytes() == before
    assert not compose.folder.joinpath("trust.yaml").exists()
    if way == "--override-out":  # without the file that the gate did not write, nothing begins
        assert compose("up", "--detach").code != 0
        assert not compose.docker.has(name)


def test_docker_compose_starts_unsigned_images_of_files_that_are_not_the_gate_s(
    compose: Composed, repository: str
) -> None:
    compose.write(f"{host(compose)}/{repository}:unsigned")
    assert f"{repository} unsigned\n" in compose("up", "--no-color", "--no-log-prefix").out


@pytest.mark.parametrize("way", WAYS)
def test_t089_a_registry_that_swaps_the_tag_does_not_win_with_compose(
    compose: Composed, repository: str, way: str
) -> None:
    right = compose.docker.upload(repository, f"{repository} signed", tag="1.0")
    wrong = compose.docker.upload(repository, f"{repository} unsigned", tag="unsigned")
    with AlternatingRegistry(host(compose)).running() as liar:
        name = f"{liar.host}/{repository}"
        compose.docker.sign(f"{name}:1.0", digest=right.digest)
        liar.alternate(repository, "1.0", wrong.digest, right.digest, wrong.digest)
        compose.write(f"{name}:1.0")
        compose("pull").succeeded()
        assert wrong.digest in compose.docker.digests(f"{name}:1.0")  # without the gate it wins
        compose.docker.plain("image", "rm", f"{name}:1.0")

        for command in (["pull"], ["create"], ["run", "--rm", "web"], ["up"]):
            compose.write(f"{name}:1.0")
            compose.pin(way).succeeded()
            told = compose(*command).succeeded()
            assert compose.docker.has(f"{name}@{right.digest}")
            assert not compose.docker.has(f"{name}@{wrong.digest}")
            assert (f"{repository} signed" in told.out) == (command[0] in {"run", "up"})
            compose.down()
            compose.docker.plain("image", "rm", f"{name}@{right.digest}")


def test_what_was_created_before_is_started_without_a_question(
    compose: Composed, repository: str
) -> None:
    unsigned = f"{host(compose)}/{repository}:unsigned"
    compose.write(unsigned)
    compose("create").succeeded()
    compose.write(f"{host(compose)}/{repository}:1.0")
    compose.pin("--override-out").succeeded()

    for command in ("start", "restart"):
        compose(command).succeeded()
        assert compose.containers() == [unsigned]
    assert f"{repository} unsigned\n" in compose("logs", "--no-color", "--no-log-prefix").out


def test_a_flag_that_pulls_takes_the_place_of_the_policy_that_was_checked(
    compose: Composed, repository: str
) -> None:
    name = f"{host(compose)}/{repository}:unsigned"
    compose.folder.joinpath("Dockerfile").write_text(f"FROM {host(compose)}/{repository}:1.0\n")
    for policy in ("build", "never"):
        compose.write(name, "    build: .", f"    pull_policy: {policy}")
        compose.pin("--override-out").succeeded()
        compose("pull")
        assert not compose.docker.has(name)
        for words in (
            ("create", "--pull=missing"), ("up", "--pull=if_not_present"),
            ("run", "--rm", "--pull=always", "web"), ("pull", "--policy=missing"),
        ):  # fmt: skip
            told = compose(*words).succeeded()
            assert compose.docker.has(name)
            assert (f"{repository} unsigned\n" in told.out) == (words[0] in {"up", "run"})
            compose.down()
            compose.docker.plain("image", "rm", name)


def built_here(compose: Composed, repository: str) -> None:
    """Write a project whose service is built upon the signed tag, and have the gate check it."""
    compose.folder.joinpath("Dockerfile").write_text(f"FROM {host(compose)}/{repository}:1.0\n")
    watch = "    develop: {watch: [{action: rebuild, path: Dockerfile}]}"
    compose.write(f"{compose.folder.name}:1", "    build: .", "    pull_policy: build", watch)
    compose.pin("--write").succeeded()


@pytest.mark.parametrize("written", [False, True])
def test_docker_compose_builds_upon_what_the_dockerfile_names(
    compose: Composed, repository: str, written: bool
) -> None:
    built_here(compose, repository)
    compose.docker.upload(repository, f"{repository} unsigned", tag="1.0")  # the tag moves
    if written:
        compose.gate("dockerfile", "--write", "Dockerfile").succeeded()
    expected = f"{repository} {'signed' if written else 'unsigned'}\n"

    compose("build", "--pull").succeeded()
    assert compose("run", "--rm", "web").succeeded().out.endswith(f"\n{expected}")
    assert expected in compose("up", "--build", "--no-color", "--no-log-prefix").succeeded().out
    compose.down()
    assert compose.watched() == expected


def test_docker_compose_publishes_names_as_they_stand_or_as_the_registry_says(
    compose: Composed, repository: str, tmp_path: Path
) -> None:
    pin = pin_of(compose, repository)
    moved = compose.docker.upload(repository, f"{repository} unsigned", tag="1.0")
    tls = compose.docker.stack.folder / "tls"
    certificate = (str(tls / "server.crt"), str(tls / "server.key"))
    compose.env["SSL_CERT_FILE"] = str(compose.docker.stack.authority)
    with registry(tmp_path, certificate=certificate) as project:

        def published(*options: str) -> str:
            compose("publish", "--yes", *options, f"{project}/project:1").succeeded()
            compose.files = [f"--file=oci://{project}/project:1"]
            return compose("config", "--images").succeeded().out.strip()

        compose.write(f"{host(compose)}/{repository}:1.0")
        assert published().endswith(f"/{repository}:1.0")
        compose.write(f"{host(compose)}/{repository}:1.0")
        assert published("--resolve-image-digests").endswith(f"@{moved.digest}")
        compose.write(f"{host(compose)}/{repository}:1.0")
        compose.pin("--write").succeeded()
        assert published("--resolve-image-digests") == pin


def test_compose_behind_the_shim_is_told_as_not_covered_or_refused(
    compose: Composed, repository: str
) -> None:
    compose.write(f"{host(compose)}/{repository}:unsigned")
    policy = compose.folder / "trust-policy.yaml"
    policy.write_text(json.dumps({
        "apiVersion": "contenttrust/v1", "kind": "TrustPolicy",
        "metadata": {"name": "strict", "version": 1}, "docker": {"uncovered": "refuse"},
        "rules": [{"match": "**", "require": {"signed": "any"}}],
    }))  # fmt: skip
    up = ("compose", "up", "--no-color", "--no-log-prefix")
    for words in (up, ("compose", "run", "web"), ("compose", "create"), ("compose", "pull")):
        refused = compose.docker(*words, CONTENTTRUST_POLICY=str(policy))
        assert (refused.code, refused.out) == (1, "")
        assert "not covered" in refused.err
    assert compose.containers() == []
    assert not compose.docker.has(f"{host(compose)}/{repository}:unsigned")

    told = compose.docker(*up).succeeded()
    assert "contenttrust: docker compose" in told.err
    assert "not covered" in told.err
    assert f"{repository} unsigned\n" in told.out


@pytest.fixture
def swarm(compose: Composed) -> Iterator[None]:
    """The daemon as a swarm of one, at an address of its own: two runs may be on one machine."""
    [port] = free_ports(1)
    address = f"127.0.{port // 256}.{port % 256}"
    docker = compose.docker.plain
    docker("swarm", "init", f"--advertise-addr={address}", f"--listen-addr={address}:{port}")
    yield
    docker("swarm", "leave", "--force")
    docker("container", "prune", "--force")
    docker("network", "rm", "docker_gwbridge")


@pytest.mark.usefixtures("swarm")
def test_docker_stack_deploys_the_signed_digest_of_files_of_the_gate(
    compose: Composed, repository: str
) -> None:
    pin = pin_of(compose, repository)
    file = compose.folder / "compose.yaml"
    file.write_text(f"""\
services:
  web:
    image: {host(compose)}/{repository}:1.0
    networks: [outer]
    deploy: {{restart_policy: {{condition: none}}}}
networks:
  outer: {{external: true, name: host}}
""")
    moved = compose.docker.upload(repository, f"{repository} unsigned", tag="1.0")

    def deployed(stack: str) -> tuple[str, str]:
        """The image of the service, and what its first task says."""
        plain = compose.docker.plain
        plain("stack", "deploy", "--compose-file", str(file), stack)
        chosen = "{{.Spec.TaskTemplate.ContainerSpec.Image}}"
        image = plain("service", "inspect", f"--format={chosen}", f"{stack}_web").out.strip()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (said := plain("service", "logs", "--raw", f"{stack}_web").out):
            assert time.monotonic() < deadline, plain("stack", "ps", "--no-trunc", stack).out
            time.sleep(0.1)
        return image, said

    image, said = deployed("without")
    assert (image.rpartition("@")[2], said) == (moved.digest, f"{repository} unsigned\n")
    compose.pin("--write").succeeded()
    assert deployed("gated") == (pin, f"{repository} signed\n")
