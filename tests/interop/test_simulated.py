"""What no original client can publish: `docker pull` and we agree on that too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.comparison import Readers
from interop.images import Registry
from interop.simulated import Simulated
from interop.story import Step, Telling
from interop.story_simulated import STORIES
from interop.trust_stack import TrustStack, TufServer


@pytest.fixture(scope="module")
def tellings(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> Iterator[Callable[[str], Telling]]:
    """Gives the story of a name, as far as it was told."""
    folder = place("simulated")
    folder.mkdir()
    server = TufServer(docker_stack, folder)
    registry = Registry(docker_stack.registry)
    told: dict[str, Telling] = {}

    def telling(name: str) -> Telling:
        if name not in told:
            repository = f"simulated/{name.replace(' ', '-')}"
            collection = Simulated(server, registry, repository, folder / name)
            readers = Readers(place(f"readers-{name}"), docker_stack, docker_stack, url=server.url)
            told[name] = Telling(STORIES[name], collection, readers)
        return told[name]

    yield telling
    server.close()


@pytest.mark.parametrize(
    ("name", "step"),
    [
        pytest.param(name, step, id=f"{name}: {step.name}")
        for name, steps in STORIES.items()
        for step in steps
    ],
)
def test_docker_pull_and_we_agree_on_what_no_client_publishes(
    tellings: Callable[[str], Telling], name: str, step: Step
) -> None:
    tellings(name).compare_after(step)
