"""Time, memory and nonsense: whatever happens, what is not clearly good is refused, and in time."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import threading
import tracemalloc
import weakref
from dataclasses import replace

import pytest

from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.check import Answer
from contenttrust.gate.service.admission_images import asked_about
from contenttrust.policy.decision import Decision
from gate_caller import review, serving
from told_gate import DIGEST, GUN

PINNED = f"{GUN}@{DIGEST}"


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"request": null}'])
def test_t113_what_is_no_review_gets_no_answer_that_could_be_taken_for_one(gate, body):
    async def script(caller):
        told = await caller.post("/validate", body)
        assert told.status == 400
        assert b"AdmissionReview" in told.body or b"contenttrust" in told.body
        assert b"allowed" not in told.body

    serving(gate, script)


def test_t113_request_that_is_wrong_is_denied_by_its_uid(gate):
    async def script(caller):
        told = await caller.post("/validate", review("a", operation="SNEAK"))
        assert (told.response["uid"], told.response["allowed"]) == ("u-1", False)

    serving(gate, script)


@pytest.mark.parametrize("chunked", [False, True])
def test_t113_ten_megabytes_are_refused(gate, chunked):
    body = json.dumps(review("a" * 10_000_000)).encode()

    async def pieces():
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    async def script(caller):
        answer = await caller.client.post(
            "/validate", data=pieces() if chunked else io.BytesIO(body)
        )
        assert answer.status == 413
        assert (await caller.post("/validate", review(PINNED))).response["allowed"]

    serving(gate, script)


def test_t114_memory_of_requests_is_bounded(gate):
    gate.go.clear()

    async def script(caller):
        body = json.dumps(review("slow:1")).encode() + b" " * 900_000
        tasks = [asyncio.ensure_future(caller.post("/validate", body)) for _ in range(6)]
        while not gate.asked:
            await asyncio.sleep(0.001)
        busy = []
        while len(busy) < 4:
            await asyncio.sleep(0.001)
            busy = [task for task in tasks if task.done()]
        assert {task.result().status for task in busy} == {503}
        gate.go.set()
        assert [(await task).status for task in tasks if task not in busy] == [200, 200]

    serving(gate, script, body_limit=1_000_000, memory=2_000_000)


def test_t114_nothing_that_a_stranger_wrote_is_kept_behind_the_answer(gate, tmp_path):
    unknown = Decision(image="", reference=None, verdict="deny", code="malformed", reasons=("no",))
    gate._answer = lambda image: Answer(replace(unknown, image=image), None, None)
    size, kept = 1_000_000, []

    async def script(caller):
        for number in range(40):
            asked = review(f"{number}{'x' * size}")
            assert not (await caller.post("/validate", asked)).response["allowed"]
            if number in {9, 39}:
                gate.asked.clear()
                gc.collect()
                kept.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        serving(gate, script, log=AuditLog(tmp_path / "log"))
    finally:
        tracemalloc.stop()
    first, last = kept
    assert last - first < 5 * size


def test_t114_what_is_announced_and_not_sent_keeps_nobody_out(gate):
    head = b"POST /validate HTTP/1.1\r\nHost: gate\r\nContent-Length: 1000000\r\n\r\n{"

    async def script(caller):
        address = caller.client.host, caller.client.port
        silent = [await asyncio.open_connection(*address) for _ in range(20)]
        for _, writer in silent:
            writer.write(head)
        await asyncio.sleep(0.1)
        assert (await caller.post("/validate", review(PINNED))).status == 200
        for reader, writer in silent:
            assert b" 408 " in await reader.readline()
            writer.close()
        body = json.dumps(review(PINNED)).encode() + b" " * 900_000
        told = [await caller.post("/validate", body) for _ in range(4)]
        assert {one.status for one in told} == {200}

    serving(gate, script, body_limit=1_000_000, memory=2_000_000, deadline=0.5)


def test_t114_what_came_too_slowly_is_gone_without_a_collection(gate):
    head = b"POST /validate HTTP/1.1\r\nHost: gate\r\nContent-Length: 1000000\r\n\r\n"
    kept = []

    async def script(caller):
        for _ in range(20):
            kept.append(tracemalloc.get_traced_memory()[0])
            reader, writer = await asyncio.open_connection(caller.client.host, caller.client.port)
            writer.write(head + b" " * 900_000)
            assert b" 408 " in await reader.readline()
            writer.close()

    tracemalloc.start()
    gc.disable()
    try:
        serving(gate, script, deadline=0.1)
    finally:
        gc.enable()
        tracemalloc.stop()
    assert kept[-1] - kept[5] < 5_000_000


def test_t114_what_nobody_waits_for_any_more_is_gone_without_a_collection(gate):
    gate.go.clear()

    async def script(caller):
        verdicts, now = caller.service.verdicts, asyncio.get_running_loop().time()
        running = asyncio.ensure_future(verdicts.of([f"{GUN}:1"], until=now + 0.2))
        beside = asyncio.ensure_future(verdicts.of([f"{GUN}:2"], until=now + 0.2))
        while len(gate.asked) < 2:
            await asyncio.sleep(0.001)
        queued = asyncio.ensure_future(verdicts.of([f"{GUN}:3"], until=now + 0.1))
        while verdicts.waiting < 3:
            await asyncio.sleep(0)
        gone = weakref.ref(verdicts._flights[f"{GUN}:3"].done)
        await asyncio.gather(queued, running, beside)
        assert gone() is None

    gc.disable()
    try:
        serving(gate, script)
    finally:
        gc.enable()


def test_t113_a_member_that_is_there_twice_among_many_is_found_at_once(gate):
    members = ",".join(f'"{number}":1' for number in range(100_000))

    async def script(caller):
        began = asyncio.get_running_loop().time()
        told = await caller.post("/validate", f'{{{members},"99999":1}}'.encode())
        assert (told.status, b"'99999' is there twice" in told.body) == (400, True)
        assert asyncio.get_running_loop().time() - began < 20  # it took 43

    serving(gate, script)


def test_t113_an_object_with_very_many_images_is_denied(gate):
    async def script(caller):
        told = await caller.post("/mutate", review(*[f"{GUN}:{n}" for n in range(1001)]))
        assert (told.response["allowed"], told.response["uid"]) == (False, "u-1")
        assert "an object may name 1000 images: this has 1001" in told.message
        assert not gate.asked

    serving(gate, script)


def test_t113_while_large_requests_are_understood_others_are_answered(gate, monkeypatch):
    large = json.dumps({**review(PINNED), "more": [{"a": 1}] * 20_000}).encode()
    has_begun, was_answered = threading.Event(), threading.Event()

    def waiting(*arguments, **options):
        has_begun.set()
        assert was_answered.wait(20)  # for ever, if the loop of the service waits for this
        return asked_about(*arguments, **options)

    monkeypatch.setattr("contenttrust.gate.service.application.asked_about", waiting)

    async def script(caller):
        asked = asyncio.ensure_future(
            caller.client.post("/validate?timeout=30s", data=io.BytesIO(large))
        )
        assert await asyncio.to_thread(has_begun.wait, 60)
        assert (await caller.get("/healthz")).status == 200
        was_answered.set()
        answer = await (await asked).json()
        assert answer["response"]["allowed"]

    serving(gate, script)


def test_t110_failure_of_our_own_is_a_refusal(gate, monkeypatch, caplog):
    def broken(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr("contenttrust.gate.service.application.asked_about", broken)

    async def script(caller):
        told = await caller.post("/validate", review(PINNED))
        assert (told.response["allowed"], told.response["uid"]) == (False, "u-1")

    serving(gate, script)
    assert "could not be answered" in caplog.text


@pytest.mark.parametrize(
    ("path", "seconds"),
    [("/mutate?timeout=1s", 0.8), ("/mutate?timeout=200ms", 0.16), ("/mutate", 0.3),
     ("/mutate?timeout=30s", 0.3), ("/mutate?timeout=never", 0.3)],
)  # fmt: skip
def test_t110_deadline_is_below_that_of_the_webhook(gate, path, seconds):
    gate.go.clear()

    async def script(caller):
        loop = asyncio.get_running_loop()
        began = loop.time()
        told = await caller.post(path, review(f"{GUN}:1"))
        assert not told.response["allowed"]
        assert "deadline" in told.message
        assert loop.time() - began >= min(seconds, 0.3) - 0.02

    serving(gate, script, deadline=0.3 if "1s" not in path else 8.0)


def test_t110_who_sends_too_slowly_is_not_waited_for(gate):
    async def slow():
        yield b"{"
        await asyncio.sleep(20)

    async def script(caller):
        answer = await caller.client.post("/validate", data=slow())
        assert answer.status == 408

    serving(gate, script, deadline=0.1)


def test_t114_200_reviews_while_no_server_answers_are_all_denied_in_time(gate):
    gate.go.clear()

    async def script(caller):
        asked = [caller.post("/mutate?timeout=10s", review(f"{GUN}:t{n}")) for n in range(200)]
        told = await asyncio.gather(*asked)
        assert {one.status for one in told} == {200}
        assert not any(one.response["allowed"] for one in told)
        assert {one.response["auditAnnotations"]["code"] for one in told} == {"deadline"}
        gate.go.set()
        assert (await caller.post("/mutate", review(f"{GUN}:1"))).response["allowed"]

    serving(gate, script, deadline=1.0)
    assert len(gate.asked) <= 5  # what never began was dropped
