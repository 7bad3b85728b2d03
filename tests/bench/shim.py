"""What an alias for docker costs: a command that is not checked, beside an empty Python program.

Docker is a program that does nothing, so that what is left is ours. Both run in turn; what counts
is the ratio of the medians.

    python -m bench.shim [--rounds N] [--python PATH] [--here]

(with `tests` on PYTHONPATH; `./dev bench shim` does it)
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.commands import Contest, in_turn, show
from bench.installation import install, interpreter

_NOTHING = "/bin/true"
_PROMISE = 4.0
_WORDS = (
    ("ps", ("ps", "-a")),
    ("image ls, flags before it", ("-H", "unix:///x", "image", "ls")),
    ("run, content trust off", ("run", "--rm", "alpine")),
    ("compose, content trust off", ("compose", "up")),
)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="how often each command runs")
    parser.add_argument("--python", default=interpreter(), help="default: %(default)s")
    parser.add_argument("--here", action="store_true", help="the package as this Python has it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(sys.executable).parent
        programs = here if options.here else install(Path(folder), options.python)
        env = {"HOME": folder, "PATH": "/usr/bin:/bin", "CONTENTTRUST_DOCKER": _NOTHING}
        docker = (str(programs / "contenttrust"), "docker", "--")
        bare = (str(programs / "python"), "-c", "pass")
        print(f"{'':34} {'the alias':>10} {'pass':>10}")
        nothing, _ = in_turn(Contest("", (_NOTHING,), bare, 0, lambda: None), env, options.rounds)
        for name, words in _WORDS:
            contest = Contest(name, (*docker, *words), bare, _PROMISE, lambda: None)
            ours, theirs = in_turn(contest, env, options.rounds)
            show(name, ours - nothing, theirs, _PROMISE)


if __name__ == "__main__":
    main()
