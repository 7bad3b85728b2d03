"""What a real Notary server answers to whoever writes: keys, refusals, deletions, tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contenttrust.errors import RejectedError, UnauthorizedError
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from interop import parts
from interop.our_publisher import OurPublisher
from interop.trust_stack import TrustStack, running

GUN = "localhost:5000/writing/app"
ROLES = ["timestamp", "snapshot"]
LARGE = 100_000_000
ADMIN = Credentials("admin", "password")


@pytest.fixture(scope="module")
def signing() -> Iterator[TrustStack]:
    """A trust server whose keys are kept by notary-signer."""
    parts.want_servers()
    with running("--no-registry") as stack:
        yield stack


@pytest.fixture(scope="module", params=["signer", "local"])
def open_server(request: pytest.FixtureRequest) -> TrustServer:
    """A trust server that lets everybody write, with a signer of its own and without."""
    name = "signing" if request.param == "signer" else "trust_stack"
    return server_of(request.getfixturevalue(name))


@pytest.fixture(scope="module")
def guarded() -> Iterator[TrustStack]:
    """A trust server behind a token server."""
    parts.want_servers()
    with running("--no-registry", "--auth") as stack:
        yield stack


def server_of(stack: TrustStack, credentials: Credentials | None = None) -> TrustServer:
    tls = Tls(ca_files=(str(stack.authority),))
    return TrustServer(stack.url, tls=tls, credentials=credentials)


@pytest.mark.parametrize("role", ROLES)
def test_a_key_is_had_for_a_collection_that_is_not_there_yet(
    open_server: TrustServer, role: str
) -> None:
    # Asked again before the first root is published, this server makes another one.
    assert json.loads(open_server.public_key(GUN, role))["keyval"]["private"] is None


@pytest.mark.parametrize("role", ROLES)
def test_the_key_of_a_collection_stays_until_a_root_names_another(
    signing: TrustStack, place: Callable[[str], Path], role: str
) -> None:
    gun = f"{GUN}/published-{role}"
    publisher = OurPublisher(place("publisher"), signing)
    collection = publisher.collection(gun)
    collection.initialize()
    collection.publish()
    server = server_of(signing)

    key = server.public_key(gun, role)
    another = server.rotate_key(gun, role)

    assert server.public_key(gun, role) == key != another
    publisher.collection(gun).rotate_key(role, server_managed=True)
    assert server.public_key(gun, role) != key


@pytest.mark.parametrize("role", ROLES)
def test_the_server_makes_another_key_each_time(open_server: TrustServer, role: str) -> None:
    keys = {
        open_server.public_key(GUN, role),
        open_server.rotate_key(GUN, role),
        open_server.rotate_key(GUN, role),
    }
    assert len(keys) == 3


def test_what_is_not_there_can_be_deleted(open_server: TrustServer) -> None:
    open_server.delete(f"{GUN}/never")
    open_server.delete(f"{GUN}/never")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"targets": b"no JSON"}, "MALFORMED_JSON"),
        ({"targets": b""}, "MALFORMED_JSON"),
        ({"targets": b"{}"}, "INVALID_UPDATE"),
        ({"root": b'{"signed":{},"signatures":[]}', "targets": b"{}"}, "INVALID_UPDATE"),
    ],
)
def test_a_refusal_brings_the_server_s_own_code(
    open_server: TrustServer, files: dict[str, bytes], code: str
) -> None:
    with pytest.raises(RejectedError) as refusal:
        open_server.publish(f"{GUN}/new", files)
    assert refusal.value.found == code
    assert refusal.value.message.isprintable()
    assert refusal.value.gun == f"{GUN}/new"


def test_a_delegation_s_name_arrives_whole(open_server: TrustServer) -> None:
    with pytest.raises(RejectedError) as refusal:
        open_server.publish(f"{GUN}/new", {"targets/team-a/releases_1": b"{}"})
    assert refusal.value.found == "INVALID_UPDATE"  # INVALID_ROLE, had the name been another


def test_a_large_upload_arrives_and_is_judged(open_server: TrustServer) -> None:
    with pytest.raises(RejectedError) as refusal:
        open_server.publish(f"{GUN}/large", {"targets": b" " * LARGE})
    assert refusal.value.found == "MALFORMED_JSON"


def test_where_a_token_is_asked_for_one_is_had(guarded: TrustStack) -> None:
    server = server_of(guarded, ADMIN)
    key = server.public_key(GUN, "timestamp")
    assert server.rotate_key(GUN, "timestamp") != key
    server.delete(GUN)
    with pytest.raises(RejectedError) as refusal:
        server.publish(GUN, {"targets": b"no JSON"})
    assert refusal.value.found == "MALFORMED_JSON"


def test_a_large_upload_arrives_although_a_token_is_asked_for_first(guarded: TrustStack) -> None:
    with pytest.raises(RejectedError) as refusal:
        server_of(guarded, ADMIN).publish(f"{GUN}/large", {"targets": b" " * LARGE})
    assert refusal.value.found == "MALFORMED_JSON"


@pytest.mark.parametrize(
    "credentials",
    [Credentials("admin", "wrong-password"), Credentials("reader", "anything"), None],
    ids=["wrong password", "reader", "nobody"],
)
def test_who_may_not_write_is_not_let_in(
    guarded: TrustStack, credentials: Credentials | None
) -> None:
    server = server_of(guarded, credentials)
    for write in (
        lambda: server.publish(GUN, {"targets": b"{}"}),
        lambda: server.publish(GUN, {"targets": b" " * 2_000_000}),
        lambda: server.public_key(GUN, "timestamp"),
        lambda: server.rotate_key(GUN, "timestamp"),
        lambda: server.delete(GUN),
    ):
        with pytest.raises(UnauthorizedError) as refusal:
            write()
        assert "not known" not in refusal.value.message
        assert "wrong-password" not in f"{refusal.value.message}{refusal.value}"


def test_each_action_asks_for_what_the_original_clients_ask_for(guarded: TrustStack) -> None:
    gun = f"{GUN}/scopes"
    server = server_of(guarded, ADMIN)
    server.public_key(gun, "timestamp")
    server.rotate_key(gun, "timestamp")
    server.delete(gun)
    log = (guarded.folder / "log" / "token.log").read_text().splitlines()
    granted = [access for line in log for access in json.loads(line)["granted"]]
    actions = [access["actions"] for access in granted if access["name"] == gun]
    assert actions == [["push", "pull"], ["*"]]
