"""Trust servers that hold ed25519 keys, with and without a signer of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.collection import Collection
from interop.comparison import Readers
from interop.publisher import Publisher
from interop.readers import contenttrust
from interop.story import Step, Telling, then
from interop.trust_stack import TrustStack, running

STEPS = [
    then("the first signed push", lambda it: it.push("v1", "one"), {"v1": "one", "v2": None}),
    then("a signer", lambda it: (it.add_signer("alice"), it.push("v1", "two")), {"v1": "two"}),
    then("another timestamp key", lambda it: it.rotate("timestamp", "-r"), {"v1": "two"}),
    then("another snapshot key", lambda it: it.rotate("snapshot", "-r"), {"v1": "two"}),
    then("root gets another key", lambda it: it.rotate("root"), {"v1": "two"}),
]
SERVERS = {
    "signer": {"KEY_ALGORITHM": "ed25519"},
    "no signer": {"KEY_ALGORITHM": "ed25519", "TRUST_TYPE": "local"},
}


@pytest.fixture(scope="module", params=SERVERS.values(), ids=SERVERS)
def trust(request: pytest.FixtureRequest) -> Iterator[TrustStack]:
    """A trust server whose own keys are ed25519."""
    with running("--no-registry", **request.param) as stack:
        yield stack


@pytest.fixture(scope="module")
def collection(
    docker_stack: TrustStack, trust: TrustStack, place: Callable[[str], Path]
) -> Collection:
    """Images at the registry that all share, trust data at that server."""
    publisher = Publisher(place("publisher"), docker_stack, trust=trust)
    return Collection(publisher, f"ed25519/{place('server').name.lower()}")


@pytest.fixture(scope="module")
def readers(docker_stack: TrustStack, trust: TrustStack, place: Callable[[str], Path]) -> Readers:
    """Docker and we."""
    return Readers(place("readers"), docker_stack, trust)


@pytest.fixture(scope="module")
def telling(collection: Collection, readers: Readers) -> Telling:
    """The story at that server."""
    return Telling(STEPS, collection, readers)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_docker_pull_and_we_agree_at_a_server_with_ed25519_keys(
    docker_stack: TrustStack, telling: Telling, step: Step
) -> None:
    telling.compare_after(step)


def test_the_keys_of_the_server_are_ed25519(readers: Readers, collection: Collection) -> None:
    env = readers.warm_ours
    ran, _ = contenttrust(env, "list", collection.gun)
    root = Path(env["DOCKER_CONFIG"], "trust", "tuf", collection.gun, "metadata", "root.json")

    assert ran.code == 0
    assert '"keytype":"ed25519"' in root.read_text()
