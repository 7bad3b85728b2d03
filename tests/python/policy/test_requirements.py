"""The algebra of requirements: who counts, how often, and what a callable may say."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.evidence import Evidence
from contenttrust.policy.facts import Facts
from contenttrust.policy.people import Key, Person, Team
from contenttrust.policy.pins import Pin
from contenttrust.policy.quorum import AllOf, AtLeast
from contenttrust.policy.requirements import (
    AnyOf,
    Not,
    RequirementLike,
    Signed,
    SignedAs,
    SignedBy,
    SignedByKnownPerson,
    SignedByTeam,
    SignedInRole,
    SignedWith,
    as_requirement,
)
from contenttrust.policy.rules import Policy, PolicyConflictError, Rule
from policy_facts import ALICE, BOB, CAROL, IMAGE, REPOSITORY, STRANGER, Roles, by, facts, key

alice, bob, carol = Person.of("alice", ALICE), Person.of("bob", BOB), Person.of("carol", CAROL)


def holds(requirement: RequirementLike, roles: Roles, **more: object) -> bool:
    policy = Policy(rules=(Rule("**", requirement),), people=(alice, bob, carol))
    decision = evaluate(policy, facts(signed=roles, **more), image=IMAGE)
    assert decision.allowed != bool(decision.reasons)
    return decision.allowed


def test_trap_1_one_key_in_many_roles_is_one_key() -> None:
    # connaisseur#2150: a quorum counted signature layers, and one key filled it.
    two = AtLeast(2, SignedWith.of(ALICE), SignedWith.of(ALICE), SignedWith.of(BOB))
    roles = {f"targets/{name}": [ALICE] for name in ("a", "b", "c")}
    assert not holds(two, roles)
    assert holds(two, {**roles, "targets/d": [BOB]})
    signers = AtLeast(2, SignedAs("a"), SignedAs("b"), SignedInRole("targets/c"))
    assert not holds(signers, roles)


def test_two_of_one_team_are_two_people() -> None:
    team = SignedByTeam(Team.of("qa", [alice, bob]))
    assert not holds(AtLeast(2, team, team, distinct=True), by("alice"))
    assert holds(AtLeast(2, team, team, distinct=True), by("alice", "bob"))


def test_trap_4_only_keys_that_really_signed_count() -> None:
    # portieris looked whether a key is in the list of a role; here the list does not matter.
    assert not holds(SignedBy(alice), {"targets/alice": [], "targets/releases": [BOB]})


def test_distinct_people_are_known_people() -> None:
    both = AllOf(SignedAs("x"), SignedAs("y"), distinct=True)
    roles = {"targets/x": [STRANGER], "targets/y": [key(99)]}
    assert not holds(both, roles), "two unknown keys may be one person's"
    assert holds(AllOf(SignedAs("x"), SignedAs("y")), roles)
    assert holds(both, {"targets/x": [ALICE], "targets/y": [BOB]})


@given(
    st.lists(st.sets(st.integers(0, 3), max_size=4), min_size=1, max_size=4),
    st.integers(1, 4),
)
def test_places_are_filled_as_well_as_they_can_be(wanted: list[set[int]], number: int) -> None:
    number = min(number, len(wanted))
    ids = [key(100 + one) for one in range(4)]
    parts = [AnyOf(*(SignedWith.of(ids[one]) for one in w or {9}) if w else [SignedAs("nobody")])
             for w in wanted]  # fmt: skip
    roles = {f"targets/r{one}": [ids[one]] for one in range(4)}
    best = max(
        len([1 for w, one in zip(wanted, order, strict=False) if one in w])
        for order in itertools.permutations([*range(4), -1, -2, -3, -4], len(wanted))
    )
    assert holds(AtLeast(number, *parts), roles) == (best >= number)


@pytest.mark.parametrize(
    ("requirement", "roles", "held"),
    [
        (Signed(), {"targets": [REPOSITORY]}, True),
        (SignedByKnownPerson(), {"targets/x": [CAROL]}, True),
        (SignedInRole("targets/releases"), by("alice"), True),
        (SignedInRole("targets"), by("alice"), False),
        (SignedInRole("targets"), {"targets": [REPOSITORY]}, True),
        (SignedWith.of(REPOSITORY), {"targets": [REPOSITORY]}, True),
        (SignedAs("alice"), {"targets/alice": [STRANGER]}, True),
        (SignedBy(alice), {"targets/alice": [STRANGER]}, False),
        (AnyOf(SignedBy(alice), SignedBy(bob)), by("bob"), True),
        (AnyOf(SignedBy(alice), SignedBy(bob)), by("carol"), False),
        (AllOf(SignedBy(alice), Not(SignedBy(bob))), by("alice"), True),
        (AllOf(SignedBy(alice), Not(SignedBy(bob))), by("alice", "bob"), False),
        (Not(SignedWith.of(STRANGER)), by("alice"), True),
        (Not(AllOf(SignedBy(alice), SignedBy(bob))), by("alice", "carol"), True),
        (AtLeast(1, SignedBy(alice), SignedBy(bob)), by("carol"), False),
        (AtLeast(2, SignedBy(alice), SignedBy(bob), SignedBy(carol)), by("alice", "carol"), True),
    ],
)
def test_each_kind(requirement: RequirementLike, roles: Roles, *, held: bool) -> None:
    assert holds(requirement, roles) == held


def test_who_released_a_tag_does_not_vouch_for_it_but_is_denied_by_it() -> None:
    released = {"targets/alice": [ALICE], "targets/releases": [BOB]}
    assert not holds(SignedBy(bob), released)
    assert not holds(SignedWith.of(BOB), released)
    assert not holds(Not(SignedWith.of(BOB)), released)
    assert holds(Not(Not(SignedBy(alice))), released)
    assert not holds(Not(Not(SignedBy(bob))), released)


@pytest.mark.parametrize(
    "make",
    [
        AllOf,
        lambda: AtLeast(0, Signed()),
        lambda: AtLeast(3, Signed(), Signed()),
        lambda: AtLeast(2, AllOf(Signed()), Signed()),
        lambda: AtLeast(1, Not(Signed())),
        lambda: AllOf(AllOf(Signed()), Signed(), distinct=True),
        lambda: AnyOf(*[Signed()] * 65),
        lambda: AtLeast(1, yes, yes),
        lambda: Not(AllOf(Signed(), as_requirement(yes))),
        lambda: Not(as_requirement(yes)),
        lambda: Team.of("qa", []),
        lambda: Person.of("x"),
        lambda: Key.parse("sha256:" + 64 * "G"),
        lambda: Key.parse(63 * "a"),
        lambda: Policy(people=(Person.of("a", ALICE), Person.of("b", ALICE))),
        lambda: Rule("**", Signed(), local_build=True),
        lambda: Rule("**", Signed(), mode="enforced"),
    ],
)
def test_what_cannot_be_meant_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()


def test_what_is_neither_a_requirement_nor_callable_is_refused() -> None:
    with pytest.raises(TypeError, match="not str"):
        as_requirement("signed")
    with pytest.raises(TypeError, match="not bool"):
        AtLeast(True, Signed())


def yes(facts: Facts) -> bool:
    return True


def refuses(facts: Facts) -> str:
    return f"{facts.gun} is not ours"


def test_a_python_callable_is_a_requirement() -> None:
    assert holds(yes, by("stranger"))
    assert holds(lambda facts: facts.tag is not None and facts.tag.size < 10, by("stranger"))
    assert not holds(lambda facts: False, by("alice"))
    assert not holds(AllOf(SignedBy(alice), refuses), by("alice"))
    assert holds(AtLeast(2, yes, SignedBy(alice), SignedBy(bob)), by("alice"))


def test_what_a_callable_says_is_the_reason() -> None:
    policy = Policy(rules=(Rule("**", refuses),))
    decision = evaluate(policy, facts(signed=by("alice")), image=IMAGE)
    assert "registry.example.com/team/web is not ours" in decision.reasons


@pytest.mark.parametrize("answer", [None, 1, "", [True], object()])
def test_a_callable_that_does_not_say_true_refuses(answer: object) -> None:
    assert not holds(lambda facts: answer, by("alice"))


def test_a_callable_that_fails_refuses() -> None:
    def fails(facts: Facts) -> bool:
        raise RuntimeError("\x1b[31mboom")

    policy = Policy(rules=(Rule("**", AnyOf(fails)),))
    decision = evaluate(policy, facts(signed=by("alice")), image=IMAGE)
    assert not decision.allowed
    assert "RuntimeError" in decision.reasons[1]
    assert "\x1b" not in decision.reasons[1]


def test_keys_by_their_subject_public_key_info() -> None:
    hashed = 64 * "5"
    requirement = SignedWith.of(f"spki:{hashed}")
    assert holds(requirement, by("alice"), spki={ALICE: hashed})
    assert not holds(requirement, by("alice"), spki={ALICE: 64 * "6"})
    # A key that cannot be compared could also be one that is denied.
    assert not holds(Not(requirement), by("alice"))
    assert holds(Not(requirement), by("alice"), spki={ALICE: 64 * "6"})


def test_who_signed_is_told_once_each_and_without_the_releasing_role() -> None:
    evidence = Evidence(facts(signed={**by("alice", "bob"), "targets/second": [ALICE]}))
    assert evidence.names() == ("alice", "bob", "second")
    assert evidence.keys() == (ALICE, BOB)


def test_the_digest_of_a_policy_tells_policies_apart() -> None:
    made = [
        Policy(rules=(Rule("**", Signed()),)),
        Policy(rules=(Rule("**", SignedBy(alice)),)),
        Policy(rules=(Rule("**", SignedBy(Person.of("alice", BOB))),)),
        Policy(rules=(Rule("**", SignedByTeam(Team.of("qa", [alice]))),)),
        Policy(rules=(Rule("**", yes),)),
        Policy(rules=(Rule("**", refuses),)),
        Policy(rules=(Rule("**", Signed(), mode="warn"),)),
        Policy(rules=(Rule("**", Signed(), tags=["1.*"]),)),
        Policy(rules=(Rule("**", Signed()),), version=2),
        Policy(rules=(Rule("**", Signed()),), pins={"**": Pin.first_use("once")}),
    ]
    assert len({one.digest for one in made}) == len(made)
    assert made[4].digest == Policy(rules=(Rule("**", yes),)).digest
    hidden = [Policy(rules=(Rule("**", lambda facts, n=n: n == 1),)).digest for n in range(2)]
    assert hidden[0] != hidden[1], "what a callable keeps to itself cannot be seen"


def test_two_people_of_one_name_are_refused() -> None:
    with pytest.raises(PolicyConflictError, match="two people are called"):
        Policy(rules=(Rule("**", SignedBy(alice)),), people=(Person.of("alice", BOB),))
