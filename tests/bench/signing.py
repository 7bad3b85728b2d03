"""Signing many tags in one publication, beside the original notary client, at one trust server.

Two questions. What does it take to sign N tags from nothing? The notary client has one way: a
process that stages each tag, and one that publishes. And what does it take to publish N changes
that are staged already, as files that both programs read? Times are those of whole processes that
read the result back and verify it; the clients take turns, and the server's own work is in both.

    python -m bench.signing [--tags N] [--rounds N] [--python PATH]

(with `tests` on PYTHONPATH; `./dev bench` does it)
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.installation import install, interpreter
from bench.verdicts import HEADING, Verdict, duration
from interop.environment import client_env, docker_config
from interop.publisher import PASSPHRASES
from interop.trust_stack import TrustStack, running

PROMISE = 5
SIZE = 1570
OURS = """\
import sys
from contenttrust import trust_server_of
from contenttrust.keys import EnvironmentPassphrases, KeyStore, PassphraseChain
from contenttrust.publish import Collection
from contenttrust.publish.metadata import target_meta
import hashlib, os

gun, count, trust_dir = sys.argv[1], int(sys.argv[2]), os.environ["DOCKER_CONFIG"] + "/trust"
keys = KeyStore(trust_dir, passphrases=PassphraseChain([EnvironmentPassphrases()]))
server = trust_server_of(gun)
collection = Collection(gun, keys=keys, sink=server, trust_dir=trust_dir)
metas = (
    (f"v{i}", target_meta(1570, sha256=hashlib.sha256(b"%d" % i).hexdigest()))
    for i in range(count)
)
done = collection.publish_targets(metas)
assert len(done.repository.tags) == count, len(done.repository.tags)
"""


class Client:
    """One publisher with a trust directory of its own, and how its programs are started."""

    def __init__(self, folder: Path, stack: TrustStack, contenttrust: Path) -> None:
        """Make the trust directory."""
        config = docker_config(folder, stack, stack)
        self.env: Mapping[str, str] = {**client_env(config, stack, stack.url), **PASSPHRASES}
        server = ["-s", stack.url, "--tlscacert", str(stack.authority)]
        self.notary = ["notary", *server, "-d", f"{config}/trust"]
        self.contenttrust = [str(contenttrust / "contenttrust")]
        self.python = str(contenttrust / "python")
        self.trust = config / "trust"

    def seconds(self, *command: str) -> float:
        """Wall time of one process that must succeed."""
        start = time.perf_counter()
        done = subprocess.run(command, env=dict(self.env), capture_output=True, check=False)
        taken = time.perf_counter() - start
        if done.returncode:
            sys.exit(
                f"{' '.join(command[:9])}: exit {done.returncode}\n{done.stdout!r}{done.stderr!r}"
            )
        return taken

    def stage(self, gun: str, count: int) -> float:
        """Stage tags with the notary client, one process each."""
        digests = ((f"v{i}", hashlib.sha256(b"%d" % i).hexdigest()) for i in range(count))
        return sum(
            self.seconds(*self.notary, "addhash", gun, tag, str(SIZE), "--sha256", digest)
            for tag, digest in digests
        )


def verdicts(client: Client, count: int, rounds: int) -> list[Verdict]:
    """Both questions."""
    staging, published, ours_whole, ours_staged = 0.0, [], [], []
    kept = client.trust / "kept-changes"
    for number in range(rounds):
        theirs, ours, same = (f"bench.example/{name}/{number}" for name in ("n", "o", "s"))
        for gun in (theirs, ours, same):
            client.seconds(*client.notary, "init", "-p", gun)
        changes = client.trust / "tuf" / theirs / "changelist"
        if number == 0:
            staging = client.stage(theirs, count)
            shutil.copytree(changes, kept)
        else:
            shutil.copytree(kept, changes, dirs_exist_ok=True)
        shutil.copytree(kept, client.trust / "tuf" / same / "changelist", dirs_exist_ok=True)
        published.append(client.seconds(*client.notary, "publish", theirs))
        ours_staged.append(client.seconds(*client.contenttrust, "publish", same))
        ours_whole.append(client.seconds(client.python, "-c", OURS, ours, str(count)))
    whole, theirs_staged = statistics.median(ours_whole), statistics.median(published)
    staged = statistics.median(ours_staged)
    return [
        _verdict(f"{count:,} tags signed, from nothing", whole, staging + theirs_staged, PROMISE),
        _verdict(f"{count:,} staged changes published", staged, theirs_staged),
        _verdict("the first beside notary publish", whole, theirs_staged),
    ]


def _verdict(name: str, ours: float, theirs: float, goal: int | None = None) -> Verdict:
    return Verdict(
        name=name,
        goal="" if goal is None else f"≤ 1/{goal} of notary's time",
        figure=f"1/{theirs / ours:.1f} ({duration(ours)} beside {duration(theirs)})",
        kept=None if goal is None else ours * goal <= theirs,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tags", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", help="of an environment that has contenttrust")
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="ct-bench-") as folder,
        running("--no-registry") as stack,
    ):
        here = Path(folder)
        given = Path(options.python).parent if options.python else install(here, interpreter())
        client = Client(here / "docker", stack, given)
        print(HEADING)
        for verdict in verdicts(client, options.tags, options.rounds):
            print(verdict, flush=True)


if __name__ == "__main__":
    main()
