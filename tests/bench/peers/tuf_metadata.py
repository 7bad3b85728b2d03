"""python-tuf's Metadata API on equivalent TUF 1.0 data: seven files, seven P-256 signatures."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.verdicts import Verdict, duration
from bench.workloads import SIGNERS, tag_name

EXPIRES = datetime(2036, 11, 24, tzinfo=timezone.utc)
MOST = 100
"""Repositories that are made: signing them takes longer than all the rest."""


def python_tuf(repositories: int) -> Iterator[Verdict]:
    """Its time beside ours, where it is installed; it is timed in a process of its own."""
    if importlib.util.find_spec("tuf") is None:
        return
    command = (sys.executable, "-m", "bench.peers.tuf_metadata", str(min(repositories, MOST)))
    tests = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": tests}, check=True, capture_output=True
    )
    yield Verdict(
        name="python-tuf, Metadata API, like W1",
        goal="",
        figure=f"{duration(json.loads(done.stdout))} of CPU a repository",
        kept=None,
    )


def target_files(tuf: Any, label: str, count: int) -> dict[str, Any]:
    """As many tags as the everyday repository has in that role."""
    out = {}
    for number in range(count):
        manifest = f"{label} {number}".encode()
        hashes = {kind: hashlib.new(kind, manifest).hexdigest() for kind in ("sha256", "sha512")}
        out[tag_name(number)] = tuf.TargetFile(len(manifest), hashes, tag_name(number))
    return out


def repository(tuf: Any, label: str) -> dict[str, bytes]:
    """A repository with keys of its own: role to signed file."""
    from securesystemslib.signer import CryptoSigner

    top = ("root", "timestamp", "snapshot", "targets")
    names = (*top, *(name for name, _ in SIGNERS))
    signers = {name: CryptoSigner.generate_ecdsa() for name in names}
    delegated = {
        name: tuf.DelegatedRole(name, [signers[name].public_key.keyid], 1, False, paths=["*"])
        for name, _ in SIGNERS
    }
    keys = {signers[name].public_key.keyid: signers[name].public_key for name in delegated}
    signed: dict[str, Any] = {
        name: tuf.Targets(expires=EXPIRES, targets=target_files(tuf, f"{label} {name}", count))
        for name, count in SIGNERS
    }
    signed["targets"] = tuf.Targets(
        expires=EXPIRES, delegations=tuf.Delegations(keys=keys, roles=delegated)
    )
    signed["root"] = tuf.Root(expires=EXPIRES)
    for name in top:
        signed["root"].add_key(signers[name].public_key, name)

    files: dict[str, bytes] = {}

    def publish(name: str) -> None:
        metadata = tuf.Metadata(signed[name])
        metadata.sign(signers[name])
        files[name] = metadata.to_bytes()

    for name in (*delegated, "targets", "root"):
        publish(name)
    meta = {
        f"{name}.json": tuf.MetaFile.from_data(1, files[name], ["sha256", "sha512"])
        for name in (*delegated, "targets")
    }
    signed["snapshot"] = tuf.Snapshot(expires=EXPIRES, meta=meta)
    publish("snapshot")
    of_snapshot = tuf.MetaFile.from_data(1, files["snapshot"], ["sha256", "sha512"])
    signed["timestamp"] = tuf.Timestamp(expires=EXPIRES, snapshot_meta=of_snapshot)
    publish("timestamp")
    return files


def verify(tuf: Any, files: dict[str, bytes]) -> None:
    """Every signature and hash of the repository; raises where one is wrong."""
    metadata = {name: tuf.Metadata.from_bytes(text) for name, text in files.items()}

    def check(delegator: str, name: str) -> None:
        one = metadata[name]
        metadata[delegator].signed.verify_delegate(name, one.signed_bytes, one.signatures)

    for name in ("root", "timestamp", "snapshot", "targets"):
        check("root", name)
    metadata["timestamp"].signed.snapshot_meta.verify_length_and_hashes(files["snapshot"])
    for name, meta in metadata["snapshot"].signed.meta.items():
        meta.verify_length_and_hashes(files[name.removesuffix(".json")])
    for name, _ in SIGNERS:
        check("targets", name)


def main() -> None:
    """Print the least CPU seconds for one repository, as JSON."""
    from tuf.api import metadata as tuf

    made = [repository(tuf, str(number)) for number in range(int(sys.argv[1]))]
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF)
        for files in made:
            verify(tuf, files)
        after = resource.getrusage(resource.RUSAGE_SELF)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(json.dumps(min(taken) / len(made)))


if __name__ == "__main__":
    main()
