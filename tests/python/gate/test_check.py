"""One check for every door: doubt is a refusal, and every decision is written down."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from contenttrust._core import Wanted
from contenttrust.errors import NoTrustDataError, UnreachableError
from contenttrust.gate import audit_log, check
from contenttrust.gate.audit_log import AuditLog, AuditLogError
from contenttrust.gate.check import Gate
from contenttrust.model import Anchor
from contenttrust.policy.decision import Decision, Remark
from contenttrust.policy.facts import Facts
from contenttrust.policy.people import Key
from contenttrust.policy.pins import Pin
from contenttrust.policy.requirements import SignedWith
from contenttrust.policy.rules import Policy, Rule
from contenttrust.policy.settings import Freshness, Limits, Server
from contenttrust.reference import Reference
from contenttrust.transport.source import MappingSource
from simulator.keys import key_pair
from simulator.repository import NOW, Repository
from simulator.roles import digest_of, image

WEB = "registry.example.com/team/web"


class Counted:
    """A source that counts who asked, and may fall silent."""

    def __init__(self, *repositories: Repository) -> None:
        self.files = {one.gun: one.publish() for one in repositories}
        self.asked: list[str] = []
        self.silent = False

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Any]:
        if self.silent:
            return [UnreachableError("nobody answers", gun=gun, role=one.name) for one in files]
        self.asked += [gun for one in files if one.name == "timestamp"]
        return MappingSource(self.files.get(gun, {})).fetch(gun, files)


@pytest.fixture
def source(repository: Repository) -> Counted:
    repository.targets["1.0"] = image("one")
    repository.targets["2.0"] = image("two")
    return Counted(repository)


@pytest.fixture
def gate(source: Counted, trust_dir: Path) -> Gate:
    return gate_at(source, trust_dir)


def gate_at(source: Counted, trust_dir: Path, **settings: Any) -> Gate:
    given = {"now": NOW, "policy": Policy.docker_content_trust(), **settings}
    return Gate(given.pop("policy"), source=lambda _: source, trust_dir=trust_dir, **given)


def test_a_signed_tag_is_allowed_by_its_digest(gate: Gate) -> None:
    decision = gate.check(f"{WEB}:1.0")
    assert decision.allowed
    assert (decision.verdict, decision.code) == ("allow", "ok")
    assert decision.digest == digest_of("one")
    assert decision.pinned == f"{WEB}@{digest_of('one')}"


def test_an_unsigned_tag_is_refused(gate: Gate) -> None:
    decision = gate.check(f"{WEB}:9.9")
    assert (decision.verdict, decision.code, decision.pinned) == ("deny", "not_signed", "")
    assert "No valid trust data for 9.9" in " ".join(decision.reasons)


def test_a_collection_without_trust_data_is_refused(gate: Gate) -> None:
    assert gate.check("registry.example.com/team/other").code == "no_trust_data"


@pytest.mark.parametrize(
    "image_name",
    ["", "team/UPPER", f"{WEB}:", "a" * 64, "-x", "sha256:" + "a" * 64, "web\n:1", "web:1 "],
)
def test_what_is_no_image_name_is_a_decision_too(gate: Gate, image_name: str) -> None:
    decision = gate.check(image_name)
    assert (decision.verdict, decision.code) == ("deny", "malformed")
    assert decision.image == image_name


def test_t084_a_digest_is_looked_up_among_the_signed_tags(gate: Gate) -> None:
    signed, other = digest_of("one"), digest_of("three")
    assert gate.check(f"{WEB}@{signed}").pinned == f"{WEB}@{signed}"
    assert gate.check(f"{WEB}@{other}").verdict == "deny"


def test_t083_a_tag_beside_a_digest_must_agree(gate: Gate) -> None:
    assert gate.check(f"{WEB}:1.0@{digest_of('one')}").allowed
    refused = gate.check(f"{WEB}:1.0@{digest_of('two')}")
    assert (refused.verdict, refused.code) == ("deny", "digest_mismatch")


def test_a_silent_server_is_a_refusal_that_says_so(gate: Gate, source: Counted) -> None:
    source.silent = True
    assert (gate.check(f"{WEB}:1.0").verdict, gate.check(f"{WEB}:1.0").code) == (
        "deny",
        "unreachable",
    )


def test_many_images_keep_their_order_and_ask_once_a_collection(
    gate: Gate, source: Counted
) -> None:
    other = Repository("registry.example.com/team/db")
    other.targets["7"] = image("seven")
    source.files[other.gun] = other.publish()
    names = [f"{WEB}:1.0", "registry.example.com/team/db:7", "No Name", f"{WEB}:2.0", f"{WEB}:3"]
    decisions = gate.check_many(names)
    assert [one.image for one in decisions] == names
    assert [one.code for one in decisions] == ["ok", "ok", "malformed", "ok", "not_signed"]
    assert sorted(source.asked) == [other.gun, WEB]


def test_an_answer_says_what_it_rests_on(gate: Gate, repository: Repository) -> None:
    [answer, refused] = gate.answers([f"{WEB}:1.0", "registry.example.com/none"])
    assert answer.valid_until == NOW + timedelta(days=14)
    assert answer.state is not None
    assert answer.state.gun == WEB
    assert answer.state.versions == {"snapshot": 1, "targets": 1, "timestamp": 1}
    assert (refused.valid_until, refused.state) == (None, None)


def test_a_pin_given_beside_the_policy_must_hold(source: Counted, trust_dir: Path) -> None:
    gate = gate_at(source, trust_dir, anchor=lambda _: Anchor.keys(["0" * 64]))
    assert gate.check(f"{WEB}:1.0").code == "anchor_mismatch"


def test_a_fault_of_the_configuration_is_a_refusal(trust_dir: Path) -> None:
    def source(_: str) -> Any:
        raise ValueError("no server can have\x1b[31m that URL")

    gate = Gate(Policy.docker_content_trust(), source=source, trust_dir=trust_dir, now=NOW)
    decision = gate.check(f"{WEB}:1.0")
    assert (decision.verdict, decision.code) == ("deny", "policy")
    assert "\x1b" not in " ".join(decision.reasons)


def test_no_decision_is_a_truth_value(gate: Gate) -> None:
    with pytest.raises(TypeError):
        bool(gate.check(f"{WEB}:1.0"))


# --- What the policy is told ------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Facts]:
    """The facts that the policy was asked about."""
    seen: list[Facts] = []
    evaluate: Callable[..., Decision] = check.evaluate

    def noted(policy: Policy, facts: Facts, *, image: str) -> Decision:
        seen.append(facts)
        return evaluate(policy, facts, image=image)

    monkeypatch.setattr(check, "evaluate", noted)
    return seen


def test_the_policy_is_told_who_signed(
    gate: Gate, source: Counted, repository: Repository, told: list[Facts]
) -> None:
    releases, alice = repository.delegate("targets/releases"), repository.delegate("targets/alice")
    for role in (releases, alice):
        role.targets["5"] = image("five")
    source.files[WEB] = repository.publish()
    gate.check(f"{WEB}:5")
    [facts] = told
    assert {one.role: one.key_ids for one in facts.signatures} == {
        role.name: (role.keys[0].canonical_id,) for role in (releases, alice)
    }
    assert facts.cached_for == 0


def test_the_policy_is_told_how_old_a_cached_answer_is(
    source: Counted, trust_dir: Path, told: list[Facts]
) -> None:
    gate_at(source, trust_dir, now=None)  # remembers nothing yet
    fresh = Gate(Policy.docker_content_trust(), source=lambda _: source, trust_dir=trust_dir)
    fresh.check(f"{WEB}:1.0")
    source.silent = True
    later = gate_at(source, trust_dir, now=clock_after(minutes=5))
    assert later.check(f"{WEB}:1.0").allowed
    assert told[0].cached_for == 0
    assert 300 <= told[1].cached_for < 900


def test_a_cached_answer_of_unknown_age_is_as_old_as_can_be(
    repository: Repository, trust_dir: Path, told: list[Facts]
) -> None:
    repository.targets["1.0"] = image("one")
    from trust_place import Place

    trust_dir.rmdir()
    Place(trust_dir).verify(repository)
    offline = Gate(Policy.docker_content_trust(), trust_dir=trust_dir, now=NOW, offline=True)
    offline.check(f"{WEB}:1.0")
    assert told[0].cached_for in {0.0, math.inf}


def clock_after(*, minutes: int) -> Any:
    return datetime.now(timezone.utc) + timedelta(minutes=minutes)


# --- The audit log ----------------------------------------------------------


def test_t145_every_decision_is_written_down(source: Counted, trust_dir: Path) -> None:
    log = trust_dir / "log"
    gate = gate_at(source, trust_dir, log=AuditLog(log), door="docker pull")
    gate.check_many([f"{WEB}:1.0", f"{WEB}:9", "no Name"])
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert [(one["door"], one["verdict"]) for one in lines] == [
        ("docker pull", "allow"),
        ("docker pull", "deny"),
        ("docker pull", "deny"),
    ]
    assert {one["schema"] for one in lines} == {"contenttrust.decision/1"}
    assert lines[0]["time"] == "2026-11-24T00:00:00+00:00"
    assert log.stat().st_mode & 0o777 == 0o600


def test_t144_a_name_adds_no_line_and_no_colour(source: Counted, trust_dir: Path) -> None:
    log = trust_dir / "log"
    name = 'x\n{"verdict": "allow"}\r\x1b[2K\u202e\u2028"'
    gate_at(source, trust_dir, log=AuditLog(log)).check(name)
    [line] = log.read_bytes().splitlines()
    assert line.isascii()
    assert line.decode().isprintable()
    assert json.loads(line)["image"] == name


@pytest.mark.parametrize("place", ["absent/log", "."])
def test_a_decision_that_cannot_be_written_is_a_refusal(
    source: Counted, trust_dir: Path, place: str
) -> None:
    gate = gate_at(source, trust_dir, log=AuditLog(trust_dir / place))
    decision = gate.check(f"{WEB}:1.0")
    assert (decision.verdict, decision.code, decision.pinned) == ("deny", "audit_log", "")
    assert decision.reasons[0].startswith("the decision cannot be written to the audit log")
    assert "sign" not in decision.reasons[0]
    with pytest.raises(AuditLogError, match="cannot be opened") as caught:
        AuditLog(trust_dir / place).open_once()
    assert "refused until" in caught.value.explain()


def test_t144_a_name_that_no_image_has_does_not_fill_the_log(
    source: Counted, trust_dir: Path
) -> None:
    log = trust_dir / "log"
    names = ["\ud800" + "x" * 1_000_000, f"{WEB}:{'1' * 128}"]
    gate_at(source, trust_dir, log=AuditLog(log)).check_many(names)
    long, usual = (json.loads(line) for line in log.read_bytes().splitlines())
    assert log.stat().st_size < 10_000
    assert long["image"] == names[0][:456]
    told = hashlib.sha256(names[0].encode("utf-8", "surrogatepass")).hexdigest()
    assert long["image_cut"] == {"length": 1_000_001, "sha256": told}
    assert (usual["image"], "image_cut" in usual) == (names[1], False)


def test_t144_a_long_warning_does_not_fill_the_log() -> None:
    told = Remark(code="first_use", message="x" * 1_000_000)
    decision = Decision(image=WEB, reference=None, verdict="deny", code="ok", warnings=(told,))
    [warning] = json.loads(audit_log.members(decision))["warnings"]
    assert warning["message"] == "x" * 4096 + " (cut: 1000000 characters)"


def test_a_full_disk_is_a_refusal(source: Counted, trust_dir: Path) -> None:
    gate = gate_at(source, trust_dir, log=AuditLog("/dev/full"))
    assert gate.check(f"{WEB}:1.0").verdict == "deny"


# --- Time -------------------------------------------------------------------


def grace_of(days: int) -> Policy:
    return Policy(
        rules=(Rule("**"),),
        implied_pin=Pin.first_use("once"),
        freshness=Freshness(grace={"timestamp": timedelta(days=days)}),
    )


def test_what_has_expired_counts_within_the_grace_for_cached_data(
    source: Counted, trust_dir: Path
) -> None:
    gate_at(source, trust_dir, now=None).check(f"{WEB}:1.0")
    source.silent = True
    late = NOW + timedelta(days=15)
    strict = gate_at(source, trust_dir, now=late, policy=grace_of(0)).check(f"{WEB}:1.0")
    assert strict.verdict == "deny"
    within = gate_at(source, trust_dir, now=late, policy=grace_of(2)).check(f"{WEB}:1.0")
    assert within.allowed
    assert "within the grace" in within.although
    later = gate_at(source, trust_dir, now=late + timedelta(days=2), policy=grace_of(2))
    assert later.check(f"{WEB}:1.0").verdict == "deny"


def test_what_a_server_says_has_expired_has_no_grace(source: Counted, trust_dir: Path) -> None:
    late = NOW + timedelta(days=15)
    decision = gate_at(source, trust_dir, now=late, policy=grace_of(2)).check(f"{WEB}:1.0")
    assert (decision.verdict, decision.code) == ("deny", "expired")


def test_a_slow_server_ends_at_the_deadline_of_the_policy(source: Counted, trust_dir: Path) -> None:
    policy = Policy(
        rules=(Rule("**"),),
        implied_pin=Pin.first_use("once"),
        limits=Limits(deadline=timedelta(0)),
    )
    decision = gate_at(source, trust_dir, policy=policy).check(f"{WEB}:1.0")
    assert (decision.verdict, decision.code) == ("deny", "unreachable")
    assert "0 seconds" in " ".join(decision.reasons)


# --- The road to the server -------------------------------------------------


def test_the_policy_names_the_server_of_a_prefix(trust_dir: Path) -> None:
    policy = Policy(
        rules=(Rule("**"),),
        implied_pin=Pin.first_use("once"),
        servers={"registry.example.com/": Server("https://127.0.0.1:1")},
    )
    decision = Gate(policy, trust_dir=trust_dir, env={}, now=NOW).check(f"{WEB}:1.0")
    assert (decision.verdict, decision.code) == ("deny", "unreachable")
    assert "https://127.0.0.1:1" in " ".join(decision.reasons)


def test_what_is_only_warned_of_is_refused_where_that_is_asked(
    source: Counted, trust_dir: Path
) -> None:
    policy = Policy(rules=(Rule("**", mode="warn"),), implied_pin=Pin.first_use("once"))
    assert gate_at(source, trust_dir, policy=policy).check(f"{WEB}:9").verdict == "warn"
    strict = gate_at(source, trust_dir, policy=policy, strict=True).check(f"{WEB}:9")
    assert (strict.verdict, strict.code) == ("deny", "not_signed")


def test_keys_may_be_named_by_their_public_key_info(
    source: Counted, repository: Repository, trust_dir: Path
) -> None:
    alice = repository.delegate("targets/alice")
    for role in (repository.delegate("targets/releases"), alice):
        role.targets["5"] = image("five")
    source.files[WEB] = repository.publish()
    spki = hashlib.sha256(key_pair("targets/alice").spki).hexdigest()
    for digest, verdict in ((spki, "allow"), ("0" * 64, "deny")):
        policy = Policy(
            rules=(Rule("**", SignedWith(Key.parse(f"spki:{digest}"))),),
            implied_pin=Pin.first_use("once"),
        )
        assert gate_at(source, trust_dir, policy=policy).check(f"{WEB}:5").verdict == verdict


def test_all_tags_that_are_released(gate: Gate) -> None:
    assert gate.signed_tags(Reference.parse(WEB)) == ("1.0", "2.0")
    with pytest.raises(NoTrustDataError):
        gate.signed_tags(Reference.parse("registry.example.com/none"))
