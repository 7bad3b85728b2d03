"""Whole processes side by side: `contenttrust verify` and `docker trust inspect` on one server.

Both run in turn, round by round, so that a busy machine slows both; what counts is the ratio of the
medians. `docker` may be any client that still has content trust (20 to 28).

    python -m bench.commands [--rounds N] [--python PATH]

(with `tests` on PYTHONPATH; `./dev bench` does it)
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.installation import install, interpreter
from interop.environment import client_env, docker_config
from interop.images import Registry, image
from interop.parts import docker
from interop.publisher import PASSPHRASES
from interop.trust_stack import TrustStack, running

REPOSITORY = "bench/app"
MILLISECONDS = 1000


class Contest(NamedTuple):
    """Two commands that give the same answer, and the ratio of their times that is promised."""

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    promise: float
    prepare: Callable[[], None]


def seconds(command: Sequence[str], env: Mapping[str, str]) -> float:
    """Wall time of one process that must succeed."""
    start = time.perf_counter()
    done = subprocess.run(command, env=dict(env), check=False, capture_output=True, text=True)
    taken = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return taken


def in_turn(contest: Contest, env: Mapping[str, str], rounds: int) -> tuple[float, float]:
    """Median seconds of both commands; the first round only warms the machine."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds + 1):
        contest.prepare()
        ours.append(seconds(contest.ours, env))
        theirs.append(seconds(contest.theirs, env))
    return statistics.median(ours[1:]), statistics.median(theirs[1:])


def show(name: str, ours: float, theirs: float, promise: float) -> None:
    """One line of the table."""
    ratio = ours / theirs
    verdict = "" if ratio <= promise else "   not kept"
    print(
        f"{name:34} {ours * MILLISECONDS:7.1f} ms {theirs * MILLISECONDS:7.1f} ms "
        f"{ratio:6.2f} x   promised ≤ {promise:.1f} x{verdict}",
        flush=True,
    )


def publish(stack: TrustStack, env: Mapping[str, str]) -> str:
    """Sign one image with the notary client; its name."""
    app = image("bench")
    Registry(stack.registry).push(REPOSITORY, app, tag="1.0")
    gun = f"{stack.registry}/{REPOSITORY}"
    notary = ("notary", "-s", stack.url, "--tlscacert", str(stack.authority))
    notary = (*notary, "-d", str(stack.folder / "publisher"))
    digest = app.digest.removeprefix("sha256:")
    entry = ("1.0", str(app.size), "--sha256", digest)
    for verb in (("init", "-p", gun), ("addhash", "-p", gun, *entry)):
        subprocess.run([*notary, *verb], env=dict(env), check=True, capture_output=True)
    return f"{gun}:1.0"


def against_docker(client: str, programs: Path, stack: TrustStack, rounds: int) -> None:
    """Cold, warm, and with nothing to fetch."""
    with tempfile.TemporaryDirectory() as folder:
        config = docker_config(Path(folder, "docker"), stack, stack)
        env = {**client_env(config, stack, stack.url), **PASSPHRASES, "DOCKER_CONTENT_TRUST": "1"}
        name = publish(stack, env)
        own = ("--trust-dir", str(Path(folder, "ours")))
        verify = (str(programs / "contenttrust"), "verify", "--quiet", *own)
        inspect = (client, "trust", "inspect", name)

        def forget() -> None:
            for trust in (Path(folder, "ours"), config / "trust"):
                shutil.rmtree(trust, ignore_errors=True)

        def keep() -> None:
            pass

        contests = (
            Contest("cold: nothing cached", (*verify, name), inspect, 1.2, forget),
            Contest("warm: the server is asked", (*verify, name), inspect, 1.5, keep),
            Contest(
                "--max-stale: nothing to fetch",
                (*verify, "--max-stale", "3600", name), inspect, 1.0, keep,
            ),
        )  # fmt: skip
        print(f"{'':34} {'verify':>10} {'docker':>10}")
        for contest in contests:
            show(contest.name, *in_turn(contest, env, rounds), contest.promise)


def start_up(programs: Path, rounds: int) -> None:
    """What `import contenttrust` adds to a start of the interpreter."""
    python = str(programs / "python")
    bare = (python, "-c", "pass")
    package = (python, "-c", "import contenttrust")
    contest = Contest("import", package, bare, 0, lambda: None)
    ours, theirs = in_turn(contest, {}, rounds)
    added = (ours - theirs) * MILLISECONDS
    print(f"{'import contenttrust':34} {added:7.1f} ms beside the interpreter   promised ≤ 15 ms")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs")
    parser.add_argument("--python", default=interpreter(), help="default: %(default)s")
    options = parser.parse_args()
    client = docker()
    if client is None:
        sys.exit("no docker client of version 20 to 28 on PATH: nothing to compare with")
    with tempfile.TemporaryDirectory() as folder, running() as stack:
        programs = install(Path(folder), options.python)
        print(f"a wheel, installed for {options.python}; docker is {client}")
        start_up(programs, options.rounds)
        against_docker(client, programs, stack, options.rounds)


if __name__ == "__main__":
    main()
