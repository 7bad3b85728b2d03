"""Policies over collections that the engine verified: whose keys really signed which digest."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.check import Gate
from contenttrust.policy.decision import Decision
from contenttrust.policy.load import loads
from contenttrust.transport.source import MappingSource
from policy_facts import policy_text, rule_text
from simulator.keys import Key, KeyPair, key_pair
from simulator.repository import NOW, Repository
from simulator.roles import image

WEB = "registry.example.com/team/web"
PEOPLE = ("alice", "bob", "carol")
ONE, TWO = image("one"), image("two")


def pair(name: str) -> KeyPair:
    return key_pair(f"policy {name}")


def decide(repository: Repository, require: str, folder: Path, tag: str = "1.0") -> Decision:
    lines = [f"  {name}: {{keys: ['{pair(name).bare.canonical_id}']}}" for name in PEOPLE]
    policy = loads(policy_text(people="\n".join(["people:", *lines, ""]), rules=rule_text(require)))
    files = repository.publish()
    gate = Gate(policy, source=lambda _: MappingSource(files), trust_dir=folder, now=NOW)
    return gate.check(f"{WEB}:{tag}")


@pytest.fixture
def repository() -> Repository:
    return Repository(WEB)


def signed(repository: Repository, *names: str, meta: Any = ONE, last: str = "") -> None:
    """Sign tag 1.0 as `docker trust sign` does: in the role of each, and in targets/releases."""
    keys = [pair(name).bare for name in dict.fromkeys([*names, last or names[-1]])]
    releases = repository.delegate("targets/releases", keys=keys)
    releases.targets["1.0"] = ONE
    releases.signers = [pair(last or names[-1]).bare]
    for name in names:
        repository.delegate(f"targets/{name}", keys=[pair(name).bare]).targets["1.0"] = meta


TEAMS = "{all: [{team: qa}, {team: secops}]}"
CASES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "two teams": (("alice", "carol"), TEAMS, True),
    "one of two teams": (("alice", "bob"), TEAMS, False),
    "the person": (("bob",), "{person: bob}", True),
    "another person": (("bob",), "{person: alice}", False),
    "the releasing role": (("bob",), "{role: targets/releases}", True),
    "the role of the repository key": (("bob",), "{role: targets}", False),
    "two by one key": (
        ("bob",),
        "{at-least: 2, of: [{signer: bob}, {role: targets/releases}]}",
        False,
    ),
    "a denied key": (("bob", "alice"), "{not: {person: bob}}", False),
    "nobody who is denied": (("bob", "alice"), "{not: {person: carol}}", True),
}


@pytest.mark.parametrize("name", CASES)
def test_who_signed(repository: Repository, tmp_path: Path, name: str) -> None:
    names, require, allowed = CASES[name]
    signed(repository, *names)
    assert decide(repository, require, tmp_path).allowed == allowed


def test_a_signature_over_an_older_digest_does_not_count(
    repository: Repository, tmp_path: Path
) -> None:
    signed(repository, "alice", "carol")
    repository["targets/carol"].targets["1.0"] = TWO
    decision = decide(repository, TEAMS, tmp_path)
    assert (decision.code, decision.signers) == ("policy", ("alice",))
    assert "no member of team secops (carol) signed it" in decision.reasons


def test_who_released_last_does_not_vouch(repository: Repository, tmp_path: Path) -> None:
    signed(repository, "alice", last="carol")
    assert not decide(repository, "{person: carol}", tmp_path).allowed
    assert decide(repository, "{person: alice}", tmp_path / "again").allowed
    denied = decide(repository, "{not: {person: carol}}", tmp_path / "denied")
    assert not denied.allowed, "whom a policy denies may not release either"


def test_trap_4_a_key_that_is_only_listed_does_not_count(
    repository: Repository, tmp_path: Path
) -> None:
    signed(repository, "alice")
    role = repository["targets/alice"]
    role.keys = [pair("alice").bare, pair("carol").bare]
    role.signers = [pair("alice").bare]
    assert decide(repository, "{person: alice}", tmp_path).allowed
    assert not decide(repository, "{person: carol}", tmp_path / "carol").allowed


def test_a_key_in_a_certificate_is_the_same_key(repository: Repository, tmp_path: Path) -> None:
    wrapped: Key = pair("alice").certified("alice")
    assert wrapped.canonical_id == pair("alice").bare.canonical_id
    repository.delegate("targets/releases", keys=[wrapped]).targets["1.0"] = ONE
    repository.delegate("targets/alice", keys=[wrapped]).targets["1.0"] = ONE
    assert decide(repository, "{team: qa}", tmp_path).allowed


def test_the_repository_key_counts_where_it_lists_the_tag(
    repository: Repository, tmp_path: Path
) -> None:
    repository.targets["1.0"] = ONE
    targets = repository.top.keys[0].canonical_id
    decision = decide(repository, f"{{key: '{targets}'}}", tmp_path)
    assert (decision.allowed, decision.signers) == (True, ("Repo Admin",))
    signed(repository, "alice")
    again = decide(
        repository, f"{{all: [{{key: '{targets}'}}, {{person: alice}}]}}", tmp_path / "2"
    )
    assert (again.allowed, again.signers) == (True, ("alice",))
    repository.targets["1.0"] = TWO
    assert not decide(repository, f"{{key: '{targets}'}}", tmp_path / "3").allowed


def test_a_tag_that_only_a_delegation_lists_is_not_released(
    repository: Repository, tmp_path: Path
) -> None:
    repository.delegate("targets/alice", keys=[pair("alice").bare]).targets["1.0"] = ONE
    decision = decide(repository, "{person: alice}", tmp_path)
    assert (decision.verdict, decision.code) == ("deny", "not_signed")
    assert decision.reasons[0] == f"image or trust data does not exist for {WEB}:1.0"


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "ed25519"])
def test_keys_are_found_by_their_subject_public_key_info_in_every_form(
    repository: Repository, tmp_path: Path, kind: str
) -> None:
    made = key_pair(f"policy {kind}", kind)
    forms = [made.bare] if kind == "ed25519" else [made.bare, made.certified("x")]
    name = f"spki:{sha256(made.spki).hexdigest()}"
    for number, form in enumerate(forms):
        signed = Repository(WEB)
        signed.delegate("targets/releases", keys=[form]).targets["1.0"] = ONE
        signed.delegate("targets/x", keys=[form]).targets["1.0"] = ONE
        for require, allowed in (
            (f"{{key: '{name}'}}", True),
            (f"{{not: {{key: '{name}'}}}}", False),
        ):
            folder = tmp_path / f"{number} {allowed}"
            assert decide(signed, require, folder).allowed == allowed


@pytest.mark.parametrize(
    ("pins", "code", "words"),
    [
        ("", "anchor_mismatch", f"the policy has no pin for {WEB} and forbids trust on first use"),
        ("pins: {'**': {tofu: once}}\n", "ok", ""),
        (f"pins: {{'**': {{root-keys: ['{64 * 'a'}']}}}}\n", "anchor_mismatch", ""),
        (f"pins: {{'**': {{certs: ['{64 * 'a'}'], tofu: once}}}}\n", "anchor_mismatch", ""),
    ],
)
def test_why_the_root_is_believed(
    repository: Repository, tmp_path: Path, pins: str, code: str, words: str
) -> None:
    signed(repository, "alice")
    policy = loads(policy_text(pins=pins, rules=rule_text("{signed: any}")))
    files = repository.publish()
    gate = Gate(policy, source=lambda _: MappingSource(files), trust_dir=tmp_path, now=NOW)
    decision = gate.check(f"{WEB}:1.0")
    assert decision.code == code, decision.reasons
    assert "".join(decision.reasons[:1]).startswith(words)


def test_a_pin_by_the_root_key_of_the_publisher_holds(
    repository: Repository, tmp_path: Path
) -> None:
    signed(repository, "alice")
    root = repository.root.keys[0]
    files = repository.publish()
    for pin in (f"root-keys: ['sha256:{root.canonical_id}']", f"certs: ['sha256:{root.id}']"):
        text = policy_text(pins=f"pins: {{'**': {{{pin}}}}}\n", rules=rule_text("{signed: any}"))
        gate = Gate(loads(text), source=lambda _: MappingSource(files), trust_dir=tmp_path, now=NOW)
        assert gate.check(f"{WEB}:1.0").allowed
