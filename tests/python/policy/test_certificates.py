"""Certificates of delegation keys: where a policy enforces it, nothing counts that has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.check import Gate
from contenttrust.policy.decision import Decision
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.load import PolicyFileError, loads
from contenttrust.policy.rules import Policy
from contenttrust.reference import Reference
from contenttrust.transport.source import MappingSource
from policy_facts import IMAGE, by, facts, policy_text, rule_text
from simulator.keys import Key, key_pair
from simulator.repository import NOW, Repository
from simulator.roles import image

WEB = "registry.example.com/team/web"
ONE = image("one")
ENFORCED = "freshness: {cert-expiry: enforce}\n"
DAY = timedelta(days=1)
PEOPLE = ("alice", "bob")


def bare(name: str) -> Key:
    return key_pair(f"certified {name}").bare


def certified(name: str, *, begins: timedelta = -DAY, ends: timedelta = DAY, **more: Any) -> Key:
    """A person's key in a certificate of these dates, as `docker trust signer add` takes one."""
    span = {"not_before": NOW + begins, "not_after": NOW + ends}
    return key_pair(f"certified {name}").certified(name, **span, **more)


ENDED = {"begins": -2 * DAY, "ends": -timedelta(seconds=1)}


def signed(*keys: Key, releases: Key | None = None) -> Repository:
    """Tag 1.0 in a role of alice with these keys, and released with the last one or another."""
    repository = Repository(WEB)
    repository.delegate("targets/alice", keys=keys).targets["1.0"] = ONE
    last = keys[-1:] if releases is None else [releases]
    repository.delegate("targets/releases", keys=last).targets["1.0"] = ONE
    return repository


def gate(
    repository: Repository,
    folder: Path,
    *,
    freshness: str = ENFORCED,
    require: str = "{signed: any}",
    now: datetime = NOW,
) -> Gate:
    lines = [f"  {name}: {{keys: ['{bare(name).canonical_id}']}}\n" for name in PEOPLE]
    sections = {"people": "people:\n" + "".join(lines), "teams": ""}
    text = policy_text(**sections, freshness=freshness, rules=rule_text(require))
    source = MappingSource(repository.publish())
    return Gate(loads(text), source=lambda _: source, trust_dir=folder, now=now)


def decide(repository: Repository, folder: Path, **settings: Any) -> Decision:
    return gate(repository, folder, **settings).check(f"{WEB}:1.0")


@pytest.mark.parametrize("freshness", ["", "freshness: {cert-expiry: ignore}\n"])
@pytest.mark.parametrize("require", ["{signed: any}", "{person: alice}"])
def test_trap_15_dates_are_not_looked_at_unless_a_policy_asks(
    tmp_path: Path, freshness: str, require: str
) -> None:
    ended = signed(certified("alice", **ENDED))
    assert decide(ended, tmp_path, freshness=freshness, require=require).allowed


@pytest.mark.parametrize(
    ("dates", "allowed"),
    [
        ({}, True),
        ({"ends": timedelta(0)}, True),
        (ENDED, False),
        ({"begins": DAY, "ends": 9 * DAY}, True),
        ({"begins": DAY + timedelta(seconds=1), "ends": 9 * DAY}, False),
    ],
    ids=["valid", "last moment", "ended", "begins tomorrow", "begins later"],
)
@pytest.mark.parametrize("require", ["{signed: any}", "{person: alice}"])
def test_trap_15_what_a_key_signed_counts_while_its_certificate_is_valid(
    tmp_path: Path, dates: Any, require: str, *, allowed: bool
) -> None:
    decision = decide(signed(certified("alice", **dates)), tmp_path, require=require)
    assert decision.allowed == allowed, decision.reasons
    if not allowed:
        assert decision.code == "expired"
        assert decision.reasons[0].startswith("targets/releases, which releases the tag, is signed")


@pytest.mark.parametrize(
    ("require", "allowed"),
    [
        ("{signed: any}", True),  # it is released, and nobody asks who vouches
        ("{person: alice}", False),
        ("{signed: any-known-person}", False),
        ("{signer: alice}", False),
        ("{role: targets/alice}", False),
        ("{role: targets/releases}", True),
        ("{at-least: 1, of: [{person: alice}, {person: bob}]}", False),
        ("{not: {person: bob}}", True),
        ("{not: {person: alice}}", False),
        ("{not: {role: targets/alice}}", False),
        ("{not: {signer: alice}}", False),
    ],
)
def test_trap_15_a_signer_whose_certificate_has_ended_counts_only_where_he_is_denied(
    tmp_path: Path, require: str, *, allowed: bool
) -> None:
    repository = signed(certified("alice", **ENDED), releases=key_pair("releases").bare)
    decision = decide(repository, tmp_path, require=require)
    assert decision.allowed == allowed, decision.reasons
    if not allowed:
        named = f"{bare('alice').canonical_id[:12]} of targets/alice"
        assert decision.reasons[-1].endswith(f"count only against an image: {named}")


def test_a_key_counts_that_its_role_has_in_another_certificate_or_bare(tmp_path: Path) -> None:
    ended, renewed = certified("alice", **ENDED), certified("alice", serial=2)
    for number, more in enumerate((renewed, bare("alice"))):
        repository = signed(ended, more)
        for role in ("targets/alice", "targets/releases"):
            repository[role].keys = [ended, more]
            repository[role].signers = [ended]
        decision = decide(repository, tmp_path / str(number), require="{person: alice}")
        assert decision.allowed, decision.reasons


def test_a_role_below_its_threshold_without_what_has_ended_counts_for_nothing(
    tmp_path: Path,
) -> None:
    repository = signed(certified("alice", **ENDED), bare("bob"), releases=bare("bob"))
    assert decide(repository, tmp_path, require="{person: bob}").allowed
    repository["targets/alice"].threshold = 2
    decision = decide(repository, tmp_path / "two", require="{person: bob}")
    assert (decision.verdict, decision.code) == ("deny", "policy")


def test_what_stands_below_a_delegation_in_an_ended_certificate_counts_for_nothing(
    tmp_path: Path,
) -> None:
    repository = signed(bare("alice"), certified("alice"))
    repository.delegate("targets/team", keys=[certified("bob", **ENDED)])
    repository.delegate("targets/team/bob", keys=[bare("bob")]).targets["1.0"] = ONE
    assert not decide(repository, tmp_path, require="{role: targets/team/bob}").allowed
    repository["targets/team"].keys = [certified("bob")]
    assert decide(repository, tmp_path / "2", require="{role: targets/team/bob}").allowed


def test_a_kept_answer_ends_with_the_first_certificate(tmp_path: Path) -> None:
    repository = signed(certified("alice", ends=3 * DAY), releases=certified("bob", ends=2 * DAY))
    [answer] = gate(repository, tmp_path).answers([f"{WEB}:1.0"])
    assert answer.valid_until == NOW + 2 * DAY
    [later] = gate(repository, tmp_path, freshness="").answers([f"{WEB}:1.0"])
    assert later.valid_until == NOW + 14 * DAY


def test_a_rule_may_enforce_and_not_ignore() -> None:
    asks = rule_text("{signed: any}", "    freshness: {cert-expiry: enforce}")
    policy = loads(policy_text(rules=asks))
    assert policy.needs_certificates
    assert policy.freshness_for(Reference.parse(IMAGE)).cert_expiry == "enforce"
    inherits = rule_text("{signed: any}", "    freshness: {max-age: {timestamp: 2d}}")
    policy = loads(policy_text(freshness=ENFORCED, rules=inherits))
    assert policy.freshness_for(Reference.parse(IMAGE)).cert_expiry == "enforce"
    with pytest.raises(PolicyFileError, match="may not ignore what the policy enforces"):
        loads(policy_text(freshness=ENFORCED, rules=asks.replace("enforce", "ignore")))
    assert not Policy().needs_certificates


def test_facts_without_a_look_at_certificates_are_refused_where_these_count() -> None:
    policy = loads(policy_text(freshness=ENFORCED))
    unseen = evaluate(policy, facts(signed=by("alice")), image=IMAGE)
    assert (unseen.verdict, unseen.code) == ("deny", "expired")
    assert evaluate(policy, facts(signed=by("alice"), lapsed={}), image=IMAGE).allowed
