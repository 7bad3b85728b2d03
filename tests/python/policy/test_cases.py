"""Cases that a policy is held against: what they may say, and that a wrong policy shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.policy.cases import load_cases, run
from contenttrust.policy.load import PolicyFileError
from policy_facts import ALICE, DIGEST, NOW, OTHER, STRANGER, policy_text, rule_text

HEAD = "apiVersion: contenttrust/v1\nkind: TrustPolicyTest\npolicy: trust-policy.yaml\n"
IMAGE = "    image: registry.example.com/team/web:1.4\n"
TWO_TEAMS = "{all: [{team: qa}, {team: secops}]}"


def outcomes(
    folder: Path, cases: str, *, head: str = HEAD, **sections: str
) -> list[tuple[str, ...]]:
    rules = {"rules": rule_text(TWO_TEAMS)}
    (folder / "trust-policy.yaml").write_text(policy_text(**{**rules, **sections}))
    (folder / "cases.yaml").write_text(f"{head}cases:\n{cases}")
    policy, made = load_cases(folder / "cases.yaml", now=NOW)
    return [run(policy, case).differences for case in made]


CASES = {
    "two people": "{verdict: allow, code: ok}\n"
    "    signatures: [{person: alice}, {person: carol}]\n",
    "one person": "{verdict: deny, code: policy}\n    signatures: [{person: alice}]\n",
    "nobody": "{verdict: deny, code: not_signed}\n",
    "an older digest": "{verdict: deny}\n"
    f"    signatures: [{{person: alice}}, {{person: carol, digest: '{OTHER}'}}]\n",
    "a role that is called alice": "{verdict: deny}\n"
    f"    signatures: [{{key: '{STRANGER}', role: targets/alice}}, {{person: carol}}]\n",
    "a key by its id": "{verdict: allow}\n"
    f"    signatures: [{{key: 'sha256:{ALICE}', role: targets/x}}, {{person: carol}}]\n",
    "not released": "{verdict: deny, code: not_signed}\n    released: nowhere\n"
    "    signatures: [{person: alice}, {person: carol}]\n",
    "released by the repository": "{verdict: allow, rule: 'registry.example.com/**'}\n"
    "    released: targets\n    signatures: [{person: alice}, {person: carol}]\n",
    "expired": "{verdict: deny, code: expired}\n    expires: {timestamp: 2026-11-28}\n"
    "    now: 2026-11-28T00:00:00Z\n    signatures: [{person: alice}, {person: carol}]\n",
    "no answer": "{verdict: deny, code: unreachable}\n    error: unreachable\n",
    "an old cache": "{verdict: deny, code: too_old}\n    cached-for: 3d\n"
    "    signatures: [{person: alice}, {person: carol}]\n",
}


@pytest.mark.parametrize("name", CASES)
def test_a_case_says_what_a_policy_must_say(tmp_path: Path, name: str) -> None:
    case = f"  - name: {name}\n{IMAGE}    expect: {CASES[name]}"
    freshness = "freshness: {max-age: {timestamp: 2d}}\n"
    assert outcomes(tmp_path, case, freshness=freshness) == [()]
    verdict = "deny" if "allow" in CASES[name] else "allow"
    wrong = case.replace("verdict: allow", "verdict: X").replace("verdict: deny", "verdict: X")
    wrong = wrong.replace("verdict: X", f"verdict: {verdict}")
    ((difference,),) = outcomes(tmp_path, wrong, freshness=freshness)
    assert difference.startswith("verdict is ")


def test_a_policy_that_became_weaker_shows(tmp_path: Path) -> None:
    case = (
        f"  -{IMAGE[3:]}    expect: {{verdict: deny, code: policy}}\n"
        "    signatures: [{person: alice}]\n"
    )
    assert outcomes(tmp_path, case) == [()]
    weaker = outcomes(tmp_path, case, rules=rule_text(TWO_TEAMS, "    mode: audit"))
    assert weaker == [("verdict is warn, and deny was expected",)]


def test_an_exception_is_expected_by_its_name(tmp_path: Path) -> None:
    exceptions = (
        "exceptions:\n  - {id: EX-1, match: 'registry.example.com/team/web:1.*', owner: carol,"
        " reason: r, expires: 2026-12-01}\n"
    )
    case = f"  -{IMAGE[3:]}    expect: {{verdict: allow, exception: EX-1}}\n"
    assert outcomes(tmp_path, case, exceptions=exceptions) == [()]
    late = case + "    now: 2026-12-01\n"
    assert len(outcomes(tmp_path, late, exceptions=exceptions)[0]) == 2


def test_keys_that_a_policy_names_by_spki_can_sign(tmp_path: Path) -> None:
    people = f"people: {{alice: {{keys: ['spki:{64 * 'a'}']}}}}\n"
    case = f"  -{IMAGE[3:]}    expect: {{verdict: allow}}\n    signatures: [{{person: alice}}]\n"
    assert outcomes(
        tmp_path, case, people=people, teams="", rules=rule_text("{person: alice}")
    ) == [()]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("§{image: 'a.example/b'}", "no expect"),
        ("{image: §'A B', expect: {verdict: deny}}", "invalid reference"),
        ("{image: 'a.example/b', expect: {verdict: §denied}}", "allow or warn or deny"),
        ("{image: 'a.example/b', expect: §{code: ok}}", "no verdict"),
        ("{image: 'a.example/b', expect: {verdict: deny}, §signature: []}", "unknown"),
        (
            "{image: 'a.example/b', expect: {verdict: deny}, signatures: [{person: §mallory}]}",
            "mallory",
        ),
        (
            "{image: 'a.example/b', expect: {verdict: deny}, signatures: [§{role: targets}]}",
            "of a key",
        ),
        ("{image: 'a.example/b', expect: {verdict: deny}, signatures: [{key: §abc}]}", "is no key"),
        ("{image: 'a.example/b', expect: {verdict: deny}, digest: §'sha256:1'}", "is no digest"),
        ("{image: 'a.example/b', expect: {verdict: deny}, error: §broken}", "is wanted"),
        (
            "{image: 'a.example/b', expect: {verdict: deny}, error: expired, §signatures: []}",
            "does not go with error",
        ),
    ],
)
def test_a_slip_in_a_case_is_refused_where_it_stands(tmp_path: Path, case: str, words: str) -> None:
    text = f"  - {case}\n"
    with pytest.raises(PolicyFileError) as caught:
        outcomes(tmp_path, text.replace("§", ""))
    assert words in caught.value.problem
    assert (caught.value.line, caught.value.column) == (5, text.index("§") + 1)
    assert caught.value.file.endswith("cases.yaml")


def test_cases_name_their_policy_or_are_given_one(tmp_path: Path) -> None:
    head = HEAD.replace("policy: trust-policy.yaml\n", "")
    case = f"  -{IMAGE[3:]}    expect: {{verdict: deny}}\n"
    with pytest.raises(PolicyFileError, match="name no policy"):
        outcomes(tmp_path, case, head=head)
    policy, cases = load_cases(
        tmp_path / "cases.yaml", policy=str(tmp_path / "trust-policy.yaml"), now=NOW
    )
    assert [run(policy, one).differences for one in cases] == [()]
    assert cases[0].digest != DIGEST
