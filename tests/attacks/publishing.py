"""Commands that write, and what must hold of keys, staged changes and server when they were killed.

A machine is a trust server in this process with a registry beside it, and trust directories that
commands are started upon. A scene is one command with all that was there before it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import final

import contenttrust as ct
from attacks.judge import facts
from attacks.warm import ROUNDS, Warm
from contenttrust._core import PrivateKey, Secret
from contenttrust.errors import PassphraseError
from contenttrust.keys import KeyStore
from contenttrust.publish import Collection
from contenttrust.publish.metadata import public_key, signed_part
from contenttrust.transport.cache import TrustDirectory
from keyholder import Holder
from servers import Authority, HttpsServer
from servers.answers import document
from servers.memory_server import MemoryServer
from servers.notary import Notary

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
OLD, NEW = b"the passphrase of before", b"the passphrase of afterwards"
GIVEN = {f"DOCKER_CONTENT_TRUST_{role}_PASSPHRASE": OLD.decode() for role in ("ROOT", "REPOSITORY")}
"""What lets a command without a terminal begin a collection."""
_MANIFEST = (
    b'{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":'
    b'"application/vnd.oci.image.config.v1+json","digest":"sha256:%064x","size":7},"layers":[]}'
)
_TYPE = "application/vnd.oci.image.manifest.v1+json"


@final
class Machine:
    """A trust server and a registry, and the means to run commands against them."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        """Prepare; they run while the `with` statement does."""
        folder.mkdir()
        self.folder = folder
        self.ca_file = authority.ca_file
        self.server = HttpsServer(authority.issue())
        self.memory = MemoryServer(NOW)
        self.notary = Notary(self.server, self.memory)
        self.gun = f"localhost:{self.server.port}/team/app"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DOCKER_CONFIG": str(folder / "docker"),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for name, passphrase in (("old", OLD), ("new", NEW)):
            path = folder / name
            path.write_bytes(passphrase + b"\n")
            path.chmod(0o600)
        for tag in ("1", "2"):
            self.push(tag)

    def __enter__(self) -> Machine:
        self.server.__enter__()
        self.warm = Warm(self.env | GIVEN, self.folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.warm.__exit__(kind, error, traceback)
        self.server.__exit__(kind, error, traceback)

    def push(self, tag: str) -> None:
        """Put an image into the registry."""
        manifest = _MANIFEST % (_TYPE.encode(), int(tag))
        answer = document(manifest, headers={"Content-Type": _TYPE})
        self.server.answer(f"/v2/team/app/manifests/{tag}", answer)

    def collection(self, trust_dir: Path) -> Collection:
        """The collection, edited in this process and without the network."""
        keys = KeyStore(trust_dir, passphrases=Holder(OLD), rounds=ROUNDS)
        return Collection(self.gun, keys=keys, sink=self.memory, trust_dir=trust_dir, now=NOW)

    def asking(self) -> list[str]:
        """Options that name the trust server, and the moment."""
        at = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
        return ["--server", self.server.url, "--tls-ca", self.ca_file, "--at", at]

    def passphrase(self, name: str) -> list[str]:
        """Options that give the passphrase."""
        return ["--passphrase-file", str(self.folder / name)]


@dataclass
class Scene:
    """One command, what was there before, and what it is to come to.

    Attributes:
        machine: Where it is run.
        start: The trust directory before it.
        words: The command, without options that say where.
        wanted: Whether what is there is what the command is to come to.
        passwd: Whether it changes the passphrase of keys.
        begins: Whether it begins a collection, which takes the environment's passphrases.
    """

    machine: Machine
    start: Path
    words: Sequence[str]
    wanted: Callable[[Scene, Path], bool]
    passwd: bool = False
    begins: bool = False

    def __post_init__(self) -> None:
        self.held = self.machine.notary.held()
        self.keys = self.keys_in(self.start)
        self.changes = self.changes_in(self.start)

    def begin(self) -> Path:
        """A copy of the trust directory, and the server as it was."""
        trust_dir = Path(tempfile.mkdtemp(dir=self.machine.folder)) / "trust"
        shutil.copytree(self.start, trust_dir)
        self.machine.notary.put_back(self.held)
        return trust_dir

    def command(self, trust_dir: Path) -> list[str]:
        """The command line; with another passphrase where a killed run has changed it."""
        machine = self.machine
        if self.begins:
            more = machine.asking()
        elif not self.passwd:
            more = [*machine.asking(), *machine.passphrase("old")]
        else:
            is_new = NEW in self.keys_in(trust_dir).values()
            more = machine.passphrase("new" if is_new else "old")
            more += ["--new-passphrase-file", str(machine.folder / "new")]
        return [*self.words, "--trust-dir", str(trust_dir), *more]

    def stands(self, trust_dir: Path) -> bool:
        """Whether the command came to its end, as far as the server and the keys tell.

        Whatever became of it: keys open, no key that is needed is lost, no change is lost, trust
        directory and server can be used.
        """
        self.machine.server.settle()  # what was sent has been dealt with
        keys = self.keys_in(trust_dir)
        served = self.served(trust_dir)
        done = self.wanted(self, trust_dir)
        before = self.held.files.get(self.machine.gun)
        assert done or self.machine.memory.files.get(self.machine.gun) == before, "a third state"
        assert not self._needed(trust_dir) - keys.keys(), "a key is lost"
        assert done or not self.keys.keys() - keys.keys(), "a key was removed too early"
        changes = self.changes_in(trust_dir)
        assert changes.items() <= self.changes.items()
        assert changes == self.changes or (done and served is not None), "a change is lost"
        assert all(not entry.problem for entry in self.store_in(trust_dir).entries())
        TrustDirectory(trust_dir).state(self.machine.gun)
        return done

    def goes_on(self, trust_dir: Path) -> None:
        """The same command again, which succeeds and leaves no litter."""
        ended = self.machine.warm.run(*self.command(trust_dir))
        assert ended.code == 0, ended
        assert self.stands(trust_dir)
        assert not self.changes_in(trust_dir)
        left = [path for path in trust_dir.rglob(".*") if path.name != ".contenttrust.lock"]
        assert not left
        shutil.rmtree(trust_dir)

    def store_in(self, trust_dir: Path) -> KeyStore:
        """The key store of a trust directory."""
        return KeyStore(trust_dir, passphrases=Holder(OLD, NEW), rounds=ROUNDS)

    def keys_in(self, trust_dir: Path) -> dict[str, bytes]:
        """Every key by its id, each with the passphrase that opens it."""
        return {
            path.stem: _opened(path)
            for path in (trust_dir / "private").rglob("*.key")
            if not path.name.startswith(".")
        }

    def changes_in(self, trust_dir: Path) -> dict[str, bytes]:
        """The files of staged changes."""
        folder = trust_dir / "tuf" / self.machine.gun / "changelist"
        return {path.name: path.read_bytes() for path in folder.glob("*")}

    def served(self, trust_dir: Path) -> ct.TrustedRepository | None:
        """What the server has, as our own judgement finds it with this trust directory."""
        if self.machine.gun not in self.machine.memory.files:
            return None
        return ct.load(
            self.machine.gun, source=self.machine.memory, trust_dir=trust_dir, now=NOW,
            remember=False,
        )  # fmt: skip

    def _needed(self, trust_dir: Path) -> set[str]:
        """Canonical ids of the keys that the publisher must have: of what is served, or made."""
        local = trust_dir / "tuf" / self.machine.gun / "metadata" / "root.json"
        file = self.machine.memory.files.get(self.machine.gun, {}).get("root")
        if file is None and local.exists():
            file = local.read_bytes()
        if file is None:
            return set()
        root = signed_part(file)
        named = {one for held in root["roles"].values() for one in held["keyids"]}
        ours = named - self.machine.memory.key_ids
        return {public_key(root["keys"][key_id]).canonical_key_id for key_id in ours}


def _opened(path: Path) -> bytes:
    """The passphrase of a key file, which is whole, private, and the key that its name says."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for passphrase in (OLD, NEW):
        try:
            key = PrivateKey.decode(path.read_bytes(), Secret(passphrase))
        except PassphraseError:
            continue
        assert key.key_id == path.stem
        return passphrase
    raise AssertionError(f"{path} is torn")


def _tags(*names: str) -> Callable[[Scene, Path], bool]:
    def wanted(scene: Scene, trust_dir: Path) -> bool:
        served = scene.served(trust_dir)
        return served is not None and set(facts(served)) == set(names)

    return wanted


def _rotated(role: str, old: Sequence[str]) -> Callable[[Scene, Path], bool]:
    def wanted(scene: Scene, _: Path) -> bool:
        root = scene.machine.memory.signed(scene.machine.gun, "root")
        new = root["roles"][role]["keyids"]
        return len(new) == 1 and new != old

    return wanted


def first_publication(machine: Machine) -> Scene:
    """`publish` of a collection that was just made, with two targets; our own snapshot key."""
    start = machine.folder / "first publication"
    made = machine.collection(start)
    made.initialize(server_managed=("timestamp",))
    for name in ("v1", "v2"):
        made.add_target(name, size=3, sha256=_digest(name))
    return Scene(machine, start, ["publish", machine.gun], _tags("v1", "v2"))


def later_publication(machine: Machine) -> Scene:
    """`publish` of a target, a removal and a new delegation; the server has the snapshot key."""
    start = machine.folder / "later publication"
    made = _published(machine, start)
    made.add_target("v3", size=3, sha256=_digest("v3"))
    made.remove_target("v1")
    key = made.keys.open(made.keys.generate(role="alice").key_id)
    public = ct._core.PublicKey.of(key.key_type, key.public)
    made.add_delegation("targets/alice", keys=[public], paths=[""])
    made.add_target("v4", size=3, sha256=_digest("v4"), roles=["targets/alice"])
    return Scene(machine, start, ["publish", machine.gun], _tags("v2", "v3"))


def rotation(machine: Machine, role: str = "targets", *options: str) -> Scene:
    """`key rotate`, which makes a key and keeps the old one; staged changes stay staged."""
    start = machine.folder / f"rotation of {' '.join([role, *options])}"
    _published(machine, start, own_snapshot=bool(options))
    old = machine.memory.signed(machine.gun, "root")["roles"][role]["keyids"]
    words = ["key", "rotate", "--yes", *options, machine.gun, role]
    return Scene(machine, start, words, _rotated(role, old))


def root_rotation(machine: Machine) -> Scene:
    """`key rotate` of root: signed by the old key and the new one, which both stay."""
    return rotation(machine, "root")


def own_snapshot_key(machine: Machine) -> Scene:
    """`key rotate` of snapshot, whose key the server has held."""
    return rotation(machine, "snapshot")


def snapshot_key_of_the_server(machine: Machine) -> Scene:
    """`key rotate --server-managed` of snapshot: ours stays here."""
    return rotation(machine, "snapshot", "--server-managed")


def timestamp_key_of_the_server(machine: Machine) -> Scene:
    """`key rotate --server-managed` of timestamp: we sign the snapshot."""
    return rotation(machine, "timestamp", "--server-managed")


def another_passphrase(machine: Machine) -> Scene:
    """`key passwd` of the root key."""
    start = machine.folder / "passphrase"
    made = _published(machine, start)
    [key_id] = [entry.key_id for entry in made.keys.entries() if entry.role == "root"]

    def wanted(scene: Scene, trust_dir: Path) -> bool:
        return scene.keys_in(trust_dir)[key_id] == NEW

    return Scene(machine, start, ["key", "passwd", key_id], wanted, passwd=True)


def first_signature(machine: Machine) -> Scene:
    """`sign` of a repository that nobody has signed, with a key of a signer at hand."""
    start = machine.folder / "first signature"
    shutil.rmtree(start, ignore_errors=True)  # of two keys of alice none would be taken unasked
    machine.memory.delete(machine.gun)
    machine.collection(start).keys.generate(role="alice")
    return Scene(machine, start, ["sign", f"{machine.gun}:1"], _tags("1"), begins=True)


def later_signature(machine: Machine) -> Scene:
    """`sign` of a second tag."""
    scene = first_signature(machine)
    ended = machine.warm.run(*scene.command(scene.start))
    assert ended.code == 0, ended
    return Scene(machine, scene.start, ["sign", f"{machine.gun}:2"], _tags("1", "2"))


def _published(machine: Machine, start: Path, *, own_snapshot: bool = False) -> Collection:
    machine.memory.delete(machine.gun)
    made = machine.collection(start)
    made.initialize(server_managed=["timestamp"] + ["snapshot"] * (not own_snapshot))
    for name in ("v1", "v2"):
        made.add_target(name, size=3, sha256=_digest(name))
    made.publish()
    return made


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


SCENES = (
    first_publication,
    later_publication,
    rotation,
    root_rotation,
    own_snapshot_key,
    snapshot_key_of_the_server,
    timestamp_key_of_the_server,
    another_passphrase,
    first_signature,
    later_signature,
)
