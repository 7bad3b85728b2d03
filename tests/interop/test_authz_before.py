"""What dockerd held before it had the plugin, and what the manager of a swarm starts behind it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.authorised_daemon import AuthorisedDaemon
from interop.authorised_place import EVIL, Place, authorised
from interop.runnable import runnable
from interop.trust_stack import START_TIMEOUT_S, TrustStack, free_ports

BEFORE = "before"
"""Name of a container and of a service, both of the image that is not signed."""


@pytest.fixture(scope="module")
def at(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Place]:
    """A dockerd that asks the gate about everything, and is a swarm of one already."""

    def before(docker: AuthorisedDaemon, gun: str) -> None:
        evil = f"{gun}@{runnable(EVIL).digest}"
        docker("create", "--network=none", f"--name={BEFORE}", evil, "wait").succeeded()
        [port] = free_ports(1)
        own = f"127.0.{port // 256}.{port % 256}"  # two runs may be on one machine
        swarm = (f"--advertise-addr={own}", f"--listen-addr={own}:{port}")
        docker("swarm", "init", *swarm).succeeded()
        service = ("--detach", f"--name={BEFORE}", "--network=host", "--restart-delay=100ms")
        docker("service", "create", *service, evil, "wait").succeeded()

    with authorised(docker_stack, place("authz-before"), before) as made:
        yield made
        made.docker("swarm", "leave", "--force").succeeded()
        made.docker("container", "prune", "--force").succeeded()
        made.docker("network", "rm", "docker_gwbridge").succeeded()


def test_what_was_created_before_is_started_without_the_plugin_s_question(at: Place) -> None:
    assert at.docker.ask("POST", f"/v1.41/containers/{BEFORE}/start")[0] == 204
    assert at.docker("exec", BEFORE, "/show").succeeded().out == f"{EVIL}\n"
    at.docker("restart", "--time=0", BEFORE).succeeded()
    at.docker("kill", BEFORE).succeeded()
    at.docker("start", BEFORE).succeeded()
    at.docker("rm", "--force", BEFORE).succeeded()
    assert at.docker.create(at.evil)[0] == 403


def test_what_the_manager_of_a_swarm_starts_is_not_asked_about(at: Place) -> None:
    first = task(at)
    at.docker("rm", "--force", first).succeeded()
    assert task(at) != first


def task(at: Place) -> str:
    """The container that runs for the service of before."""
    deadline = time.monotonic() + START_TIMEOUT_S
    of = ("ps", "--quiet", f"--filter=label=com.docker.swarm.service.name={BEFORE}")
    while not (found := at.docker(*of).succeeded().out.strip()):
        assert time.monotonic() < deadline, at.docker("service", "ps", "--no-trunc", BEFORE).out
        time.sleep(0.1)
    return found


def test_docker_service_starts_what_is_signed_and_nothing_else(at: Place) -> None:
    plain = ("--detach", "--no-resolve-image")
    create = ("service", "create", *plain, "--network=host", "--replicas=0", "--name=after")
    update = ("service", "update", *plain, "after", "--image")
    for image, said in ((at.evil, "not_signed"), (f"{at.gun}:1", f"use {at.pinned}")):
        ran = at.docker(*create, image)
        assert (ran.code, said in ran.said) == (1, True), ran
    at.docker(*create, at.pinned).succeeded()
    for image, said in ((at.evil, "not_signed"), (f"{at.gun}:1", f"use {at.pinned}")):
        ran = at.docker(*update, image)
        assert (ran.code, said in ran.said) == (1, True), ran
    at.docker(*update, at.pinned).succeeded()


def test_a_service_of_before_is_not_changed_while_its_image_is_unsigned(at: Place) -> None:
    for words in (("service", "scale", "--detach", f"{BEFORE}=2"),
                  ("service", "update", "--detach", "--force", BEFORE)):  # fmt: skip
        ran = at.docker(*words)
        assert (ran.code, "not_signed" in ran.said) == (1, True), ran


def test_docker_stack_deploys_what_is_signed_and_nothing_else(at: Place, tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    deploy = ("stack", "deploy", "--resolve-image=never", f"--compose-file={file}", "stack")

    def write(image: str) -> None:
        web = {"image": image, "networks": ["outer"], "deploy": {"replicas": 0}}
        outer = {"external": True, "name": "host"}
        told = {"version": "3.8", "services": {"web": web}, "networks": {"outer": outer}}
        file.write_text(json.dumps(told))

    write(at.evil)
    ran = at.docker(*deploy)
    assert (ran.code, "not_signed" in ran.said) == (1, True), ran
    write(at.pinned)
    at.docker(*deploy).succeeded()
    write(f"{at.gun}:unsigned")  # the service is there now: an update
    ran = at.docker(*deploy)
    assert (ran.code, "not_signed" in ran.said) == (1, True), ran
