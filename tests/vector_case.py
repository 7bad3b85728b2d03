"""A test vector as Python sees it, and a source that serves one and fails where it is told to."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from contenttrust.errors import UnreachableError
from contenttrust.transport.directory import DirectorySource


class Case:
    """A vector: name of the collection, its files, the moment to judge it at."""

    def __init__(self, folder: Path) -> None:
        self.members = json.loads((folder / "case.json").read_text())
        self.gun = self.members["gun"]
        self.at = datetime.fromisoformat(self.members["verify_at"].replace("Z", "+00:00"))
        self.tuf = folder / "tuf"
        self.trusted = folder / "trusted"
        tags = self.members["expected"].get("tags", {})
        self.tags = {name: (t["sha256"], t["length"], t["role"]) for name, t in tags.items()}

    @property
    def files(self) -> dict[str, bytes]:
        found = {}
        for path in self.tuf.rglob("*.json"):
            found[str(path.relative_to(self.tuf)).removesuffix(".json")] = path.read_bytes()
        return found

    def lay_cache(self, trust_dir: Path) -> None:
        metadata = trust_dir / "tuf" / self.gun / "metadata"
        for path in self.trusted.rglob("*.json"):
            copy = metadata / path.relative_to(self.trusted)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            copy.chmod(0o600)


class Remote:
    """A source that is no local file: gives a vector's files, except those that fail."""

    def __init__(self, case: Case, *failing: str) -> None:
        self.directory = DirectorySource(case.tuf)
        self.failing = failing
        self.asked: list[str] = []

    def fetch(self, gun, files):
        self.asked += [file.name for file in files]
        answers = self.directory.fetch(gun, files)
        return [
            UnreachableError("no route", gun=gun, role=file.name)
            if file.name in self.failing
            else answer
            for file, answer in zip(files, answers, strict=True)
        ]


def tags_of(repository):
    """The tags of a verified repository as `Case.tags` has them."""
    return {
        name: (tag.digest.removeprefix("sha256:"), tag.size, tag.role)
        for name, tag in repository.tags.items()
    }
