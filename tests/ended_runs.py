"""Publishers that end when their upload is on its way, and what is there then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from contenttrust.publish.tags import digests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.publish import Collection
    from servers.memory_server import MemoryServer

GUN = "registry.example/team/app"
A, B, C = "a" * 64, "b" * 64, "c" * 64


def ends(*_: object, **__: object) -> NoReturn:
    """End as who is interrupted; what is on the disk is as after a kill."""
    raise KeyboardInterrupt


def add(
    collection: Collection, tag: str, digest: str, *, roles: Sequence[str] = ("targets",)
) -> None:
    """Stage that a tag is listed."""
    collection.add_target(tag, size=7, sha256=digest, roles=roles)


def record_of(collection: Collection) -> Path:
    """Where it is noted what was sent."""
    return Path(collection.trust_dir.path, "tuf", collection.gun, ".sent_changes.json")


def staged_of(collection: Collection) -> list[str]:
    """What is staged, by tag."""
    return [change.path or change.role for change in collection.changes()]


def listed(server: MemoryServer) -> dict[str, str]:
    """What the server lists, by tag."""
    named = digests(server.signed(GUN, "targets")["targets"])
    return {tag: digest.removeprefix("sha256:") for tag, digest in named.items()}
