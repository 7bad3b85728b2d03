"""A trust directory that a test may fill, break and have examined."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from contenttrust.doctor import DEFAULT_WITHIN, Finding, memory
from contenttrust.verification import run
from simulator.repository import NOW, Repository


class Place:
    """A trust directory, and how it is filled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700)

    def metadata(self, gun: str) -> Path:
        return self.path / "tuf" / gun / "metadata"

    @property
    def records(self) -> list[Path]:
        return sorted((self.path / "contenttrust").glob("*.json"))

    def verify(self, repository: Repository, *, at: datetime = NOW) -> None:
        """Have contenttrust verify a repository and remember it."""
        outcome = run(
            repository.gun,
            source=repository.publish(),
            trust_dir=self.path,
            now=at,
            remember=True,
        )
        outcome.repository()

    def cache(self, repository: Repository) -> None:
        """Have another client put a repository's files in place, as Docker does."""
        shutil.rmtree(self.metadata(repository.gun), ignore_errors=True)
        for name, data in repository.publish().items():
            if "." not in name:
                file = self.metadata(repository.gun) / f"{name}.json"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                file.chmod(0o600)

    def examine(
        self,
        repository: Repository,
        *,
        at: datetime = NOW,
        within: timedelta = DEFAULT_WITHIN,
        answering: bool = False,
    ) -> list[Finding]:
        """What is found about one collection."""
        return list(
            memory.check(str(self.path), repository.gun, at=at, within=within, answering=answering)
        )
