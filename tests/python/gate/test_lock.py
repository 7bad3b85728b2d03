"""Lock files: the same bytes for the same state, and a refusal of whatever is signed otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from contenttrust.gate.lock import Locked, LockError, checked, read, updated, written
from contenttrust.policy.decision import Decision
from contenttrust.reference import Reference

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NAME = "docker.io/library/web:1"


def decision(image: str = "web:1", digest: str = A, **facts: Any) -> Decision:
    given: dict[str, Any] = {
        "verdict": "allow", "pinned": f"docker.io/library/web@{digest}",
        "signers": ("bob", "alice"), "policy_digest": "p" * 64,
    }  # fmt: skip
    given.update(facts)
    return Decision(image=image, reference=Reference.parse(image), digest=digest, **given)


def test_what_is_locked_is_read_as_it_was_written() -> None:
    images = updated({}, [decision(), decision("web:2", B)], now=NOW)

    assert images[NAME] == Locked(
        digest=A, signers=("alice", "bob"), policy="p" * 64, locked="2026-11-24T12:00:00Z"
    )
    assert read(written(images)) == images
    assert json.loads(written(images))["schema"] == "contenttrust.lock/1"


def test_the_same_state_gives_the_same_bytes_whatever_the_order_and_the_moment() -> None:
    first = written(updated({}, [decision(), decision("web:2", B)], now=NOW))
    later = NOW + timedelta(days=1)
    second = updated(read(first), [decision("web:2", B), decision()], now=later)

    assert written(second) == first
    changed = updated(read(first), [decision(digest=B)], now=later)
    assert changed[NAME].digest == B
    assert changed[NAME].locked == "2026-11-25T12:00:00Z"
    assert changed["docker.io/library/web:2"].locked == "2026-11-24T12:00:00Z"


def test_what_is_refused_or_has_no_digest_is_not_locked() -> None:
    refused = decision(verdict="deny", pinned="")
    local = decision(digest="", pinned="")

    assert updated({}, [refused, local], now=NOW) == {}


def test_what_is_signed_as_it_is_locked_may_be_used() -> None:
    images = updated({}, [decision()], now=NOW)

    assert checked(images, decision(signers=("alice", "bob"))).allowed


@pytest.mark.parametrize("image", [f"web@{A}", f"web:1@{A}"])
def test_what_a_locked_name_was_pinned_to_is_locked(image: str) -> None:
    images = updated({}, [decision()], now=NOW)

    assert checked(images, decision(image)).allowed
    assert checked(images, decision(image, tag="1")).allowed


@pytest.mark.parametrize(
    "now",
    [
        decision(f"web@{B}", B),
        decision(f"other@{A}"),
        decision(f"web:2@{A}"),
        decision(f"web@{A}", signers=("mallory",), tag="1"),
        decision(f"web@{A}", signers=("mallory",)),
        decision(f"docker.io/library/web/1@{A}"),
        decision(f"web@{A}", B),
    ],
)
def test_another_name_or_digest_is_not_what_was_pinned(now: Decision) -> None:
    found = checked(updated({}, [decision()], now=NOW), now)

    assert (found.verdict, found.code) == ("deny", "lock")


def test_a_pinned_name_may_be_judged_by_another_tag_of_its_digest() -> None:
    images = updated({}, [decision()], now=NOW)

    assert checked(images, decision(f"web@{A}", signers=("carol",), tag="0.9")).allowed


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (decision(digest=B), f"signed now is {B}, locked is {A} since 2026-11-24T12:00:00Z"),
        (decision(digest="", pinned=""), "signed now is nothing, locked is"),
        (decision(signers=("mallory",)), "signed now by mallory, locked as by alice, bob"),
        (decision("other:1"), "does not have it: lock it first"),
    ],
)
def test_drift_is_refused_and_told(now: Decision, words: str) -> None:
    found = checked(updated({}, [decision()], now=NOW), now)

    assert (found.verdict, found.code, found.pinned) == ("deny", "lock", "")
    assert words in found.reasons[0]


def test_a_refusal_stays_the_refusal_that_it_was() -> None:
    refused = decision(verdict="deny", code="not_signed", pinned="")

    assert checked({}, refused) is refused


def test_what_is_made_here_needs_no_lock() -> None:
    local = decision(digest="", pinned="", rule="localhost/**", although="made here")

    assert checked({}, local) is local


@pytest.mark.parametrize(
    "facts",
    [
        {"verdict": "warn", "rule": "docker.io/**", "mode": "warn"},
        {"verdict": "warn", "rule": "docker.io/**", "mode": "audit"},
        {"verdict": "warn", "rule": "default"},
        {"verdict": "allow", "rule": "default"},
        {"verdict": "allow", "rule": "docker.io/**", "exception": "E1"},
    ],
)
def test_what_is_let_through_without_a_signature_is_not_locked(facts: dict[str, str]) -> None:
    found = checked({}, decision(digest="", pinned="", **facts))

    assert (found.verdict, found.code) == ("deny", "lock")
    assert "no digest is signed for it" in found.reasons[0]


GOOD = json.loads(written(updated({}, [decision()], now=NOW)))
ENTRY = GOOD["images"][NAME]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        json.dumps({**GOOD, "schema": "contenttrust.lock/2"}).encode(),
        json.dumps({**GOOD, "more": 1}).encode(),
        json.dumps({**GOOD, "images": []}).encode(),
        written(updated({}, [decision()], now=NOW)).replace(b'"schema"', b'"images": {}, "schema"'),
        *(
            json.dumps({**GOOD, "images": {NAME: entry}}).encode()
            for entry in (
                1, {}, {**ENTRY, "more": 1}, {**ENTRY, "digest": "sha256:A"},
                {**ENTRY, "digest": A + "\n"}, {**ENTRY, "digest": 1}, {**ENTRY, "signers": "bob"},
                {**ENTRY, "signers": [1]}, {**ENTRY, "policy": None}, {**ENTRY, "locked": 1},
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_lock_file_is_refused(text: bytes) -> None:
    with pytest.raises(LockError):
        read(text)


def test_t144_text_of_a_lock_file_is_shown_harmless() -> None:
    images = updated({}, [decision()], now=NOW)
    images[NAME] = replace(images[NAME], locked="\x1b[2J", signers=("\x1b[2J",), digest=A)

    assert checked(images, decision(digest=B)).reasons[0].isprintable()
    assert checked(images, decision()).reasons[0].isprintable()
