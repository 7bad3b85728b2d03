"""No answer: what is cached serves on until its timestamp ends, and nothing hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from interop.collection import Collection
from interop.comparison import Readers
from interop.publisher import Publisher
from interop.readers import contenttrust, pulled, verified
from interop.trust_stack import TrustStack, running

AT_ONCE_S = 10
"""A refused connection needs no waiting: less than any timeout, enough for a busy machine."""


class Stopped:
    """A server that has been asked once, and has ended since."""

    def __init__(self, collection: Collection, readers: Readers) -> None:
        self.digest = collection.digests["one"]
        self.gun = collection.gun
        self.image = f"{collection.gun}:v1"
        self.readers = readers


@pytest.fixture(scope="module")
def stopped(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Stopped]:
    """Docker and we have seen a collection of it before."""
    with running("--no-registry", KEY_ALGORITHM="ed25519", TRUST_TYPE="local") as trust:
        publisher = Publisher(place("publisher"), docker_stack, trust=trust)
        collection = Collection(publisher, "stopped/app")
        collection.push("v1", "one")
        readers = Readers(place("readers"), docker_stack, trust)
        after = Stopped(collection, readers)
        assert pulled(readers.warm_docker, after.image).digest == after.digest
        assert verified(readers.warm_ours, [after.image])[0].digest == after.digest
        trust.end("server")
        yield after


def test_docker_and_we_go_on_with_what_is_cached(stopped: Stopped) -> None:
    theirs = pulled(stopped.readers.warm_docker, stopped.image)
    [ours] = verified(stopped.readers.warm_ours, [stopped.image])

    assert theirs.digest == ours.digest == stopped.digest
    assert any("using cached timestamp" in line for line in theirs.notices)
    assert "unreachable" in ours.notices  # the timestamp, of which the cached one is used


def test_what_is_cached_serves_until_its_timestamp_ends(stopped: Stopped) -> None:
    _, listed = contenttrust(stopped.readers.warm_ours, "list", "--offline", stopped.gun)
    end = datetime.fromisoformat(listed["roles"]["timestamp"]["expires"][:19] + "+00:00")
    before, after = (
        (end + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
        for seconds in (-60, 60)
    )
    [alive] = verified(stopped.readers.warm_ours, [stopped.image], "--at", before)
    [over] = verified(stopped.readers.warm_ours, [stopped.image], "--at", after)

    assert alive.digest == stopped.digest
    assert (over.digest, over.code) == (None, "unreachable")
    assert end > datetime.now(timezone.utc)


def test_without_a_cache_docker_refuses_and_we_cannot_tell_at_once(stopped: Stopped) -> None:
    started = time.monotonic()
    [ours] = verified(stopped.readers.fresh(), [stopped.image])
    took = time.monotonic() - started

    assert (ours.digest, ours.code) == (None, "unreachable")
    assert took < AT_ONCE_S
    assert pulled(stopped.readers.fresh(), stopped.image).digest is None


def test_a_name_that_nobody_has_is_no_answer(stopped: Stopped) -> None:
    env = stopped.readers.fresh()
    env["DOCKER_CONTENT_TRUST_SERVER"] = "https://notary.invalid"

    [ours] = verified(env, [stopped.image])

    assert (ours.digest, ours.code) == (None, "unreachable")


def test_a_server_whose_certificate_nobody_vouches_for_is_refused_though_docker_asks_it(
    docker_stack: TrustStack, publisher: Publisher, place: Callable[[str], Path]
) -> None:
    collection = Collection(publisher, "stopped/unvouched")
    collection.push("v1", "one")
    readers = Readers(place("readers"), docker_stack, docker_stack)
    env = readers.fresh()
    for authority in Path(env["DOCKER_CONFIG"], "tls").rglob("*.crt"):
        authority.unlink()
    image = f"{collection.gun}:v1"

    [ours] = verified(env, [image])

    assert pulled(env, image).digest == collection.digests["one"]
    assert (ours.digest, ours.code) == (None, "tls")
