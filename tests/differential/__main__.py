"""Compare the engine with the notary Go library: `python -m differential --count N --seed S`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from differential import compare
from differential.compare import Comparison, Summary
from go_program import NotBuiltError

SHOWN = 20


def main() -> int:
    """Run, print what came of it, and give the exit code: 1 where a difference is unexplained."""
    parser = argparse.ArgumentParser(prog="differential", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="repositories to compare")
    parser.add_argument("--seed", type=int, default=1, help="the same seed changes the same things")
    parser.add_argument("--save", type=Path, help="where unexplained differences are written to")
    parser.add_argument("--changes", action="store_true", help="also count each kind of change")
    wanted = parser.parse_args()
    try:
        summary = compare.compared(wanted.count, wanted.seed)
    except NotBuiltError as reason:
        print(f"differential: {reason}", file=sys.stderr)
        return 3
    print(report(summary, wanted.seed, changes=wanted.changes))
    if not summary.unexplained:
        return 0
    folder = wanted.save or Path(tempfile.mkdtemp(prefix="differential-"))
    for number, comparison in enumerate(summary.unexplained[:SHOWN]):
        path = saved(comparison, folder / f"seed{wanted.seed}-{number}")
        print(
            f"\nunexplained: {comparison.kind}: {comparison.detail}\n  {comparison.draft.changes}"
        )
        print(f"  ours: {comparison.ours.code} {comparison.ours.text}")
        print(f"  theirs: {comparison.theirs.code} {comparison.theirs.text}\n  files: {path}")
    return 1


def report(summary: Summary, seed: int, *, changes: bool = False) -> str:
    """The figures of a run."""
    speed = summary.count / max(summary.seconds, 1e-9)
    lines = [f"{summary.count} repositories, seed {seed}: {speed:.0f} a second"]
    for kind, number in summary.kinds.most_common():
        lines.append(f"{number:8} {number / summary.count:6.1%}  {kind}")
    for (kind, row), number in summary.explained.most_common():
        lines.append(f"{number:8}          {kind}: {row}")
    lines.append(f"{len(summary.unexplained):8}          unexplained")
    accepted = f"{len(summary.accepted)} of them accepted by both at times"
    lines.append(f"{len(summary.changes)} kinds of change, {accepted}")
    if changes:
        for change, number in sorted(summary.changes.items()):
            lines.append(f"{number:8} {summary.accepted[change]:8} accepted  {change}")
    return "\n".join(lines)


def saved(comparison: Comparison, folder: Path) -> Path:
    """Write the files of a repository as a server would lay them out, and what it is about."""
    for name, document in comparison.draft.files.items():
        path = folder / "tuf" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document)
    about = {
        "gun": comparison.draft.gun,
        "changes": comparison.draft.changes,
        "kind": comparison.kind,
        "detail": comparison.detail,
        "ours": comparison.ours.text or comparison.ours.code,
        "theirs": comparison.theirs.text or comparison.theirs.code,
    }
    (folder / "about.json").write_text(json.dumps(about, indent=1))
    return folder


if __name__ == "__main__":
    sys.exit(main())
