"""The service over HTTP: what is asked, and what is answered and written down."""

from __future__ import annotations

import json
import re

import pytest

from contenttrust.gate.audit_log import AuditLog
from contenttrust.policy.rules import Default, Policy, Rule
from gate_caller import review, serving
from told_gate import DIGEST, GUN, decision

PINNED = f"{GUN}@{DIGEST}"


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


@pytest.mark.parametrize("mode", ["warn", "audit", "enforce"])
def test_t115_what_is_only_watched_is_visible_everywhere(gate, tmp_path, mode):
    gate.decisions["evil:1"] = decision("evil:1", "warn", mode=mode, although="the rule only warns")
    log = AuditLog(tmp_path / "log")

    async def script(caller):
        told = await caller.post("/mutate", review("evil:1"))
        assert told.response["allowed"]
        by = "default" if mode == "enforce" else mode
        assert f"NOT ENFORCED ({by})" in told.response["warnings"][0]
        notes = told.response["auditAnnotations"]
        assert (notes["verdict"], notes.get("mode", by)) == ("warn", by)
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


@pytest.mark.parametrize(("unpinned", "verdict"), [("deny", "deny"), ("warn", "warn")])
def test_t145_name_by_tag_is_written_down_as_it_is_answered(gate, tmp_path, unpinned, verdict):
    async def script(caller):
        told = await caller.post("/validate", review(f"{GUN}:1"))
        assert told.response["allowed"] is (verdict == "warn")
        assert told.response["auditAnnotations"]["verdict"] == verdict

    serving(gate, script, log=AuditLog(tmp_path / "log"), unpinned=unpinned)
    line = json.loads((tmp_path / "log").read_text())
    assert (line["verdict"], line["code"]) == (verdict, "unpinned")
    assert bool(line["although"]) is (verdict == "warn")


@pytest.mark.parametrize("writable", [True, False])
def test_t145_kind_that_is_let_through_unchecked_is_written_down_or_denied(
    gate, tmp_path, writable
):
    kind = {"group": "example.com", "version": "v1", "kind": "Widget"}
    made = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    made["spec"] = {"image": "evil:1"}

    async def script(caller):
        told = await caller.post("/validate", review(kind=kind, object=made))
        assert told.response["allowed"] is writable

    path = tmp_path / "log" if writable else tmp_path / "absent" / "log"
    serving(gate, script, log=AuditLog(path), unknown_kinds="warn")
    if writable:
        line = json.loads(path.read_text())
        assert (line["image"], line["code"]) == ("Widget default/w", "unknown_kind")
        assert "unknown-kinds: warn" in line["although"]


def test_t144_what_a_stranger_calls_a_member_does_not_fill_the_log(gate, tmp_path):
    kind = {"group": "example.com", "version": "v1", "kind": "Widget"}
    made = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    made["spec"] = {f"image{'x' * 1_000_000}": "evil:1"}

    async def script(caller):
        assert (await caller.post("/validate", review(kind=kind, object=made))).response["allowed"]

    path = tmp_path / "log"
    serving(gate, script, log=AuditLog(path), unknown_kinds="warn")
    assert path.stat().st_size < 10_000
    line = json.loads(path.read_text())
    for told in (line["although"], *line["reasons"]):
        assert told.startswith("the kind Widget.example.com is not known, and /spec/imagexxx")
        assert re.search(r"xxx \(cut: 1000[0-9]{3} characters\)$", told)


def test_t145_verdict_that_cannot_be_written_down_is_a_refusal(gate, tmp_path, caplog):
    async def script(caller):
        told = await caller.post("/mutate", review(f"{GUN}:1"))
        assert not told.response["allowed"]
        assert "audit log" in told.message
        assert "sign" not in told.message.partition("audit_log: ")[2]
        assert told.response["auditAnnotations"]["code"] == "audit_log"

    serving(gate, script, log=AuditLog(tmp_path / "absent" / "log"))
    assert "the audit log" in caplog.text


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


@pytest.mark.parametrize("door", ["/mutate", "/validate"])
def test_an_image_that_a_cluster_pulls_is_no_local_build(gate, door):
    gate.policy.rule_for = Policy(rules=(Rule("localhost/**", local_build=True),)).rule_for
    gate.decisions["localhost/mine"] = decision("localhost/mine", digest="", pinned="")

    async def script(caller):
        told = await caller.post(door, review("localhost/mine"))
        assert not told.response["allowed"]
        assert "what is pulled needs a signature" in told.message

    serving(gate, script)


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_t115_validation_tells_of_tags_and_denies_none_where_the_rule_only_watches(gate, mode):
    """The mutation may have had no answer of the trust server, and have let the tag through."""
    gate.policy = Policy(rules=(Rule("**", mode=mode),))
    few = {"mode": mode, "digest": DIGEST, "pinned": PINNED, "although": "too few"}
    gate.decisions[f"{GUN}:2"] = decision(f"{GUN}:2", "warn", **few)

    async def script(caller):
        told = await caller.post("/validate", review(f"{GUN}:1", f"{GUN}:2"))
        assert told.response["allowed"]
        first, second = told.response["warnings"]
        assert f"NOT ENFORCED ({mode}): /spec/containers/0/image: {GUN}:1: unpinned" in first
        assert f"{GUN}:2: not_signed: No valid trust data" in second
        notes = told.response["auditAnnotations"]
        assert (notes["verdict"], notes["mode"]) == ("warn", mode)
        assert f"the rule ** has the mode {mode}: {GUN}:1 could mean" in notes["although"]
        gate.strict = True
        told = await caller.post("/validate", review(f"{GUN}:1"))
        assert told.response["auditAnnotations"]["code"] == "unpinned"
        assert not told.response["allowed"]

    serving(gate, script)


def test_t115_what_a_default_only_warns_of_has_one_label_signed_or_not(gate):
    gate.policy = Policy(default=Default("warn"))
    gate.decisions[f"{GUN}:9"] = decision(f"{GUN}:9", "warn", although="the default only warns")

    async def script(caller):
        told = await caller.post("/validate", review(f"{GUN}:1", f"{GUN}:9"))
        assert told.response["allowed"]
        signed, unsigned = told.response["warnings"]
        assert "NOT ENFORCED (default): /spec/containers/0/image" in signed
        assert "NOT ENFORCED (default): /spec/containers/1/image" in unsigned
        assert "mode" not in told.response["auditAnnotations"]

    serving(gate, script)


def test_what_a_default_allows_it_allows_by_tag(gate):
    gate.policy = Policy(default=Default("allow", reason="nothing is signed yet"))

    async def script(caller):
        told = await caller.post("/validate", review(f"{GUN}:1"))
        assert told.response["allowed"]
        assert "warnings" not in told.response

    serving(gate, script)
