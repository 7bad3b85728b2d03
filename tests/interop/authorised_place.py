"""A registry with a signed and an unsigned image, and a dockerd that asks the gate about them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from interop import parts
from interop.authorised_daemon import PLUGINS, AuthorisedDaemon, authorised_daemon
from interop.gate_service import Running, gate_service, policy
from interop.images import Registry
from interop.runnable import runnable
from interop.simulated import Simulated
from interop.trust_stack import TrustStack, TufServer

SIGNED, EVIL = "authz signed", "authz evil"
_numbers = count()


class Place(NamedTuple):
    """What the tests of one file share."""

    docker: AuthorisedDaemon
    service: Running
    gun: str

    @property
    def pinned(self) -> str:
        """The image that is signed, with the tag 1."""
        return f"{self.gun}@{runnable(SIGNED).digest}"

    @property
    def evil(self) -> str:
        """One that is not, in the same repository, with the tag unsigned."""
        return f"{self.gun}@{runnable(EVIL).digest}"


@contextlib.contextmanager
def authorised(
    stack: TrustStack, folder: Path, before: Callable[[AuthorisedDaemon, str], None] | None = None
) -> Iterator[Place]:
    """A dockerd that asks the gate about everything.

    Args:
        stack: With the registry.
        folder: For the gate; is made.
        before: What is done with the daemon, and the repository, before it has its plugin.
    """
    parts.want_docker()
    folder.mkdir()
    name = f"contenttrust-tests-{os.getpid()}-{next(_numbers)}"
    PLUGINS.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as started:
        server = TufServer(stack, folder)
        started.callback(server.close)
        registry = Registry(stack.registry)
        signed = Simulated(server, registry, "authz/web", folder / "web")
        signed.list_tag("1", SIGNED, made=runnable(SIGNED))
        signed.publish()
        registry.push("authz/web", runnable(SIGNED), tag="1")
        registry.push("authz/web", runnable(EVIL), tag="unsigned")
        policy(folder, stack, server.url)
        docker = started.enter_context(authorised_daemon())
        if before is not None:
            before(docker, signed.gun)
        socket = PLUGINS / f"{name}.sock"
        started.callback(socket.unlink, missing_ok=True)
        options = ("--docker-authz", "--socket", str(socket))
        service = started.enter_context(
            gate_service(folder, *options, docker_socket=str(docker.socket), deadline="10s")
        )
        docker.authorise(name)
        yield Place(docker, service, signed.gun)
