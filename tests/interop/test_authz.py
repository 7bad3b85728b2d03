"""The authorization plugin at a real dockerd: what is not signed is neither pulled nor created."""

from __future__ import annotations

import contextlib
import json
import os
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from interop import parts
from interop.authorised_daemon import PLUGINS, AuthorisedDaemon, authorised_daemon
from interop.gate_service import Running, gate_service, policy
from interop.images import Registry, image, layer_tar
from interop.simulated import Simulated
from interop.trust_stack import TrustStack, TufServer


class Place(NamedTuple):
    """What the tests of this file share."""

    docker: AuthorisedDaemon
    service: Running
    gun: str

    @property
    def pinned(self) -> str:
        """The image that is signed."""
        return f"{self.gun}@{image('first').digest}"

    @property
    def evil(self) -> str:
        """One that is not, in the same repository."""
        return f"{self.gun}@{image('evil').digest}"


@pytest.fixture(scope="module")
def at(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Place]:
    """A dockerd that asks the gate about everything."""
    parts.want_docker()
    folder = place("authz")
    folder.mkdir()
    name = f"contenttrust-tests-{os.getpid()}"
    PLUGINS.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        server = TufServer(docker_stack, folder)
        stack.callback(server.close)
        registry = Registry(docker_stack.registry)
        signed = Simulated(server, registry, "authz/web", folder / "web")
        signed.tag("1", "first")
        signed.publish()
        registry.push("authz/web", image("first"), tag="1")
        registry.push("authz/web", image("evil"), tag="unsigned")
        policy(folder, docker_stack, server.url)
        socket = PLUGINS / f"{name}.sock"
        stack.callback(socket.unlink, missing_ok=True)
        options = ("--docker-authz", "--socket", str(socket))
        # The daemon's socket is known when it runs: a link leads there.
        link = folder / "docker.sock"
        service = stack.enter_context(
            gate_service(folder, *options, docker_socket=str(link), deadline="10s")
        )
        docker = stack.enter_context(authorised_daemon(name))
        link.symlink_to(docker.socket)
        yield Place(docker, service, signed.gun)


def test_pull_by_tag_is_denied_with_the_digest_to_use(at: Place) -> None:
    ran = at.docker("pull", f"{at.gun}:1")
    assert ran.code == 1
    assert f"use {at.pinned}" in ran.said


def test_pull_of_what_is_not_signed_is_denied(at: Place) -> None:
    for name in (f"{at.gun}:unsigned", at.evil):
        ran = at.docker("pull", name)
        assert ran.code == 1
        assert "not_signed" in ran.said
    assert "all tags" in at.docker("pull", "--all-tags", at.gun).said


def test_signed_digest_is_pulled_and_a_container_made_of_it(at: Place) -> None:
    at.docker("pull", at.pinned).succeeded()
    at.docker("create", at.pinned).succeeded()
    assert "authorization denied" in at.docker("create", f"{at.gun}:1").said


def test_create_pulls_the_signed_digest_itself(at: Place) -> None:
    at.docker("rmi", "--force", at.pinned)
    at.docker("create", at.pinned).succeeded()


def test_unsigned_image_makes_no_container_and_is_not_pulled_for_one(at: Place) -> None:
    for name in (f"{at.gun}:unsigned", at.evil):
        ran = at.docker("run", name)
        assert ran.code == 125
        assert "authorization denied by plugin" in ran.said
    assert at.docker("images", "--quiet", f"{at.gun}:unsigned").out == ""


def test_t085_id_of_an_image_that_came_by_its_signed_digest_is_good(at: Place) -> None:
    at.docker("pull", at.pinned).succeeded()
    [inspected] = json.loads(at.docker("image", "inspect", at.pinned).out)
    full = inspected["Id"]
    assert at.docker.create(full)[0] == 201
    assert at.docker.create(full.removeprefix("sha256:"))[0] == 201
    status, said = at.docker.create(full.removeprefix("sha256:")[:12])
    assert (status, "authorization denied" in said) == (403, True)


def test_t093_image_that_is_tagged_with_a_trusted_name_is_not_run(at: Place) -> None:
    at.docker("pull", at.pinned).succeeded()
    at.docker("tag", at.pinned, f"{at.gun}:1").succeeded()
    assert at.docker.create(f"{at.gun}:1")[0] == 403


def test_t097_image_that_was_made_here_is_not_run(at: Place) -> None:
    ran = at.docker("import", "-", "made:1", stdin=layer_tar("made").decode("latin-1"))
    assert "not covered" in ran.said
    container = at.docker("create", at.pinned).succeeded().out.strip()
    made = at.docker("commit", container, f"{at.gun}:1").succeeded().out.strip()
    for name in (made, made.removeprefix("sha256:"), f"{at.gun}:1"):
        assert at.docker.create(name)[0] == 403


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "-"),
        ("load",),
        ("plugin", "install", "--grant-all-permissions", "localhost:1/x/y:1"),
        ("swarm", "join", "--token", "x", "127.0.0.1:1"),
    ],
)
def test_t097_doors_that_cannot_be_checked_are_shut(at: Place, arguments: tuple[str, ...]) -> None:
    ran = at.docker(*arguments, stdin="FROM scratch\n")
    assert ran.code != 0
    assert "not covered" in ran.said


def test_swarm_services_are_checked_as_well(at: Place) -> None:
    status, said = at.docker.ask(
        "POST",
        "/v1.41/services/create",
        json.dumps({"TaskTemplate": {"ContainerSpec": {"Image": f"{at.gun}:1"}}}).encode(),
        Content_Type="application/json",
    )
    assert (status, f"use {at.pinned}" in said) == (403, True)


def test_swarm_update_that_may_roll_back_does_not_reach_swarm(at: Place) -> None:
    def ask(action: str) -> tuple[int, str]:
        return at.docker.ask(
            "POST",
            "/v1.41/services/x/update?version=1",
            json.dumps(
                {
                    "TaskTemplate": {"ContainerSpec": {"Image": at.pinned}},
                    "UpdateConfig": {"FailureAction": action},
                }
            ).encode(),
            Content_Type="application/json",
        )

    status, said = ask("rollback")
    assert (status, "--update-failure-action pause" in said) == (403, True), said
    status, said = ask("pause")
    assert (status, "not a swarm manager" in said) == (503, True), said


@pytest.mark.parametrize(
    "path",
    [
        "/v1.41/containers/create",
        "/containers/create",
        "/v1.41/%63ontainers/create",
        "/v1.41/containers/create?name=/auth",
        "http://docker/v1.41/containers/create",
    ],
)
def test_no_spelling_of_a_path_gets_past(at: Place, path: str) -> None:
    body = json.dumps({"Image": at.evil}).encode()
    status, said = at.docker.ask("POST", path, body, Content_Type="application/json")
    assert (status, "authorization denied" in said) == (403, True), said


@pytest.mark.parametrize(
    "path",
    [
        "/v1.41//containers/create",
        "/v1.41/x/../containers/create",
        "/v1.41/x/%2e%2e/containers/create",
        "//v1.41/containers/create",
    ],
)
def test_dockerd_itself_sends_away_whoever_writes_a_path_that_is_not_clean(
    at: Place, path: str
) -> None:
    body = json.dumps({"Image": at.evil}).encode()
    status, _ = at.docker.ask("POST", path, body, Content_Type="application/json")
    assert status == 301


@pytest.mark.parametrize(
    "body",
    [
        b'{"Image": "%(good)s", "image": "%(evil)s"}',
        b'{"Image": "%(good)s", "Image": "%(evil)s"}',
        b'{"image": "%(evil)s"}',
        b'{"Image": "%(good)s"} {"Image": "%(evil)s"}',
        b'{"Image": "%(evil)s", "Labels": {"x": "' + b"a" * 1_100_000 + b'"}}',
        b"",
    ],
)
def test_no_spelling_of_a_body_gets_past(at: Place, body: bytes) -> None:
    for name, value in {b"%(good)s": at.pinned, b"%(evil)s": at.evil}.items():
        body = body.replace(name, value.encode())
    path = "/v1.41/containers/create"
    status, said = at.docker.ask("POST", path, body, Content_Type="application/json")
    assert (status, "authorization denied" in said) == (403, True), said[:500]


def test_form_that_dockerd_reads_before_the_uri_gets_no_further(at: Place) -> None:
    good = urllib.parse.urlencode({"fromImage": at.pinned})
    evil = urllib.parse.urlencode({"fromImage": at.gun, "tag": "unsigned"}).encode()
    status, said = at.docker.ask(
        "POST",
        f"/v1.41/images/create?{good}",
        evil,
        Content_Type="application/x-www-form-urlencoded",
    )
    assert (status, "authorization denied" in said) == (403, True)
    assert at.docker("images", "--quiet", f"{at.gun}:unsigned").out == ""


@pytest.mark.parametrize("chunked", [False, True])
def test_type_of_a_body_that_is_sent_twice_hides_no_form(at: Place, *, chunked: bool) -> None:
    # dockerd goes by the first, and shows its plugin the last.
    kinds = [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Type", "text/plain")]
    good = urllib.parse.urlencode({"fromImage": at.pinned})
    body = urllib.parse.urlencode({"fromImage": at.gun, "tag": "unsigned"}).encode()
    length = [("Content-Length", "0" if chunked else str(len(body)))]
    if chunked:
        length.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    status, said = at.docker.send(f"/v1.41/images/create?{good}", kinds + length, body)
    assert (status, "authorization denied" in said) == (403, True), said
    assert at.docker("images", "--quiet", f"{at.gun}:unsigned").out == ""


def test_commands_that_start_nothing_work_as_ever(at: Place) -> None:
    for arguments in (("info",), ("ps", "--all"), ("images",), ("volume", "create"), ("version",)):
        at.docker(*arguments).succeeded()


def test_t110_without_the_plugin_dockerd_makes_nothing(at: Place) -> None:
    at.service.process.terminate()
    at.service.process.wait()
    status, said = at.docker.create(at.pinned)  # dockerd tries to reach its plugin for a while
    assert (status, "plugin" in said) == (500, True), said
