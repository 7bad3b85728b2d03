"""What a server serves that no key of the role has signed takes nothing away for good."""

from __future__ import annotations

import base64
import hashlib

import pytest

from contenttrust import _core
from contenttrust.errors import PublishError
from contenttrust.publish import images, target_meta
from contenttrust.publish.metadata import envelope, message_of

GUN = "registry.example/team/app"
RELEASES = "targets/releases"


def tags(*names):
    return {name: target_meta(7, sha256=digest(name)) for name in names}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def signed(collection, publisher):
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.sign(collection, tags("v1", "v2"))
    return collection


@pytest.fixture
def broken(signed, server):
    """The server, which signs the snapshot, gives a file that nobody of the role has signed."""
    document = server.signed(GUN, RELEASES)
    document["version"] += 1
    document["targets"] = {}
    message, key = message_of(document), _core.PrivateKey.generate("ecdsa")
    sig = base64.b64encode(key.sign(message)).decode()
    entry = {"keyid": key.key_id, "method": key.method, "sig": sig}
    server.store(GUN, {RELEASES: envelope(message, [entry])}, judged=False)
    return signed


def test_nothing_is_begun_anew_where_the_role_s_keys_have_signed_what_was_valid(broken, server):
    before = server.files[GUN].copy()
    for _ in range(2):
        with pytest.raises(PublishError, match=r"is broken: .* valid here last: v1 .* v2 ") as told:
            images.sign(broken, tags("v9"))
        assert f"contenttrust witness -p {GUN} {RELEASES}" in told.value.message
    assert server.files[GUN] == before


def test_what_was_valid_is_witnessed_and_then_all_goes_on(broken):
    shown = []
    broken.witness([RELEASES])
    done = broken.publish(confirm=shown.extend)
    assert [(one.role, one.is_broken, set(one.tags)) for one in shown] == [
        (RELEASES, True, {"v1", "v2"})
    ]
    assert set(done.repository.tags) == {"v1", "v2"}
    assert set(images.sign(broken, tags("v9")).published.repository.tags) == {"v1", "v2", "v9"}


def test_who_has_never_seen_it_valid_begins_anew(broken, make_publisher, publisher):
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    done = images.sign(other.collection(), tags("v9")).published
    assert set(done.repository.tags) == {"v9"}
    assert any("begins anew: what it listed before is not taken over" in it for it in done.notes)


def test_where_its_keys_were_changed_it_is_told_what_is_not_taken_over(
    collection, broken_role, publisher
):
    broken_role(lambda file: file)
    collection.add_target("v2", size=7, sha256=digest("v2"), roles=["targets/a"])
    done = collection.publish()
    assert any(f"when it was valid here last: v1 (sha256:{'a' * 64})" in it for it in done.notes)
