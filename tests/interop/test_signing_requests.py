"""Signing in turns at an original trust server; a new notary reads what comes of it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contenttrust._core import PublicKey
from contenttrust.publish.initialisation import certified
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring
from interop.our_publisher import OurPublisher
from interop.processes import run
from interop.publisher import Publisher
from interop.trust_stack import TrustStack

DIGEST = hashlib.sha256(b"an image").hexdigest()


def signed(request: SigningRequest, *signers: OurPublisher) -> SigningRequest:
    """The request as it comes back from some signers."""
    for signer in signers:
        request = SigningRequest.from_bytes(request.to_bytes())
        request.sign(Keyring(signer.keys))
    return SigningRequest.from_bytes(request.to_bytes())


def listed(publisher: Publisher, stack: TrustStack, gun: str) -> list[list[str]]:
    """Name, digest and role of each tag, as a notary that knows nothing yet lists them."""
    with tempfile.TemporaryDirectory() as empty:
        server = ["-s", stack.url, "--tlscacert", str(stack.authority)]
        told = run(["notary", *server, "-d", empty, "list", gun], publisher.env).succeeded().out
    rows = [line.split() for line in told.splitlines() if "    targets" in line]
    return [[name, digest, role] for name, digest, _, role in rows]


@pytest.mark.parametrize("server_managed", [["timestamp"], ["timestamp", "snapshot"]])
def test_a_collection_whose_root_keys_are_elsewhere(
    docker_stack: TrustStack, place: Callable[[str], Path], server_managed: Sequence[str]
) -> None:
    online = Publisher(place("online"), docker_stack)
    ours, vault, next_vault, alice = (
        OurPublisher(place(name) / "trust", docker_stack)
        for name in ("ours", "vault", "next", "alice")
    )
    gun = f"{online.registry.host}/{place('requests').name.lower()}/elsewhere"
    collection = ours.collection(gun)

    def root_of(holder: OurPublisher) -> PublicKey:
        entry = holder.keys.generate("ecdsa", role="root")
        return certified(holder.keys.open(entry.key_id), gun, collection.moment)

    first = collection.prepare_initialization([root_of(vault)], server_managed=server_managed)
    collection.publish_request(signed(first, vault))
    collection.add_delegation(
        "targets/releases", keys=[ours.key("own"), alice.key("alice")], paths=[""], threshold=2
    )
    collection.publish()
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/releases"])
    done = collection.publish_request(signed(collection.prepare(), alice))
    assert (done.notes, collection.changes()) == ((), ())
    assert ("snapshot" in done.versions) == ("snapshot" not in server_managed)

    rotation = collection.prepare_rotation("root", [root_of(next_vault)])
    assert collection.publish_request(signed(rotation, vault, next_vault)).versions["root"] == 2
    assert listed(online, docker_stack, gun) == [["1.0", DIGEST, "targets/releases"]]


def test_what_notary_made_and_did_not_publish_is_published_by_a_request(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    publisher = Publisher(place("notary"), docker_stack)
    ours = OurPublisher(publisher.config / "trust", docker_stack)
    gun = f"{publisher.registry.host}/{place('requests').name.lower()}/made"
    publisher.notary("init", gun).succeeded()
    collection = ours.collection(gun)
    collection.add_target("1.0", sha256=DIGEST, size=7)

    request = collection.prepare()
    assert [part.role for part in request.ready()] == ["root"]
    assert collection.publish_request(signed(request)).notes == ()
    assert collection.changes() == ()
    assert listed(publisher, docker_stack, gun) == [["1.0", DIGEST, "targets"]]
