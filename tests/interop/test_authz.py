"""The authorization plugin at a real dockerd: what is not signed is neither pulled nor created."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop import shimmed
from interop.authorised_place import SIGNED, Place, authorised
from interop.images import layer_tar
from interop.trust_stack import TrustStack


@pytest.fixture(scope="module")
def at(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Place]:
    """A dockerd that asks the gate about everything."""
    with authorised(docker_stack, place("authz")) as made:
        yield made


@pytest.fixture(params=["debian", "28", "29"])
def client(at: Place, request: pytest.FixtureRequest) -> Iterator[Place]:
    """The same by each client."""
    usual, at.docker.client = at.docker.client, shimmed.client(request.param)
    yield at
    at.docker.client = usual


def test_pull_by_tag_is_denied_with_the_digest_to_use(client: Place) -> None:
    ran = client.docker("pull", f"{client.gun}:1")
    assert ran.code == 1
    assert f"use {client.pinned}" in ran.said


def test_pull_of_what_is_not_signed_is_denied(client: Place) -> None:
    for name in (f"{client.gun}:unsigned", client.evil):
        ran = client.docker("pull", name)
        assert ran.code == 1
        assert "not_signed" in ran.said


def test_pull_of_all_tags_is_denied(client: Place) -> None:
    ran = client.docker("pull", "--all-tags", client.gun)
    assert (ran.code, "all tags" in ran.said) == (1, True)


def test_signed_digest_is_pulled_and_a_container_made_of_it(client: Place) -> None:
    client.docker("pull", client.pinned).succeeded()
    client.docker("create", client.pinned).succeeded()
    ran = client.docker("run", "--rm", "--network=none", client.pinned, "7")
    assert (ran.code, ran.out) == (7, f"{SIGNED}\n")


@pytest.mark.parametrize("command", ["run", "create"])
def test_signed_tag_makes_no_container(client: Place, command: str) -> None:
    ran = client.docker(command, f"{client.gun}:1")
    assert (ran.code, f"use {client.pinned}" in ran.said) == (125 if command == "run" else 1, True)


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
        ("load",),
        ("plugin", "install", "--grant-all-permissions", "localhost:1/x/y:1"),
        ("swarm", "join", "--token", "x", "127.0.0.1:1"),
    ],
)
def test_t097_doors_that_cannot_be_checked_are_shut(at: Place, arguments: tuple[str, ...]) -> None:
    ran = at.docker(*arguments, stdin="FROM scratch\n")
    assert ran.code != 0
    assert "not covered" in ran.said


@pytest.mark.parametrize("name", ["debian", "28", "29"])
@pytest.mark.parametrize("kit", ["classic", "BuildKit"])
def test_t097_no_builder_of_dockerd_builds(at: Place, name: str, kit: str) -> None:
    usual, at.docker.client = at.docker.client, shimmed.client(name)
    try:
        with at.docker.builder(kit):
            ran = at.docker("build", "-", stdin=f"FROM {at.gun}:1\n")
    finally:
        at.docker.client = usual
    assert ran.code != 0
    # Where the door is an upgrade of the connection, a client shows the status alone; buildx looks
    # for another builder then, and its image is none of the policy's.
    assert "authorization denied" in ran.said or "received 403" in ran.said, ran.said


@pytest.mark.parametrize("door", ["build", "session", "grpc"])
def test_t097_the_doors_of_builders_are_shut(at: Place, door: str) -> None:
    status, said = at.docker.ask("POST", f"/v1.41/{door}")
    assert (status, f"not covered: POST /{door}: " in said) == (403, True), said


def test_image_that_is_mounted_must_be_signed(at: Place) -> None:
    def mounts(image: str) -> dict[str, object]:
        return {"Mounts": [{"Type": "image", "Source": image, "Target": "/mounted"}]}

    at.docker("pull", at.pinned).succeeded()
    status, said = at.docker.create(at.pinned, HostConfig=mounts(at.evil))
    assert (status, "not_signed" in said) == (403, True), said
    # This dockerd has no such mounts yet: it was let through to it.
    status, said = at.docker.create(at.pinned, HostConfig=mounts(at.pinned))
    assert (status, "authorization denied" in said) == (400, False), said


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
