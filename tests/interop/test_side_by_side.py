"""Docker, notary and we at once, in one trust directory, while new versions are published."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from interop.collection import Collection
from interop.comparison import Readers
from interop.parts import docker
from interop.processes import run
from interop.publisher import Publisher
from interop.readers import Verdict, contenttrust, pulled, verified
from interop.trust_stack import TrustStack

PUBLICATIONS = 12
CROWD = 50


class Watch:
    """Reads our record again and again, and notes what it must never be."""

    def __init__(self, record: Path) -> None:
        self.record = record
        self.highest: dict[str, int] = {}
        self.wrong: list[str] = []
        self.seen = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Watch as long as this lasts, and once more."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()
            self.look()

    def _run(self) -> None:
        while not self._over.wait(0.005):
            self.look()

    def look(self) -> None:
        """Read it once."""
        try:
            state = json.loads(self.record.read_bytes())
        except ValueError as error:
            self.wrong.append(f"torn: {error}")
            return
        versions = {role: entry["version"] for role, entry in state["roles"].items()}
        for role, version in versions.items():
            if version < self.highest.get(role, 0):
                self.wrong.append(f"{role} went back to {version} from {self.highest[role]}")
        self.highest.update(versions)
        self.seen += 1


def seen_once(
    stack: TrustStack, place: Callable[[str], Path], repository: str, label: str
) -> tuple[Collection, dict[str, str], Path]:
    """A collection whose tag v1 we have verified: it, the reader's environment, our record."""
    collection = Collection(Publisher(place("publisher"), stack), repository)
    collection.push("v1", label)
    env = Readers(place("readers"), stack, stack).fresh()
    verified(env, [f"{collection.gun}:v1"])
    [record] = Path(env["DOCKER_CONFIG"], "trust", "contenttrust").glob("*.json")
    return collection, env, record


def test_nobody_tears_or_lowers_what_is_remembered(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    collection, env, record = seen_once(docker_stack, place, "busy/app", "first")
    image = f"{collection.gun}:v1"
    published = threading.Event()

    def ours() -> list[Verdict]:
        verdicts = []
        while not published.is_set():
            verdicts += verified(env, [image])
        return verdicts

    def theirs() -> list[int]:
        client = docker() or "docker"
        commands = [
            [client, "trust", "inspect", collection.gun],
            [client, "pull", "--quiet", image],
            [*collection.publisher.notary_at(env), "list", collection.gun],
        ]
        codes = []
        while not published.is_set():
            codes += [run(command, env).code for command in commands]
        return codes

    watch = Watch(record)
    with watch.going_on(), ThreadPoolExecutor(3) as pool:
        readers, others = [pool.submit(ours), pool.submit(ours)], pool.submit(theirs)
        try:
            for number in range(PUBLICATIONS):
                collection.add("v1", f"number {number}")
                collection.publish()
                if number == PUBLICATIONS // 2:
                    collection.rotate("root")
        finally:
            published.set()
        verdicts = [verdict for reader in readers for verdict in reader.result()]
        codes = others.result()

    assert watch.wrong == []
    assert watch.seen > PUBLICATIONS
    assert [verdict for verdict in verdicts if verdict.digest is None] == []
    assert 0 in codes
    newest = collection.digests[f"number {PUBLICATIONS - 1}"]
    assert verified(env, [image])[0].digest == newest
    assert pulled(env, image).digest == newest
    assert verified(env, [image], "--offline")[0].digest == newest
    _, listed = contenttrust(env, "list", collection.gun)
    watch.look()
    assert watch.highest == {
        role: facts["version"] for role, facts in listed["roles"].items() if role in watch.highest
    }
    assert watch.wrong == []
    cached = Path(env["DOCKER_CONFIG"], "trust", "tuf", collection.gun, "metadata")
    for file in cached.rglob("*.json"):
        assert json.loads(file.read_bytes())["signatures"], file


def test_fifty_processes_and_docker_leave_one_whole_record(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    collection, env, record = seen_once(docker_stack, place, "crowded/app", "early")
    image = f"{collection.gun}:v1"
    watch = Watch(record)
    with watch.going_on(), ThreadPoolExecutor(CROWD + 1) as pool:
        crowd = [pool.submit(verified, env, [image]) for _ in range(CROWD // 2)]
        pulls = pool.submit(pulled, env, image)
        collection.add("v1", "late")
        collection.publish()
        crowd += [pool.submit(verified, env, [image]) for _ in range(CROWD // 2)]
        digests = {verdict.digest for one in crowd for verdict in one.result()}
        pulls.result()

    assert watch.wrong == []
    assert digests <= {collection.digests["early"], collection.digests["late"]}
    assert verified(env, [image], "--offline")[0].digest == collection.digests["late"]
    assert pulled(env, image).digest == collection.digests["late"]
