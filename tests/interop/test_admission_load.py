"""Hundreds of reviews while a trust server is dead: all are denied in time, then all is well."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from interop.gate_service import Running, gate_service, policy
from interop.images import Registry
from interop.simulated import Simulated
from interop.trust_stack import START_TIMEOUT_S, TrustStack, TufServer
from servers.certificates import Authority

DEADLINE_S = 10.0
"""As the API server has it from the webhook's configuration, and says in every request."""
REVIEWS = 200


class Place(NamedTuple):
    """A service over TLS, and a trust server that is dead until it is revived."""

    service: Running
    context: ssl.SSLContext
    gun: str
    dead: socket.socket
    images: str
    """Prefix of what the dead server speaks of."""
    revive: Callable[[], tuple[str, Simulated]]
    """Has another server answer in its place, which knows the first of the images."""

    def review(self, image: str) -> tuple[dict[str, Any], float]:
        """One review on a connection of its own; the answer, and the seconds that it took."""
        container = {"name": "c", "image": image}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {},
            "spec": {"containers": [container]},
        }
        request = {
            "uid": image,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "object": pod,
        }
        told = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        url = f"https://{self.service.address}/mutate?timeout={DEADLINE_S:g}s"
        began = time.monotonic()
        with urllib.request.urlopen(
            url, json.dumps(told).encode(), timeout=60, context=self.context
        ) as answer:
            response = json.load(answer)["response"]
        return response, time.monotonic() - began

    def memory(self) -> int:
        """Most bytes that the service has had so far."""
        status = Path(f"/proc/{self.service.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@pytest.fixture
def at(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Place]:
    """Reviews are about images of one registry, whose trust server is dead, and of another."""
    folder = place("load")
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        registry = Registry(docker_stack.registry)

        def served(name: str, **options: Any) -> tuple[str, Simulated]:
            """The URL of a server that has one collection."""
            (folder / name).mkdir(parents=True)
            server = TufServer(docker_stack, folder / name, **options)
            stack.callback(server.close)
            made = Simulated(server, registry, name, folder / name)
            made.tag("1", "first")
            made.publish()
            return server.url, made

        url, live = served("load/web")
        dead = stack.enter_context(socket.socket())
        dead.bind(("127.0.0.1", 0))
        dead.listen(512)
        port = dead.getsockname()[1]
        images = f"{docker_stack.registry}/dead/"
        policy(folder, docker_stack, url, **{images: f"https://localhost:{port}"})
        authority = Authority(folder)
        certificate, key = authority.issue()
        service = stack.enter_context(
            gate_service(folder, listen="localhost:0", certificate=certificate, key=key)
        )
        context = ssl.create_default_context(cafile=authority.ca_file)
        revive = partial(served, "dead/app0", port=port)
        yield Place(service, context, live.gun, dead, images, revive)


def test_t114_reviews_while_the_trust_server_is_dead(at: Place) -> None:
    before = at.memory()
    images = [f"{at.images}app{number}:1" for number in range(REVIEWS)]
    with ThreadPoolExecutor(REVIEWS) as pool:
        answers = list(pool.map(at.review, images))
    assert [response["uid"] for response, _ in answers] == images
    assert not any(response["allowed"] for response, _ in answers)
    codes = {response["auditAnnotations"]["code"] for response, _ in answers}
    assert codes <= {"deadline", "unreachable"}
    assert all("contenttrust: " in response["status"]["message"] for response, _ in answers)
    assert max(seconds for _, seconds in answers) < DEADLINE_S
    assert at.memory() - before < 200 * 1024**2

    # Those that wait for the dead server give up in turn, and whoever asks about others is served.
    until_allowed(at, f"{at.gun}:1")
    at.dead.close()
    response, _ = at.review(images[0])
    assert (response["allowed"], response["auditAnnotations"]["code"]) == (False, "unreachable")

    # The same server answers again: what it has signed is let in by its digest, and no more.
    _, revived = at.revive()
    response = until_allowed(at, images[0])
    patches = {one["path"]: one["value"] for one in json.loads(base64.b64decode(response["patch"]))}
    assert patches["/spec/containers/0/image"] == f"{revived.gun}@{revived.digests['first']}"
    response, _ = at.review(images[1])
    assert (response["allowed"], response["auditAnnotations"]["code"]) == (False, "no_trust_data")


def until_allowed(at: Place, image: str) -> dict[str, Any]:
    """The review that lets an image in, as soon as there is one."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (response := at.review(image)[0])["allowed"]:
        assert time.monotonic() < deadline, response
    return response
