"""What another program signs with the keys of a role, by other rules than ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contenttrust.publish import Keyring
from contenttrust.publish.delegations import authority_in

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
