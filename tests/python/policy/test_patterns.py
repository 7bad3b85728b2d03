"""Patterns: anchored, linear in the name, the most specific first, ties refused."""

from __future__ import annotations

import itertools
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.policy import rules
from contenttrust.policy.glob import Glob, GlobError, expanded
from contenttrust.policy.patterns import Pattern, PatternError, TagPattern
from contenttrust.policy.rules import Policy, PolicyConflictError, Rule
from contenttrust.reference import Reference

TEXTS = st.text("ab/*?", min_size=1, max_size=8).filter(lambda text: "***" not in text)
NAMES = st.text("ab/", max_size=8)


def slowly_matches(pattern: str, name: str) -> bool:
    """The meaning of a pattern, word for word, however long it takes."""
    if not pattern:
        return not name
    if pattern.startswith("**"):
        return any(slowly_matches(pattern[2:], name[i:]) for i in range(len(name) + 1))
    if pattern[0] == "*":
        ends = (i for i in range(len(name) + 1) if "/" not in name[:i])
        return any(slowly_matches(pattern[1:], name[i:]) for i in ends)
    if not name or (pattern[0] == "?" and name[0] == "/") or pattern[0] not in {"?", name[0]}:
        return False
    return slowly_matches(pattern[1:], name[1:])


@given(TEXTS, NAMES)
def test_a_pattern_matches_what_its_meaning_says(pattern: str, name: str) -> None:
    assert Glob.parse(pattern).matches(name) == slowly_matches(pattern, name)


@given(TEXTS, TEXTS)
def test_patterns_meet_where_one_name_matches_both(one: str, other: str) -> None:
    names = ("".join(letters) for n in range(9) for letters in itertools.product("a/b", repeat=n))
    first, second = Glob.parse(one[:4]), Glob.parse(other[:4])
    # Two patterns of four tokens that meet have a common text of at most eight characters.
    meet = any(first.matches(name) and second.matches(name) for name in names)
    assert first.meets(second) == second.meets(first) == meet


@given(st.lists(st.sampled_from(["x", "{a,b}", "*", "/", "{a/b,c}"]), min_size=1, max_size=5))
def test_braces_stand_for_each_choice(parts: list[str]) -> None:
    text = "".join(parts)
    choices = [part.strip("{}").split(",") if part[0] == "{" else [part] for part in parts]
    wanted = {"".join(chosen) for chosen in itertools.product(*choices)}
    assert set(expanded(text)) == wanted


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("registry.example.com/team/*", "registry.example.com/team/web", True),
        ("registry.example.com/team/*", "registry.example.com/team/web/api", False),
        ("registry.example.com/team/**", "registry.example.com/team/web/api", True),
        ("registry.example.com/team/**", "registry.example.com/team", False),
        ("registry.example.com/te?m/web", "registry.example.com/team/web", True),
        ("registry.example.com/te?m/web", "registry.example.com/te/m/web", False),
        ("docker.io/library/{alpine,debian}", "docker.io/library/debian", True),
        ("docker.io/library/{alpine,debian}", "docker.io/library/ubuntu", False),
        ("**", "docker.io/library/alpine", True),
        ("host.example:5000/**", "host.example:5000/a", True),
        ("host.example/**", "host.example:5000/a", False),
        ("**/web", "registry.example.com/team/web", True),
    ],
)
def test_what_patterns_match(pattern: str, name: str, *, matches: bool) -> None:
    assert (Pattern.parse(pattern).specificity(name) is not None) == matches


@pytest.mark.parametrize(
    "name",
    [
        "evil.example/registry.example.com/team/web",
        "registry.example.com/team/web.evil",
        "registry.example.com.evil.example/team/web",
        "xregistry.example.com/team/web",
        "registry.example.com/team/web/",
        "registryxexample.com/team/web",
        "REGISTRY.example.com/team/web",
    ],
)
def test_trap_2_a_pattern_is_anchored_at_both_ends_and_means_its_characters(name: str) -> None:
    # portieris 0.14.2 let unanchored wildcards pass
    assert Pattern.parse("registry.example.com/*/web").specificity(name) is None


def test_t079_no_name_makes_matching_slow() -> None:
    # 30 stars: an engine that tries one way after another would not end before the sun.
    evil = Glob.parse("a*" * 30 + "b")
    assert not evil.matches("a" * 100_000)
    assert evil.matches("a" * 100_000 + "b")
    pattern = Pattern.parse("registry.example.com/" + "a*" * 30 + "b")
    assert pattern.specificity("registry.example.com/" + "a" * 100_000 + "b") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("*", "write '**'"),
        ("alpine", "docker.io/library/alpine"),
        ("library/alpine", "write 'docker.io/library/alpine'"),
        ("team/*", "write 'docker.io/team/*'"),
        ("docker.io/alpine", "write 'docker.io/library/alpine'"),
        ("docker.io/*", "write 'docker.io/library/*'"),
        ("index.docker.io/library/alpine", "docker.io"),
        ("index.docker.io/team/*", "docker.io/team/*"),
        ("registry.example.com/Team/web", "lower case"),
        ("registry.example.com//web", "empty part"),
        ("registry.example.com/", "empty part"),
        ("registry.example.com/web:1.4", "tags are not matched"),
        ("registry.example.com/web@sha256:aa", "character '@'"),
        ("registry.example.com/***", "two stars"),
        ("registry.example.com/{a,*}*", "side by side"),
        ("registry.example.com/{a}", "two alternatives"),
        ("registry.example.com/{a,}", "none is empty"),
        ("registry.example.com/{a,b", "not closed"),
        ("registry.example.com/{a,{b,c}}", "nested"),
        ("registry.example.com/a}", "without"),
        ("registry.example.com/a,b", "outside of braces"),
        ("registry.example.com/[ab]/(c)", "character '('"),
        ("registry.example.com/^a$", "character '^'"),
        ("registry.example.com/é", "character"),
        ("registry.example.com/a b", "character ' '"),
        ("registry.example.com/-a-", "can never match"),
        ("registry.example.com/" + "a" * 512, "at most 512"),
        ("registry.example.com/" + "{a,b}" * 7, "more than 64"),
    ],
)
def test_what_is_no_pattern_or_can_match_no_name_is_refused(text: str, words: str) -> None:
    with pytest.raises(PatternError, match=re.escape(words)):
        Pattern.parse(text)


@pytest.mark.parametrize(
    ("pattern", "tag", "matches"),
    [
        ("3.*", "3.19", True),
        ("3.*", "13.19", False),
        ("bookworm*", "bookworm-slim", True),
        ("{1,2}.?", "2.4", True),
        ("{1,2}.?", "2.40", False),
        ("V1", "v1", False),
    ],
)
def test_patterns_of_tags(pattern: str, tag: str, *, matches: bool) -> None:
    assert TagPattern.parse(pattern).matches(tag) == matches


def test_a_tag_pattern_has_no_slash() -> None:
    with pytest.raises(PatternError, match="character '/'"):
        TagPattern.parse("a/b")
    with pytest.raises(GlobError):
        Glob.parse("***")


def rule_of(policy: Policy, image: str) -> str:
    rule = policy.rule_for(Reference.parse(image))
    return "" if rule is None else rule.match.text


def test_t116_the_most_specific_rule_wins_whatever_the_order() -> None:
    patterns = [
        "**",
        "docker.io/**",
        "docker.io/library/*",
        "docker.io/library/al*",
        "docker.io/library/{alpine,debian}",
        "registry.example.com/prod/**",
    ]
    for ordered in (patterns, patterns[::-1]):
        policy = Policy(rules=tuple(Rule(pattern) for pattern in ordered))
        assert rule_of(policy, "alpine") == "docker.io/library/{alpine,debian}"
        assert rule_of(policy, "alfresco") == "docker.io/library/al*"
        assert rule_of(policy, "busybox") == "docker.io/library/*"
        assert rule_of(policy, "team/web") == "docker.io/**"
        assert rule_of(policy, "registry.example.com/prod/a/b") == "registry.example.com/prod/**"
        assert rule_of(policy, "registry.example.com/test/a") == "**"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("registry.example.com/*", "registry.example.com/**"),
        ("registry.example.com/a*", "registry.example.com/a?"),
        ("registry.example.com/*/web", "registry.example.com/*/{web,api}"),
        ("registry.example.com/{a,b}", "registry.example.com/{b,c}"),
        ("**", "**"),
    ],
)
def test_t116_a_tie_refuses(one: str, other: str) -> None:
    with pytest.raises(PolicyConflictError, match="equally specific"):
        Policy(rules=(Rule(one), Rule(other)))


def test_one_pattern_for_two_rules_is_a_tie() -> None:
    pattern = Pattern.parse("registry.example.com/**")
    with pytest.raises(PolicyConflictError, match="equally specific"):
        Policy(rules=(Rule(pattern), Rule(pattern, mode="audit")))


def test_patterns_that_share_no_name_do_not_tie() -> None:
    made = Policy(rules=(Rule("registry.example.com/a/*"), Rule("registry.example.com/b/*")))
    assert rule_of(made, "registry.example.com/b/x") == "registry.example.com/b/*"


def test_t116_docker_io_is_implied_by_the_normal_form_of_the_image() -> None:
    policy = Policy(rules=(Rule("docker.io/library/alpine"),))
    for name in ("alpine", "library/alpine", "docker.io/alpine", "index.docker.io/library/alpine"):
        assert rule_of(policy, name) == "docker.io/library/alpine"
    for name in ("registry-1.docker.io/library/alpine", "docker.io:443/library/alpine"):
        assert rule_of(policy, name) == ""


def test_t116_no_policy_for_an_image_is_a_refusal() -> None:
    assert Policy().rule_for(Reference.parse("alpine")) is None
    assert Policy().default.verdict == "deny"


def test_a_rule_is_looked_for_once_and_few_names_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_for: list[str] = []
    real = rules._most_specific
    monkeypatch.setattr(
        rules, "_most_specific", lambda items, gun: looked_for.append(gun) or real(items, gun)
    )
    policy = Policy(rules=(Rule("**"), Rule("docker.io/library/*")))
    for _ in range(2):
        assert rule_of(policy, "alpine") == "docker.io/library/*"
        assert rule_of(Policy(), "alpine") == ""
    assert looked_for.count("docker.io/library/alpine") == 3
    for number in range(2500):
        assert rule_of(policy, f"registry.example.com/{number}") == "**"
        assert len(policy._rules_found) <= 1000
    assert rule_of(policy, "alpine") == "docker.io/library/*"
    again = pickle.loads(pickle.dumps(policy))
    assert (again == policy, rule_of(again, "alpine")) == (True, "docker.io/library/*")
