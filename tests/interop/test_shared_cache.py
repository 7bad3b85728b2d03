"""One trust directory for docker, notary and us: what one has learnt, the others know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interop.collection import Collection
from interop.comparison import Readers
from interop.processes import run
from interop.publisher import Publisher
from interop.readers import contenttrust, pulled, verified
from interop.trust_stack import TrustStack, free_ports


class Shared:
    """A collection, and one environment for all its readers."""

    def __init__(self, collection: Collection, readers: Readers) -> None:
        self.collection = collection
        self.env = readers.fresh()
        self.image = f"{collection.gun}:v1"
        [port] = free_ports(1)
        nobody = f"https://localhost:{port}"
        self.without_server = {**self.env, "DOCKER_CONTENT_TRUST_SERVER": nobody}
        self.notary_alone = collection.publisher.notary_at(self.env, url=nobody)
        self.notary = collection.publisher.notary_at(self.env)

    @property
    def digests(self) -> dict[str, str]:
        """Digest of each image by its label."""
        return self.collection.digests


@pytest.fixture
def shared(docker_stack: TrustStack, place: Callable[[str], Path]) -> Shared:
    """A signed tag that nobody has asked for yet."""
    publisher = Publisher(place("publisher"), docker_stack)
    number = place("number").name.partition("-")[0]
    collection = Collection(publisher, f"shared/app{number}")
    collection.push("v1", "one")
    return Shared(collection, Readers(place("readers"), docker_stack, docker_stack))


def recreate(collection: Collection) -> None:
    """Make the collection anew with other keys."""
    collection.delete()
    collection.publisher.forget()
    collection.push("v1", "of a stranger")


def test_the_root_that_docker_has_cached_is_our_anchor(shared: Shared) -> None:
    assert pulled(shared.env, shared.image).digest == shared.digests["one"]

    [known] = verified(shared.env, [shared.image], "--no-tofu")

    assert known.digest == shared.digests["one"]
    assert "first_use" not in known.notices


def test_a_root_that_docker_does_not_know_is_refused_by_us_too(shared: Shared) -> None:
    pulled(shared.env, shared.image)
    recreate(shared.collection)

    [ours] = verified(shared.env, [shared.image])

    assert ours.digest is None
    assert pulled(shared.env, shared.image).digest is None


def test_docker_holds_on_to_the_root_that_we_have_cached(shared: Shared) -> None:
    verified(shared.env, [shared.image])
    recreate(shared.collection)

    assert pulled(shared.env, shared.image).digest is None
    assert verified(shared.env, [shared.image])[0].digest is None


def test_docker_and_notary_use_offline_what_we_have_cached(shared: Shared) -> None:
    shared.collection.add_signer("alice")
    shared.collection.push("v2", "released")
    image = f"{shared.collection.gun}:v2"
    [ours] = verified(shared.env, [image])

    theirs = pulled(shared.without_server, image)
    listed = run([*shared.notary_alone, "list", shared.collection.gun], shared.without_server)

    assert theirs.digest == ours.digest == shared.digests["released"]
    assert any("using cached timestamp" in line for line in theirs.notices)
    assert shared.digests["released"].removeprefix("sha256:") in listed.succeeded().out


def test_docker_asks_for_nothing_but_the_timestamp_once_we_have_cached_the_rest(
    shared: Shared, docker_stack: TrustStack
) -> None:
    verified(shared.env, [shared.image])
    before = len(docker_stack.exchanges())
    pulled(shared.env, shared.image)

    asked = [exchange["path"].rpartition("/")[2] for exchange in docker_stack.exchanges()[before:]]
    assert set(asked) <= {"", "timestamp.json"}


def test_we_use_offline_what_docker_has_updated(shared: Shared) -> None:
    verified(shared.env, [shared.image])
    shared.collection.rotate("root")
    shared.collection.push("v1", "newer")
    pulled(shared.env, shared.image)

    [ours] = verified(shared.without_server, [shared.image], "--offline")

    assert ours.digest == shared.digests["newer"]


def test_docker_goes_on_from_what_we_have_updated(shared: Shared) -> None:
    pulled(shared.env, shared.image)
    shared.collection.rotate("root")
    shared.collection.rotate("targets")
    shared.collection.push("v1", "newer")
    verified(shared.env, [shared.image])
    shared.collection.rotate("root")
    shared.collection.push("v1", "newest")

    assert pulled(shared.env, shared.image).digest == shared.digests["newest"]
    assert verified(shared.env, [shared.image])[0].digest == shared.digests["newest"]


def test_notary_updates_what_we_have_cached(shared: Shared) -> None:
    verified(shared.env, [shared.image])
    shared.collection.push("v1", "newer")

    lookup = [*shared.notary, "lookup", shared.collection.gun, "v1"]
    looked_up = run(lookup, shared.env).succeeded()
    _, listed = contenttrust(shared.without_server, "list", "--offline", shared.collection.gun)

    assert shared.digests["newer"] in looked_up.out
    assert [tag["digest"] for tag in listed["tags"]] == [shared.digests["newer"]]
