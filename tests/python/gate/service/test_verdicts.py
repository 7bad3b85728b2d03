"""One verification for all who ask, in time, and used again only as long as it may be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from contenttrust.gate.service.verdicts import Verdict, Verdicts
from told_gate import GUN, FakeGate, decision

Ask = Callable[..., Awaitable[list[Verdict]]]


def asking(gate, script: Callable[[Verdicts, Ask], Awaitable[None]], **options):
    """Run a script with verdicts of that gate, and a way to ask with a deadline in seconds."""

    async def main() -> None:
        verdicts = Verdicts(
            gate, **{"threads": 4, "pending": 50, "lifetime": 60, "entries": 100, **options}
        )

        async def ask(*images: str, seconds: float = 20) -> list[Verdict]:
            until = asyncio.get_running_loop().time() + seconds
            return await verdicts.of(images, until=until)

        try:
            await script(verdicts, ask)
        finally:
            gate.go.set()
            verdicts.close()

    asyncio.run(main())


def test_answers_are_in_the_order_of_the_question(gate):
    async def script(verdicts, ask):
        told = await ask(f"{GUN}:1", f"{GUN}:9", f"{GUN}:1", f"{GUN}:2")
        assert [one.decision.image for one in told] == [
            f"{GUN}:1", f"{GUN}:9", f"{GUN}:1", f"{GUN}:2",
        ]  # fmt: skip
        assert [one.decision.allowed for one in told] == [True, False, True, True]

    asking(gate, script)
    assert sorted(gate.asked) == [f"{GUN}:1", f"{GUN}:2", f"{GUN}:9"]


def test_equal_questions_share_one_verification(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        tasks = [asyncio.ensure_future(ask(f"{GUN}:1")) for _ in range(20)]
        await asyncio.sleep(0)
        while not gate.asked:
            await asyncio.sleep(0.001)
        gate.go.set()
        told = [verdict for task in tasks for verdict in await task]
        assert {one.how for one in told} == {"asked", "shared"}
        assert all(one.decision.allowed for one in told)

    asking(gate, script)
    assert gate.asked == [f"{GUN}:1"]


def test_verdict_is_used_again_and_says_so(gate):
    async def script(verdicts, ask):
        [first] = await ask(f"{GUN}:1")
        [second] = await ask(f"{GUN}:1")
        assert (first.how, first.decision.although) == ("asked", "")
        assert second.how == "cached"
        assert "not anew" in second.decision.although
        assert second.decision.digest == first.decision.digest

    asking(gate, script)
    assert len(gate.asked) == 1


@pytest.mark.parametrize("options", [{"lifetime": 0}, {"entries": 0}])
def test_nothing_is_kept_where_nothing_may_be(gate, options):
    async def script(verdicts, ask):
        await ask(f"{GUN}:1")
        await ask(f"{GUN}:1")

    asking(gate, script, **options)
    assert len(gate.asked) == 2


def test_t090_no_verdict_outlives_the_trust_data(gate):
    gate.lives = timedelta(seconds=-1)

    async def script(verdicts, ask):
        await ask(f"{GUN}:1")
        [again] = await ask(f"{GUN}:1")
        assert again.how == "asked"

    asking(gate, script)
    assert len(gate.asked) == 2


def test_t090_newer_trust_data_end_every_verdict_of_their_collection(gate):
    async def script(verdicts, ask):
        await ask(f"{GUN}:1")
        gate.version = 2  # the tag is moved; somebody asks for another one
        await ask(f"{GUN}:2")
        [again] = await ask(f"{GUN}:1")
        assert again.how == "asked"
        [kept] = await ask(f"{GUN}:2")
        assert kept.how == "cached"

    asking(gate, script)


@pytest.mark.parametrize(
    ("older", "newer"), [((1, ""), (2, "")), ((1, "one"), (1, "two"))], ids=["version", "content"]
)
def test_t090_answer_that_was_asked_first_and_comes_last_is_not_kept(gate, older, newer):
    gate.go.clear()

    async def script(verdicts, ask):
        late = asyncio.ensure_future(ask(f"{GUN}:1"))
        while not gate.asked:
            await asyncio.sleep(0.001)
        first, gate.go = gate.go, threading.Event()
        gate.go.set()
        gate.version, gate.content = newer
        await ask(f"{GUN}:2")
        gate.version, gate.content = older  # what the first one read before
        first.set()
        await late
        assert (await ask(f"{GUN}:2"))[0].how == "cached"
        assert (await ask(f"{GUN}:1"))[0].how == "asked"

    asking(gate, script)


def test_t090_verdict_on_a_tag_says_nothing_of_another_digest(gate):
    async def script(verdicts, ask):
        await ask(f"{GUN}:1")
        [other] = await ask(f"{GUN}:1@sha256:{'b' * 64}")
        assert (other.how, other.decision.allowed) == ("asked", False)

    asking(gate, script)


def test_t090_another_policy_ends_all_verdicts(gate):

    async def script(verdicts, ask):
        await ask(f"{GUN}:1")
        verdicts.use(FakeGate(digest="q" * 8))
        [again] = await ask(f"{GUN}:1")
        assert not again.decision.allowed
        assert verdicts.policy.digest == "q" * 8

    asking(gate, script)


def test_t090_verdict_that_an_old_policy_gave_meanwhile_is_not_kept(gate):

    gate.go.clear()

    async def script(verdicts, ask):
        slow = asyncio.ensure_future(ask(f"{GUN}:1"))
        while not gate.asked:
            await asyncio.sleep(0.001)
        verdicts.use(FakeGate(digest="q" * 8))
        gate.go.set()
        await slow
        [again] = await ask(f"{GUN}:1")
        assert (again.how, again.decision.allowed) == ("asked", False)

    asking(gate, script)


def test_refusals_and_exceptions_are_not_kept(gate):

    gate.decisions[f"{GUN}:2"] = decision(f"{GUN}:2", exception="EX-1")

    async def script(verdicts, ask):
        for _ in range(2):
            await ask(f"{GUN}:9")
            await ask(f"{GUN}:2")

    asking(gate, script)
    assert len(gate.asked) == 4


def test_kept_verdicts_are_bounded(gate):
    async def script(verdicts, ask):
        for tag in ("1", "2"):
            await ask(f"{GUN}:{tag}")
        [again] = await ask(f"{GUN}:1")
        assert again.how == "asked"

    asking(gate, script, entries=1)


def test_t110_who_is_not_answered_in_time_is_refused(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        [told] = await ask(f"{GUN}:1", seconds=0.05)
        assert (told.decision.allowed, told.decision.code, told.how) == (False, "deadline", "none")
        gate.go.set()
        while verdicts.waiting:
            await asyncio.sleep(0.001)
        [again] = await ask(f"{GUN}:1")  # what ran on was kept
        assert (again.decision.allowed, again.how) == (True, "cached")

    asking(gate, script)
    assert len(gate.asked) == 1


def test_t114_what_nobody_waits_for_any_more_leaves_the_queue(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        images = [f"{GUN}:t{number}" for number in range(40)]
        told = await ask(*images, seconds=0.1)
        assert {one.decision.code for one in told} == {"deadline"}
        assert verdicts.waiting == 2  # what runs
        gate.go.set()
        [after] = await ask(f"{GUN}:1")
        assert after.decision.allowed

    asking(gate, script, pending=80, threads=4)
    assert len(gate.asked) == 3


def test_t114_registry_that_is_silent_leaves_threads_to_others(gate):
    """Images of the silent one wait; those of another are answered meanwhile."""
    answers = gate.answers

    def silent(images):
        if images[0].startswith("silent.example/"):
            gate.asked += images
            assert gate.go.wait(20)
        return answers(images)

    gate.answers = silent
    real_go = gate.go

    async def script(verdicts, ask):
        real_go.clear()
        waiting = [asyncio.ensure_future(ask(f"silent.example/x:{n}")) for n in range(20)]
        while len(gate.asked) < 2:
            await asyncio.sleep(0.001)
        gate.go = threading.Event()  # the gate's own wait; the silent server keeps the old one
        gate.go.set()
        [other] = await ask(f"{GUN}:1")
        assert other.decision.allowed
        real_go.set()
        await asyncio.gather(*waiting)
        assert not verdicts._lanes

    asking(gate, script, threads=4)


def test_t114_more_than_may_wait_are_refused_at_once(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        images = [f"{GUN}:t{number}" for number in range(10)]
        told = await asyncio.gather(*(ask(image, seconds=0.1) for image in images))
        assert [one.decision.code for [one] in told] == ["deadline"] * 3 + ["overloaded"] * 7
        assert "3 verifications about registry.example.com" in told[-1][0].decision.reasons[0]

    asking(gate, script, pending=6)


def test_t114_one_registry_takes_half_of_the_places(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        silent = asyncio.gather(*(ask(f"{GUN}:t{number}") for number in range(1000)))
        while verdicts.waiting < 4:
            await asyncio.sleep(0.001)
        others = [ask(f"r{number}.example/web:1", seconds=0.1) for number in range(5)]
        told = await asyncio.gather(*others)
        assert [one.decision.code for [one] in told] == ["deadline"] * 4 + ["overloaded"]
        gate.go.set()
        assert [one.decision.code for [one] in await silent][4:] == ["overloaded"] * 996
        told = await ask(*(f"{GUN}:u{number}" for number in range(4)))  # the places are free again
        assert [one.decision.code for one in told] == ["not_signed"] * 4
        assert not verdicts._lanes

    asking(gate, script, pending=8)


@pytest.mark.parametrize("pending", [1, 8, 50])
@pytest.mark.parametrize("registries", [1, 40])
def test_one_question_about_more_images_than_may_be_pending_is_answered(gate, pending, registries):
    images = [f"r{number % registries}.example/web:{number}" for number in range(300)]

    async def script(verdicts, ask):
        told = await ask(*images)
        assert {one.decision.code for one in told} == {"not_signed"}
        assert [one.decision.image for one in told] == images

    asking(gate, script, pending=pending)
    assert sorted(gate.asked) == sorted(images)


def test_t114_question_about_many_images_takes_no_place_from_others(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        many = asyncio.ensure_future(ask(*(f"{GUN}:t{number}" for number in range(1000))))
        while len(gate.asked) < 2:
            await asyncio.sleep(0.001)
        assert verdicts.waiting == 2
        other = asyncio.ensure_future(ask(f"{GUN}:1"))
        gate.go.set()
        [told] = await other
        assert told.decision.allowed
        assert not many.done()
        many.cancel()

    asking(gate, script, pending=8)
    assert f"{GUN}:1" in gate.asked[:10]


@pytest.mark.parametrize("registries", [1, 7, 1000])
def test_t114_question_about_many_images_makes_no_task_for_each(gate, registries):
    gate.go.clear()
    images = [f"r{number % registries}.example/web:{number}" for number in range(1000)]

    async def script(verdicts, ask):
        many = asyncio.ensure_future(ask(*images, seconds=0.2))
        while verdicts.waiting < 2:
            await asyncio.sleep(0)
        # A verification and who waits for it, in each of half of the places.
        assert len(asyncio.all_tasks()) <= 2 * 4 + 2
        told = await many
        assert {one.decision.code for one in told} == {"deadline"}
        assert [one.decision.image for one in told] == images

    asking(gate, script, pending=8)


def test_image_that_another_question_answered_meanwhile_is_not_asked_again(gate):
    gate.go.clear()

    async def script(verdicts, ask):
        many = asyncio.ensure_future(ask(f"{GUN}:7", f"{GUN}:8", f"{GUN}:1"))
        while len(gate.asked) < 2:
            await asyncio.sleep(0.001)
        other = asyncio.ensure_future(ask(f"{GUN}:1"))
        await asyncio.sleep(0)
        gate.go.set()
        assert [one.decision.allowed for one in [*(await many), *(await other)]] == [
            False, False, True, True,
        ]  # fmt: skip

    asking(gate, script)
    assert gate.asked.count(f"{GUN}:1") == 1


def test_t110_gate_that_fails_is_a_refusal(gate, caplog):
    gate.fails = MemoryError("no more")

    async def script(verdicts, ask):
        [told] = await ask(f"{GUN}:1")
        assert (told.decision.allowed, told.decision.code) == (False, "internal")
        gate.fails = None
        [again] = await ask(f"{GUN}:1")
        assert again.decision.allowed

    asking(gate, script)
    assert "a verification failed" in caplog.text


def test_no_more_threads_than_wanted_run_at_once(gate):
    gate.go.clear()
    before = threading.active_count()

    async def script(verdicts, ask):
        await ask(*(f"{GUN}:t{number}" for number in range(30)), seconds=0.05)
        assert threading.active_count() - before <= 3

    asking(gate, script, threads=3)
