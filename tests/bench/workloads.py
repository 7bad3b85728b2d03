"""Repositories as Notary and docker leave them, in the sizes that are timed.

Each has keys of its own, so that nothing decoded for one serves the next. What was generated is
kept beside the builds and found again by its parameters.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench import pack
from simulator import Raw, Repository, after
from simulator.keys import Key, new_key_pair

ENTRY = 207
"""Bytes of one tag with its comma: name, SHA-256, SHA-512 and length, as Notary's client writes."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """How many repositories, and what each holds."""

    name: str
    repositories: int = 1
    tags: int = 0
    """In `targets` itself."""
    delegations: tuple[tuple[str, int], ...] = ()
    """Name below `targets/` and number of tags."""
    roots: int = 1
    """Versions of the root; each rotates the key of the root."""

    @property
    def files(self) -> int:
        """Files of one repository that a client fetches."""
        return 3 + self.roots + len(self.delegations)

    @property
    def tags_in_all(self) -> int:
        """Tags of all roles of all repositories."""
        return self.repositories * (self.tags + sum(count for _, count in self.delegations))

    @property
    def signatures(self) -> int:
        """Signatures of all repositories; all but the first root carry two."""
        return self.repositories * (self.files + self.roots - 1)

    def pack(self, folder: Path) -> Path:
        """The file that holds these repositories; generated unless it is there already."""
        path = folder / f"{self.name}-{self._fingerprint()}.pack"
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            for outdated in folder.glob(f"{self.name}-????????????????.p*"):
                outdated.unlink()
            pack.write(path, self._generate())
        return path

    def _fingerprint(self) -> str:
        """Of the parameters and of the code that makes something of them."""
        tests = Path(__file__).resolve().parents[1]
        code = [Path(__file__), tests / "bench" / "pack.py", *sorted(tests.glob("simulator/*.py"))]
        parts = [repr(self).encode(), *(path.read_bytes() for path in code)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]

    def _generate(self) -> Iterator[tuple[str, dict[str, bytes]]]:
        if self.repositories < 50:  # starting processes would take longer
            yield from map(self._repository, range(self.repositories))
            return
        with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as processes:
            yield from processes.map(self._repository, range(self.repositories), chunksize=25)

    def _repository(self, number: int) -> tuple[str, dict[str, bytes]]:
        gun = f"registry.example.com/bench/{self.name}-{number:05}"
        repository = Repository(gun)
        repository.root.keys = [fresh_key().pair.certified(gun)]
        for role in (repository.top, repository.snapshot, repository.timestamp):
            role.keys = [fresh_key()]
        # Notary's own programs judge by the clock of the machine.
        repository.timestamp.expires = after(days=3650)
        repository.top.say("targets", tags(gun, self.tags))
        for name, count in self.delegations:
            role = repository.delegate(f"targets/{name}", keys=[fresh_key()])
            role.say("targets", tags(f"{gun} {name}", count))
        for _ in range(1, self.roots):
            repository.rotate("root", [fresh_key().pair.certified(gun)])
        files = repository.publish()
        if self.roots == 1:
            del files["1.root"]  # the same as `root`
        return gun, files


def fresh_key() -> Key:
    """A P-256 key that nothing else uses."""
    return new_key_pair("p256").bare


def tags(label: str, count: int) -> Raw:
    """The member `targets` with that many tags, in canonical form."""
    return Raw("{" + ",".join(entry(label, number) for number in range(count)) + "}")


def entry(label: str, number: int) -> str:
    """One tag; equal numbers of different labels have different digests."""
    manifest = f"{label} {number}".encode()
    hashes = '"sha256":"{}","sha512":"{}"'.format(
        *(base64.b64encode(hashlib.new(name, manifest).digest()).decode()
          for name in ("sha256", "sha512"))
    )  # fmt: skip
    return f'"{tag_name(number)}":{{"hashes":{{{hashes}}},"length":{1000 + number % 9000}}}'


def tag_name(number: int) -> str:
    """Names of one length, so that their order is that of the numbers."""
    return f"release-1.{number:011}"


SIGNERS = (("releases", 50), ("alice", 25), ("bob", 25))


def everyday(name: str, repositories: int) -> Workload:
    """Repositories as teams have them: seven files, seven signatures, 27 kB."""
    return Workload(name=name, repositories=repositories, delegations=SIGNERS)


def one_list(name: str, tags: int, repositories: int = 1) -> Workload:
    """Every tag in one targets file."""
    return Workload(name=name, repositories=repositories, tags=tags)


def crowd(name: str, delegations: int, repositories: int = 1) -> Workload:
    """Many delegations with a hundred tags each."""
    roles = tuple((f"team{number:05}", 100) for number in range(delegations))
    return Workload(name=name, repositories=repositories, delegations=roles)


def long_lived(name: str, roots: int, repositories: int = 1) -> Workload:
    """A root that was rotated often."""
    return Workload(name=name, repositories=repositories, tags=1, roots=roots)
