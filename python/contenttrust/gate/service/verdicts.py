"""Verdicts for many who ask at once: each image is verified once, and believed for a while.

A verdict is used again for the same text under the same policy, for a short time, never past the
expiry of what it rests on, and only until other trust data of its collection were seen: what counts
is their contents, whatever version they bear. Whoever cannot be answered in time is refused.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from contenttrust import clock
from contenttrust.gate import audit_log
from contenttrust.policy.decision import Decision
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from contenttrust.gate.check import Answer
    from contenttrust.model import Instant, State
    from contenttrust.policy.rules import Policy

    class Asked(Protocol):
        """Who verifies: `contenttrust.gate.check.Gate`."""

        @property
        def policy(self) -> Policy:
            """What is wanted."""
            ...

        @property
        def strict(self) -> bool:
            """Whether what the policy only warns of is refused."""
            ...

        def answers(self, images: Sequence[str]) -> list[Answer]:
            """Verify images; may take long, never raises for an image."""
            ...


DEADLINE, OVERLOADED, INTERNAL = "deadline", "overloaded", "internal"
"""Codes of refusals without a verdict."""
UNPINNED = "unpinned"
"""Code of a name that is signed, and may mean another image a moment later."""


@dataclass(frozen=True)
class Verdict:
    """A decision, and how it was come by: ``asked``, ``shared``, ``cached`` or ``none``."""

    decision: Decision
    how: str

    @functools.cached_property
    def line(self) -> str:
        """The decision as the audit log has it; who is told the same verdict writes it again."""
        return audit_log.members(self.decision)


def not_enforced(decision: Decision) -> str:
    """How it is said that an image is let through although a check refused it."""
    mode = decision.mode.replace("enforce", "default")  # no rule that enforces would warn
    return f"NOT ENFORCED ({mode})"


class _Flight:
    """A verification under way, with those who wait for it."""

    __slots__ = ("begun", "done", "waiting")

    done: asyncio.Future[Answer]

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.waiting = 0


class _Lane:
    """The turns of one registry."""

    __slots__ = ("turns", "users")

    def __init__(self, width: int) -> None:
        self.turns = asyncio.Semaphore(width)
        self.users = 0


class _Kept:
    """A decision that may be used again."""

    __slots__ = ("age", "at", "decision", "state", "valid_until", "verdict")

    def __init__(self, answer: Answer, at: float, valid_until: Instant) -> None:
        self.decision = answer.decision
        self.at = at
        self.valid_until = valid_until
        self.state = answer.state
        self.age = -1
        self.verdict = Verdict(answer.decision, "cached")

    def told(self, age: int) -> Verdict:
        """The decision with its age in seconds, made once for all who ask within that second."""
        if age != self.age:
            although = f"the trust server was asked {age} seconds ago, not anew"
            if self.decision.although:
                although = f"{self.decision.although}; {although}"
            self.verdict = Verdict(replace(self.decision, although=although), "cached")
            self.age = age
        return self.verdict


class Verdicts:
    """Asks one gate for many. Belongs to one event loop; the gate is asked in threads."""

    def __init__(
        self, gate: Asked, *, threads: int, pending: int, lifetime: float, entries: int
    ) -> None:
        """Prepare.

        Args:
            gate: Who verifies.
            threads: How many verifications run at once; half of them of one registry.
            pending: How many may run or wait, half of them of one registry; whoever asks for one
                more is refused.
            lifetime: Seconds for which a verdict is used again; 0 for never.
            entries: How many verdicts are kept.
        """
        self._gate = gate
        self._pending = pending
        self._lifetime = lifetime
        self._entries = entries
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="verify")
        # One registry whose trust server is silent must take neither all threads nor all places.
        self._width = max(1, threads // 2)
        self._pending_of_one = max(1, pending // 2)
        self._lanes: dict[str, _Lane] = {}
        self._flights: dict[str, _Flight] = {}
        self._kept: dict[str, _Kept] = {}

    @property
    def waiting(self) -> int:
        """How many verifications run or wait for a thread."""
        return len(self._flights)

    @property
    def policy(self) -> Policy:
        """What is wanted at present."""
        return self._gate.policy

    @property
    def strict(self) -> bool:
        """Whether what the policy only warns of is refused."""
        return self._gate.strict

    def use(self, gate: Asked) -> None:
        """Ask another gate from now on, such as one with a newer policy; forget all verdicts."""
        self._gate = gate
        self._flights = {}
        self._kept.clear()

    def close(self) -> None:
        """Begin no more verifications."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def of(self, images: Sequence[str], *, until: float) -> list[Verdict]:
        """The verdicts on images, in their order.

        Those of one question wait for each other: it may name more than can be pending.

        Args:
            images: As they are written.
            until: By the clock of the event loop: when there must be an answer.
        """
        known = {image: self._cached(image) for image in dict.fromkeys(images)}
        asked = [image for image, verdict in known.items() if verdict is None]
        if len(asked) == 1:
            known[asked[0]] = await self._ask(asked[0], until)
        elif asked:
            known.update(await self._ask_in_turn(asked, until))
        return [verdict for image in images if (verdict := known[image]) is not None]

    async def _ask_in_turn(self, images: Sequence[str], until: float) -> dict[str, Verdict]:
        """The verdicts on the images of one question, as many at once as their registries allow."""
        queues: dict[str, deque[str]] = {}
        for image in images:
            queues.setdefault(_host(image), deque()).append(image)
        width = min(self._width, self._pending_of_one)
        turns = deque(
            queue for turn in range(width) for queue in queues.values() if turn < len(queue)
        )
        found: dict[str, Verdict] = {}

        async def ask() -> None:
            """Take a turn of a registry, and give it back, until there is none."""
            while turns:
                queue = turns.popleft()
                if queue:
                    image = queue.popleft()
                    found[image] = self._cached(image) or await self._ask(image, until)
                    turns.append(queue)

        # Not a task for each image: a stranger may name a thousand. Others may ask meanwhile.
        at_once = min(len(turns), self._pending_of_one)
        await asyncio.gather(*(ask() for _ in range(at_once)))
        return found

    def refused(self, image: str, code: str, reason: str) -> Decision:
        """A refusal without a verdict."""
        return Decision(
            image=image,
            reference=None,
            verdict="deny",
            code=code,
            reasons=(reason,),
            policy=self.policy.name,
            policy_digest=self.policy.digest,
        )

    def _cached(self, image: str) -> Verdict | None:
        kept = self._kept.get(image)
        if kept is None:
            return None
        age = time.monotonic() - kept.at
        if age >= self._lifetime or clock.now() >= kept.valid_until:
            del self._kept[image]
            return None
        return kept.told(int(age))

    async def _ask(self, image: str, until: float) -> Verdict:
        loop = asyncio.get_running_loop()
        flight, how = self._flights.get(image), "shared"
        if flight is None:
            if loop.time() >= until:
                return self._late(image)
            reason = self._overloaded(host := _host(image))
            if reason:
                return Verdict(self.refused(image, OVERLOADED, reason), "none")
            flight, how = self._begin(image, host), "asked"
        flight.waiting += 1
        try:
            await asyncio.wait({flight.done}, timeout=max(0.0, until - loop.time()))
        finally:
            flight.waiting -= 1
            self._abandon(image, flight)
        if not flight.done.done():
            return self._late(image)
        try:
            return Verdict(flight.done.result().decision, how)
        except Exception:
            logging.getLogger(__name__).exception("a verification failed")
            reason = "the verification failed for a reason of its own: see the log of the gate"
            return Verdict(self.refused(image, INTERNAL, reason), "none")

    def _late(self, image: str) -> Verdict:
        reason = "no verdict was reached before the deadline: the trust server may be slow or down"
        return Verdict(self.refused(image, DEADLINE, reason), "none")

    def _overloaded(self, host: str) -> str:
        """Why no more may be asked about images of a registry; empty where it may."""
        if len(self._flights) >= self._pending:
            return f"{self._pending} verifications are under way: ask again later"
        lane = self._lanes.get(host)
        if lane is not None and lane.users >= self._pending_of_one:
            return (
                f"{self._pending_of_one} verifications about {host or 'no registry'} are under "
                "way: ask again later"
            )
        return ""

    def _begin(self, image: str, host: str) -> _Flight:
        gate, began, flight = self._gate, time.monotonic(), _Flight()
        lane = self._lanes.setdefault(host, _Lane(self._width))
        lane.users += 1  # from now on: its task begins later than others ask
        flight.done = asyncio.ensure_future(self._verified(image, gate, flight.begun, lane))
        self._flights[image] = flight

        def landed(done: asyncio.Future[Answer]) -> None:
            lane.users -= 1
            if not lane.users:
                del self._lanes[host]
            if self._flights.get(image) is flight:
                del self._flights[image]
            if not done.cancelled() and done.exception() is None and gate is self._gate:
                self._keep(image, done.result(), began)

        flight.done.add_done_callback(landed)
        return flight

    async def _verified(
        self, image: str, gate: Asked, begun: threading.Event, lane: _Lane
    ) -> Answer:
        """Ask the gate in a thread, when it is this registry's turn."""
        # Without its flight: an end that is an error holds what is here, and the flight the end.

        def verify() -> Answer:
            begun.set()
            return gate.answers([image])[0]

        async with lane.turns:
            return await asyncio.get_running_loop().run_in_executor(self._pool, verify)

    def _abandon(self, image: str, flight: _Flight) -> None:
        """Drop from the queue what nobody waits for. What runs goes on: who asks again gets it."""
        if not flight.waiting and not flight.begun.is_set() and not flight.done.done():
            flight.done.cancel()
            if self._flights.get(image) is flight:
                del self._flights[image]

    def _keep(self, image: str, answer: Answer, began: float) -> None:
        decision = answer.decision
        if answer.state is not None:  # other data may say something else of every tag
            for text, kept in list(self._kept.items()):
                if kept.decision.gun == decision.gun and kept.state != answer.state:
                    if (_timestamp(kept.state), kept.at) > (_timestamp(answer.state), began):
                        return  # it was asked first, and has come last
                    del self._kept[text]
        # An exception ends at a moment of its own, which the trust data does not name.
        if not decision.allowed or decision.exception or answer.valid_until is None:
            return
        while self._kept and len(self._kept) >= self._entries:
            del self._kept[next(iter(self._kept))]
        if self._lifetime and self._entries:
            self._kept[image] = _Kept(answer, began, clock.instant(answer.valid_until))


def _timestamp(state: State | None) -> int:
    """Version of the timestamp, which rises with everything that is published."""
    return 0 if state is None else state.versions.get("timestamp", 0)


def _host(image: str) -> str:
    """The registry of an image; empty where there is none, and nobody will be asked."""
    try:
        return Reference.parse(image).domain
    except InvalidReferenceError:
        return ""
