"""Every test vector gets its recorded verdict from the installed package; nothing else is used.

Usage: corpus.py VECTORS
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import contenttrust as ct


def lay_out(vector: Path, gun: str, folder: Path) -> tuple[Path, Path]:
    """Copy what a vector's server gives and what its client remembers; both folders."""
    served, trust_dir = folder / "served", folder / "trust"
    shutil.copytree(vector / "tuf", served)
    for stand_in in served.rglob("*.size-of-zeros"):
        stand_in.with_suffix("").write_bytes(b"0" * int(stand_in.read_text()))
        stand_in.unlink()
    if (vector / "trusted").is_dir():
        cache = trust_dir / "tuf" / gun / "metadata"
        shutil.copytree(vector / "trusted", cache)
        for path in cache.rglob("*.json"):
            path.chmod(0o600)
    return served, trust_dir


def verdict(vector: Path, facts: dict[str, Any], folder: Path) -> tuple[str, dict[str, Any]]:
    """`accept` with the tags, or `reject`, as `case.json` puts it."""
    served, trust_dir = lay_out(vector, facts["gun"], folder)
    now = datetime.fromisoformat(facts["verify_at"].replace("Z", "+00:00"))
    try:
        repository = ct.load(facts["gun"], source=served, trust_dir=trust_dir, now=now)
    except ct.VerificationError:
        return "reject", {}
    tags = {
        name: {"sha256": tag.digest.removeprefix("sha256:"), "length": tag.size, "role": tag.role}
        for name, tag in repository.tags.items()
    }
    return "accept", tags


def main(vectors: Path) -> int:
    """Judge every vector; how many came out otherwise than recorded."""
    logging.getLogger("contenttrust").setLevel(logging.ERROR)  # warnings of bad vectors are due
    wrong = 0
    cases = sorted(vectors.glob("*/case.json"))
    for case in cases:
        facts = json.loads(case.read_text("utf-8"))
        expected = facts["expected"]
        with tempfile.TemporaryDirectory() as folder:
            result, tags = verdict(case.parent, facts, Path(folder))
        recorded = expected.get("tags", {})  # a sample, where the number is given beside it
        number = expected.get("tags_count", len(recorded))
        right = result == expected["result"] and len(tags) == number
        if not right or any(tags[name] != tag for name, tag in recorded.items()):
            wrong += 1
            print(f"{case.parent.name}: {result}, {len(tags)} tags", file=sys.stderr)
    print(f"corpus: {len(cases) - wrong} of {len(cases)} verdicts as recorded")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
