"""Publishers that are killed at any moment: no key, no change and no publication is lost.

Threats T102 and T143. A run is killed at every call that writes, makes durable, renames, removes or
sends, and at random instants after its first change; then `Scene.stands` looks at what is left, and
the same command is run again, which must succeed.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from attacks.publishing import SCENES, Machine, Scene, later_publication
from attacks.strikes import calls_of, came_to, traced
from attacks.test_trust_store_crash import needs_strace
from attacks.warm import AT_FIRST_CHANGE
from servers import Authority

CALLS = (
    *("write", "writev", "pwrite64", "fsync", "fdatasync", "sendto", "sendmsg", "sendmmsg"),
    *("rename", "renameat", "renameat2", "unlink", "unlinkat"),
)
"""At every one of these a run is killed."""
STEPS = {"sendto", "renameat", "unlinkat"}
"""Among them those between which something is settled: at the server, or on the disk."""
CORRECTED = "cd" * 32
INSTANTS = 100
"""Moments after the first change of a file at which runs are killed, over all scenes."""
SEED = 20_261_128

Make = Callable[[Machine], Scene]


@pytest.fixture
def machines(authority: Authority, tmp_path: Path) -> Iterator[list[Machine]]:
    """Two of them: commands are killed on both at the same time."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(Machine(tmp_path / str(number), authority)) for number in range(2)
        ]


def on_all(machines: list[Machine], work: Callable[[int, Machine], list[bool]]) -> list[bool]:
    with ThreadPoolExecutor(len(machines)) as pool:
        parts = pool.map(work, range(len(machines)), machines)
        return [outcome for part in parts for outcome in part]


def strike(scene: Scene, call: str, number: int) -> bool:
    """Kill a run at one call; whether it had come to its end."""
    trust_dir = scene.begin()
    inject = f"inject={call}:signal=SIGKILL:when={number}"
    ended = traced(scene, trust_dir, "-e", f"trace={call}", "-e", inject)
    expected = -signal.SIGKILL if came_to(scene, call, number) else 0
    assert ended.code == expected, (call, number, ended)
    at_its_end = scene.stands(trust_dir)
    scene.goes_on(trust_dir)
    return at_its_end


@needs_strace
@pytest.mark.parametrize("make", SCENES, ids=lambda make: make.__name__)
def test_t143_a_kill_at_any_call_loses_nothing(make: Make, machines: list[Machine]) -> None:
    def sweep(worker: int, machine: Machine) -> list[bool]:
        scene = make(machine)
        return [strike(scene, *call) for call in calls_of(scene, CALLS)[worker :: len(machines)]]

    outcomes = on_all(machines, sweep)
    assert outcomes.count(True) >= 1
    assert outcomes.count(False) >= 3


def strike_before_a_correction(scene: Scene, call: str, number: int) -> bool:
    """Kill a run at one call; whether what the server had was staged still.

    Then v3 is published otherwise from another machine, before the same command is run again.
    """
    trust_dir = scene.begin()
    inject = f"inject={call}:signal=SIGKILL:when={number}"
    traced(scene, trust_dir, "-e", f"trace={call}", "-e", inject)
    between = scene.stands(trust_dir) and bool(scene.changes_in(trust_dir))
    if between:
        elsewhere = trust_dir.with_name("elsewhere")
        shutil.copytree(scene.start, elsewhere)
        corrected = scene.machine.collection(elsewhere)
        corrected.reset()
        corrected.add_target("v3", size=3, sha256=CORRECTED)
        corrected.publish()
    ended = scene.machine.warm.run(*scene.command(trust_dir))
    assert ended.code == 0, ended
    served = scene.served(trust_dir)
    assert served is not None
    assert (served.verify("v3").digest == f"sha256:{CORRECTED}") == between, (call, number)
    assert ("already by an earlier run" in ended.out) == between, ended
    scene.goes_on(trust_dir)
    return between


@needs_strace
def test_t143_a_kill_at_any_call_takes_no_correction_back(machines: list[Machine]) -> None:
    def sweep(worker: int, machine: Machine) -> list[bool]:
        scene = later_publication(machine)
        calls = [one for one in calls_of(scene, CALLS) if one[0] in STEPS]
        return [strike_before_a_correction(scene, *call) for call in calls[worker :: len(machines)]]

    outcomes = on_all(machines, sweep)
    assert outcomes.count(True) >= 3, "at the reading back, and at the clearing"
    assert outcomes.count(False) >= 3


def lasts(scene: Scene) -> float:
    """Seconds from the first change to the end of a run that nobody disturbs."""
    trust_dir = scene.begin()
    process = scene.machine.warm.begin(*scene.command(trust_dir), stops=AT_FIRST_CHANGE)
    begin = time.monotonic()
    os.kill(process, signal.SIGCONT)
    assert scene.machine.warm.end().code == 0
    return time.monotonic() - begin


def shoot(scene: Scene, seconds: float) -> bool:
    """Kill a run so long after its first change; whether it was still running."""
    trust_dir = scene.begin()
    process = scene.machine.warm.begin(*scene.command(trust_dir), stops=AT_FIRST_CHANGE)
    watch = os.pidfd_open(process)
    os.kill(process, signal.SIGCONT)
    select.select([watch], [], [], seconds)
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(watch, signal.SIGKILL)
    os.close(watch)
    ended = scene.machine.warm.end()
    assert ended.code in {0, -signal.SIGKILL}, ended
    scene.stands(trust_dir)
    scene.goes_on(trust_dir)
    return ended.code != 0


def test_t143_a_kill_at_any_instant_loses_nothing(machines: list[Machine]) -> None:
    chances = random.Random(SEED)
    instants = [(SCENES[one % len(SCENES)], chances.random()) for one in range(INSTANTS)]

    def sweep(worker: int, machine: Machine) -> list[bool]:
        outcomes = []
        for make in SCENES:
            scene = make(machine)
            seconds = lasts(scene)
            outcomes += [
                shoot(scene, share * seconds)
                for number, (one, share) in enumerate(instants)
                if one is make and number % len(machines) == worker
            ]
        return outcomes

    outcomes = on_all(machines, sweep)
    assert len(outcomes) == INSTANTS
    assert outcomes.count(True) > INSTANTS // 2, "most were still running"
