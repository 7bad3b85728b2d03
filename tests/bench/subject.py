"""What is timed: `contenttrust.verify_many`, in a process that reports its own CPU time.

    python -m bench.subject PACK [--threads N] [--passes N] [--chain] [--list] [--count]
                            [--look-up N]

Runs under any interpreter that has the package; prints one JSON document. With `--passes 0` nothing
is verified: what such a process takes is the interpreter's and the caller's.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import contenttrust
from bench import pack

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
"""The moment that the packs were made for."""

Item = tuple[str, dict[str, bytes], None]


def cpu_seconds() -> float:
    """User and system time of this process with all its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory() -> int:
    """Most bytes that this process ever had in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def listed(
    items: list[Item], repositories: Iterable[contenttrust.TrustedRepository]
) -> dict[str, Any]:
    """Number and digest of all tags of all roles, to compare with what the floor read."""
    digest, count = hashlib.sha256(), 0
    for (gun, _, _), repository in zip(items, repositories, strict=True):
        for role in sorted(repository.roles):
            for tag in repository.role_tags(role):
                line = f"{gun} {role} {tag.name} {tag.digest.removeprefix('sha256:')} {tag.size}\n"
                digest.update(line.encode())
                count += 1
    return {"fingerprint": digest.hexdigest(), "tags": count}


def look_up(repository: contenttrust.TrustedRepository, count: int) -> float:
    """Seconds for one tag out of all, asked by name in no order; as many others warm it up."""
    tags = repository.tags
    chosen = random.Random(1).choices(list(tags), k=2 * count)
    names = [name.encode().decode() for name in chosen]  # texts of the caller, not far apart
    for name in names[count:]:
        tags[name]
    start = cpu_seconds()
    for name in names[:count]:
        tags[name]
    return (cpu_seconds() - start) / count


def verify(items: list[Item], options: argparse.Namespace) -> Sequence[contenttrust.Batch]:
    """One call for all items; or, where every root from the first on is asked for, one for each."""
    if not options.chain:
        return [contenttrust.verify_many(items, now=NOW, threads=options.threads)]
    return [
        contenttrust.verify_many(
            [item], anchor=contenttrust.Anchor.root(item[1]["1.root"]), now=NOW, threads=1
        )
        for item in items
    ]


def run(items: list[Item], options: argparse.Namespace) -> dict[str, Any]:
    """Verify the items as often as told; nothing is kept from one pass to the next."""
    cpu, wall = [], []
    batches: Sequence[contenttrust.Batch] = ()
    for _ in range(options.passes):
        batches = ()
        began, start = time.perf_counter(), cpu_seconds()
        batches = verify(items, options)
        cpu.append(cpu_seconds() - start)
        wall.append(time.perf_counter() - began)
    result: dict[str, Any] = {"cpu": cpu, "wall": wall, "memory": peak_memory()}
    refused = {code for batch in batches for code in batch.codes if code != "ok"}
    if refused:
        raise SystemExit(f"{options.pack.name}: refused, {', '.join(sorted(refused))}")
    repositories = (batch[i] for batch in batches for i in range(len(batch)))
    if options.list:
        result |= listed(items, repositories)
    if options.count:
        result["tags"] = sum(len(repository.tags) for repository in repositories)
    if options.look_up:
        result["look_up"] = look_up(batches[0][0], options.look_up)
    return result


def main() -> None:
    """Print what one process took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--chain", action="store_true", help="walk every root from the first")
    parser.add_argument("--list", action="store_true", help="digest of all that was verified")
    parser.add_argument("--count", action="store_true", help="number of the signed tags")
    parser.add_argument("--look-up", type=int, default=0, help="tags to look up by name")
    options = parser.parse_args()
    items: list[Item] = [(gun, files, None) for gun, files in pack.read(options.pack)]
    print(json.dumps(run(items, options)))


if __name__ == "__main__":
    main()
