"""Policies made of daemon.json and of UCP's configuration: they load, and are never weaker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contenttrust.errors import NotSignedError
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.importers import Imported, ImportPolicyError, import_policy
from contenttrust.policy.load import loads
from contenttrust.policy.rules import Policy
from policy_facts import ALICE, BOB, CAROL, IMAGE, by, facts

ROOT, CERT = 64 * "1", 64 * "2"


def imported(content: Any, **keys: list[str]) -> tuple[Policy, Imported]:
    """The policy of an imported configuration; daemon.json where it is no text."""
    text = content if isinstance(content, str) else json.dumps({"debug": True, **content})
    made = import_policy(text.encode(), keys=keys)
    for one in made.unsaid:
        assert f"# {one}\n" in made.text
    return loads(made.text), made


def test_content_trust_of_daemon_json() -> None:
    # The example of Docker's documentation of the engine's content trust.
    policy, made = imported(
        {
            "content-trust": {
                "trust-pinning": {
                    "root-keys": {"dtr.example.com/user1/*": [ROOT], "dtr.example.com/x": [ROOT]},
                    "cert-ids": {"dtr.example.com/user1/repo1": CERT, "dtr.example.com/x": [CERT]},
                },
                "mode": "enforced",
            }
        }
    )
    pins = {
        "dtr.example.com/user1/other": ("root-keys", (ROOT,)),
        "dtr.example.com/user1/repo1": ("certs", (CERT,)),
        "dtr.example.com/x": ("certs", (CERT,)),
        "docker.io/library/alpine": ("tofu", ()),
    }
    assert {gun: (policy.pin_for(gun).kind, policy.pin_for(gun).ids) for gun in pins} == pins
    assert policy.pin_for("docker.io/library/alpine").missing
    assert made.unsaid == (
        "root-keys for dtr.example.com/x are left out: there cert-ids went first",
    )
    (rule,) = policy.rules
    assert (rule.match.text, rule.mode, rule.require.describe()) == (
        "**",
        "enforce",
        {"signed": "any"},
    )


@pytest.mark.parametrize(
    ("mode", "ours"), [("enforced", "enforce"), ("permissive", "warn"), ("disabled", "audit")]
)
def test_modes_of_daemon_json(mode: str, ours: str) -> None:
    policy, made = imported({"content-trust": {"mode": mode}})
    assert [rule.mode for rule in policy.rules] == [ours]
    assert bool(made.unsaid) == (mode != "enforced")


def test_what_daemon_json_could_say_and_a_policy_cannot_is_told() -> None:
    policy, made = imported(
        {
            "content-trust": {
                "mode": "enforced",
                "trust-pinning": {
                    "official-library-images": True,
                    "root-keys": {"mydtr/user1/*": [ROOT]},
                },
                "allow-expired-cached-trust-data": True,
            }
        }
    )
    told = "\n".join(made.unsaid)
    for words in ("official-library-images", "mydtr/user1/* is left out", "had no end"):
        assert words in told
    assert policy.pin_for("docker.io/library/alpine").missing
    assert not policy.freshness.grace


def ucp(*lines: str) -> str:
    return "\n".join(["[auth]", "session = 1", "[trust_configuration]", *lines, ""])


def test_ucp_without_teams_asks_for_any_signature() -> None:
    policy, _ = imported(ucp("require_content_trust = true"))
    assert evaluate(policy, facts(signed=by("stranger")), image=IMAGE).allowed
    assert not evaluate(policy, facts(error=NotSignedError()), image=IMAGE).allowed


def test_ucp_with_teams_whose_keys_are_not_known_refuses_everything() -> None:
    text = ucp("require_content_trust = true", 'require_signature_from = ["qa", "secops"]')
    policy, made = imported(text, qa=[ALICE])
    assert not evaluate(policy, facts(signed=by("alice", "carol")), image=IMAGE).allowed
    assert "the keys of secops are not in the configuration: give them with --key secops=KEY" in (
        "\n".join(made.unsaid)
    )


def test_ucp_with_teams_and_their_keys_means_what_ucp_meant() -> None:
    text = ucp("require_content_trust = true", 'require_signature_from = ["qa", "secops"]')
    policy, _ = imported(text, qa=[ALICE, BOB], secops=[CAROL, BOB])
    allowed = {names: evaluate(policy, facts(signed=by(*names)), image=IMAGE).allowed
               for names in [("alice",), ("bob",), ("alice", "carol"), ("stranger",)]}  # fmt: skip
    assert allowed == {
        ("alice",): False,
        ("bob",): True,
        ("alice", "carol"): True,
        ("stranger",): False,
    }


def test_ucp_repositories_that_were_never_checked_are_watched() -> None:
    text = ucp(
        "require_content_trust = true", 'allow_repos = ["registry.example.com/team/web", "x"]'
    )
    policy, made = imported(text)
    decision = evaluate(policy, facts(error=NotSignedError()), image=IMAGE)
    assert (decision.verdict, decision.mode) == ("warn", "audit")
    assert any("allow_repos: x is left out" in one for one in made.unsaid)


def test_ucp_that_required_nothing_lets_through_and_says_so() -> None:
    policy, made = imported(ucp("require_content_trust = false"))
    decision = evaluate(policy, facts(error=NotSignedError()), image=IMAGE)
    assert (decision.verdict, bool(made.unsaid)) == ("allow", True)
    assert "require_content_trust = false" in decision.although


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("{}", "no content-trust"),
        ('{"content-trust": []}', "no object"),
        ('{"content-trust": {"mode": "enforce"}}', "mode is 'enforce'"),
        ('{"content-trust": {"mode": "enforced", "mode": "disabled"}}', "twice"),
        ('{"content-trust": {"trust-pining": {}}}', "'trust-pining' is unknown"),
        ('{"content-trust": {"trust-pinning": {"root-keys": {"a.example/b": []}}}}', "has no id"),
        (
            '{"content-trust": {"trust-pinning": {"root-keys": {"a.example/b": ["x"]}}}}',
            "is no key",
        ),
        (
            '{"content-trust": {"trust-pinning": {"root-keys": {"a.example/b": [1]}}}}',
            "list of texts",
        ),
        ('{"content-trust": {"allow-expired-cached-trust-data": "no"}}', "neither true nor false"),
        ("[trust_configuration", "neither JSON nor TOML"),
        ("a = 1\n", "no [trust_configuration]"),
        ("[trust_configuration]\nrequire_signature_from = 'qa'\n", "no list of texts"),
        ("[trust_configuration]\nrequire_trust = true\n", "is unknown"),
        ("trust_configuration = 1\n", "no object"),
        ("\x1b[31m = \n", "neither JSON nor TOML"),
    ],
)
def test_what_cannot_be_understood_makes_no_policy(text: str, words: str) -> None:
    with pytest.raises(ImportPolicyError) as caught:
        import_policy(text.encode())
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_keys_for_nobody_and_keys_that_are_none_are_refused() -> None:
    text = ucp("require_content_trust = true", 'require_signature_from = ["qa"]').encode()
    with pytest.raises(ImportPolicyError, match="keys are given for 'dev'"):
        import_policy(text, keys={"dev": [ALICE]})
    with pytest.raises(ValueError, match="is no key"):
        import_policy(text, keys={"qa": ["abc"]})
    with pytest.raises(ImportPolicyError, match="UTF-8"):
        import_policy(b"\xff")


def test_names_in_a_configuration_add_nothing_to_the_policy() -> None:
    evil = "x\\ndefault: {verdict: allow, reason: x}\\n"
    start = "require_content_trust = true"
    with pytest.raises(ImportPolicyError, match="is no name"):
        imported(ucp(start, f'require_signature_from = ["{evil}"]'))
    policy, made = imported(ucp(start, f'allow_repos = ["{evil}"]'))
    assert policy.default.verdict == "deny"
    assert all(line.startswith("#") for line in made.text.splitlines() if "verdict" in line)
    policy, _ = imported(
        ucp(start, 'require_signature_from = ["é\U0001f600"]'), **{"é\U0001f600": [ALICE]}
    )
    assert [team.name for team in policy.teams] == ["é\U0001f600"]
