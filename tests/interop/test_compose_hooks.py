"""Hooks of docker compose 5 on a real daemon, which start an image before their service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop import built_parts
from interop.composed import WAYS, Composed
from interop.trust_stack import TrustStack


@pytest.fixture
def compose(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Composed]:
    """A project that this test has for itself, and docker compose 5."""
    made = Composed(place("hooked"), docker_stack, built_parts.compose_5)
    yield made
    made.down()


class Hooked:
    """A project whose service and whose hook have an image each, which may move."""

    def __init__(self, compose: Composed) -> None:
        self.compose = compose
        self.paths = [f"{compose.folder.name}/{name}" for name in ("web", "hook")]
        self.signed = []
        for path in self.paths:
            digest = compose.docker.upload(path, f"{path} signed", tag="1.0").digest
            name = f"{compose.docker.stack.registry}/{path}"
            compose.docker.sign(f"{name}:1.0")
            self.signed.append(f"{name}@{digest}")
        self.names = [name.partition("@")[0] for name in self.signed]

    def write(self, hook: str, *, image: str = "1.0") -> None:
        """Write the project; the hook has an image of its own, or none."""
        of_hook = f"image: {hook}, " if hook else ""
        lines = [f"    pre_start: [{{{of_hook}command: [/label]}}]"]
        self.compose.write(f"{self.names[0]}:{image}", *lines)

    def move(self) -> None:
        """Give the tags of both to images that nobody has signed."""
        for path in self.paths:
            self.compose.docker.upload(path, f"{path} unsigned", tag="1.0")

    def has(self, name: str) -> bool:
        """Whether the daemon has an image of that name."""
        return self.compose.docker.has(name)

    def pinned(self) -> None:
        """Start the project, and see which images were used."""
        self.compose("up", "--detach", "--wait-timeout=60").succeeded()
        assert self.compose.containers() == self.signed[:1]
        assert not any(self.has(f"{name}:1.0") for name in self.names)


@pytest.fixture
def hooked(compose: Composed) -> Hooked:
    """Two signed images."""
    return Hooked(compose)


def test_the_image_of_a_hook_that_is_not_signed_is_refused_and_would_be_started(
    hooked: Hooked,
) -> None:
    hooked.compose.docker.upload(hooked.paths[1], "nobody's", tag="unsigned")
    unsigned = f"{hooked.names[1]}:unsigned"
    hooked.write(unsigned)
    for way in WAYS:
        refused = hooked.compose.pin(way)
        assert refused.code == 1
        assert "refused: compose.yaml:5:" in refused.err
        assert f": {unsigned}: " in refused.err
    hooked.compose.files = ["--file=compose.yaml"]
    hooked.compose("up", "--detach")
    assert hooked.has(unsigned)


def test_t089_docker_compose_starts_the_signed_image_of_a_hook_that_was_written(
    hooked: Hooked,
) -> None:
    hooked.write(f"{hooked.names[1]}:1.0")
    assert hooked.compose.pin("--override-out").code == 1
    hooked.compose.pin("--write").succeeded()
    hooked.move()
    hooked.pinned()
    assert hooked.has(hooked.signed[1])


@pytest.mark.parametrize("way", WAYS)
def test_a_hook_without_an_image_has_the_signed_one_of_its_service(
    hooked: Hooked, way: str
) -> None:
    hooked.write("")
    hooked.compose.pin(way).succeeded()
    hooked.move()
    hooked.pinned()


def test_an_override_with_a_hook_that_has_its_digest_starts_that(hooked: Hooked) -> None:
    hooked.write(hooked.signed[1])
    hooked.compose.pin("--override-out").succeeded()
    hooked.move()
    hooked.pinned()
    assert hooked.has(hooked.signed[1])


def test_what_docker_compose_starts_again_takes_the_hook_as_it_was_written(
    hooked: Hooked,
) -> None:
    hooked.write(f"{hooked.names[1]}:1.0")
    hooked.compose.pin("--write").succeeded()
    hooked.move()
    hooked.compose("create").succeeded()
    for command in (["start"], ["up", "--detach", "--force-recreate", "--pull=always"]):
        hooked.compose(*command).succeeded()
    assert hooked.compose.containers() == hooked.signed[:1]
    assert not any(hooked.has(f"{name}:1.0") for name in hooked.names)
