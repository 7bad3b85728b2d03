"""Signing in turns at an original trust server; a new notary reads what comes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contenttrust._core import PublicKey
from contenttrust.errors import RejectedError
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


def test_the_server_s_own_keys_are_rotated_where_the_root_key_is_elsewhere(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    online = Publisher(place("online"), docker_stack)
    ours, vault = (OurPublisher(place(name) / "trust", docker_stack) for name in ("ours", "vault"))
    gun = f"{online.registry.host}/{place('requests').name.lower()}/server-keys"
    collection = ours.collection(gun)
    entry = vault.keys.generate("ecdsa", role="root")
    root = certified(vault.keys.open(entry.key_id), gun, collection.moment)
    first = collection.prepare_initialization([root], server_managed=["timestamp"])
    collection.publish_request(signed(first, vault))
    collection.add_target("1.0", sha256=DIGEST, size=7)
    before = collection.publish().repository.roles

    for role in ("timestamp", "snapshot"):
        collection.prepare_rotation(role, server_managed=True)  # one that nobody publishes
        request = collection.prepare_rotation(role, server_managed=True)
        after = collection.publish_request(signed(request, vault)).repository.roles
        assert set(after[role].key_ids).isdisjoint(before[role].key_ids)

    request = collection.prepare_rotation("snapshot", [ours.key("snapshot", gun)])
    done = collection.publish_request(signed(request, vault))
    assert set(done.versions) == {"root", "snapshot"}
    assert listed(online, docker_stack, gun) == [["1.0", DIGEST, "targets"]]


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_a_key_that_the_server_does_not_have_is_refused_by_it(
    docker_stack: TrustStack,
    place: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    role: str,
) -> None:
    """As one that it has lost since the request was prepared."""
    online = Publisher(place("online"), docker_stack)
    ours, vault = (OurPublisher(place(name) / "trust", docker_stack) for name in ("ours", "vault"))
    gun = f"{online.registry.host}/{place('requests').name.lower()}/lost"
    collection = ours.collection(gun)
    entry = vault.keys.generate("ecdsa", role="root")
    root = certified(vault.keys.open(entry.key_id), gun, collection.moment)
    collection.publish_request(signed(collection.prepare_initialization([root]), vault))
    key = vault.key("another")
    public = {"public": base64.b64encode(key.public).decode(), "private": None}
    answer = json.dumps({"keytype": key.key_type, "keyval": public}).encode()
    monkeypatch.setattr(collection.sink, "rotate_key", lambda *_: answer)
    request = collection.prepare_rotation(role, server_managed=True)

    with pytest.raises(RejectedError, match=f"signs with the {role} key of this request") as it:
        collection.publish_request(signed(request, vault))

    assert f"key {key.key_id} not found" in it.value.message
    assert f"({key.key_id}) only if it has that: prepare the request anew" in it.value.message


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
