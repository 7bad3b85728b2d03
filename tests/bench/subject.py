"""What is timed: `contenttrust.verify_many`, in a process that reports its own CPU time.

    python -m bench.subject PACK [--threads N] [--passes N] [--chain] [--list] [--look-up N]

Runs under any interpreter that has the package; prints one JSON document. With `--passes 0` nothing
is verified: what such a process takes is the interpreter's and the caller's.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import random
import resource
import time
from pathlib import Path
from typing import Any

import contenttrust
from bench import pack

NOW = "2026-11-24T00:00:00Z"
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


def fingerprint(items: list[Item], batch: contenttrust.Batch) -> str:
    """Digest of every tag of every role, to compare with what the floor read."""
    digest = hashlib.sha256()
    for (gun, _, _), repository in zip(items, batch, strict=True):
        for role in sorted(repository.roles):
            for tag in repository.role_tags(role):
                line = f"{gun} {role} {tag.name} {tag.digest.removeprefix('sha256:')} {tag.size}\n"
                digest.update(line.encode())
    return digest.hexdigest()


def look_up(repository: contenttrust.TrustedRepository, count: int) -> float:
    """Seconds for one tag out of all, asked by name in no order."""
    names = random.Random(1).choices(list(repository.tags), k=count)
    tags = repository.tags
    start = cpu_seconds()
    for name in names:
        tags[name]
    return (cpu_seconds() - start) / count


def run(items: list[Item], options: argparse.Namespace) -> dict[str, Any]:
    """Verify the items as often as told; nothing is kept from one pass to the next."""
    from datetime import datetime

    now = datetime.fromisoformat(NOW.replace("Z", "+00:00"))
    anchor = None
    if options.chain:  # every root between the first and the last is asked for
        anchor = contenttrust.Anchor.root(items[0][1]["1.root"])
    cpu, wall = [], []
    batch = None
    for _ in range(options.passes):
        batch = None
        gc.collect()
        began, start = time.perf_counter(), cpu_seconds()
        batch = contenttrust.verify_many(items, anchor=anchor, now=now, threads=options.threads)
        cpu.append(cpu_seconds() - start)
        wall.append(time.perf_counter() - began)
    result: dict[str, Any] = {"cpu": cpu, "wall": wall, "memory": peak_memory()}
    if batch is None:
        return result
    refused = {code for code in batch.codes if code != "ok"}
    if refused:
        raise SystemExit(f"{options.pack.name}: refused, {', '.join(sorted(refused))}")
    if options.list:
        result["fingerprint"] = fingerprint(items, batch)
    if options.look_up:
        result["look_up"] = look_up(batch[0], options.look_up)
    return result


def main() -> None:
    """Print what one process took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--chain", action="store_true", help="walk every root from the first")
    parser.add_argument("--list", action="store_true", help="digest of all that was verified")
    parser.add_argument("--look-up", type=int, default=0, help="tags to look up by name")
    options = parser.parse_args()
    items: list[Item] = [(gun, files, None) for gun, files in pack.read(options.pack)]
    build = contenttrust.build_info()
    print(json.dumps({"build": build, **run(items, options)}))


if __name__ == "__main__":
    main()
