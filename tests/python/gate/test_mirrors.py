"""Mirrors: the trust data of the original speak for an image, and what is used is the mirror's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contenttrust.cli.main import main
from contenttrust.gate.check import Gate
from contenttrust.policy.load import loads
from policy_facts import policy_text
from servers.certificates import Authority
from servers.https import HttpsServer
from simulator.keys import key_pair
from simulator.repository import NOW, Repository
from simulator.roles import digest_of, image

ORIGINAL = "original.example/team/web"
MIRROR = "registry.example.com/mirror/team/web"
PINNED = f"{MIRROR}@{digest_of('one')}"
FROM, TO = "registry.example.com/mirror/", "original.example/"


def rule(source: str, target: str, require: str = "{signed: any}") -> str:
    return (
        f"  - match: '{source}**'\n    require: {require}\n"
        f"    identity: {{remap: {{from: '{source}', to: '{target}'}}}}\n"
    )


@pytest.fixture
def published(server: HttpsServer) -> Repository:
    """The original, which a server serves; of the mirror's name it has nothing."""
    repository = Repository(ORIGINAL)
    repository.targets["1.0"] = image("one")
    server.publish(ORIGINAL, repository.publish())
    return repository


@pytest.fixture
def gate(
    published: Repository, server: HttpsServer, authority: Authority, trust_dir: Path
) -> Callable[..., Gate]:
    """A gate with these rules and pins; trust data of both names are with that server."""

    def make(*rules: str, pins: str = "'**': {tofu: once}", **settings: Any) -> Gate:
        there = f"{{url: '{server.url}', ca: '{authority.ca_file}'}}"
        text = policy_text(
            servers=f"servers:\n  {TO}: {there}\n  registry.example.com/: {there}\n",
            pins=f"pins: {{{pins}}}\n",
            rules="rules:\n" + "".join(rules or (rule(FROM, TO),)),
        )
        return Gate(loads(text, folder=trust_dir), env={}, trust_dir=trust_dir, now=NOW, **settings)

    return make


def collections(server: HttpsServer) -> set[str]:
    """The names that the server was asked for."""
    asked = (seen.path.removeprefix("/v2/") for seen in server.requests)
    return {path.partition("/_trust/")[0] for path in asked}


def test_trust_data_of_the_original_are_asked_for_and_the_mirror_is_pinned(
    gate: Callable[..., Gate], server: HttpsServer
) -> None:
    decision = gate().check(f"{MIRROR}:1.0")
    assert (decision.verdict, decision.pinned) == ("allow", PINNED)
    assert (decision.gun, decision.tag) == (ORIGINAL, "1.0")
    assert collections(server) == {ORIGINAL}


def test_a_digest_of_the_mirror_is_looked_up_among_the_tags_of_the_original(
    gate: Callable[..., Gate],
) -> None:
    made = gate()
    for name in (PINNED, PINNED.replace("@", ":1.0@")):
        assert (made.check(name).verdict, made.check(name).pinned) == ("allow", PINNED)
    other = made.check(f"{MIRROR}:1.0@{digest_of('two')}")
    assert (other.verdict, other.code) == ("deny", "digest_mismatch")
    assert made.check(f"{MIRROR}@{digest_of('two')}").verdict == "deny"


def test_whose_signature_counts_is_said_by_the_rule_of_the_mirror(
    gate: Callable[..., Gate], published: Repository
) -> None:
    key = published.top.keys[0].canonical_id
    original = f"  - match: '{TO}**'\n    require: {{not: {{key: '{key}'}}}}\n"
    made = gate(rule(FROM, TO, f"{{key: '{key}'}}"), original)
    assert made.check(f"{MIRROR}:1.0").allowed
    assert made.check(f"{ORIGINAL}:1.0").code == "policy"
    other = key_pair("nobody of the original").bare.canonical_id
    assert gate(rule(FROM, TO, f"{{key: '{other}'}}")).check(f"{MIRROR}:1.0").code == "policy"


def test_pins_are_those_of_the_original(
    gate: Callable[..., Gate], published: Repository, trust_dir: Path
) -> None:
    right = f"{{root-keys: ['{published.root.keys[0].canonical_id}']}}"
    wrong = f"{{root-keys: ['{64 * 'a'}']}}"
    held = gate(pins=f"'{FROM}**': {wrong}, '{TO}**': {right}").check(f"{MIRROR}:1.0")
    assert held.verdict == "allow", held.reasons
    refused = gate(pins=f"'{FROM}**': {right}, '{TO}**': {wrong}").check(f"{MIRROR}:1.0")
    assert (refused.verdict, refused.code) == ("deny", "anchor_mismatch")


def test_a_pin_of_the_mirror_is_none_of_the_original(
    gate: Callable[..., Gate], published: Repository
) -> None:
    right = f"{{root-keys: ['{published.root.keys[0].canonical_id}']}}"
    refused = gate(pins=f"'{FROM}**': {right}").check(f"{MIRROR}:1.0")
    assert (refused.verdict, refused.code) == ("deny", "anchor_mismatch")
    assert f"no pin for {ORIGINAL}" in refused.reasons[0]


def test_trust_data_of_the_mirror_itself_say_nothing(
    gate: Callable[..., Gate], server: HttpsServer
) -> None:
    own = Repository(MIRROR)
    own.targets["2.0"] = image("two")
    server.publish(MIRROR, own.publish())
    decision = gate().check(f"{MIRROR}:2.0")
    assert (decision.verdict, decision.code) == ("deny", "not_signed")
    assert collections(server) == {ORIGINAL}


def test_an_original_without_trust_data_is_a_refusal(gate: Callable[..., Gate]) -> None:
    decision = gate().check("registry.example.com/mirror/team/other:1.0")
    assert (decision.verdict, decision.code, decision.pinned) == ("deny", "no_trust_data", "")
    assert decision.gun == "original.example/team/other"


def test_names_are_replaced_once_and_never_go_round(
    gate: Callable[..., Gate], server: HttpsServer
) -> None:
    """The original's own rule, which sends it elsewhere, is for the original's images."""
    made = gate(rule(FROM, TO), rule(TO, FROM))
    assert made.check(f"{MIRROR}:1.0").pinned == PINNED
    assert collections(server) == {ORIGINAL}
    refused = made.check(f"{ORIGINAL}:1.0")
    assert (refused.code, refused.gun) == ("no_trust_data", MIRROR)


@pytest.mark.usefixtures("published")
def test_a_gate_of_files_writes_the_name_of_the_mirror(
    server: HttpsServer, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = f"servers:\n  {TO}: {{url: '{server.url}', ca: '{authority.ca_file}'}}\n"
    policy, manifest = tmp_path / "policy.yaml", tmp_path / "pod.yaml"
    policy.write_text(policy_text(servers=there, rules="rules:\n" + rule(FROM, TO)))
    options = ["--policy", str(policy), "--trust-dir", str(tmp_path / "trust")]
    pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: web, image: '%s'}]\n"

    def gated(tag: str) -> tuple[int, str, str]:
        manifest.write_text(pod % f"{MIRROR}:{tag}")
        at = NOW.isoformat()
        code = main(["gate", "kubernetes", "--write", *options, "--at", at, str(manifest)])
        return code, manifest.read_text(), capsys.readouterr().err

    code, written, said = gated("1.0")
    assert (code, written) == (0, pod % PINNED), said
    code, written, said = gated("9.9")
    assert (code, written) == (1, pod % f"{MIRROR}:9.9")
    assert f"refused: {manifest}:4:" in said
    assert collections(server) == {ORIGINAL}
