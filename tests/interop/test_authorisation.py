"""A trust server that asks for tokens: the credentials of docker's configuration are ours too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.collection import Collection
from interop.comparison import REFUSED, Expected, Readers
from interop.environment import log_in
from interop.publisher import Publisher
from interop.readers import pulled, verified
from interop.trust_stack import TrustStack, running

PUBLISHER = "admin:password"
SIGNED = {"v1": "one", "v2": REFUSED}


@pytest.fixture(scope="module")
def trust(docker_stack: TrustStack) -> Iterator[TrustStack]:
    """A trust server behind a token server."""
    with running("--no-registry", "--auth", "--proxy") as stack:
        yield stack


@pytest.fixture(scope="module")
def collection(
    docker_stack: TrustStack, trust: TrustStack, place: Callable[[str], Path]
) -> Collection:
    """One signed tag, and one that is not."""
    publisher = Publisher(place("publisher"), docker_stack, trust=trust, auth=PUBLISHER)
    made = Collection(publisher, "auth/app")
    made.push("v1", "one")
    made.store("unsigned", tag="v2")
    return made


@pytest.fixture
def compare(
    docker_stack: TrustStack,
    trust: TrustStack,
    collection: Collection,
    place: Callable[[str], Path],
) -> Callable[..., None]:
    """Compares what readers with those credentials get."""

    def compare(auth: str | None, expected: Expected) -> None:
        readers = Readers(place("readers"), docker_stack, trust, auth=auth)
        readers.compare(collection.gun, expected, collection.digests)

    return compare


@pytest.mark.parametrize(
    "auth", [PUBLISHER, "reader:anything", None], ids=["publisher", "reader", "nobody"]
)
def test_docker_pull_and_we_agree_where_a_token_is_had(
    compare: Callable[..., None], auth: str | None
) -> None:
    compare(auth, Expected(pulls=SIGNED))


def test_docker_pull_refuses_and_we_cannot_tell_with_a_wrong_password(
    compare: Callable[..., None],
) -> None:
    nothing = {"v1": REFUSED}
    compare("admin:wrong", Expected(pulls=nothing, codes={"v1": "unauthorized"}))


def test_a_password_that_no_longer_holds_leaves_both_with_what_is_cached(
    docker_stack: TrustStack,
    trust: TrustStack,
    collection: Collection,
    place: Callable[[str], Path],
) -> None:
    readers = Readers(place("readers"), docker_stack, trust, auth=PUBLISHER)
    readers.compare(collection.gun, Expected(pulls=SIGNED), collection.digests)
    for reader in (readers.warm_docker, readers.warm_ours):
        log_in(Path(reader["DOCKER_CONFIG"]), docker_stack, "admin:changed")
    image = f"{collection.gun}:v1"

    theirs = pulled(readers.warm_docker, image)
    [ours] = verified(readers.warm_ours, [image])

    assert theirs.digest == ours.digest == collection.digests["one"]
    assert "unauthorized" in ours.notices  # the timestamp, of which the cached one is used


def test_the_server_does_ask_for_tokens(trust: TrustStack, collection: Collection) -> None:
    statuses = {exchange["status"] for exchange in trust.exchanges()}
    granted = [
        json.loads(line) for line in (trust.folder / "log" / "token.log").read_text().splitlines()
    ]

    assert 401 in statuses
    assert any(
        access["name"] == collection.gun and "push" in access["actions"]
        for grant in granted
        for access in grant["granted"]
    )
