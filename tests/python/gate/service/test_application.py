"""The service over HTTP: what is asked, what is answered, and that doubt is a refusal."""

from __future__ import annotations

import asyncio
import base64
import io
import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.service.application import Service
from contenttrust.gate.service.configuration import Configuration
from contenttrust.gate.service.verdicts import Verdicts
from told_gate import DIGEST, GUN, decision

PINNED = f"{GUN}@{DIGEST}"


class Asked:
    """What a client of the tests got."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body

    @property
    def document(self):
        return json.loads(self.body)

    @property
    def response(self):
        return self.document["response"]

    @property
    def patch(self):
        return json.loads(base64.b64decode(self.response["patch"]))

    @property
    def message(self):
        return self.response["status"]["message"]


class Caller:
    """Asks a service."""

    def __init__(self, client: TestClient, service: Service) -> None:
        self.client = client
        self.service = service

    async def post(self, path: str, body, **options) -> Asked:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.client.post(path, data=data, **options)
        return Asked(answer.status, await answer.read())

    async def get(self, path: str) -> Asked:
        answer = await self.client.get(path)
        return Asked(answer.status, await answer.read())

    async def metric(self, line: str) -> str:
        lines = (await self.get("/metrics")).body.decode().splitlines()
        return next((one.rpartition(" ")[2] for one in lines if one.startswith(line)), "")


def serving(gate, script, *, log=None, **settings):
    """Run a script with a caller of a service that asks this gate."""

    async def main() -> None:
        configuration = Configuration(**settings)
        verdicts = Verdicts(
            gate, threads=4, pending=configuration.pending, lifetime=60, entries=100
        )
        service = Service(verdicts, configuration, log=log)
        async with TestClient(TestServer(service.application())) as client:
            try:
                await script(Caller(client, service))
            finally:
                gate.go.set()
                verdicts.close()

    asyncio.run(main())


def review(*images, old=None, operation="CREATE", sub="", **changed):
    def pod(names):
        containers = [{"name": f"c{i}", "image": one} for i, one in enumerate(names)]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {},
            "spec": {"containers": containers},
        }

    request = {
        "uid": "u-1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": operation,
        "subResource": sub,
        "namespace": "default",
        "object": pod(images),
        "oldObject": pod(old) if old is not None else None,
        **changed,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def test_unsigned_image_is_denied_with_the_reason(gate):
    async def script(caller):
        told = await caller.post("/mutate", review(f"{GUN}:9"))
        assert told.status == 200
        assert (told.response["uid"], told.response["allowed"]) == ("u-1", False)
        assert "not_signed" in told.message
        assert "/spec/containers/0/image" in told.message
        assert f"{GUN}:9" in told.message
        assert told.response["auditAnnotations"]["verdict"] == "deny"
        assert (
            await caller.metric(
                'contenttrust_gate_verdicts_total{code="not_signed",door="mutate",mode="enforce",verdict="deny"}'
            )
            == "1.0"
        )

    serving(gate, script)


def test_signed_image_is_replaced_by_its_digest(gate):
    async def script(caller):
        told = await caller.post("/mutate", review(f"{GUN}:1", f"{GUN}:2"))
        assert told.response["allowed"]
        assert [one["value"] for one in told.patch if one["op"] == "replace"] == [PINNED, PINNED]
        assert told.response["auditAnnotations"]["pinned"] == PINNED

    serving(gate, script)


def test_t112_what_is_pinned_already_is_let_through_as_it_is(gate):
    async def script(caller):
        told = await caller.post("/mutate", review(PINNED))
        assert told.response["allowed"]
        assert "patch" not in told.response

    serving(gate, script)


def test_t089_validation_alone_does_not_let_a_tag_through(gate):
    async def script(caller):
        told = await caller.post("/validate", review(f"{GUN}:1"))
        assert not told.response["allowed"]
        assert f"use {PINNED}" in told.message
        assert (await caller.post("/validate", review(PINNED))).response["allowed"]

    serving(gate, script)


def test_validation_may_warn_of_tags_where_the_configuration_says_so(gate):
    async def script(caller):
        told = await caller.post("/validate", review(f"{GUN}:1"))
        assert told.response["allowed"]
        assert PINNED in told.response["warnings"][0]

    serving(gate, script, unpinned="warn")


def test_one_bad_image_among_good_ones_is_enough(gate):
    async def script(caller):
        told = await caller.post("/mutate", review(f"{GUN}:1", "evil:1"))
        assert not told.response["allowed"]
        assert "patch" not in told.response

    serving(gate, script)


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_t115_what_is_only_watched_is_visible_everywhere(gate, tmp_path, mode):
    gate.decisions["evil:1"] = decision("evil:1", "warn", mode=mode, although="the rule only warns")
    log = AuditLog(tmp_path / "log")

    async def script(caller):
        told = await caller.post("/mutate", review("evil:1"))
        assert told.response["allowed"]
        assert f"NOT ENFORCED ({mode})" in told.response["warnings"][0]
        notes = told.response["auditAnnotations"]
        assert (notes["verdict"], notes["mode"]) == ("warn", mode)
        assert notes["although"] == "the rule only warns"
        assert (
            await caller.metric(
                f'contenttrust_gate_verdicts_total{{code="not_signed",door="mutate",mode="{mode}",verdict="warn"}}'
            )
            == "1.0"
        )

    serving(gate, script, log=log)
    [line] = (tmp_path / "log").read_text().splitlines()
    assert (json.loads(line)["verdict"], json.loads(line)["mode"]) == ("warn", mode)


def test_t145_every_verdict_is_written_down_and_so_is_that_it_was_cached(gate, tmp_path):
    async def script(caller):
        for _ in range(2):
            await caller.post("/mutate", review(f"{GUN}:1"))
        await caller.post("/mutate", review(f"{GUN}:1", dryRun=True))

    serving(gate, script, log=AuditLog(tmp_path / "log"))
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["door"] for line in lines] == ["mutate", "mutate", "mutate dry-run"]
    assert lines[0]["although"] == ""
    assert "not anew" in lines[1]["although"]


def test_t145_verdict_that_cannot_be_written_down_is_a_refusal(gate, tmp_path):
    async def script(caller):
        told = await caller.post("/mutate", review(f"{GUN}:1"))
        assert not told.response["allowed"]
        assert "audit log" in told.message

    serving(gate, script, log=AuditLog(tmp_path / "absent" / "log"))


@pytest.mark.parametrize(
    "request_",
    [
        review(operation="DELETE", object=None, old=["evil:1"]),
        review(operation="CONNECT", sub="exec", object={"kind": "PodExecOptions"}),
        review("evil:1", sub="status", operation="UPDATE", old=["evil:1"]),
        review("evil:1", operation="UPDATE", old=["evil:1"]),
        review(
            operation="UPDATE",
            sub="scale",
            kind={"group": "autoscaling", "version": "v1", "kind": "Scale"},
            object={"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 3}},
        ),
        review(
            kind={"group": "", "version": "v1", "kind": "ConfigMap"},
            object={"apiVersion": "v1", "kind": "ConfigMap", "data": {"image": "evil:1"}},
        ),
    ],
)  # fmt: skip
def test_t108_what_starts_nothing_new_is_let_through(gate, request_):
    async def script(caller):
        for path in ("/validate", "/mutate"):
            told = await caller.post(path, request_)
            assert told.response["allowed"]
            assert "patch" not in told.response

    serving(gate, script)
    assert gate.asked == []


def workload(kind="Deployment", image="evil:1", **metadata):
    spec = {"containers": [{"name": "c", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"replicas": 0, "template": {"spec": spec}},
    }


EPHEMERAL = "ephemeralcontainers"
APPS = {"group": "apps", "version": "v1", "kind": "Deployment"}
GONE = {"deletionTimestamp": "2026-11-24T00:00:00Z"}


@pytest.mark.parametrize(
    "request_",
    [
        review("evil:1", operation="UPDATE", old=[f"{GUN}:1"]),
        review(
            f"{GUN}:1", "evil:1", operation="UPDATE", old=[f"{GUN}:1"], sub="ephemeralcontainers"
        ),
        # Only the places count: what ran as one container says nothing of another.
        review("evil:1", "evil:1", operation="UPDATE", old=["evil:1"]),
        review("evil:1", operation="UPDATE"),
        review(kind=APPS, object=workload()),
        review(kind=APPS, object=workload(), oldObject=workload(), operation="UPDATE"),
        # What whoever creates an object says of its deletion is nothing.
        review(kind=APPS, object=workload(**GONE)),
        review(
            kind=APPS, operation="UPDATE", object=workload(**GONE), oldObject=workload(image="a:1")
        ),
        review(
            kind=APPS,
            operation="UPDATE",
            object=workload(**GONE),
            oldObject=workload(image="a:1", **GONE),
        ),
        review("evil:1", dryRun=True),
    ],
)
def test_t108_whatever_could_start_another_image_is_checked(gate, request_):
    async def script(caller):
        for path in ("/validate", "/mutate"):
            assert not (await caller.post(path, request_)).response["allowed"]

    serving(gate, script)


def test_t108_what_is_being_deleted_may_lose_its_finalizers(gate):
    async def script(caller):
        told = review(
            kind=APPS, operation="UPDATE", object=workload(**GONE), oldObject=workload(**GONE)
        )
        assert (await caller.post("/validate", told)).response["allowed"]

    serving(gate, script)


@pytest.mark.parametrize(
    "metadata",
    [
        {"ownerReferences": [{"kind": "ReplicaSet", "name": "x", "uid": "1", "controller": True}]},
        {"labels": {"contenttrust": "off"}, "namespace": "kube-system"},
        {"annotations": {"contenttrust.internal/original-images": "{}"}},
    ],
)
def test_t109_t111_nothing_that_an_author_writes_switches_the_gate_off(gate, metadata):
    asked = review("evil:1", namespace="kube-system")
    asked["request"]["object"]["metadata"] = metadata

    async def script(caller):
        assert not (await caller.post("/validate", asked)).response["allowed"]

    serving(gate, script)


WIDGET = {"group": "example.com", "version": "v1", "kind": "Widget"}


def widget():
    made = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"image": "evil:1"}}
    return review(kind=WIDGET, object=made)


def test_t113_unknown_kind_that_may_hold_an_image_is_denied(gate):
    async def script(caller):
        told = await caller.post("/validate", widget())
        assert not told.response["allowed"]
        assert told.response["auditAnnotations"]["code"] == "unknown_kind"

    serving(gate, script)


def test_t113_unknown_kind_is_let_through_with_a_warning_where_that_is_wanted(gate):
    async def script(caller):
        told = await caller.post("/validate", widget())
        assert told.response["allowed"]
        assert "NOT CHECKED" in told.response["warnings"][0]

    serving(gate, script, unknown_kinds="warn")


def test_t113_custom_kind_is_checked_where_its_images_are_said_to_be(gate):
    async def script(caller):
        told = await caller.post("/validate", widget())
        assert "not_signed" in told.message

    serving(gate, script, custom={"Widget.example.com": ("spec.image",)})


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


def test_questions_of_everybody_else(gate):
    async def script(caller):
        told = await caller.post("/verify", {"images": [f"{GUN}:1", "evil:1"]})
        assert told.status == 200
        assert told.document["schema"] == "contenttrust.gate/1"
        assert told.document["allowed"] is False
        first, second = told.document["decisions"]
        assert (first["allowed"], first["pinned"]) == (True, PINNED)
        assert (second["image"], second["code"]) == ("evil:1", "not_signed")
        told = await caller.post("/verify", {"images": [f"{GUN}:1"]})
        assert told.document["allowed"] is True

    serving(gate, script)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", {"images": []}, {"images": "a"}, {"images": [1]}, {"images": ["a"] * 2000},
     b'{"images": ["a"], "images": ["b"]}'],
)  # fmt: skip
def test_questions_that_are_none(gate, body):
    async def script(caller):
        assert (await caller.post("/verify", body)).status == 400

    serving(gate, script)


def test_health_and_readiness(gate):
    async def script(caller):
        assert (await caller.get("/healthz")).status == 200
        assert (await caller.get("/readyz")).status == 503
        caller.service.ready = True
        assert (await caller.get("/readyz")).status == 200
        assert (await caller.get("/nothing")).status == 404
        assert (await caller.get("/validate")).status == 405
        assert await caller.metric('contenttrust_gate_policy_info{digest="pppppppp"') == "1.0"

    serving(gate, script)
