"""Several publishers at once at a real trust server: nobody loses what was accepted."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contenttrust import load
from contenttrust.errors import ConflictError
from contenttrust.publish import Collection
from interop.our_publisher import OurPublisher
from interop.processes import run
from interop.publisher import Publisher
from interop.trust_stack import TrustStack

ROUNDS = 6


def digest(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()


def publish_until_accepted(collection: Collection) -> None:
    """Publish what is staged, also where others come first time and again."""
    while collection.changes():
        with contextlib.suppress(ConflictError):
            collection.publish()


class Machines:
    """Machines with the same keys and trust directories of their own."""

    def __init__(self, folder: Path, stack: TrustStack) -> None:
        self.stack = stack
        self.folder = folder
        self.first = Publisher(folder / "first", stack)
        self.gun = f"{self.first.registry.host}/races/{folder.name.lower()}"

    def another(self, name: str) -> Path:
        """A copy of the trust directory, as of another machine."""
        place = self.folder / name
        shutil.copytree(self.first.config / "trust", place)
        return place

    def ours(self, trust_dir: Path) -> OurPublisher:
        return OurPublisher(trust_dir, self.stack)

    def tags(self) -> set[str]:
        server = OurPublisher(self.folder / "reader", self.stack).server
        with tempfile.TemporaryDirectory() as empty:
            repository = load(self.gun, source=server, trust_dir=empty)
            read = set(repository.tags)
            told = ["-s", self.stack.url, "--tlscacert", str(self.stack.authority), "-d", empty]
            listed = run(["notary", *told, "list", self.gun], self.first.env).succeeded().out
        assert all(tag in listed for tag in read)
        return read


@pytest.fixture(params=["server-snapshot", "own-snapshot"])
def machines(
    trust_stack: TrustStack, place: Callable[[str], Path], request: pytest.FixtureRequest
) -> Machines:
    made = Machines(place("races"), trust_stack)
    ours = made.ours(made.first.config / "trust").collection(made.gun)
    managed = ["timestamp"] + ["snapshot"] * (request.param == "server-snapshot")
    ours.initialize(server_managed=managed)
    ours.publish()
    return made


def test_t121_ours_against_ours(machines: Machines) -> None:
    places = [machines.another(f"machine-{number}") for number in range(3)]

    def publish(number: int) -> None:
        ours = machines.ours(places[number])
        for turn in range(ROUNDS):
            collection = ours.collection(machines.gun)
            tag = f"m{number}-{turn}"
            collection.add_target(tag, size=7, sha256=digest(tag))
            publish_until_accepted(collection)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(publish, range(3))) == [None] * 3

    assert machines.tags() == {f"m{number}-{turn}" for number in range(3) for turn in range(ROUNDS)}


def test_t121_ours_against_notary(machines: Machines) -> None:
    """notary gives up when it has lost; what it then leaves staged, it publishes later."""
    theirs = machines.another("theirs")
    server = ["-s", machines.stack.url, "--tlscacert", str(machines.stack.authority)]
    notary = ["notary", *server, "-d", str(theirs)]
    accepted: set[str] = set()

    def publish_theirs() -> None:
        for turn in range(ROUNDS):
            tag = f"theirs-{turn}"
            staged = [*notary, "addhash", machines.gun, tag, "7", "--sha256", digest(tag), "-p"]
            for command in (staged, *[[*notary, "publish", machines.gun]] * 20):
                done = subprocess.run(
                    command, check=False, env=machines.first.env, capture_output=True
                )
                if done.returncode == 0:
                    accepted.add(tag)
                    break

    thread = threading.Thread(target=publish_theirs)
    thread.start()
    ours = machines.ours(machines.another("ours"))
    for turn in range(2 * ROUNDS):
        collection = ours.collection(machines.gun)
        tag = f"ours-{turn}"
        collection.add_target(tag, size=7, sha256=digest(tag))
        publish_until_accepted(collection)
        accepted.add(tag)
    thread.join()

    assert machines.tags() == accepted
    assert len(accepted) == 3 * ROUNDS
