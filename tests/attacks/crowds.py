"""Many processes that verify one collection over one trust directory, while its versions rise.

Run as a program it is the crowd: it forks a publisher, a client that behaves like Docker's, and the
verifying processes, and prints what each of these met.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

LIMIT = 120
"""Seconds that a process may take before it counts as stuck."""


class Met(NamedTuple):
    """What one verifying process met."""

    accepted: list[dict[str, int]]
    """The versions of what was accepted, by role, one entry a run."""
    refused: list[str]
    """What was refused: code, role and message."""
    seen: list[dict[str, int]]
    """The versions in the record after each run."""
    killed: bool


def run(collection: Path, trust_dir: Path, *, gun: str, now: datetime, **how: int) -> list[Met]:
    """Let a crowd loose.

    Args:
        collection: The published files of every version, each in a folder `1`, `2`, …
        how: `workers` that verify, how many of them are `killed` in the middle of a write, and
            whether (0 or 1) a client `like_docker` writes to the cache.
    """
    options = json.dumps({"gun": gun, "now": now.isoformat(), **how})
    crowd = [sys.executable, __file__, str(collection), str(trust_dir), options]
    done = subprocess.run(crowd, capture_output=True, text=True, check=False, timeout=2 * LIMIT)
    assert done.returncode == 0, done.stderr
    return [Met(**json.loads(line)) for line in done.stdout.splitlines()]


class Collection:
    """The versions on disk, one of which is the current one."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.last = max(int(path.name) for path in self.folder.iterdir() if path.is_dir())

    @property
    def current(self) -> int:
        return int((self.folder / "current").read_text())

    def publish(self, version: int) -> None:
        (self.folder / "next").write_text(str(version))
        (self.folder / "next").replace(self.folder / "current")

    def ask(self) -> Path:
        """The files of the current version; that somebody asked for it stays known."""
        version = self.current
        (self.folder / f"asked.{version}").touch()
        return self.folder / str(version)

    def asked(self, version: int) -> bool:
        """Whether somebody asked while that version was the current one."""
        return (self.folder / f"asked.{version}").exists()


class RisingSource:
    """A server that answers the questions of one visit from one version, the newest."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.served: Any = None

    def fetch(self, gun: str, files: Sequence[Any]) -> Any:
        from contenttrust.transport.directory import DirectorySource

        if any(file.name == "timestamp" for file in files):  # with which each visit begins
            self.served = DirectorySource(self.collection.ask())
        return self.served.fetch(gun, files)


def publish_all(collection: Collection, _: Path, seed: int) -> None:
    """Every version after the other, at random intervals, but none before its predecessor was met.

    On a busy machine the last version would otherwise be there before the crowd is.
    """
    moment = random.Random(seed)
    for version in range(collection.current, collection.last + 1):
        collection.publish(version)
        time.sleep(moment.uniform(0, 0.1))
        while version < collection.last and not collection.asked(version):
            time.sleep(0.01)


def behave_like_docker(collection: Collection, cache: Path, seed: int) -> None:
    """Rewrite the cache in place, without a lock, in pieces, now and then with older versions."""
    chance = random.Random(seed)
    while not (collection.folder / "stop").exists():
        newest = collection.current
        version = newest if chance.random() < 0.5 else chance.randint(1, newest)
        for path in sorted((collection.folder / str(version)).rglob("*.json")):
            if path.name.endswith(".root.json"):
                continue
            data = path.read_bytes()
            cached = cache / path.relative_to(collection.folder / str(version))
            cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            half = chance.randint(0, len(data))
            with os.fdopen(
                os.open(cached, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as f:
                f.write(data[:half])
                f.flush()
                time.sleep(chance.uniform(0, 0.004))
                f.write(data[half:])


def verify(collection: Collection, trust_dir: str, seed: int, options: dict[str, Any]) -> Met:
    """Verify at random moments until the last version was there."""
    import contenttrust as ct
    from contenttrust.transport.cache import TrustDirectory

    chance = random.Random(seed)
    met = Met([], [], [], killed=False)
    end = False
    while not end:
        time.sleep(chance.uniform(0, 0.3))
        end = collection.current == collection.last
        try:
            repository = ct.load(
                options["gun"],
                source=RisingSource(collection),
                trust_dir=trust_dir,
                now=datetime.fromisoformat(options["now"]),
                remember=True,
            )
            met.accepted.append(versions(repository.state))
        except ct.ContentTrustError as error:
            met.refused.append(f"{error.code} {error.role} {error.message}")
        state = TrustDirectory(trust_dir).state(options["gun"])
        met.seen.append({} if state is None else versions(state))
    return met


def versions(state: Any) -> dict[str, int]:
    """The versions in a record, root's among them."""
    return {"root": state.root_version, **state.versions}


def _die_while_writing(seed: int) -> None:
    fsync, left = os.fsync, random.Random(seed).randint(1, 4)

    def deadly(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(descriptor)

    os.fsync = deadly


def _fork(work: Callable[[], Any]) -> tuple[int, int]:
    """A child that does some work and says what came of it: its process id, and the pipe."""
    said, say = os.pipe()
    child = os.fork()
    if child:
        os.close(say)
        return child, said
    status = 1
    try:
        faulthandler.dump_traceback_later(LIMIT, exit=True)  # says where it is stuck
        result = work()
        with os.fdopen(say, "w") as pipe:
            json.dump(result._asdict() if isinstance(result, Met) else None, pipe)
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, it must not run the parent's code
        traceback.print_exc()
    os._exit(status)


def _rehearse(collection: Collection, trust_dir: str, options: dict[str, Any]) -> None:
    """Load what is loaded late, so that the children meet at once."""
    last, collection.last = collection.last, collection.current
    verify(collection, trust_dir, 0, options)
    collection.last = last


def _main(folder: str, trust_dir: str, text: str) -> None:
    import logging

    logging.disable()
    options = json.loads(text)
    collection = Collection(folder)
    collection.publish(1)
    cache = Path(trust_dir, "tuf", options["gun"], "metadata")
    _rehearse(collection, f"{trust_dir}-rehearsal", options)
    workers = []
    for seed in range(options["workers"]):

        def work(seed: int = seed) -> Met:
            if seed < options["killed"]:
                _die_while_writing(seed)
            return verify(collection, trust_dir, seed, options)

        workers.append(_fork(work))
    others = [_fork(lambda: publish_all(collection, cache, -1))]
    if options["like_docker"]:
        others.append(_fork(lambda: behave_like_docker(collection, cache, -2)))
    failures = []
    for child, said in workers:
        with os.fdopen(said) as pipe:
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        if status == signal.SIGKILL:
            answer = json.dumps(Met([], [], [], killed=True)._asdict())
        elif status:
            failures.append(f"a process ended with status {status}")
        sys.stdout.write(answer + "\n")
    (collection.folder / "stop").touch()
    for child, _ in others:
        if os.waitpid(child, 0)[1]:
            failures.append("the publisher or Docker's double failed")
    if failures:
        raise SystemExit("\n".join(failures))


if __name__ == "__main__":
    _main(*sys.argv[1:])
