"""What lint says of policies that load: what is hardly meant, where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.policy.lint import lint, lint_file
from policy_facts import ALICE, NOW, SECTIONS, policy_text, rule_text

ANY = rule_text("{signed: any}")
CATCH_ALL = f"pins: {{'registry.example.com/**': {{root-keys: ['{ALICE}']}}}}\n"
QUIET = {"people": "", "teams": "", "pins": CATCH_ALL, "rules": ANY}


def said(names: list[str] | None = None, **sections: str) -> list[tuple[str, str]]:
    """Level and message of what is found, with the text that it is said of."""
    text = policy_text(**{**QUIET, **sections})
    policy, findings = lint(text, now=NOW, names=names or [])
    assert policy is not None
    lines = text.splitlines()
    return [
        (f"{one.level} {lines[one.line - 1][one.column - 1 :]}", one.message) for one in findings
    ]


def test_a_policy_that_is_meant_as_it_stands_has_no_findings() -> None:
    assert said() == []


def test_row_21_a_rule_without_pin_and_keys_is_an_error() -> None:
    # "signed" alone says that a signature is there, not whose it is.
    ((place, message),) = said(pins="")
    assert place == "error 'registry.example.com/**'"
    assert "no pin covers registry.example.com/**" in message
    ((place, message),) = said(pins="pins: {'**': {tofu: once}}\n")
    assert place.startswith("warning 'registry")
    assert "who answers first is believed" in message
    ((_, message),) = said(pins="pins: {'**': {tofu: forbid}}\n")
    assert "only collections that this machine remembers" in message


@pytest.mark.parametrize(
    ("sections", "place", "words"),
    [
        ({"rules": "rules: []\n"}, "[]", "there is no rule"),
        ({"default": "default: warn\n"}, "warn", "is let through"),
        ({"rules": rule_text("{signed: any}", "    mode: audit")}, "audit", "stops nothing"),
        ({"rules": rule_text("{signed: any}", "    mode: warn")}, "warn", "stops nothing"),
        (
            {"rules": ANY + "  - {match: 'localhost.example/**', local-build: allow}\n"},
            "'localhost.example/**'",
            "whoever can push there",
        ),
        (
            {"pins": f"pins: {{'**': {{certs: ['{ALICE}'], root-keys: ['{ALICE}']}}}}\n"},
            "'**'",
            "only root-keys is used, not certs",
        ),
        (
            {"servers": "servers: {'docker.io/': {url: 'https://notary.docker.io'}}\n"},
            "'https://notary.docker.io'",
            "ends on 2026-12-08",
        ),
        (
            {"people": SECTIONS["people"][: SECTIONS["people"].index("  bob")]},
            "alice",
            "asks for alice",
        ),
        (
            {
                "people": SECTIONS["people"],
                "teams": SECTIONS["teams"],
                "rules": rule_text("{at-least: 2, of: {team: qa}}"),
            },
            "secops",
            "no rule asks for the team secops",
        ),
        (
            {
                "exceptions": "exceptions:\n  - {id: E, match: 'registry.example.com/a:1',"
                " owner: o, reason: r, expires: 2026-11-01}\n"
            },
            "2026-11-01",
            "has expired",
        ),
        (
            {
                "exceptions": "exceptions:\n  - {id: E, match: 'registry.example.com/a:1',"
                " owner: o, reason: r, expires: 2027-11-01}\n"
            },
            "2027-11-01",
            "ends too late",
        ),
        (
            {
                "exceptions": "exceptions:\n  - {id: E, match: 'other.example/a:1', owner: o,"
                " reason: r, expires: 2026-12-01}\n"
            },
            "'other.example/a:1'",
            "no rule is for what E lets through",
        ),
    ],
)
def test_what_is_hardly_meant(sections: dict[str, str], place: str, words: str) -> None:
    ((where, message),) = said(**sections)
    assert where.startswith(f"warning {place}")
    assert words in message


def test_t116_a_pattern_that_matches_nothing_is_warned() -> None:
    rules = ANY + "  - {match: 'registry.example.com/tema/*', require: {signed: any}}\n"
    found = said(["registry.example.com/team/web:1.4", "# no name", "A B"], rules=rules)
    assert [place for place, _ in found] == [
        "warning 'registry.example.com/tema/*', require: {signed: any}}"
    ]
    assert said(["registry.example.com/tema/web"], rules=rules) == []
    found = said(
        ["docker.io/library/alpine"], rules="rules: [{match: '**', require: {signed: any}}]\n"
    )
    assert "matches none of the images" in found[0][1]


def test_a_file_that_cannot_be_read_or_does_not_load_has_errors(tmp_path: Path) -> None:
    policy, findings = lint_file(tmp_path / "gone.yaml", now=NOW)
    assert policy is None
    assert [(one.level, one.message) for one in findings] == [
        ("error", "No such file or directory")
    ]
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(default="default: allow\n"))
    policy, findings = lint_file(path, now=NOW)
    assert policy is None
    assert [(one.line, one.level) for one in findings] == [(15, "error")]
