"""Names that no rule matches lead to no host: anybody may write one into a pod."""

from __future__ import annotations

from pathlib import Path

from contenttrust.gate.check import Gate
from contenttrust.policy.rules import Default, Policy, Rule
from contenttrust.transport.source import MappingSource

EVIL = "evil.example/x:1"


def gate_with(policy: Policy, trust_dir: Path) -> tuple[Gate, list[str]]:
    asked: list[str] = []

    def source(gun: str) -> MappingSource:
        asked.append(gun)
        return MappingSource({})

    return Gate(policy, trust_dir=trust_dir, source=source), asked


def test_nobody_is_asked_of_an_image_that_is_refused_in_any_case(trust_dir: Path) -> None:
    gate, asked = gate_with(Policy(rules=(Rule("registry.example.com/**"),)), trust_dir)
    told, other = gate.check_many([EVIL, "registry.example.com/team/web:1"])
    assert (told.allowed, told.code, told.gun) == (False, "policy", "evil.example/x")
    assert "no rule" in told.reasons[0]
    assert not other.allowed
    assert asked == ["registry.example.com/team/web"]


def test_where_the_default_lets_it_through_its_trust_data_are_asked_for(trust_dir: Path) -> None:
    policy = Policy(default=Default("warn"))
    gate, asked = gate_with(policy, trust_dir)
    assert gate.check(EVIL).verdict == "warn"
    assert asked == ["evil.example/x"]


def test_nobody_is_asked_of_what_is_made_here(trust_dir: Path) -> None:
    gate, asked = gate_with(Policy(rules=(Rule("localhost/**", local_build=True),)), trust_dir)
    assert gate.check("localhost/mine").allowed
    [told] = gate.check_many(["localhost/mine"], pulled=["localhost/mine"])
    assert "would be pulled" in told.reasons[0]
    assert asked == []
