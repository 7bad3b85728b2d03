"""Publishers that are killed while they talk with a real trust server: nothing is lost.

Threats T102 and T143; what happens at every call and instant is in `attacks/test_publish_crash.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import contenttrust as ct
from attacks.test_trust_store_crash import needs_strace
from attacks.warm import AT_ONCE, Warm
from interop.our_publisher import OurPublisher
from interop.publisher import PASSPHRASE
from interop.trust_stack import TrustStack

DIGEST, CORRECTED = "ab" * 32, "cd" * 32
OTHERS = ("write", "fsync", "renameat", "unlinkat")
"""A run is killed at every send, and at every fourth of these."""


class Killing:
    """Publishes a second target of one collection after the other, and is killed at it."""

    def __init__(self, folder: Path, stack: TrustStack, warm: Warm) -> None:
        self.publisher = OurPublisher(folder / "trust", stack)
        self._colleague = folder / "colleague"
        self._stack = stack
        self._log = folder / "log"
        self._warm = warm
        self._options = [
            *("--server", stack.url, "--tls-ca", str(stack.authority)),
            *("--trust-dir", str(folder / "trust"), "--passphrase-file", str(folder / "given")),
        ]

    def tags(self, gun: str) -> dict[str, str]:
        """What the server serves, as our own judgement finds it: digests by tag."""
        loaded = ct.load(
            gun, source=self.publisher.server, trust_dir=self.publisher.trust_dir, remember=False
        )
        return {name: tag.digest.removeprefix("sha256:") for name, tag in loaded.tags.items()}

    def corrects(self, gun: str) -> None:
        """A colleague publishes the second target otherwise, from another machine."""
        shutil.rmtree(self._colleague, ignore_errors=True)
        shutil.copytree(self.publisher.trust_dir, self._colleague)
        made = OurPublisher(self._colleague, self._stack).collection(gun)
        made.reset()
        made.add_target("v2", size=1, sha256=CORRECTED)
        made.publish()

    def staged(self, gun: str) -> str:
        """A new collection with one target, and another one that waits to be published."""
        made = self.publisher.collection(gun)
        made.initialize()
        made.add_target("v1", size=1, sha256=DIGEST)
        made.publish()
        made.add_target("v2", size=1, sha256=DIGEST)
        return gun

    def runs(self, gun: str, *how: str) -> tuple[int, list[str]]:
        """Publish under the eyes of strace: the exit code, and the calls that were made."""
        process = self._warm.begin("publish", gun, *self._options, stops=AT_ONCE)
        command = ["strace", "-f", "-o", str(self._log), *how, "-p", str(process)]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
            assert tracer.stderr is not None
            assert b"attached" in tracer.stderr.readline()
            os.kill(process, signal.SIGCONT)
            code = self._warm.end().code
            tracer.stderr.read()
        return code, re.findall(r"^\d+ +(\w+)\(", self._log.read_text(), re.MULTILINE)

    def strikes(self, gun: str, call: str, number: int) -> bool:
        """Kill a run at a call; whether the server had the target by then."""
        self._kills(gun, call, number)
        done = "v2" in self.tags(gun)
        assert done or [one.path for one in self.publisher.collection(gun).changes()] == ["v2"]
        self._goes_on(gun)
        assert self.tags(gun) == {"v1": DIGEST, "v2": DIGEST}
        return done

    def strikes_before_a_correction(self, gun: str, call: str, number: int) -> bool:
        """Kill a run at a call; whether the server had what was staged still.

        Then a colleague corrects it before the publisher goes on.
        """
        self._kills(gun, call, number)
        done = "v2" in self.tags(gun)
        between = done and bool(self.publisher.collection(gun).changes())
        if done:
            self.corrects(gun)
        told = self._goes_on(gun)
        assert self.tags(gun) == {"v1": DIGEST, "v2": CORRECTED if done else DIGEST}
        assert ("create target v2 had been published already" in told) == between
        return between

    def _kills(self, gun: str, call: str, number: int) -> None:
        self.staged(gun)
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        code, made = self.runs(gun, "-e", f"trace={call}", "-e", inject)
        # A connection that the server has closed first is left without a last word (close_notify).
        assert code == (-signal.SIGKILL if made.count(call) >= number else 0), (call, number)

    def _goes_on(self, gun: str) -> str:
        """Publish again, to the end; what is said."""
        ended = self._warm.run("publish", gun, *self._options)
        assert ended.code == 0, ended
        assert not self.publisher.collection(gun).changes()
        return ended.out


@pytest.fixture
def killing(trust_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Killing]:
    folder = place("killed")
    folder.mkdir()
    given = folder / "given"
    given.write_text(PASSPHRASE)
    given.chmod(0o600)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    with Warm(env, folder) as warm:
        yield Killing(folder, trust_stack, warm)


@needs_strace
def test_t143_a_kill_during_a_publication_loses_nothing(killing: Killing) -> None:
    gun = killing.staged("killed.example/undisturbed")
    code, calls = killing.runs(gun, "-e", "trace=sendto," + ",".join(OTHERS))
    assert code == 0
    outcomes = [
        killing.strikes(f"killed.example/{call}/{number}", call, number)
        for call in ("sendto", *OTHERS)
        for number in range(1, calls.count(call) + 1, 1 if call == "sendto" else 4)
    ]
    assert set(outcomes) == {False, True}
    assert len(outcomes) > 10


@needs_strace
def test_t143_what_was_accepted_is_not_applied_over_a_correction(killing: Killing) -> None:
    gun = killing.staged("corrected.example/undisturbed")
    calls = ("sendto", "unlinkat")
    code, made = killing.runs(gun, "-e", "trace=" + ",".join(calls))
    assert code == 0
    between = [
        killing.strikes_before_a_correction(f"corrected.example/{call}/{number}", call, number)
        for call in calls
        for number in range(1, made.count(call) + 1)
    ]
    assert set(between) == {False, True}
