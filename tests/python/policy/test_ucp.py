"""UCP's "run only signed images": what it meant, case by case.

Source: Docker UCP 3, "Run only the images you trust"; its error messages are quoted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust.errors import NoTrustDataError, NotSignedError
from contenttrust.gate.check import Gate
from contenttrust.policy.decision import Decision
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.load import PolicyFileError, loads
from contenttrust.reference import Reference
from contenttrust.transport.source import MappingSource
from policy_facts import (
    ALICE,
    BOB,
    CAROL,
    IMAGE,
    REPOSITORY,
    STRANGER,
    Roles,
    by,
    facts,
    policy_text,
    rule_text,
)
from simulator.keys import key_pair
from simulator.repository import NOW, Repository
from simulator.roles import digest_of, image

ANY = "{signed: any}"
KNOWN = "{signed: any-known-person}"
ONE_TEAM = "{team: qa}"
TWO_TEAMS = "{all: [{team: qa}, {team: secops}]}"
FOUR_EYES = "{all: [{team: qa}, {team: secops}], distinct: true}"
NOT_MET = f"{IMAGE}: image did not meet required signing policy"

ALL_IN_BOTH = "teams:\n  qa: {members: [alice, bob]}\n  secops: {members: [alice, carol]}\n"

CASES: dict[str, tuple[str, Roles, bool]] = {
    "no team, signed by a stranger": (ANY, by("stranger"), True),
    "no team, only the repository key": (ANY, {"targets": [REPOSITORY]}, True),
    "known people only, signed by one": (KNOWN, by("carol"), True),
    "known people only, signed by a stranger": (KNOWN, by("stranger"), False),
    "one team, signed by a member": (ONE_TEAM, by("bob"), True),
    "one team, signed by a stranger": (ONE_TEAM, by("stranger"), False),
    "one team, signed by another team": (ONE_TEAM, by("carol"), False),
    "one team, a stranger beside a member": (ONE_TEAM, by("stranger", "alice"), True),
    "two teams, two people": (TWO_TEAMS, by("alice", "carol"), True),
    "two teams, signed by one of them": (TWO_TEAMS, by("alice", "bob"), False),
    "a role that is called like a member, with a strange key": (
        ONE_TEAM,
        {"targets/alice": [STRANGER], "targets/releases": [STRANGER]},
        False,
    ),
    "a member's key in a role with another name": (
        ONE_TEAM,
        {"targets/build": [ALICE], "targets/releases": [BOB]},
        True,
    ),
    "a member released the tag, and did not sign it": (
        ONE_TEAM,
        {"targets/stranger": [STRANGER], "targets/releases": [ALICE]},
        False,
    ),
    "members released by turns, and one signed": (
        TWO_TEAMS,
        {"targets/alice": [ALICE], "targets/releases": [CAROL]},
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_ucp(name: str) -> None:
    require, roles, allowed = CASES[name]
    policy = loads(policy_text(rules=rule_text(require)))
    decision = evaluate(policy, facts(signed=roles), image=IMAGE)
    assert decision.allowed == allowed
    if not allowed:
        assert (decision.code, decision.reasons[0]) == ("policy", NOT_MET)
        assert len(decision.reasons) > 1, "the reason is told"


@pytest.mark.parametrize(
    ("require", "allowed"), [(TWO_TEAMS, True), (FOUR_EYES, False)], ids=["ucp", "distinct"]
)
def test_ucp_one_person_in_both_teams(require: str, *, allowed: bool) -> None:
    policy = loads(policy_text(teams=ALL_IN_BOTH, rules=rule_text(require)))
    assert evaluate(policy, facts(signed=by("alice")), image=IMAGE).allowed == allowed


def test_ucp_with_distinct_people_two_in_both_teams_may_sign() -> None:
    teams = "teams:\n  qa: {members: [alice, carol]}\n  secops: {members: [alice, carol]}\n"
    policy = loads(policy_text(teams=teams, rules=rule_text(FOUR_EYES)))
    assert evaluate(policy, facts(signed=by("alice", "carol")), image=IMAGE).allowed
    assert not evaluate(policy, facts(signed=by("carol")), image=IMAGE).allowed


def test_ucp_a_person_with_two_keys_is_one_person() -> None:
    people = f"people:\n  alice: {{keys: ['{ALICE}', '{BOB}']}}\n  carol: {{keys: ['{CAROL}']}}\n"
    teams = "teams:\n  qa: {members: [alice]}\n  secops: {members: [alice]}\n"
    policy = loads(policy_text(people=people, teams=teams, rules=rule_text(FOUR_EYES)))
    assert not evaluate(policy, facts(signed=by("alice", "bob")), image=IMAGE).allowed


def test_ucp_a_person_who_was_removed_from_the_team_counts_no_more() -> None:
    before = loads(policy_text(rules=rule_text(ONE_TEAM)))
    teams = "teams:\n  qa: {members: [alice]}\n  secops: {members: [carol]}\n"
    after = loads(policy_text(teams=teams, rules=rule_text(ONE_TEAM)))
    signed = facts(signed=by("bob"))
    assert evaluate(before, signed, image=IMAGE).allowed
    assert not evaluate(after, signed, image=IMAGE).allowed


@pytest.fixture
def collection() -> Repository:
    """What alice and carol signed, each in a role, released by carol."""
    made = Repository(Reference.parse(IMAGE).gun)
    keys = {name: key_pair(f"ucp {name}").bare for name in ("alice", "carol")}
    for name, key in keys.items():
        made.delegate(f"targets/{name}", keys=[key]).targets["1.4"] = image("first")
    releases = made.delegate("targets/releases", keys=[*keys.values()])
    releases.signers = [keys["carol"]]
    releases.targets["1.4"] = image("first")
    return made


@pytest.fixture
def ucp(collection: Repository, tmp_path: Path) -> Callable[..., Decision]:
    """Decides on a name by what is published at that moment."""

    def decide(name: str, require: str, more: str = "") -> Decision:
        ids = {name: key_pair(f"ucp {name}").bare.canonical_id for name in ("alice", "carol")}
        people = "".join(f"  {name}: {{keys: ['{id_}']}}\n" for name, id_ in ids.items())
        teams = "teams:\n  qa: {members: [alice]}\n  secops: {members: [carol]}\n"
        text = policy_text(people=f"people:\n{people}", teams=teams, rules=rule_text(require))
        source = MappingSource(collection.publish())
        gate = Gate(loads(text + more), source=lambda _: source, trust_dir=tmp_path, now=NOW)
        return gate.check(name)

    return decide


def test_ucp_a_signature_on_an_older_digest_does_not_count(
    collection: Repository, ucp: Callable[..., Decision]
) -> None:
    first = ucp(IMAGE, TWO_TEAMS)
    assert (first.allowed, first.digest) == (True, digest_of("first"))
    for role in ("targets/carol", "targets/releases"):
        collection[role].targets["1.4"] = image("second")
        collection.advance(role)
    decision = ucp(IMAGE, TWO_TEAMS)
    assert (decision.code, decision.digest) == ("policy", digest_of("second"))
    assert decision.reasons[0] == NOT_MET
    assert "no member of team qa (alice) signed it" in decision.reasons
    assert decision.signers == ("carol",)
    collection["targets/alice"].targets["1.4"] = image("second")
    collection.advance("targets/alice")
    assert ucp(IMAGE, TWO_TEAMS).allowed


def test_ucp_what_was_rewritten_to_its_digest_starts_again_while_that_is_signed(
    collection: Repository, ucp: Callable[..., Decision]
) -> None:
    """UCP let a service start again whatever became of its signature; here the digest is asked."""
    pinned = ucp(IMAGE, TWO_TEAMS).pinned
    assert ucp(pinned, TWO_TEAMS).allowed
    for role in ("targets/alice", "targets/carol", "targets/releases"):
        collection[role].targets.update({"1.5": image("second"), "1.4-old": image("first")})
        collection[role].targets["1.4"] = image("second")
        collection.advance(role)
    again = ucp(pinned, TWO_TEAMS)  # the tag has moved, and the digest has another one
    assert (again.allowed, again.tag, again.pinned) == (True, "1.4-old", pinned)
    for role in ("targets/alice", "targets/carol", "targets/releases"):
        del collection[role].targets["1.4-old"]
        collection.advance(role)
    assert ucp(pinned, TWO_TEAMS).code == "not_signed"
    exception = (
        f"exceptions:\n  - {{id: EX-1, match: '{pinned}', owner: carol, reason: runs already,"
        " expires: 2026-12-01}\n"
    )
    excepted = ucp(pinned, TWO_TEAMS, exception)
    assert (excepted.allowed, excepted.exception) == (True, "EX-1")


@pytest.mark.parametrize("error", [NotSignedError(subject="1.4"), NoTrustDataError()])
def test_ucp_an_unsigned_image(error: NotSignedError | NoTrustDataError) -> None:
    policy = loads(policy_text(rules=rule_text(ANY)))
    decision = evaluate(policy, facts(error=error), image=IMAGE)
    assert (decision.verdict, decision.code) == ("deny", error.code)
    assert decision.reasons[0] == f"image or trust data does not exist for {IMAGE}"
    assert decision.reasons[1] == str(error), "docker's line is there too"


def test_ucp_signed_in_a_role_that_releases_nothing() -> None:
    policy = loads(policy_text(rules=rule_text(ONE_TEAM)))
    error = NotSignedError(role="targets/alice", subject="1.4")
    assert evaluate(policy, facts(error=error), image=IMAGE).code == "not_signed"
    # Whoever made facts otherwise would not get past the policy either.
    decision = evaluate(policy, facts(signed=by("alice"), role="targets/alice"), image=IMAGE)
    assert not decision.allowed
    assert "not released" in " ".join(decision.reasons)


@pytest.mark.parametrize(
    ("teams", "words"),
    [
        ("teams:\n  qa: {members: []}\n", "is empty"),
        ("teams:\n  qa: {members: [mallory]}\n", "'mallory' is not among the people"),
        ("teams:\n  qa: {members: [alice, alice]}\n", "is there twice"),
    ],
)
def test_trap_17_a_team_that_could_not_count_is_no_policy(teams: str, words: str) -> None:
    # UCP passed over teams of another organisation without a word (docs PR #5172).
    with pytest.raises(PolicyFileError, match=words):
        loads(policy_text(teams=teams))


def test_trap_17_an_unknown_team_is_no_policy() -> None:
    with pytest.raises(PolicyFileError, match="the team 'qaa' is not among the teams"):
        loads(policy_text(rules=rule_text("{team: qaa}")))
