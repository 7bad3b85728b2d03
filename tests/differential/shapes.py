"""The repositories that are changed: shapes from the simulator, and vectors that stay valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from differential.draft import Collection
from differential.keyring import bare, certified, remember_vector_keys
from simulator import GUN, Repository, image

VECTORS = Path(__file__).parents[1] / "vectors"
EXPIRES = "2046-10-01T00:00:00Z"
WILDCARD = "docker.io/acme/*"


def _plain(name: str, root: str = GUN) -> Repository:
    repository = Repository()
    repository.root.keys = [certified(f"{name} root", root)]
    for role in (repository.top, repository.snapshot, repository.timestamp):
        role.keys = [bare(f"{name} {role.name}")]
    repository.targets.update({tag: image(f"{name} {tag}") for tag in ("1.0", "2.0", "latest")})
    return repository


def _delegated(name: str) -> Repository:
    repository = _plain(name)
    for role in ("targets/releases", "targets/alice", "targets/bob"):
        made = repository.delegate(role, keys=[bare(f"{name} {role}")])
        made.targets.update({tag: image(f"{name} {tag}") for tag in ("1.0", "3.0")})
    repository["targets/releases"].targets["latest"] = image(f"{name} newest")
    return repository


def _nested(name: str) -> Repository:
    repository = _delegated(name)
    below = (
        ("targets/releases/a", ["", "3"]),
        ("targets/releases/a/b", ["1"]),
        ("targets/alice/c", ["9"]),
    )
    for role, paths in below:
        made = repository.delegate(role, keys=[bare(f"{name} {role}")], paths=paths)
        made.targets.update({tag: image(f"{role} {tag}") for tag in ("1.1", "3.3", "9")})
    repository["targets/alice"].paths = ["1", "2"]
    return repository


def _thresholds(name: str) -> Repository:
    repository = _delegated(name)
    repository.root.keys = [certified(f"{name} root {i}", GUN) for i in range(3)]
    repository.root.threshold = 2
    for role in (repository.top, repository.timestamp, repository["targets/releases"]):
        role.keys = [bare(f"{name} {role.name} {i}") for i in range(3)]
        role.threshold = 2
    return repository


def _key_kinds(name: str) -> Repository:
    repository = _delegated(name)
    repository.root.keys = [certified(f"{name} root", GUN, "p384")]
    repository.top.keys = [bare(f"{name} targets", "ed25519")]
    repository.snapshot.keys = [bare(f"{name} snapshot", "rsa")]
    repository.timestamp.keys = [bare(f"{name} timestamp", "ed25519")]
    repository["targets/releases"].keys = [certified(f"{name} releases", "releases", "rsa")]
    repository["targets/alice"].keys = [certified(f"{name} alice", "alice", "p384")]
    repository["targets/bob"].keys = [bare(f"{name} bob", "p521")]
    return repository


def _wildcard(name: str) -> Repository:
    return _plain(name, WILDCARD)


def _rotated(name: str) -> Repository:
    repository = _delegated(name)
    repository.rotate("root", [certified(f"{name} new root", GUN)])
    repository.rotate("targets", [bare(f"{name} new targets")])
    return repository


def _degraded(name: str) -> Repository:
    repository = _delegated(name)
    repository["targets/releases"].keys = []
    repository["targets/releases"].signers = [bare(f"{name} targets/releases")]
    repository["targets/alice"].threshold = 2
    return repository


def _names(name: str) -> Repository:
    repository = _plain(name)
    for tag in ("a/b", "<&>", 'q"\\', "é\u2028", "\U0001f40b", "Latest", "\x01", ""):
        repository.targets[tag] = image(tag) | {"custom": {"x": [1, None, {"y": tag}], "z": True}}
    return repository


SHAPES: dict[str, Callable[[str], Repository]] = {
    "plain": _plain,
    "delegated": _delegated,
    "nested": _nested,
    "thresholds": _thresholds,
    "key kinds": _key_kinds,
    "wildcard": _wildcard,
    "rotated": _rotated,
    "degraded": _degraded,
    "names": _names,
}


def _published(repository: Repository) -> dict[str, bytes]:
    top = repository.top
    for role in (repository.root, repository.snapshot, repository.timestamp, top):
        role.expires = EXPIRES
    for below in top.descendants():
        below.expires = EXPIRES
    return repository.publish()


def collections() -> Iterator[Collection]:
    """Every collection that changes begin from."""
    for name, shape in SHAPES.items():
        repository = shape(name)
        older = _published(repository)
        repository.targets["newer"] = image(f"{name} newer")
        repository.advance("targets")
        yield Collection(name, repository.gun, _published(repository), older)
    for folder in sorted(VECTORS.glob("good-syn-*")):
        case = json.loads((folder / "case.json").read_text())
        if not case.get("trusted_state"):
            files = _vector_files(folder / "tuf")
            remember_vector_keys(folder.name, _listed_keys(files))
            yield Collection(folder.name, case["gun"], files, files)


def _vector_files(tuf: Path) -> dict[str, bytes]:
    names = {
        path.relative_to(tuf).as_posix().removesuffix(".json"): path for path in tuf.rglob("*.json")
    }
    return {
        name: path.read_bytes()
        for name, path in sorted(names.items())
        if "." not in name or name.endswith(".root")
    }


def _listed_keys(files: dict[str, bytes]) -> dict[str, Any]:
    keys = {}
    for document in files.values():
        signed = json.loads(document)["signed"]
        keys |= signed.get("keys") or {}
        keys |= (signed.get("delegations") or {}).get("keys") or {}
    return keys
