"""Collections that no client can publish: made in memory, served from a folder, pulled for real."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from interop.images import Image, Registry, image
from interop.trust_stack import TufServer
from simulator import Repository, TargetsRole, after, before
from simulator.roles import b64

LIFE_DAYS = {"root": 3650, "targets": 1095, "snapshot": 1095, "timestamp": 14}


def from_now(**span: float) -> str:
    """RFC 3339 text of a moment ahead by the machine's clock, which is the one of the clients."""
    return after(base=datetime.now(timezone.utc), **span)


def ago(**span: float) -> str:
    """RFC 3339 text of a moment past by the machine's clock."""
    return before(base=datetime.now(timezone.utc), **span)


class Simulated:
    """One collection of the simulator, with images that exist."""

    def __init__(
        self, server: TufServer, registry: Registry, repository: str, folder: Path
    ) -> None:
        """A collection without tags that is not served yet."""
        self.gun = f"{registry.host}/{repository}"
        self.repo = Repository(self.gun)
        self.digests: dict[str, str] = {}
        self.kept: dict[str, bytes] = {}
        """Files that were served once, for who wants to serve them again."""
        self.ends = 0.0
        """When something in it ends, on the clock of `time.monotonic`."""
        self._server = server
        self._registry = registry
        self._repository = repository
        self._folder = folder
        self._publications = 0
        for name in LIFE_DAYS:
            self.renew(name)

    def renew(self, name: str) -> None:
        """Give a role its usual life, from now on."""
        self.repo[name].expires = from_now(days=LIFE_DAYS.get(name, 1095))

    def tag(self, name: str, label: str, *, role: str = "targets") -> None:
        """Have a role list a tag for the image of that label, which is put into the registry."""
        self._registry.push(self._repository, image(label))
        self.list_tag(name, label, role=role)

    def list_tag(
        self, name: str, label: str, *, role: str = "targets", made: Image | None = None
    ) -> None:
        """Have a role list a tag for the image of that label, or that one, wherever it may be."""
        made = made or image(label)
        self.digests[label] = made.digest
        sha256 = bytes.fromhex(made.digest.removeprefix("sha256:"))
        entry: dict[str, Any] = {"hashes": {"sha256": b64(sha256)}, "length": made.size}
        self.repo[role].targets[name] = entry

    def releases(self, **options: Any) -> TargetsRole:
        """Delegate `targets/releases`."""
        role = self.repo.delegate("targets/releases", **options)
        self.renew(role.name)
        return role

    def publish(self, *advanced: str, without: tuple[str, ...] = ()) -> dict[str, bytes]:
        """Serve the files as they stand now, instead of what was served before.

        Args:
            advanced: Roles whose versions are raised before, with snapshot and timestamp.
            without: Files that are not served.
        """
        if advanced:
            self.repo.advance(*advanced)
        files = self.repo.publish()
        self.serve({name: data for name, data in files.items() if name not in without})
        return files

    def serve(self, files: dict[str, bytes]) -> None:
        """Serve exactly these files. Clients see all of them change at one moment."""
        self._publications += 1
        folder = self._folder / str(self._publications)
        for name, data in files.items():
            path = folder / "tuf" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self._server.serve(self.gun, folder)
