"""Verdicts that are used again, with the engine behind them: a tag that moves is never mixed up."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timezone

import pytest

from contenttrust.gate.check import Gate
from contenttrust.gate.service.verdicts import Verdicts
from contenttrust.policy.pins import Pin
from contenttrust.policy.rules import Policy, Rule
from contenttrust.transport.source import MappingSource
from gate_caller import review, serving
from simulator import Repository, after
from simulator.roles import digest_of, image
from told_gate import GUN

POLICY = Policy(rules=(Rule("registry.example.com/**"),), implied_pin=Pin.first_use("once"))
ROLES = ("root", "targets", "snapshot", "timestamp")


class Published:
    """A collection that is published again and again, and how often somebody asked."""

    def __init__(self) -> None:
        self.repository = Repository(GUN)
        for role in ROLES:
            self.repository[role].expires = after(days=30, base=datetime.now(timezone.utc))
        self.asked = 0
        self.move("one")

    def move(self, label: str) -> str:
        """Sign the tag for another image; gives its digest."""
        self.repository.targets["1"] = image(label)
        self.repository.targets["2"] = image("two")
        self.repository.advance("targets")
        self.files = self.repository.publish()
        return digest_of(label)

    def source(self, gun: str) -> MappingSource:
        self.asked += 1
        return MappingSource(self.files)


@pytest.fixture
def published():
    return Published()


def asking(published, tmp_path, script):
    async def main() -> None:
        gate = Gate(POLICY, trust_dir=tmp_path / "trust", source=published.source)
        verdicts = Verdicts(gate, threads=2, pending=9, lifetime=600, entries=9)

        async def ask(name):
            until = asyncio.get_running_loop().time() + 20
            [verdict] = await verdicts.of([name], until=until)
            return verdict.decision

        try:
            await script(ask)
        finally:
            verdicts.close()

    asyncio.run(main())


def test_t090_digest_that_a_tag_has_moved_to_is_checked_and_ends_the_kept_verdict(
    published, tmp_path
):
    first = digest_of("one")

    async def script(ask):
        assert (await ask(f"{GUN}:1")).digest == first
        second = published.move("moved")
        told = await ask(f"{GUN}:1@{second}")
        assert (told.allowed, told.digest) == (True, second)
        assert (await ask(f"{GUN}:1")).digest == second
        assert not (await ask(f"{GUN}:1@{first}")).allowed

    asking(published, tmp_path, script)


def test_t090_kept_verdict_names_the_digest_that_it_is_about(published, tmp_path):
    first = digest_of("one")

    async def script(ask):
        await ask(f"{GUN}:1")
        published.move("moved")
        kept = await ask(f"{GUN}:1")  # nobody was asked: what was signed a moment ago is pinned
        assert (kept.digest, kept.pinned) == (first, f"{GUN}@{first}")
        assert "not anew" in kept.although

    asking(published, tmp_path, script)
    assert published.asked == 1


def test_t090_other_trust_data_of_the_same_versions_end_the_kept_verdict(published, tmp_path):
    """Verdicts are kept for what was verified, whatever version its publisher gives it."""

    version = published.repository.timestamp.version

    async def script(ask):
        assert (await ask(f"{GUN}:1")).allowed
        del published.repository.targets["1"]
        published.files = published.repository.publish()
        assert (await ask(f"{GUN}:2")).allowed
        assert (await ask(f"{GUN}:1")).code == "not_signed"

    asking(published, tmp_path, script)
    assert published.repository.timestamp.version == version


def test_t090_verdict_ends_with_the_signature_once_newer_data_were_seen(published, tmp_path):
    async def script(ask):
        assert (await ask(f"{GUN}:1")).allowed
        del published.repository.targets["1"]
        published.repository.advance("targets")
        published.files = published.repository.publish()
        assert (await ask(f"{GUN}:2")).allowed
        assert (await ask(f"{GUN}:1")).code == "not_signed"

    asking(published, tmp_path, script)


class RealGate(Gate):
    """`serving` lets gates go that wait; this one never does."""

    go = threading.Event()


def test_ucp_a_pod_that_runs_goes_on_and_a_new_one_needs_its_digest_signed(published, tmp_path):
    """Where it runs it is let be, whatever became of the signature."""
    gate = RealGate(POLICY, trust_dir=tmp_path / "trust", source=published.source)
    pinned = f"{GUN}@{digest_of('one')}"

    async def script(caller):
        told = await caller.post("/mutate", review(f"{GUN}:1"))
        assert [one["value"] for one in told.patch if one["op"] == "replace"] == [pinned]
        again = await caller.post("/validate", review(pinned))
        assert again.response["allowed"], "the same digest in a new pod"
        published.move("moved")
        asked = published.asked
        for door in ("/mutate", "/validate"):
            same = review(pinned, operation="UPDATE", old=[pinned])
            assert (await caller.post(door, same)).response["allowed"]
        assert published.asked == asked, "nobody is asked about what runs"
        new = await caller.post("/validate", review(f"{GUN}:2", pinned))
        assert not new.response["allowed"]

    serving(gate, script)
