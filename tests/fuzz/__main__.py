"""Fuzz: `./dev fuzz [TARGET] [MINUTES]`, or one input again: `./dev fuzz TARGET FILE`."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from fuzz import seeds
from fuzz.campaign import Campaign, table, targets

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run what was asked for.

    Returns:
        0 when nothing was found, 1 after a finding, 2 for an argument that is none.
    """
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="Fuzz the engine.")
    parser.add_argument("what", nargs="*", help="a target, then minutes (default 30) or a file")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "fuzz")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "fuzz-work")
    parser.add_argument("--dry-run", action="store_true", help="only look at the arguments")
    arguments = parser.parse_args()
    words: list[str] = arguments.what
    chosen = targets()
    if words and words[0] in chosen:
        chosen = [words.pop(0)]
    campaign = Campaign(arguments.build, arguments.work)
    if len(chosen) == 1 and len(words) == 1 and Path(words[0]).is_file():
        if arguments.dry_run:
            return 0
        return 1 if campaign.replay(chosen[0], Path(words[0])) else 0
    try:
        minutes = float(words.pop(0)) if words else 30.0
    except ValueError:
        parser.error("neither a target, minutes nor a file; targets are " + ", ".join(targets()))
    if words:
        parser.error("too many arguments")
    if not (minutes > 0 and math.isfinite(minutes)):
        parser.error(f"minutes are a number above 0, not {minutes:g}")
    if arguments.dry_run:
        return 0
    seeds.write(campaign.seeds)
    outcomes = campaign.run_all(chosen, minutes)
    findings = [one for one in outcomes if one.finding is not None]
    for one in findings:
        print(one.output[-6000:])
    print(table(outcomes))
    for one in findings:
        print(f"{one.target} ends on {one.finding}; again: ./dev fuzz {one.target} {one.finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
