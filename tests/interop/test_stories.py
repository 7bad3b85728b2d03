"""In every state of a collection, `contenttrust verify` says what `docker pull` does.

Each state is asked for by readers that know nothing yet, and by readers that were there in every
state before. Where we refuse more than docker, the step names our reason code, and `--compatible`
must bring us back to docker's answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interop import story_docker, story_notary, story_recreated, story_rotation
from interop.collection import Collection
from interop.comparison import Readers
from interop.publisher import Publisher
from interop.story import Step, Telling
from interop.trust_stack import TrustStack

STORIES = {
    "docker": story_docker.STEPS,
    "notary": story_notary.STEPS,
    "rotation": story_rotation.STEPS,
    "recreated": story_recreated.STEPS,
}


@pytest.fixture(scope="module")
def tellings(docker_stack: TrustStack, place: Callable[[str], Path]) -> Callable[[str], Telling]:
    """Gives the story of a name, as far as it was told. Each has a publisher of its own."""
    told: dict[str, Telling] = {}

    def telling(name: str) -> Telling:
        if name not in told:
            publisher = Publisher(place(f"publisher-{name}"), docker_stack)
            collection = Collection(publisher, f"interop/{name}")
            readers = Readers(place(f"readers-{name}"), docker_stack, docker_stack)
            told[name] = Telling(STORIES[name], collection, readers)
        return told[name]

    return telling


@pytest.mark.parametrize(
    ("name", "step"),
    [
        pytest.param(name, step, id=f"{name}: {step.name}")
        for name, steps in STORIES.items()
        for step in steps
    ],
)
def test_docker_pull_and_we_agree(
    tellings: Callable[[str], Telling], name: str, step: Step
) -> None:
    tellings(name).compare_after(step)


def test_the_stories_have_no_step_twice_and_are_long_enough() -> None:
    for name, steps in STORIES.items():
        assert len({step.name for step in steps}) == len(steps), name
    assert sum(map(len, STORIES.values())) >= 40
