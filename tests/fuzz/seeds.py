"""Seeds of every fuzz target, made from the test vectors: `python -m fuzz.seeds FOLDER`."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
LARGEST = 8_000  # bytes: the fuzzer makes most of small inputs
RIGHT = base64.b64encode(b"right").decode()  # collections.hpp: right_signature
NAMES = [
    *("docker.io/library/alpine", "registry.example.com:5000/team/web", "a", "root", "targets"),
    *("snapshot", "timestamp", "targets/releases", "targets/releases/qa", "targets/", "../a"),
    "0123456789abcdef" * 4,
]
TIMES = [
    *("2026-11-24T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"),
    *("2024-02-29T12:00:00.5+14:00", "AAAA", "YWJj", "Ynk=", "YQ=="),
]
KINDS = {
    "root": "root",
    "timestamp": "timestamp",
    "snapshot": "snapshot",
    "targets": "targets",
    "targets/releases": "delegation",
}


class Seeds:
    """A folder of seeds for each target; the same seed is kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, target: str, seed: bytes) -> None:
        """Keep a seed, unless it is large."""
        if len(seed) > LARGEST:
            return
        place = self._folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def documents(folder: Path) -> dict[str, bytes]:
    """The files of one source by role name, without the copies that are named by digest."""
    names = {path.relative_to(folder).as_posix()[:-5]: path for path in folder.rglob("*.json")}
    by_digest = re.compile(r"\.[0-9a-f]{64}$")
    return {n: p.read_bytes() for n, p in sorted(names.items()) if not by_digest.search(n)}


def with_right_signatures(text: str) -> str:
    """Every signature replaced by the one that counts as right."""
    return re.sub(r'("sig":\s*)"[^"]*"', lambda found: f'{found[1]}"{RIGHT}"', text)


def with_references(text: str, files: dict[str, bytes]) -> str:
    """Lengths and digests replaced by the name of the file, which the target fills in."""
    try:
        meta: dict[str, Any] = json.loads(text)["signed"]["meta"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return text
    for name, entry in meta.items():
        digest = base64.b64encode(hashlib.sha256(files.get(name, b"")).digest()).decode()
        if entry and (entry.get("hashes") or {}).get("sha256") == digest:
            spelt = json.dumps(entry, separators=(",", ":"))
            text = text.replace(f'"{name}":{spelt}', f'"{name}":"@{name}"')
    return text


def packed(case: dict[str, Any], sources: list[dict[str, bytes]], *, signed: bool) -> bytes:
    """A collection in the form of collections.hpp; `signed`: with its own signatures."""
    parts = [f"== gun {case['gun']}\n== now {case['verify_at']}\n".encode()]
    for number, files in enumerate(sources):
        if number > 0:
            parts.append(b"== then\n")
        for name, text in files.items():
            if not signed:
                shown = text.decode("utf-8", "surrogateescape")
                shown = with_right_signatures(with_references(shown, files))
                text = shown.encode("utf-8", "surrogateescape")  # noqa: PLW2901
            parts.append(b"== " + name.encode() + b"\n" + text + b"\n")
    return b"".join(parts)


def keys_of(text: bytes) -> list[bytes]:
    """What stands in every `public` of a document."""
    found = re.findall(rb'"public":"([A-Za-z0-9+/=]*)"', text)
    return [base64.b64decode(key) for key in found if len(key) % 4 == 0]


def add_case(seeds: Seeds, folder: Path) -> None:
    """All that one vector gives."""
    case = json.loads((folder / "case.json").read_text())
    sources = [documents(folder / name) for name in ("trusted", "tuf") if (folder / name).is_dir()]
    for files in sources:
        for name, text in files.items():
            kind = KINDS.get(name, "root" if name.endswith(".root") else "delegation")
            for target in (kind, "json_reader", "canonical"):
                seeds.add(target, text)
            if kind in ("targets", "delegation"):
                seeds.add("json_windows", text)
            for key in keys_of(text):
                seeds.add("certificates" if key.startswith(b"-----") else "public_keys", key)
    seeds.add("verification", packed(case, sources, signed=True))
    seeds.add("verification", packed(case, sources, signed=False))
    root = sources[-1].get("root")
    if root:
        state = {
            "gun": case["gun"],
            "roles": {
                "targets": {
                    "keys": [base64.b64encode(hashlib.sha256(root).digest()).decode()],
                    "sha256": base64.b64encode(hashlib.sha256(root).digest()).decode(),
                    "version": 1,
                }
            },
            "root": base64.b64encode(root).decode(),
            "schema": "contenttrust.state/1",
        }
        seeds.add("state", json.dumps(state, separators=(",", ":"), sort_keys=True).encode())


def der_of(pem: bytes) -> bytes:
    """The octets of the first block."""
    return base64.b64decode(b"".join(pem.split(b"-----")[2].split()))


def write(folder: Path) -> None:
    """Write the seeds of all targets; what an earlier run wrote there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    seeds = Seeds(folder)
    for case in sorted(VECTORS.glob("*/case.json")):
        add_case(seeds, case.parent)
    for path in sorted((folder / "certificates").iterdir()):
        seeds.add("certificates", der_of(path.read_bytes()))
        seeds.add("public_keys", path.read_bytes())
    for path in sorted((VECTORS / "keys").glob("import/*.key")):
        pem = path.read_bytes()
        seeds.add("private_keys", pem)
        if b": " not in pem:
            seeds.add("private_keys", der_of(pem))
    for path in sorted((VECTORS / "keys").glob("good-delegations/*")):
        seeds.add("private_keys", path.read_bytes())
    for text in NAMES:
        seeds.add("names", text.encode())
    for text in TIMES:
        seeds.add("encoding", text.encode())
    for step in range(1, 32):  # graphs are made of choices, octet by octet
        seeds.add("delegation_walk", bytes(step * i * i % 251 for i in range(8 * step)))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
