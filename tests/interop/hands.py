"""What a publisher does to a collection, done by notary or by us, in one trust directory."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from contenttrust import _core
from contenttrust.publish import Collection as OurCollection
from interop.collection import P256, Collection
from interop.our_publisher import OurPublisher
from interop.publisher import Publisher


class Notary:
    """Does it with the original client."""

    name = "notary"

    def __init__(self, publisher: Publisher, repository: str) -> None:
        self._it = Collection(publisher, repository)
        self._publisher = publisher
        self.gun = self._it.gun

    def create(self, *, server_snapshot: bool = False) -> None:
        self._publisher.notary("init", self.gun, "-p")
        if server_snapshot:
            self.rotate("snapshot", server_managed=True)

    def add(self, tag: str, digest: str, *roles: str) -> None:
        into = [word for role in roles for word in ("-r", role)]
        self._publisher.notary("addhash", self.gun, tag, "7", "--sha256", digest, *into, "-p")

    def stage(self, tag: str, digest: str) -> None:
        self._publisher.notary("addhash", self.gun, tag, "7", "--sha256", digest)

    def remove(self, tag: str, *roles: str) -> None:
        into = [word for role in roles for word in ("-r", role)]
        self._publisher.notary("remove", self.gun, tag, *into, "-p")

    def publish(self) -> None:
        self._publisher.notary("publish", self.gun)

    def delegate(self, role: str, certificate: Path, paths: Sequence[str] = ()) -> None:
        allowed = ["--paths", ",".join(paths)] if paths else ["--all-paths"]
        self._publisher.notary(
            "delegation", "add", self.gun, role, str(certificate), *allowed, "-p"
        )

    def undelegate(self, role: str) -> None:
        self._publisher.notary("delegation", "remove", self.gun, role, "-y", "-p")

    def take_key(self, role: str, key_id: str) -> None:
        self._publisher.notary("delegation", "remove", self.gun, role, key_id, "-y", "-p")

    def purge(self, key_id: str) -> None:
        self._publisher.notary("delegation", "purge", self.gun, "--key", key_id, "-p")

    def witness(self, role: str) -> None:
        self._publisher.notary("witness", self.gun, role, "-p")

    def rotate(self, role: str, *, server_managed: bool = False) -> None:
        options = ["-r"] if server_managed else []
        self._it.rotate(role, *options)

    def delete(self) -> None:
        self._it.delete()


class Ours:
    """Does it with our package."""

    name = "ours"

    def __init__(self, publisher: Publisher, repository: str, ours: OurPublisher) -> None:
        self.gun = f"{publisher.registry.host}/{repository}"
        self._ours = ours

    @property
    def collection(self) -> OurCollection:
        """Opened anew each time, as commands do."""
        return self._ours.collection(self.gun)

    def create(self, *, server_snapshot: bool = False) -> None:
        managed = ("timestamp", "snapshot") if server_snapshot else ("timestamp",)
        self.collection.initialize(server_managed=managed)
        self.collection.publish()

    def add(self, tag: str, digest: str, *roles: str) -> None:
        self.stage(tag, digest, *roles)
        self.publish()

    def stage(self, tag: str, digest: str, *roles: str) -> None:
        self.collection.add_target(tag, size=7, sha256=digest, roles=roles or ("targets",))

    def remove(self, tag: str, *roles: str) -> None:
        self.collection.remove_target(tag, roles=roles or ("targets",))
        self.publish()

    def publish(self) -> None:
        self.collection.publish()

    def delegate(self, role: str, certificate: Path, paths: Sequence[str] = ()) -> None:
        key = _core.PublicKey.read(certificate.read_bytes())
        self.collection.add_delegation(role, keys=[key], paths=paths or [""])
        self.publish()

    def undelegate(self, role: str) -> None:
        self.collection.remove_delegation(role)
        self.publish()

    def take_key(self, role: str, key_id: str) -> None:
        self.collection.remove_delegation(role, key_ids=[key_id])
        self.publish()

    def purge(self, key_id: str) -> None:
        self.collection.purge_keys([key_id])
        self.publish()

    def witness(self, role: str) -> None:
        collection = self.collection
        collection.witness([role])
        collection.publish(confirm=lambda _: None)  # a broken role is shown, and answered for

    def rotate(self, role: str, *, server_managed: bool = False) -> None:
        self.collection.rotate_key(role, server_managed=server_managed)

    def delete(self) -> None:
        self.collection.delete(remote=True)

    def remembers(self) -> bool:
        """Whether our own record speaks of the collection."""
        return self.collection.trust_dir.state(self.gun) is not None


Hand = Notary | Ours


def certificate(publisher: Publisher, name: str, kind: tuple[str, ...] = P256) -> Path:
    """A new certificate whose key the publisher holds."""
    return Collection(publisher, name).certify(name, kind=kind)


def another_place(folder: Path) -> Path:
    """An empty folder in the place of one."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
