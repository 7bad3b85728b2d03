"""One collection: its roles, keys and roots, and the files that a server would give out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from simulator.keys import Key, key_pair
from simulator.roles import Role, TargetsRole, file_meta

GUN = "docker.io/acme/app"
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


def after(*, base: datetime = NOW, **span: float) -> str:
    """RFC 3339 text of a moment after `base`; `span` as in `timedelta`."""
    return (base + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def before(*, base: datetime = NOW, **span: float) -> str:
    """RFC 3339 text of a moment before `base`; `span` as in `timedelta`."""
    return (base - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Repository:
    """A repository in memory. Right in everything until a test changes something."""

    def __init__(self, gun: str = GUN) -> None:
        """A repository with one key a role and the tag lists still empty."""
        self.gun = gun
        pairs = {name: key_pair(name) for name in ("root", "targets", "snapshot", "timestamp")}
        self.root = Role("root", "Root", after(days=3650), [pairs["root"].certified(gun)])
        self.top = TargetsRole("targets", "Targets", after(days=1095), [pairs["targets"].bare])
        self.snapshot = Role("snapshot", "Snapshot", after(days=1095), [pairs["snapshot"].bare])
        self.timestamp = Role("timestamp", "Timestamp", after(days=14), [pairs["timestamp"].bare])
        self.root_history: dict[int, bytes] = {}
        """Roots that went before, by version."""
        self.retired_root_keys: list[Key] = []
        """Keys of the previous root: the next root needs their signatures too."""

    @property
    def targets(self) -> dict[str, Any]:
        """What `targets` lists: tag to file meta."""
        return self.top.targets

    def __getitem__(self, name: str) -> Any:
        """The role of that name."""
        for role in (self.root, self.snapshot, self.timestamp, self.top, *self.top.descendants()):
            if role.name == name:
                return role
        raise KeyError(name)

    def delegate(
        self,
        name: str,
        *,
        keys: Sequence[Key] | None = None,
        paths: list[str] | None = None,
        threshold: Any = 1,
        parent: str | None = None,
    ) -> TargetsRole:
        """Delegate to a new role.

        Args:
            keys: Its keys. Default: one bare P-256 key of its own.
            paths: Prefixes that it may speak of. Default: everything.
            parent: The role that lists it. Default: the one that its name says.
        """
        role = TargetsRole(
            name,
            "Targets",
            after(days=1095),
            [key_pair(name).bare] if keys is None else list(keys),
            threshold,
            paths=[""] if paths is None else paths,
        )
        self[parent or name.rpartition("/")[0]].children.append(role)
        return role

    def advance(self, *names: str) -> None:
        """Raise the versions of snapshot, timestamp and the roles named, as a publication does."""
        for name in ("snapshot", "timestamp", *names):
            self[name].version += 1

    def next_root(self) -> None:
        """Put the current root into the chain; what is changed from here on is the next one's."""
        self.root_history[self.root.version] = self.root_document()
        self.retired_root_keys = list(self.root.keys)
        self.root.version += 1

    def rotate(self, name: str, keys: Sequence[Key]) -> None:
        """Give a top-level role other keys in a root of its own."""
        self.next_root()
        self[name].keys = list(keys)

    def root_document(self) -> bytes:
        """The current root, signed by its keys and by those of the root before it."""
        roles = [self.root, self.top, self.snapshot, self.timestamp]
        body = {
            "consistent_snapshot": False,
            "keys": {key.id: key.json for role in roles for key in role.keys},
            "roles": {
                role.name: {"keyids": [key.id for key in role.keys], "threshold": role.threshold}
                for role in roles
            },
        }
        own = {key.id for key in self.root.keys}
        return self.root.document(
            body, [key for key in self.retired_root_keys if key.id not in own]
        )

    def publish(self) -> dict[str, bytes]:
        """The files as they stand: role to bytes, with every root as `<n>.root` too."""
        files = {"root": self.root_document()}
        listed = [self.top, *(role for role in self.top.descendants() if role.published)]
        for role in listed:
            files[role.name] = role.document(role.body())
        meta = {name: file_meta(document) for name, document in files.items()}
        files["snapshot"] = self.snapshot.document({"meta": meta})
        files["timestamp"] = self.timestamp.document(
            {"meta": {"snapshot": file_meta(files["snapshot"])}}
        )
        for role in (self.root, *listed, self.snapshot, self.timestamp):
            if role.omitted:
                del files[role.name]
        chain = dict(self.root_history)
        if "root" in files and isinstance(self.root.version, int):
            chain[self.root.version] = files["root"]
        return {**files, **{f"{version}.root": document for version, document in chain.items()}}
