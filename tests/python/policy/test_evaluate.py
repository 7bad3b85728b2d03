"""From policy and facts to a decision: modes, ages, exceptions, mirrors, and what must agree."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta

import pytest

from contenttrust import _core
from contenttrust.errors import (
    AnchorMismatchError,
    ErrorCode,
    MalformedError,
    NotSignedError,
    refusal,
)
from contenttrust.policy.decision import Decision
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.exemption import Exemption
from contenttrust.policy.facts import Facts
from contenttrust.policy.people import Person
from contenttrust.policy.pins import Pin
from contenttrust.policy.requirements import Signed, SignedBy
from contenttrust.policy.rules import Default, Policy, Remap, Rule
from contenttrust.policy.settings import Freshness
from contenttrust.reference import Reference
from policy_facts import ALICE, DIGEST, IMAGE, NOW, OTHER, by, facts

GUN = "registry.example.com/team/web"
ANY = Policy(rules=(Rule("**", Signed()),))
ALICE_ONLY = SignedBy(Person.of("alice", ALICE))
UNSIGNED = NotSignedError(subject="1.4", gun=GUN)


def decide(policy: Policy, made: Facts, image: str = IMAGE) -> Decision:
    decision = evaluate(policy, made, image=image)
    json.dumps(decision.to_json())
    assert all(reason.isprintable() for reason in (*decision.reasons, decision.although))
    assert bool(decision.pinned) <= decision.allowed
    return decision


def test_a_signed_image_is_allowed_by_its_digest() -> None:
    decision = decide(ANY, facts(signed=by("alice")))
    assert (decision.verdict, decision.code, decision.reasons) == ("allow", "ok", ())
    assert decision.pinned == f"{GUN}@{DIGEST}"
    assert (decision.digest, decision.signers, decision.role) == (
        DIGEST,
        ("alice",),
        "targets/releases",
    )
    assert (decision.rule, decision.mode, decision.gun, decision.although) == (
        "**",
        "enforce",
        GUN,
        "",
    )
    assert decision.policy_digest == ANY.digest


def test_a_decision_is_no_truth_value() -> None:
    decision = decide(ANY, facts(signed=by("alice")))
    with pytest.raises(TypeError, match=r"ask for \.allowed"):
        bool(decision)
    with pytest.raises(TypeError, match="Facts are no verdict"):
        bool(facts(signed=by("alice")))


@pytest.mark.parametrize("code", [str(code) for code in ErrorCode])
def test_every_error_is_a_refusal_with_its_code(code: str) -> None:
    decision = decide(ANY, facts(error=refusal(code, gun=GUN)))
    assert (decision.verdict, decision.code) == ("deny", code)
    assert decision.reasons
    assert decision.digest == decision.pinned == ""


def test_what_no_rule_matches_is_refused() -> None:
    policy = Policy(rules=(Rule("docker.io/**"),))
    decision = decide(policy, facts(signed=by("alice")))
    assert (decision.verdict, decision.code, decision.rule) == ("deny", "policy", "default")
    assert decision.reasons == (f"no rule of the policy matches {GUN}",)


@pytest.mark.parametrize(("verdict", "code"), [("allow", "ok"), ("warn", "policy")])
def test_a_default_that_lets_through_says_so(verdict: str, code: str) -> None:
    policy = Policy(default=Default(verdict, "pilot until May"))
    decision = decide(policy, facts(error=UNSIGNED))
    assert (decision.verdict, decision.code) == (verdict, code)
    assert "pilot until May" in decision.although


@pytest.mark.parametrize("mode", ["warn", "audit"])
def test_t115_a_mode_that_stops_nothing_is_visible_in_every_decision(mode: str) -> None:
    policy = Policy(rules=(Rule("**", ALICE_ONLY, mode=mode),))
    decision = decide(policy, facts(signed=by("bob")))
    assert (decision.verdict, decision.mode, decision.code) == ("warn", mode, "policy")
    assert decision.allowed
    assert f"mode {mode}" in decision.although
    enforced = decide(Policy(rules=(Rule("**", ALICE_ONLY),)), facts(signed=by("bob")))
    assert enforced.reasons == decision.reasons
    assert (enforced.verdict, enforced.mode) == ("deny", "enforce")
    passed = decide(policy, facts(signed=by("alice")))
    assert (passed.verdict, passed.mode, passed.although) == ("allow", mode, "")


def test_all_reasons_are_told_the_first_one_gives_the_code() -> None:
    policy = Policy(
        rules=(Rule("**", ALICE_ONLY, tags=["2.*"], freshness=Freshness(max_age=timedelta(1))),)
    )
    decision = decide(policy, facts(signed=by("bob"), cached_for=200_000.0))
    assert decision.code == "too_old"
    told = " | ".join(decision.reasons)
    for words in (
        "longer than 1 d ago",
        "none of those allowed: 2.*",
        "no key that the policy has of alice",
    ):
        assert words in told


def test_tags_are_matched_as_they_are_signed() -> None:
    policy = Policy(rules=(Rule("**", Signed(), tags=["1.*", "stable"]),))
    assert decide(policy, facts(signed=by("alice"))).allowed
    decision = decide(policy, facts(f"{GUN}:latest", by("alice")))
    assert not decision.allowed
    assert "the tag latest is none of those allowed: 1.*, stable" in decision.reasons[0]


def test_no_pin_and_no_trust_on_first_use_is_told_as_such() -> None:
    error = AnchorMismatchError(gun=GUN)
    decision = decide(ANY, facts(error=error))
    assert decision.code == "anchor_mismatch"
    assert decision.reasons[0].startswith(f"the policy has no pin for {GUN} and forbids trust on")
    pinned = Policy(rules=(Rule("**"),), pins={f"{GUN}": Pin.root_keys(ALICE)})
    assert "no pin" not in " ".join(decide(pinned, facts(error=error)).reasons)


def test_expired_metadata_are_refused_whatever_verification_said() -> None:
    ended = {"timestamp": NOW - timedelta(hours=1)}
    decision = decide(ANY, facts(signed=by("alice"), expires=ended))
    assert decision.code == "expired"
    assert decide(ANY, facts(signed=by("alice"), expires={"timestamp": NOW})).code == "expired"


def test_grace_is_for_cached_data_alone_and_is_told() -> None:
    freshness = Freshness(grace={"timestamp": timedelta(days=3)})
    policy = Policy(rules=(Rule("**"),), freshness=freshness)
    ended = {"timestamp": NOW - timedelta(days=2)}
    assert decide(policy, facts(signed=by("alice"), expires=ended)).code == "expired"
    cached = decide(policy, facts(signed=by("alice"), expires=ended, cached_for=60.0))
    assert (cached.verdict, cached.although) == (
        "allow",
        "timestamp has expired 2 d ago, within the grace of 3 d for cached data",
    )
    late = {"timestamp": NOW - timedelta(days=3, seconds=1)}
    other = {"targets": NOW - timedelta(days=1)}
    for expires in (late, other):
        made = facts(signed=by("alice"), expires=expires, cached_for=60.0)
        assert decide(policy, made).code == "expired"


@pytest.mark.parametrize(
    ("age", "code"),
    [(0.0, "ok"), (86_400.0, "ok"), (86_401.0, "too_old"), (math.inf, "too_old"),
     (math.nan, "too_old")],
)  # fmt: skip
def test_max_age_is_how_long_ago_the_server_was_asked(age: float, code: str) -> None:
    policy = Policy(rules=(Rule("**"),), freshness=Freshness(max_age=timedelta(days=1)))
    assert decide(policy, facts(signed=by("alice"), cached_for=age)).code == code


def exemption(match: str, **changes: object) -> Exemption:
    pattern, tag, digest = Exemption.target(match)
    fields = {
        "id": "EX-1",
        "pattern": pattern,
        "tag": tag,
        "digest": digest,
        "owner": "carol",
        "reason": "key rotation",
        "expires": NOW + timedelta(days=3),
    }
    return Exemption(**{**fields, **changes})


def excepted(match: str = f"{GUN}:1.*", mode: str = "enforce", **changes: object) -> Policy:
    rules = (Rule("registry.example.com/**", ALICE_ONLY, mode=mode),)
    return Policy(rules=rules, exceptions=(exemption(match, **changes),))


def test_an_exception_lets_through_and_is_told() -> None:
    decision = decide(excepted(), facts(signed=by("bob")))
    assert (decision.verdict, decision.exception, decision.code) == ("allow", "EX-1", "ok")
    assert decision.pinned == f"{GUN}@{DIGEST}"
    for words in ("EX-1 of carol", "until 2026-12-01 12:00 UTC", "key rotation", "policy: "):
        assert words in decision.although


def test_an_exception_for_a_digest_is_for_nothing_else() -> None:
    policy = excepted(f"{GUN}@{DIGEST}")
    assert decide(policy, facts(signed=by("bob"))).exception == "EX-1"
    assert not decide(policy, facts(signed=by("bob"), digest=OTHER)).allowed
    unsigned = decide(policy, facts(f"{GUN}@{DIGEST}", error=UNSIGNED))
    assert unsigned.pinned == f"{GUN}@{DIGEST}"
    # Nobody says what digest a tag has that is not signed.
    assert not decide(policy, facts(error=UNSIGNED)).allowed


@pytest.mark.parametrize(
    ("match", "error", "allowed"),
    [
        (f"{GUN}:1.*", UNSIGNED, True),
        (f"{GUN}:2.*", UNSIGNED, False),
        ("registry.example.com/team/api:1.*", UNSIGNED, False),
        (f"{GUN}:1.*", refusal("expired"), True),
        (f"{GUN}:1.*", refusal("unreachable"), False),
        (f"{GUN}:1.*", refusal("rollback"), False),
        (f"{GUN}:1.*", refusal("version"), False),
        (f"{GUN}:1.*", refusal("anchor_mismatch"), False),
        (f"{GUN}:1.*", refusal("anchor_conflict"), False),
        (f"{GUN}:1.*", refusal("root_chain"), False),
        (f"{GUN}:1.*", refusal("root_certificate"), False),
        (f"{GUN}:1.*", refusal("signature"), False),
        (f"{GUN}:1.*", refusal("hash"), False),
    ],
)
def test_what_an_exception_sets_aside(match: str, error: Exception, *, allowed: bool) -> None:
    decision = decide(excepted(match), facts(error=error))
    assert decision.allowed == allowed


@pytest.mark.parametrize(("code", "allowed"), [("unreachable", True), ("rollback", False)])
def test_an_exception_for_a_digest_needs_no_answer_but_no_rollback(
    code: str, *, allowed: bool
) -> None:
    policy = excepted(f"{GUN}@{DIGEST}")
    made = facts(f"{GUN}@{DIGEST}", error=refusal(code))
    assert decide(policy, made).allowed == allowed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": NOW}, "has expired on 2026-11-28 12:00 UTC"),
        ({"created": NOW + timedelta(days=1)}, "begins on 2026-11-29"),
        ({"expires": NOW + timedelta(days=91)}, "ends too late: at most 90 days are allowed"),
    ],
)
def test_an_exception_out_of_force_is_told_and_sets_nothing_aside(
    changes: dict[str, object], words: str
) -> None:
    decision = decide(excepted(**changes), facts(signed=by("bob")))
    assert (decision.verdict, decision.exception) == ("deny", "")
    assert words in decision.reasons[-1]


def test_a_mirror_is_judged_by_the_trust_data_of_the_original() -> None:
    remap = Remap("registry.example.com/mirror/", "docker.io/")
    policy = Policy(rules=(Rule("registry.example.com/mirror/**", Signed(), remap=remap),))
    image = "registry.example.com/mirror/library/alpine:3.19"
    assert policy.remap(Reference.parse(image)) == "docker.io/library/alpine"
    assert policy.remap(Reference.parse("registry.example.com/mirror/alpine")) == (
        "docker.io/library/alpine"
    )
    decision = decide(policy, facts(image, by("alice"), gun="docker.io/library/alpine"), image)
    assert decision.pinned == f"registry.example.com/mirror/library/alpine@{DIGEST}"
    assert decision.gun == "docker.io/library/alpine"
    assert not decide(policy, facts(image, by("alice")), image).allowed, "the mirror's own data"


def test_facts_of_something_else_decide_nothing() -> None:
    for made in (
        facts(signed=by("alice"), gun="registry.example.com/team/api"),
        facts(f"{GUN}:1.4@{OTHER}", by("alice")),
    ):
        assert not decide(ANY, made).allowed
    signer = _core.signer("alice", "targets/alice", [ALICE])
    other_tag = _core.signed_tag(GUN, "1.5", "targets", DIGEST, 1, b"", [signer])
    made = Facts(reference=Reference.parse(IMAGE), gun=GUN, tag=other_tag, now=NOW)
    assert "are of tag 1.5, not 1.4" in decide(ANY, made).reasons[0]


def test_facts_are_either_a_tag_or_an_error_at_a_moment_with_a_zone() -> None:
    reference = Reference.parse(IMAGE)
    with pytest.raises(ValueError, match="either"):
        Facts(reference=reference, gun=GUN, now=NOW)
    with pytest.raises(ValueError, match="time zone"):
        Facts(reference=reference, gun=GUN, error=UNSIGNED, now=datetime(2026, 1, 1))  # noqa: DTZ001


def test_what_is_made_here_needs_no_signature_and_that_is_told() -> None:
    policy = Policy(rules=(Rule("localhost/**", local_build=True), Rule("**")))
    decision = decide(policy, facts("localhost/dev:1", error=UNSIGNED), "localhost/dev:1")
    assert (decision.verdict, decision.code) == ("allow", "ok")
    assert "asks for no signature" in decision.although
    assert not decide(policy, facts(error=UNSIGNED)).allowed


def test_what_is_made_here_has_no_digest_whoever_signs_one() -> None:
    policy = Policy(rules=(Rule("**", local_build=True),))
    decision = decide(policy, facts(signed=by("stranger")))
    assert (decision.verdict, decision.digest, decision.pinned) == ("allow", "", "")
    assert decision.signers == ()


def test_what_is_no_image_name_is_refused_by_every_policy() -> None:
    error = MalformedError("invalid reference format: 'A B'")
    decision = Decision.of_no_image(ANY, "A B", error)
    assert (decision.verdict, decision.code, decision.reference) == ("deny", "malformed", None)
    assert decision.to_json()["reference"] is None


def test_a_decision_can_only_be_turned_into_a_refusal() -> None:
    decision = decide(ANY, facts(signed=by("alice"))).refused("policy", "the log\nis full")
    assert (decision.verdict, decision.code, decision.pinned) == ("deny", "policy", "")
    assert decision.reasons[0] == "the log\\u000ais full"


def test_t144_names_of_strangers_are_harmless_in_decisions() -> None:
    made = facts(signed={"targets/\x1b[2Jevil\n": [ALICE]})
    decision = decide(Policy(rules=(Rule("**", ALICE_ONLY, mode="warn"),)), made)
    assert all(name.isprintable() for name in decision.signers)


def test_t145_whatever_is_let_through_although_says_why() -> None:
    unsigned = facts(error=UNSIGNED)
    for policy in (
        Policy(rules=(Rule("**", mode="warn"),)),
        Policy(rules=(Rule("**", mode="audit"),)),
        Policy(default=Default("warn", "pilot")),
        Policy(default=Default("allow", "pilot")),
        excepted(),
        Policy(rules=(Rule("registry.example.com/**", local_build=True),)),
    ):
        decision = decide(policy, unsigned)
        assert decision.allowed
        assert decision.although
        assert decision.to_json()["although"] == decision.although


def test_docker_content_trust_alone_means_any_signature_and_first_use() -> None:
    policy = Policy.docker_content_trust()
    assert decide(policy, facts(signed=by("stranger"))).allowed
    assert not decide(policy, facts(error=UNSIGNED)).allowed
    assert policy.pin_for(GUN).tofu == "once"
    assert policy.server_for(GUN) is None
