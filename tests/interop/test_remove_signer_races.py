"""A signer who publishes without end while she is removed, at a real trust server."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from contenttrust import _core, load
from contenttrust.errors import ContentTrustError, RejectedError
from contenttrust.publish import Collection, images, target_meta
from contenttrust.publish.asking import ask
from contenttrust.publish.metadata import envelope, message_of, signed_part
from contenttrust.publish.uploads import Uploads
from interop.our_publisher import OurPublisher
from interop.publisher import Publisher
from interop.trust_stack import TrustStack


class _Raced(Uploads):
    """Somebody else publishes right before each upload."""

    def __init__(self, publisher: OurPublisher, before: Callable[[], object]) -> None:
        super().__init__(publisher.server)
        self._before = before

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        with contextlib.suppress(ContentTrustError):
            self._before()
        super().publish(gun, files)


def _forced(mallory: OurPublisher, gun: str) -> None:
    """What no tool of ours sends: signed by a key that is not the role's any more."""
    answer = ask(mallory.server, gun, "targets/releases", limit=100_000)
    assert isinstance(answer, bytes)
    signed = signed_part(answer)
    signed["version"] += 1
    [entry] = [one for one in mallory.keys.entries() if one.role == "mallory"]
    key = mallory.keys.open(entry.key_id)
    message = message_of(signed)
    signature = {
        "keyid": _core.PublicKey.of(key.key_type, key.public).key_id,
        "method": key.method,
        "sig": base64.b64encode(key.sign(message)).decode(),
    }
    mallory.server.publish(gun, {"targets/releases": envelope(message, [signature])})


@pytest.mark.parametrize("revoke", [False, True])
def test_t078_the_server_refuses_the_signer_and_what_was_shown_is_released(
    docker_stack: TrustStack, place: Callable[[str], Path], revoke: bool
) -> None:
    admin, mallory = (
        OurPublisher(Publisher(place(name), docker_stack).config / "trust", docker_stack)
        for name in ("admin", "mallory")
    )
    gun = f"{docker_stack.registry}/removed/{place('gun').name.lower()}"
    images.add_signer(admin.collection(gun), "alice", [admin.key("alice")])
    images.add_signer(admin.collection(gun), "mallory", [mallory.key("mallory")])
    good = target_meta(7, sha256="0" * 64)
    images.sign(admin.collection(gun), {"v1": good})
    images.sign(mallory.collection(gun), {"v1": good}, again=True)
    count = iter(range(1, 100))

    def publish() -> None:
        evil = {f"evil-{next(count)}": target_meta(7, sha256="1" * 64)}
        images.sign(mallory.collection(gun), evil)

    raced = Collection(gun, keys=admin.keys, sink=_Raced(admin, publish), trust_dir=admin.trust_dir)
    removed = images.remove_signer(raced, "mallory", revoke=revoke)

    assert set(removed.published.repository.tags) == {"v1"}
    assert any("tag added: evil-1" in note for note in removed.published.notes)
    with pytest.raises(RejectedError):
        _forced(mallory, gun)
    assert set(load(gun, source=admin.server, trust_dir=place("reader")).tags) == {"v1"}
