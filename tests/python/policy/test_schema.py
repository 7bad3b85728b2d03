"""The published JSON Schema and the loader say the same of a file's form."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from contenttrust import policy
from contenttrust.policy.load import PolicyFileError, loads
from contenttrust.yaml_nodes import YamlError, read
from policy_facts import ALICE, SECTIONS, policy_text, rule_text, slips

SCHEMA = json.loads((Path(policy.__file__).parent / "trust-policy.schema.json").read_text())

# What no schema sees: names of people and teams, patterns that tie or match nothing, files, days
# that do not exist, what is bounded by something elsewhere in the file; 1.0 is an integer to it.
UNSEEN = {
    "at least more than there are",
    "at least of what several sign",
    "exception for half a digest",
    "exception that ends before it begins",
    "exception that ends on no day",
    "exception that lasts too long",
    "key file that is a folder",
    "key file that is garbage",
    "key file that is missing",
    "person whose name deceives",
    "pin for no name",
    "pin with a ca that is a key",
    "pin with a cert that is a bare key",
    "remap of names elsewhere",
    "remap to no name",
    "requirements nested too deep",
    "rule for a name without domain",
    "rule that allows older data",
    "rule that gives a longer grace",
    "rule that ignores certificates",
    "rule with a tag",
    "rules that tie",
    "server for a prefix without domain",
    "server over plain http",
    "server with a ca that is missing",
    "server with a ca that is none",
    "team with an unknown member",
    "too many exceptions for a rule",
    "two exceptions of one name",
    "two people with one key",
    "two pins that tie",
    "unknown person",
    "unknown team",
    "version with a fraction",
}


SLIPS = slips()


def fits(text: str) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(read(text, file="x")[0].value)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", SLIPS)
def test_what_the_loader_refuses_for_its_form_the_schema_refuses(name: str) -> None:
    section, _, text = SLIPS[name]
    try:
        fitting = fits(policy_text(**{section: text.replace("§", "")}))
    except YamlError:
        return  # it is no YAML, or is read differently by others
    if name == "a second document":
        return
    assert fitting == (name in UNSEEN)


ACCEPTED = {
    "the least": policy_text(people="", teams="", pins=""),
    "usual": policy_text(),
    "no rule": policy_text(rules="rules: []\n"),
    "default": policy_text(default="default: {verdict: allow, reason: pilot}\n"),
    "servers": policy_text(
        servers="servers: {'docker.io/': {url: 'https://n.example', auth: none},"
        " 'localhost:5000/': {url: 'http://localhost:4443'}}\n"
    ),
    "robot": policy_text(people=SECTIONS["people"].replace("']}", "'], kind: robot}")),
    "pins": policy_text(
        pins=f"pins: {{'docker.io/**': {{root-keys: ['{ALICE}'], tofu: forbid}},"
        f" 'docker.io/a/b': {{certs: ['sha256:{ALICE}']}}}}\n"
    ),
    "freshness": policy_text(
        freshness="freshness: {expiry: enforce, rollback: enforce, "
        "grace: {timestamp: 3d, root: 0s}, max-age: {timestamp: 12h}}\n"
    ),
    "rule": policy_text(
        rules=rule_text(
            "{all: [{team: qa}, {person: carol}], distinct: true}",
            "    mode: audit",
            "    tags: ['1.*', stable]",
            "    formats: {any: [dct]}",
            "    rewrite: digest",
            "    freshness: {max-age: {timestamp: 1h}}",
            "    identity: {remap: {from: 'registry.example.com/', to: 'docker.io/'}}",
        )
    ),
    "requirements": policy_text(
        rules=rule_text(
            "{any: [{all: [{signer: x}, {role: targets/releases}]}, {not: {key: '%s'}},"
            " {at-least: 2, of: {team: qa}}, {at-least: 1, of: [{signed: any-known-person}],"
            " distinct: false}]}".replace("%s", ALICE)
        )
    ),
    "local": policy_text(rules="rules: [{match: 'localhost/**', local-build: allow}]\n"),
    "exception": policy_text(
        exceptions="exceptions:\n  - {id: E, match: 'a.example/b:1', owner: o, reason: r,"
        " expires: 2026-12-01T08:00:00+01:00, created: 2026-11-01, ticket: T-1}\n"
    ),
    "limits": policy_text(
        limits="limits: {exceptions-per-rule: 3, exception-max: 30d, deadline: 2s,"
        " max-metadata: 5MiB}\n"
    ),
    "docker": policy_text(docker="docker: {uncovered: refuse, disable-content-trust: allow}\n"),
    "anchors": policy_text(
        rules="rules:\n  - &first {match: 'a.example/**', require: {signed: any}}\n"
        "  - {<<: *first, match: 'b.example/**'}\n"
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_loader_accepts_the_schema_accepts(name: str) -> None:
    loads(ACCEPTED[name])
    assert fits(ACCEPTED[name])


@pytest.mark.parametrize("formats", ["{all: [%s]}", "{any: [%s]}"])
@pytest.mark.parametrize(
    ("kinds", "loaded"),
    [("dct", True), ("dct, dct", True), ("cosign", False), ("dct, cosign", False),
     ("cosign, dct", False), ("notation", False), ("DCT", False)],
)  # fmt: skip
def test_t139_a_policy_for_other_signatures_is_refused_never_half_applied(
    formats: str, kinds: str, *, loaded: bool
) -> None:
    text = policy_text(rules=rule_text("{signed: any}", f"    formats: {formats % kinds}"))
    assert fits(text) == loaded
    if loaded:
        loads(text)
    else:
        with pytest.raises(PolicyFileError, match="not supported; what is: dct"):
            loads(text)
