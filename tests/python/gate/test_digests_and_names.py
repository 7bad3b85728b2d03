"""A digest of several tags, a digest beside an excepted tag, a host in another spelling."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contenttrust.gate import check
from contenttrust.gate.check import Gate
from contenttrust.policy.exemption import Exemption
from contenttrust.policy.pins import Pin
from contenttrust.policy.requirements import SignedAs
from contenttrust.policy.rules import Default, Policy, Rule
from contenttrust.policy.settings import Limits
from contenttrust.transport.source import MappingSource
from simulator.repository import NOW, Repository
from simulator.roles import digest_of, image

WEB = "registry.example.com/team/web"
EVIL = "sha256:" + "e" * 64
FIRST_USE = Pin.first_use("once")


def gate_of(repository: Repository, trust_dir: Path, *rules: Rule, **settings: object) -> Gate:
    files = repository.publish()
    policy = Policy(rules=rules, implied_pin=FIRST_USE, **settings)  # type: ignore[arg-type]
    source = MappingSource(files)
    return Gate(policy, source=lambda _: source, trust_dir=trust_dir, now=NOW)


def promoted(repository: Repository) -> Repository:
    """One image, that bob signed as build7 and alice as stable."""
    releases = repository.delegate("targets/releases")
    releases.targets.update({name: image("z") for name in ("build7", "stable")})
    releases.targets["other"] = image("other")
    repository.delegate("targets/bob").targets["build7"] = image("z")
    repository.delegate("targets/alice").targets["stable"] = image("z")
    return repository


def test_a_digest_is_judged_by_every_tag_that_it_is_signed_for(
    repository: Repository, trust_dir: Path
) -> None:
    gate = gate_of(promoted(repository), trust_dir, Rule("registry.**", SignedAs("alice")))
    by_tag = gate.check(f"{WEB}:stable")
    by_digest = gate.check(by_tag.pinned)
    assert (by_tag.verdict, by_digest.verdict) == ("allow", "allow")
    assert by_digest.tag == "stable"
    assert by_digest.to_json()["tag"] == "stable"
    assert "alice" in by_digest.signers
    assert gate.check(f"{WEB}:build7@{by_tag.digest}").code == "policy"
    assert gate.check(f"{WEB}@{digest_of('other')}").code == "policy"


@pytest.mark.parametrize(("name", "verdict"), [("stable", "allow"), ("none", "deny")])
def test_a_digest_is_allowed_where_one_of_its_tags_is(
    repository: Repository, trust_dir: Path, name: str, verdict: str
) -> None:
    gate = gate_of(promoted(repository), trust_dir, Rule("registry.**", tags=(name,)))
    assert gate.check(f"{WEB}@{digest_of('z')}").verdict == verdict


def test_a_mode_lets_a_digest_through_only_where_no_tag_satisfies(
    repository: Repository, trust_dir: Path
) -> None:
    rule = Rule("registry.**", SignedAs("alice"), mode="warn")
    gate = gate_of(promoted(repository), trust_dir, rule)
    assert gate.check(f"{WEB}@{digest_of('z')}").verdict == "allow"
    assert gate.check(f"{WEB}@{digest_of('other')}").verdict == "warn"


def test_the_tags_of_a_digest_are_bounded(
    repository: Repository, trust_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_of(promoted(repository), trust_dir, Rule("registry.**", SignedAs("alice")))
    monkeypatch.setattr(check, "MOST_TAGS", 1)
    refused = gate.check(f"{WEB}@{digest_of('z')}")
    assert refused.verdict == "deny"
    assert refused.reasons[0].startswith("more than 1 tags have this digest")


def exempted(match: str) -> Exemption:
    pattern, tag, digest = Exemption.target(match)
    return Exemption(
        id="E1", pattern=pattern, tag=tag, digest=digest, owner="a", reason="r",
        expires=NOW + timedelta(days=20),
    )  # fmt: skip


def test_an_exception_for_a_tag_lets_no_other_digest_through(
    repository: Repository, trust_dir: Path
) -> None:
    repository.targets["1.0"] = image("one")
    rule = Rule("registry.**", SignedAs("alice"))
    exceptions = (exempted(f"{WEB}:9.9"),)
    gate = gate_of(repository, trust_dir, rule, exceptions=exceptions)
    assert gate.check(f"{WEB}:9.9").exception == "E1"
    refused = gate.check(f"{WEB}:9.9@{EVIL}")
    assert refused.verdict == "deny"
    assert "E1 is for a tag" in " ".join(refused.reasons)
    assert gate.check(f"{WEB}@{EVIL}").verdict == "deny"


def test_an_exception_for_a_tag_counts_for_its_signed_digest(
    repository: Repository, trust_dir: Path
) -> None:
    repository.targets.update({"1.0": image("one"), "0.9": image("one")})
    rule = Rule("registry.**", SignedAs("alice"))
    gate = gate_of(repository, trust_dir, rule, exceptions=(exempted(f"{WEB}:1.0"),))
    for name in (f"{WEB}:1.0", f"{WEB}:1.0@{digest_of('one')}", f"{WEB}@{digest_of('one')}"):
        assert gate.check(name).exception == "E1", name
    assert gate.check(f"{WEB}:1.0@{EVIL}").verdict == "deny"


def test_an_exception_for_a_digest_is_for_that_digest(
    repository: Repository, trust_dir: Path
) -> None:
    rule = Rule("registry.**", SignedAs("alice"))
    gate = gate_of(repository, trust_dir, rule, exceptions=(exempted(f"{WEB}@{EVIL}"),))
    assert gate.check(f"{WEB}@{EVIL}").exception == "E1"
    assert gate.check(f"{WEB}:9.9@{EVIL}").exception == "E1"


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("Docker.io/library/alpine", "docker.io/library/alpine"),
        ("Docker.io/alpine", "docker.io/library/alpine"),
        ("docker.io:443/library/alpine", "docker.io/library/alpine"),
        ("registry-1.docker.io/library/alpine", "docker.io/library/alpine"),
        ("Index.docker.io/library/alpine", "docker.io/library/alpine"),
        ("Registry.Example.com/team/web", WEB),
        ("registry.example.com:443/team/web:1.0", WEB),
        ("registry.example.com:0443/team/web:1.0", WEB),
        ("DOCKER.IO:00443/library/alpine", "docker.io/library/alpine"),
        ("registry-1.docker.io:0443/library/alpine", "docker.io/library/alpine"),
        ("registry.hub.docker.com/library/alpine", "docker.io/library/alpine"),
        ("ports.example:08443/web", "ports.example:8443/web"),
        ("ports.example:443/web:1", "ports.example:0443/web"),
        ("ports.example/web", "ports.example:0443/web"),
        ("127.1:5000/web", "127.0.0.1:5000/web"),
        ("0x7f.0.0.01:5000/web", "127.0.0.1:5000/web"),
        ("2130706433:05000/web", "127.0.0.1:5000/web"),
        ("[::ffff:7f00:1]:5000/web", "127.0.0.1:5000/web"),
        ("[0:0:0:0:0:0:0:1]:5000/web", "[::1]:5000/web"),
        ("[fe80::A]/web", "[fe80:0:0::a]/web"),
    ],
)
@pytest.mark.parametrize("default", ["allow", "warn", "deny"])
def test_t080_another_spelling_of_a_host_does_not_leave_its_rule(
    trust_dir: Path, written: str, usual: str, default: str
) -> None:
    asked: list[str] = []
    policy = Policy(
        rules=(
            Rule("docker.io/**"),
            Rule("registry.example.com/**"),
            Rule("ports.example{:8443,:0443}/**"),
            Rule("127.0.0.1:5000/**"),
            Rule("[::1]:5000/**"),
            Rule("[fe80:0:0::a]/**"),
        ),
        default=Default(default, "because"),
        implied_pin=FIRST_USE,
    )
    gate = Gate(policy, source=asked.append, trust_dir=trust_dir, now=NOW)
    decision = gate.check(written)
    assert (decision.verdict, decision.code) == ("deny", "policy")
    assert f"write {usual}" in decision.reasons[0]
    assert asked == []


def test_t080_another_spelling_of_a_host_does_not_leave_its_pin(trust_dir: Path) -> None:
    pins = {"docker.io/**": Pin.first_use("forbid"), "ghcr.io:443/**": Pin.first_use("once")}
    policy = Policy(rules=(Rule("**"),), pins=pins, implied_pin=FIRST_USE)
    gate = Gate(policy, offline=True, trust_dir=trust_dir, now=NOW)
    refused = gate.check("docker.io:0443/library/alpine")
    assert refused.code == "policy"
    assert "write docker.io/library/alpine" in refused.reasons[0]
    for name in ("ghcr.io:443/web", "ghcr.io/web", "docker.io/library/alpine", "a.example:443/b"):
        assert gate.check(name).code == "unreachable"


def test_a_rule_that_spells_the_host_so_is_meant(repository: Repository, trust_dir: Path) -> None:
    rules = (Rule("registry.example.com:443/**", mode="audit"), Rule("registry.example.com/**"))
    gate = gate_of(repository, trust_dir, *rules, limits=Limits())
    assert gate.check("registry.example.com:443/team/web:1").verdict == "warn"


@pytest.mark.parametrize(
    "name",
    [
        "registry.example.com:8443/team/web:1",
        "registry.example.com:80443/team/web:1",
        "127.0.0.2/team/web:1",
        "1.2.3.4.5/team/web:1",
        "[:::]/team/web:1",
    ],
)
def test_another_host_is_no_other_spelling(trust_dir: Path, name: str) -> None:
    policy = Policy(
        rules=(Rule("registry.example.com/**"), Rule("127.0.0.1/**")), default=Default("warn")
    )
    gate = Gate(policy, offline=True, trust_dir=trust_dir, now=NOW)
    assert gate.check(name).verdict == "warn"


def test_a_name_in_its_usual_spelling_stays_with_its_own_rule(trust_dir: Path) -> None:
    rules = (Rule("*.example.com/**"), Rule("registry.example.com:443/a", mode="audit"))
    policy = Policy(rules=rules, implied_pin=FIRST_USE)
    gate = Gate(policy, offline=True, trust_dir=trust_dir, now=NOW)
    assert gate.check("registry.example.com/web").rule == "*.example.com/**"
    assert "write registry.example.com:443/a" in gate.check("registry.example.com/a").reasons[0]


def test_a_spelling_that_no_other_rule_is_for_is_no_matter(
    repository: Repository, trust_dir: Path
) -> None:
    gate = gate_of(repository, trust_dir, Rule("**"))
    assert "write" not in gate.check("Registry.example.com/team/web:1").reasons[0]
    assert gate.check("registry.example.com:5000/team/web:1").code != "policy"
