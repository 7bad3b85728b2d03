"""A hundred slips of a policy file: each is refused, where it stands, with a word of what is wrong.

In the texts `§` marks the place that the message must name; it is taken out before reading.
"""

from __future__ import annotations

import re

import pytest

from contenttrust.policy.load import PolicyFileError, loads
from policy_facts import ALICE, BOB, SECTIONS, policy_text

ID = "sha256:" + 64 * "a"
RULE = "rules:\n  - match: 'registry.example.com/**'\n    "
EXCEPTION = (
    "exceptions:\n"
    "  - id: EX-1\n"
    "    match: 'registry.example.com/team/web:1.*'\n"
    "    owner: carol\n"
    "    reason: rotation\n"
    "    expires: 2026-12-01\n"
)


def changed(text: str, old: str, new: str) -> str:
    """A text with one part replaced, which it must have."""
    assert old in text
    return text.replace(old, new)


SLIPS: dict[str, tuple[str, str, str]] = {
    # name: (section, text, words)
    "another version of the format": (
        "head",
        changed(SECTIONS["head"], "contenttrust/v1", "§contenttrust/v2"),
        "contenttrust/v1 is wanted",
    ),
    "another kind": ("head", changed(SECTIONS["head"], "TrustPolicy", "§Policy"), "TrustPolicy"),
    "no kind": ("head", "§apiVersion: contenttrust/v1\nmetadata: {name: x, version: 1}\n", "no kind"),
    "no apiVersion": ("head", "§kind: TrustPolicy\nmetadata: {name: x, version: 1}\n", "apiVersion"),
    "no metadata": ("head", "§apiVersion: contenttrust/v1\nkind: TrustPolicy\n", "no metadata"),
    "no version": ("head", changed(SECTIONS["head"], "{name: tests, version: 1}", "§{name: x}"),
                   "no version"),
    "version in quotes": ("head", changed(SECTIONS["head"], "version: 1", "version: §'1'"),
                          "a whole number is wanted"),
    "version with a fraction": ("head", changed(SECTIONS["head"], "version: 1", "version: §1.0"),
                                "a whole number is wanted"),
    "version 0": ("head", changed(SECTIONS["head"], "version: 1", "version: §0"), "1 to"),
    "version true": ("head", changed(SECTIONS["head"], "version: 1", "version: §true"),
                     "true or false, and a whole number"),
    "empty name": ("head", changed(SECTIONS["head"], "tests", "§''"), "is empty"),
    "name that is a number": ("head", changed(SECTIONS["head"], "tests", "§7"), "a text is wanted"),
    "name that is nothing": ("head", changed(SECTIONS["head"], "tests", "§null"), "is empty"),
    "unknown field at the top": ("more", "§enforce: true\n", "'enforce' is unknown"),
    "field in another case": ("more", "§Default: deny\n", "'Default' is unknown"),
    "unknown field of metadata": (
        "head",
        changed(SECTIONS["head"], "version: 1", "version: 1, §labels: {}"),
        "'labels' is unknown in metadata",
    ),
    "a key twice": ("more", "default: deny\n§default: allow\n", "twice"),
    "a key twice in a flow": ("pins", "pins: {'**': {tofu: once, §tofu: forbid}}\n", "twice"),
    "default that is unknown": ("default", "default: §denied\n", "deny or warn is wanted"),
    "default allow without a reason": ("default", "default: §allow\n", "gives a reason"),
    "default with an empty reason": ("default", "default: {verdict: allow, reason: §' '}\n", "empty"),
    "default without a reason": ("default", "default: §{verdict: warn}\n", "no reason"),
    "default that is a list": ("default", "default: §[deny]\n", "a list, and a text"),
    "server without url": ("servers", "servers:\n  'docker.io/': §{auth: none}\n", "no url"),
    "server that is a text": ("servers", "servers:\n  'docker.io/': §https://x\n", "a mapping"),
    "server without scheme": ("servers", "servers: {'docker.io/': {url: §notary.example}}\n", "URL"),
    "server over plain http": ("servers", "servers: {'docker.io/': {url: §'http://notary.example'}}\n",
                               "https"),
    "server with a password": ("servers", "servers: {'docker.io/': {url: §'https://u:p@n.example'}}\n",
                               "no password"),
    "server with unknown auth": (
        "servers",
        "servers: {'docker.io/': {url: 'https://n.example', auth: §basic}}\n",
        "docker-config or none",
    ),
    "server with a bundle": ("servers", "servers: {'docker.io/': {§bundle: x.ctb}}\n", "not supported"),
    "server for a prefix without domain": (
        "servers",
        "servers: {§'library/': {url: 'https://n.example'}}\n",
        "begins no name",
    ),
    "server for a wildcard": ("servers", "servers: {§'docker.io/*/': {url: 'https://n.example'}}\n",
                              "no wildcards"),
    "server with a ca that is missing": (
        "servers",
        "servers: {'docker.io/': {url: 'https://n.example', ca: §missing.pem}}\n",
        "cannot be read",
    ),
    "server with a ca that is none": (
        "servers",
        "servers: {'docker.io/': {url: 'https://n.example', ca: §garbage.pem}}\n",
        "garbage.pem",
    ),
    "people that are a list": ("people", "people: §[alice]\n", "a list, and a mapping"),
    "person without keys": ("people", "people: {alice: §{}}\n", "no keys"),
    "person with an empty list": ("people", "people: {alice: {keys: §[]}}\n", "is empty"),
    "person with one key that is a text": ("people", f"people: {{alice: {{keys: §'{ALICE}'}}}}\n",
                                           "a list is wanted"),
    "key that is too short": ("people", "people: {alice: {keys: [§abc]}}\n", "is no key"),
    "key in capitals": ("people", f"people: {{alice: {{keys: [§'sha256:{64 * 'A'}']}}}}\n",
                        "is no key"),
    "key of another digest": ("people", f"people: {{alice: {{keys: [§'sha512:{64 * 'a'}']}}}}\n",
                              "is no key"),
    "key of cosign": ("people", "people: {alice: {keys: [§'cosign:file:x.pub']}}\n", "not supported"),
    "key file that is missing": ("people", "people: {alice: {keys: [§'file:missing.pub']}}\n",
                                 "cannot be read"),
    "key file that is a folder": ("people", "people: {alice: {keys: [§'file:.']}}\n",
                                  "cannot be read"),
    "key file that is garbage": ("people", "people: {alice: {keys: [§'file:garbage.pem']}}\n",
                                 "garbage.pem"),
    "key file without a name": ("people", "people: {alice: {keys: [§'file:']}}\n", "names no file"),
    "two people with one key": (
        "people",
        f"people:\n  alice: {{keys: ['{ALICE}']}}\n  bob: {{keys: ['{BOB}']}}\n"
        f"  §carol: {{keys: ['sha256:{ALICE}']}}\n",
        "belongs to one person",
    ),
    "person of an unknown kind": (
        "people", f"people: {{alice: {{keys: ['{ALICE}'], kind: §bot}}}}\n", "human or robot",
    ),
    "person with an unknown field": (
        "people", f"people: {{alice: {{keys: ['{ALICE}'], §mail: x}}}}\n", "'mail' is unknown",
    ),
    "person whose name deceives": ("people", f"people: {{§\"al\\u202eice\": {{keys: ['{ALICE}']}}}}\n",
                                   "is no name"),
    "team without members": ("teams", "teams: {qa: §{}}\n", "no members"),
    "empty team": ("teams", "teams: {qa: {members: §[]}}\n", "is empty"),
    "team with an unknown member": ("teams", "teams: {qa: {members: [alice, §mallory]}}\n",
                                    "'mallory' is not among"),
    "team with a member twice": ("teams", "teams: {qa: {members: [alice, §alice]}}\n", "twice"),
    "team with a number": ("teams", "teams: {qa: {members: [§1]}}\n", "a text is wanted"),
    "pin for no name": ("pins", "pins: {§'*': {tofu: once}}\n", "write '**'"),
    "pin that pins nothing": ("pins", "pins: {'**': §{}}\n", "pins nothing"),
    "pin of an unknown kind": ("pins", "pins: {'**': {§root_keys: []}}\n", "'root_keys' is unknown"),
    "pin with an empty list": ("pins", "pins: {'**': {root-keys: §[]}}\n", "is empty"),
    "pin with a short id": ("pins", "pins: {'**': {root-keys: [§'sha256:ab']}}\n", "is no key"),
    "pin by spki": ("pins", f"pins: {{'**': {{root-keys: [§'spki:{64 * 'a'}']}}}}\n", "spki"),
    "pin with a cert that is a bare key": ("pins", "pins: {'**': {certs: [§'file:alice.pub']}}\n",
                                           "no certificate"),
    "pin with a ca that is no file": ("pins", f"pins: {{'**': {{ca: §'{ID}'}}}}\n", "is a file"),
    "pin with a ca that is a key": ("pins", "pins: {'**': {ca: §'file:alice.pub'}}\n", "alice.pub"),
    "tofu that would ask": ("pins", "pins: {'**': {tofu: §prompt}}\n", "can ask nobody"),
    "tofu that is true": ("pins", "pins: {'**': {tofu: §true}}\n", "a text is wanted"),
    "two pins that tie": (
        "pins",
        "pins:\n  'registry.example.com/*': {tofu: once}\n"
        "  §'registry.example.com/**': {tofu: forbid}\n",
        "equally specific",
    ),
    "expiry ignored": ("freshness", "freshness: {expiry: §ignore}\n", "never just accepted"),
    "expiry misspelt": ("freshness", "freshness: {expiry: §enforced}\n", "enforce is wanted"),
    "rollback allowed": ("freshness", "freshness: {rollback: §ignore}\n", "enforce is wanted"),
    "grace of an unknown role": ("freshness", "freshness: {grace: {§timestmp: 3d}}\n", "unknown"),
    "grace without a unit": ("freshness", "freshness: {grace: {timestamp: §3}}\n", "a text is wanted"),
    "grace that is negative": ("freshness", "freshness: {grace: {timestamp: §-3d}}\n", "span of time"),
    "age with two units": ("freshness", "freshness: {max-age: {timestamp: §1d12h}}\n", "span of time"),
    "age without a role": ("freshness", "freshness: {max-age: §2d}\n", "a mapping is wanted"),
    "rules that are a mapping": ("rules", "rules: §{match: '**'}\n", "a list is wanted"),
    "no rules": ("rules", "", "no rules"),
    "rule without match": ("rules", "rules:\n  - §require: {signed: any}\n", "no match"),
    "rule without require": ("rules", "rules:\n  - §match: '**'\n", "no require"),
    "rule for a name without domain": ("rules", "rules: [{match: §alpine, require: {signed: any}}]\n",
                                       "docker.io/library/alpine"),
    "rule with a tag": ("rules", "rules: [{match: §'docker.io/a/b:1', require: {signed: any}}]\n",
                        "tags are not matched here"),
    "rule with a regular expression": (
        "rules", "rules: [{match: §'docker.io/(a|b)', require: {signed: any}}]\n", "character '('",
    ),
    "rules that tie": (
        "rules",
        "rules:\n  - {match: 'docker.io/a/*', require: {signed: any}}\n"
        "  - {match: §'docker.io/a/**', require: {signed: any}}\n",
        "equally specific",
    ),
    "mode misspelt": ("rules", RULE + "require: {signed: any}\n    mode: §enforced\n", "enforce or"),
    "mode in capitals": ("rules", RULE + "require: {signed: any}\n    mode: §Enforce\n", "enforce or"),
    "mode under another name": ("rules", RULE + "require: {signed: any}\n    §Mode: audit\n",
                                "'Mode' is unknown"),
    "signed by whom": ("rules", RULE + "require: {signed: §anybody}\n", "any-known-person"),
    "signed true": ("rules", RULE + "require: {signed: §true}\n", "a text is wanted"),
    "require that is a text": ("rules", RULE + "require: §any\n", "a mapping is wanted"),
    "require nothing": ("rules", RULE + "require: §{}\n", "here is none"),
    "require two things": ("rules", RULE + "require: §{person: alice, team: qa}\n",
                           "person and team"),
    "require of an unknown kind": ("rules", RULE + "require: {§persons: [alice]}\n", "unknown"),
    "unknown person": ("rules", RULE + "require: {person: §mallory}\n", "'mallory' is not among"),
    "unknown team": ("rules", RULE + "require: {all: [{team: qa}, {team: §dev}]}\n", "'dev' is not"),
    "all of nothing": ("rules", RULE + "require: {all: §[]}\n", "is empty"),
    "at least 0": ("rules", RULE + "require: {at-least: §0, of: [{team: qa}]}\n", "1 to"),
    "at least more than there are": ("rules", RULE + "require: §{at-least: 2, of: [{team: qa}]}\n",
                                     "at least 2 of 1"),
    "at least of nothing": ("rules", RULE + "require: §{at-least: 1}\n", "at-least what"),
    "at least of what several sign": (
        "rules", RULE + "require: §{at-least: 1, of: [{all: [{team: qa}]}]}\n", "one signature",
    ),
    "of without at-least": ("rules", RULE + "require: {team: qa, §of: []}\n", "does not go with"),
    "distinct without all": ("rules", RULE + "require: {any: [{team: qa}], §distinct: true}\n",
                             "does not go with any"),
    "distinct that is a text": ("rules", RULE + "require: {all: [{team: qa}], distinct: §'yes'}\n",
                                "true or false is wanted"),
    "distinct yes": ("rules", RULE + "require: {all: [{team: qa}], distinct: §yes}\n",
                     "true or false is wanted"),
    "signer with a path": ("rules", RULE + "require: {signer: §targets/alice}\n", "is no signer"),
    "signer releases": ("rules", RULE + "require: {signer: §releases}\n", "targets/releases"),
    "role that lists no tags": ("rules", RULE + "require: {role: §snapshot}\n", "lists no tags"),
    "format cosign": ("rules", RULE + "require: {signed: any}\n    formats: {all: [dct, §cosign]}\n",
                      "not supported"),
    "formats that are empty": ("rules", RULE + "require: {signed: any}\n    formats: {any: §[]}\n",
                               "is empty"),
    "platforms": ("rules", RULE + "require: {signed: any}\n    §platforms: [linux/amd64]\n",
                  "not supported"),
    "tag that is a number": ("rules", RULE + "require: {signed: any}\n    tags: [§3.1]\n",
                             "a text is wanted"),
    "tag pattern with a slash": ("rules", RULE + "require: {signed: any}\n    tags: [§'a/b']\n",
                                 "character '/'"),
    "no tags": ("rules", RULE + "require: {signed: any}\n    tags: §[]\n", "is empty"),
    "rule that allows older data": (
        "rules",
        "freshness: {max-age: {timestamp: 1d}}\n" + RULE
        + "require: {signed: any}\n    freshness: {max-age: §{timestamp: 2d}}\n",
        "may not allow older data",
    ),
    "rule that gives a longer grace": (
        "rules",
        RULE + "require: {signed: any}\n    freshness: {grace: §{timestamp: 2d}}\n",
        "longer grace",
    ),
    "remap of names elsewhere": (
        "rules",
        "rules:\n  - §match: 'registry.example.com/**'\n    require: {signed: any}\n"
        "    identity: {remap: {from: 'mirror.example/', to: 'docker.io/'}}\n",
        "do not begin",
    ),
    "remap of half a name": (
        "rules",
        RULE + "require: {signed: any}\n"
        "    identity: {remap: {from: §'registry.example.com', to: 'docker.io/'}}\n",
        "ends with '/'",
    ),
    "remap without to": (
        "rules",
        RULE + "require: {signed: any}\n    identity: {remap: §{from: 'registry.example.com/'}}\n",
        "no to",
    ),
    "local build misspelt": ("rules", RULE + "local-build: §true\n", "a text is wanted"),
    "local build that requires": (
        "rules", RULE + "local-build: allow\n    §require: {signed: any}\n", "does not go with",
    ),
    "rewrite to a tag": ("rules", RULE + "require: {signed: any}\n    rewrite: §tag\n", "digest"),
    "exception without an end": (
        "exceptions", EXCEPTION.replace("    expires: 2026-12-01\n", "").replace("- id", "- §id"),
        "no expires",
    ),
    "exception without an owner": (
        "exceptions", EXCEPTION.replace("    owner: carol\n", "").replace("- id", "- §id"),
        "no owner",
    ),
    "exception without a reason": (
        "exceptions", EXCEPTION.replace("reason: rotation", "reason: §''"), "is empty",
    ),
    "exception that ends never": (
        "exceptions", EXCEPTION.replace("2026-12-01", "§never"), "no day and no time",
    ),
    "exception that ends on no day": (
        "exceptions", EXCEPTION.replace("2026-12-01", "§2026-02-30"), "no day and no time",
    ),
    "exception that ends without a zone": (
        "exceptions", EXCEPTION.replace("2026-12-01", "§'2026-12-01T08:00:00'"), "no day and no time",
    ),
    "exception that lasts too long": (
        "exceptions", EXCEPTION.replace("2026-12-01", "§2027-12-01") + "    created: 2026-11-20\n",
        "longer than 90 days",
    ),
    "exception that ends before it begins": (
        "exceptions", EXCEPTION.replace("2026-12-01", "§2026-12-01") + "    created: 2026-12-01\n",
        "not after created",
    ),
    "exception for every tag": (
        "exceptions", EXCEPTION.replace("'registry.example.com/team/web:1.*'",
                                        "§registry.example.com/team/web"),
        "for a tag or a digest",
    ),
    "exception for half a digest": (
        "exceptions", EXCEPTION.replace("'registry.example.com/team/web:1.*'",
                                        "§registry.example.com/team/web@sha256:abcd"),
        "a digest is",
    ),
    "exception that breaks the glass": (
        "exceptions", EXCEPTION + "    §break-glass: true\n", "never sets aside a rollback or a pin",
    ),
    "exception that is approved": (
        "exceptions", EXCEPTION + "    §approved-by: {person: carol}\n", "not supported",
    ),
    "two exceptions of one name": (
        "exceptions",
        EXCEPTION + EXCEPTION.partition("\n")[2].replace("EX-1", "§EX-1"),
        "two exceptions are called",
    ),
    "too many exceptions for a rule": (
        "exceptions",
        "limits: {exceptions-per-rule: 0}\n" + EXCEPTION.replace("- id", "- §id"),
        "more than 0 exceptions",
    ),
    "limit that is nothing": ("limits", "limits: {deadline: §0s}\n", "is nothing"),
    "limit that is a number": ("limits", "limits: {deadline: §2}\n", "a text is wanted"),
    "limit that is unknown": ("limits", "limits: {§dead-line: 2s}\n", "unknown"),
    "size without a unit": ("limits", "limits: {max-metadata: §'5'}\n", "is no size"),
    "docker setting misspelt": ("docker", "docker: {disable-content-trust: §forbidden}\n", "forbid"),
    "docker setting unknown": ("docker", "docker: {§uncoverd: warn}\n", "unknown"),
    "a tag of YAML": ("default", "default: §!!python/object:os.system deny\n", "tag"),
    "an alias without an anchor": ("default", "default: §*deny\n", "alias"),
    "a tab": ("default", "default:\n§\tdeny\n", "cannot start any token"),
    "a second document": ("rules", SECTIONS["rules"] + "---\n§default: allow\n", "second document"),
    "a flow that is not closed": ("rules", "rules: [\n§", "expected"),
}  # fmt: skip


def test_there_are_a_hundred_slips() -> None:
    assert len(SLIPS) >= 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    from contenttrust import _core
    from contenttrust.keys import pem

    made = tmp_path_factory.mktemp("policy")
    (made / "garbage.pem").write_text("-----BEGIN NOTHING-----\n")
    key = _core.PrivateKey.generate("ecdsa")
    (made / "alice.pub").write_bytes(pem.public_key_pem(key.public, ""))
    return str(made)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_refused_where_it_stands(name: str, folder: str) -> None:
    section, text, words = SLIPS[name]
    marked = policy_text(**{section: text})
    if "§" in marked:
        before = marked.partition("§")[0]
        place = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    else:
        place = 1, 1
    with pytest.raises(PolicyFileError) as caught:
        loads(marked.replace("§", ""), name="trust-policy.yaml", folder=folder)
    error = caught.value
    assert (error.line, error.column) == place, error
    assert str(error).startswith(f"trust-policy.yaml:{place[0]}:{place[1]}: ")
    assert re.search(re.escape(words), error.problem), error.problem
    assert str(error).isprintable()


def test_what_the_slips_are_made_of_loads(folder: str) -> None:
    for more in ("", EXCEPTION):
        loads(policy_text(more=more), folder=folder)
