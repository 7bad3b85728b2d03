"""A gate of the tests: it knows what it was told, and can be slow."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from types import SimpleNamespace

import contenttrust
from contenttrust.gate.check import Answer
from contenttrust.model import State
from contenttrust.policy.decision import Decision
from contenttrust.reference import Reference
from simulator.repository import NOW, Repository
from simulator.roles import b64

DIGEST = "sha256:" + "a" * 64
GUN = "registry.example.com/team/web"


def decision(image: str, verdict: str = "allow", **facts: object) -> Decision:
    """What a policy might say of an image."""
    reference = Reference.parse(image)
    good = {"digest": DIGEST, "pinned": f"{reference.gun}@{DIGEST}", "gun": reference.gun}
    bad = {"code": "not_signed", "reasons": ("No valid trust data for it",), "gun": reference.gun}
    told = {**(good if verdict == "allow" else bad), "policy_digest": "p" * 8, **facts}
    return Decision(image=image, reference=reference, verdict=verdict, **told)  # type: ignore[arg-type]


@functools.cache
def state_of(version: int, content: str = "") -> State:
    """What is remembered of the collection when its timestamp has that version and content."""
    seen = contenttrust.load(GUN, source=Repository(GUN).publish(), now=NOW, remember=False).state
    told = json.loads(seen.to_json())
    told["roles"]["timestamp"]["version"] = version
    if content:
        told["roles"]["timestamp"]["sha256"] = b64(sha256(content.encode()).digest())
    return State.from_json(json.dumps(told, sort_keys=True, separators=(",", ":")))


class FakeGate:
    """Allows what it knows to be signed. Counts, and waits where it is told to."""

    def __init__(self, *signed: str, **policy: object) -> None:
        self.decisions = {image: decision(image) for image in signed}
        told = {"digest": "p" * 8, "name": "test", "version": 1, "rule_for": lambda _: None}
        told["default"] = SimpleNamespace(verdict="deny")
        self.policy = SimpleNamespace(**{**told, **policy})
        self.strict = False
        self.asked: list[str] = []
        self.version = 1
        self.content = ""
        self.lives = timedelta(days=1)
        self.go = threading.Event()
        self.go.set()
        self.fails: Exception | None = None

    def answers(self, images: Sequence[str]) -> list[Answer]:
        self.asked += images
        assert self.go.wait(20)
        if self.fails is not None:
            raise self.fails
        return [self._answer(image) for image in images]

    def _answer(self, image: str) -> Answer:
        found = self.decisions.get(image)
        if found is None:
            found = decision(image, "deny")
        until = datetime.now(timezone.utc) + self.lives
        return Answer(replace(found, image=image), until, state_of(self.version, self.content))
