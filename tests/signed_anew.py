"""What another program signs with the keys of a role, by other rules than ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contenttrust.publish import Keyring
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.metadata import envelope, message_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.keys import KeyStore
    from contenttrust.publish.metadata import Document
    from servers.memory_server import MemoryServer


def sign_anew(
    server: MemoryServer,
    gun: str,
    keys: KeyStore,
    role: str,
    change: Callable[[Document], object],
    *,
    judged: bool = False,
) -> None:
    """Change the document of a role that the root names, and serve it with the next version."""
    document = server.signed(gun, role)
    change(document)
    document["version"] += 1
    authority = authority_in(server.signed(gun, "root"), role)
    server.store(gun, {role: Keyring(keys).signed(document, [authority])}, judged=judged)


def take_key(key_id: str) -> Callable[[Document], object]:
    """A change of targets: the first delegation loses a key."""
    return lambda targets: targets["delegations"]["roles"][0]["keyids"].remove(key_id)


def garble(
    server: MemoryServer, gun: str, change: Callable[[Document], object] = lambda _: None
) -> None:
    """The server, which signs the snapshot, gives `targets/releases` with a wrong signature.

    Args:
        server: Which.
        gun: Name of the collection.
        change: Changes the targets that it lists.
    """
    file = json.loads(server.files[gun]["targets/releases"])
    file["signed"]["version"] += 1
    change(file["signed"]["targets"])
    file["signatures"][0]["sig"] = f"{'A' * 86}=="
    made = envelope(message_of(file["signed"]), file["signatures"])
    server.store(gun, {"targets/releases": made}, judged=False)
