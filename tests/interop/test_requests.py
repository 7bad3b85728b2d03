"""We ask a trust server for no more than docker does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interop.collection import Collection
from interop.comparison import Readers
from interop.publisher import Publisher
from interop.readers import pulled, verified
from interop.trust_stack import TrustStack


@pytest.fixture(scope="module")
def image(docker_stack: TrustStack, publisher: Publisher) -> str:
    """A tag in a collection with delegations."""
    collection = Collection(publisher, "requests/app")
    collection.push("v1", "one")
    collection.add_signer("alice")
    collection.push("v1", "two")
    return f"{collection.gun}:v1"


@pytest.fixture
def asked(docker_stack: TrustStack) -> Callable[[Callable[[], object]], list[str]]:
    """Gives the requests that an action leads to, as `METHOD file`."""

    def during(action: Callable[[], object]) -> list[str]:
        before = len(docker_stack.exchanges())
        action()
        return [
            f"{exchange['method']} {exchange['path'].rpartition('/')[2]}"
            for exchange in docker_stack.exchanges()[before:]
        ]

    return during


@pytest.fixture
def readers(docker_stack: TrustStack, place: Callable[[str], Path]) -> Readers:
    return Readers(place("readers"), docker_stack, docker_stack)


def test_the_first_visit_asks_for_each_file_once(
    readers: Readers, image: str, asked: Callable[..., list[str]]
) -> None:
    ours = asked(lambda: verified(readers.fresh(), [image]))
    theirs = asked(lambda: pulled(readers.fresh(), image))

    assert len(set(ours)) == len(ours)
    assert len(ours) <= len(theirs)
    assert "GET timestamp.json" in ours


def test_a_visit_without_news_asks_whether_there_are_any_and_no_more(
    readers: Readers, image: str, asked: Callable[..., list[str]]
) -> None:
    verified(readers.warm_ours, [image])
    pulled(readers.warm_docker, image)
    ours = asked(lambda: verified(readers.warm_ours, [image]))
    theirs = asked(lambda: pulled(readers.warm_docker, image))

    assert sorted(ours) == ["GET root.json", "GET timestamp.json"]
    assert sorted(theirs) == ["GET ", "GET timestamp.json"]


def test_many_tags_of_one_collection_are_one_visit(
    readers: Readers, image: str, asked: Callable[..., list[str]]
) -> None:
    env = readers.fresh()
    verified(env, [image])
    once = asked(lambda: verified(env, [image]))

    assert sorted(asked(lambda: verified(env, [image] * 5))) == sorted(once)


def test_what_was_asked_a_moment_ago_is_not_asked_again_if_that_will_do(
    readers: Readers, image: str, asked: Callable[..., list[str]]
) -> None:
    env = readers.fresh()
    verified(env, [image])

    assert asked(lambda: verified(env, [image], "--max-stale", "300")) == []
