"""A trust server that asks publishers for tokens: each action for the scope that it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contenttrust.errors import UnauthorizedError
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from interop import parts
from interop.our_publisher import OurPublisher
from interop.trust_stack import TrustStack, running

DIGEST = hashlib.sha256(b"v1").hexdigest()


@pytest.fixture(scope="module")
def stack() -> Iterator[TrustStack]:
    """A trust server behind a token server; `admin` may do everything, others may read."""
    parts.want_servers()
    options = ("--no-registry", "--auth", "--proxy")
    with running(*options, TRUST_TYPE="local", KEY_ALGORITHM="ed25519") as running_stack:
        yield running_stack


def logged_in(stack: TrustStack, trust_dir: Path, account: str) -> OurPublisher:
    ours = OurPublisher(trust_dir, stack)
    url = stack.url.replace("https://", f"https://{account}@")
    ours.server = TrustServer(url, tls=Tls(ca_files=(str(stack.authority),)))
    return ours


def test_who_may_write_publishes_rotates_and_deletes(
    stack: TrustStack, place: Callable[[str], Path]
) -> None:
    collection = logged_in(stack, place("admin"), "admin:password").collection("local/auth/a")
    collection.initialize()
    collection.add_target("v1", size=2, sha256=DIGEST)

    assert collection.publish().versions == {"root": 1, "targets": 2}
    assert collection.rotate_key("timestamp", server_managed=True).versions == {"root": 2}
    collection.delete(remote=True)
    assert collection.judge().look() is None


def test_who_may_only_read_changes_nothing(stack: TrustStack, place: Callable[[str], Path]) -> None:
    folder = place("reader")
    mine = logged_in(stack, folder, "admin:password").collection("local/auth/b")
    mine.initialize()
    mine.publish()
    collection = logged_in(stack, folder, "reader:anything").collection("local/auth/b")
    collection.add_target("v1", size=2, sha256=DIGEST)

    with pytest.raises(UnauthorizedError):
        collection.publish()
    with pytest.raises(UnauthorizedError):
        collection.rotate_key("timestamp", server_managed=True)
    with pytest.raises(UnauthorizedError):
        collection.delete(remote=True)
    assert [one.path for one in collection.changes()] == ["v1"]
    current = mine.judge().look()
    assert current is not None
    assert current.version("targets") == 2
