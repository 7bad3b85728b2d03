"""The verbs about policies: what they print, for people and for machines, and their exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_facts import ALICE, policy_text, rule_text

AT = ("--at", "2026-11-28T12:00:00Z")
IMAGE = "registry.example.com/team/web:1.4"
PINNED = f"pins: {{'**': {{root-keys: ['{ALICE}']}}}}\n"
CASES = """\
apiVersion: contenttrust/v1
kind: TrustPolicyTest
policy: trust-policy.yaml
cases:
  - name: alice
    image: registry.example.com/team/web:1.4
    signatures: [{person: alice}]
    expect: {verdict: allow}
  - name: nobody
    image: registry.example.com/team/web:1.4
    expect: {verdict: deny, code: not_signed}
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "trust-policy.yaml"
    path.write_text(policy_text(pins=PINNED, rules=rule_text("{signed: any-known-person}")))
    return str(path)


def test_lint_of_a_policy_that_is_right(run: Callable, policy: str) -> None:
    ran = run("policy", "lint", *AT, policy)
    warnings = [line for line in ran.out.splitlines() if "warning" in line]
    assert ran.code == 0
    assert len(warnings) == 2, "nobody asks for the teams"
    assert f"{policy}: tests, version 1, 1 rule, digest " in ran.out
    assert run("policy", "lint", *AT, "--strict", policy).code == 1


def test_lint_tells_every_fault_of_every_file(run: Callable, policy: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(policy_text(default="default: allow\n", limits="limits: {deadline: 2}\n"))
    ran = run("policy", "lint", *AT, str(wrong), policy, str(tmp_path / "gone.yaml"))
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith(f"{wrong}:15:10: error: default: allow: who allows")
    assert lines[1].startswith(f"{wrong}:16:20: error: limits.deadline is a whole number")
    assert lines[-1] == f"{tmp_path}/gone.yaml:1:1: error: No such file or directory"


def test_without_the_extra_lint_says_what_to_install(
    run: Callable, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    ran = run("policy", "lint", policy)
    assert (ran.code, ran.out) == (2, "")
    assert "YAML is read by ruamel.yaml: install the extra contenttrust[gate]" in ran.err


def test_what_named_a_policy_that_cannot_be_read_is_told(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = str(tmp_path / "gone.yaml")
    trust = ("--trust-dir", str(tmp_path / "trust"))
    ran = run("policy", "explain", "--offline", *trust, "--policy", gone, IMAGE)
    assert (ran.code, f"--policy: {gone}" in ran.err) == (2, True)
    monkeypatch.setenv("CONTENTTRUST_POLICY", gone)
    ran = run("policy", "explain", "--offline", *trust, IMAGE)
    assert (ran.code, f"CONTENTTRUST_POLICY: {gone}" in ran.err) == (2, True)


def test_lint_as_json(run: Callable, policy: str) -> None:
    ran = run("policy", "lint", *AT, "--json", policy)
    assert ran.document["schema"] == "contenttrust.policy-lint/1"
    (file,) = ran.document["files"]
    assert (file["loads"], file["name"], file["version"]) == (True, "tests", 1)
    assert {one["level"] for one in file["findings"]} == {"warning"}


def test_lint_warns_of_patterns_that_match_no_image(
    run: Callable, policy: str, tmp_path: Path
) -> None:
    images = tmp_path / "images.txt"
    images.write_text("# ours\nalpine:3.19\n")
    ran = run("policy", "lint", *AT, "--images", str(images), policy)
    assert "registry.example.com/** matches none of the images that were given" in ran.out
    images.write_text(IMAGE)
    ran = run("policy", "lint", *AT, "--images", str(images), policy)
    assert "matches none" not in ran.out
    ran = run("policy", "lint", "--images", str(tmp_path / "gone"), policy)
    assert (ran.code, "No such file" in ran.err) == (2, True)


def test_explain_offline_says_what_is_wanted(run: Callable, policy: str, tmp_path: Path) -> None:
    trust_dir = ("--trust-dir", str(tmp_path / "trust"))
    ran = run("policy", "explain", "--offline", "--policy", policy, *trust_dir, IMAGE)
    assert ran.code == 0
    for words in ("registry.example.com/**", "signed: any-known-person", "as docker finds it",
                  f"root-keys: [{ALICE}]"):  # fmt: skip
        assert words in ran.out
    ran = run("policy", "explain", "--offline", "--policy", policy, *trust_dir, "--json", "alpine")
    assert ran.document["rule"] is None
    assert (ran.document["default"], ran.document["decision"]) == ("deny", None)
    assert ran.document["reference"] == "docker.io/library/alpine:latest"


def test_explain_says_what_comes_of_it(run: Callable, case: Callable, tmp_path: Path) -> None:
    made = case("good-one-tag")
    tag = next(iter(made.expected["tags"]))
    path = tmp_path / "policy.yaml"
    text = policy_text(rules="rules: [{match: '**', require: {signed: any}}]\n")
    path.write_text(text)
    ran = run("policy", "explain", *made.options, "--policy", str(path), f"{made.gun}:{tag}")
    assert ran.code == 0, ran.err
    assert "allow (ok)" in ran.out
    assert f"use {made.gun}@sha256:" in ran.out
    path.write_text(text.replace("signed: any", "person: alice"))
    ran = run("policy", "explain", *made.options, "--policy", str(path), "--json",
              f"{made.gun}:{tag}")  # fmt: skip
    assert ran.code == 1
    assert ran.document["decision"]["code"] == "policy"
    assert "did not meet required signing policy" in ran.document["decision"]["reasons"][0]


def test_to_explain_a_draft_puts_it_into_force_nowhere(
    run: Callable, policy: str, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(Path(policy).read_text().replace("version: 1", "version: 2"))
    trust_dir = ("--trust-dir", str(tmp_path / "trust"))
    for file in (str(draft), policy):
        ran = run("policy", "explain", "--offline", "--policy", file, *trust_dir, IMAGE)
        assert ran.code == 0, ran.err


def test_explain_lists_the_exceptions_that_may_count(
    run: Callable, case: Callable, tmp_path: Path
) -> None:
    made = case("good-one-tag")
    ((tag, signed),) = made.expected["tags"].items()
    digest, other = f"sha256:{signed['sha256']}", "sha256:" + 64 * "0"
    end = "owner: alice, reason: r, created: '2026-11-20', expires: '2026-12-20'"
    path = tmp_path / "policy.yaml"
    path.write_text(policy_text(
        rules="rules: [{match: '**', require: {person: alice}}]\n",
        exceptions=f"exceptions:\n- {{id: by-tag, match: '{made.gun}:{tag}', {end}}}\n"
        f"- {{id: by-digest, match: '{made.gun}@{other}', {end}}}\n",
    ))  # fmt: skip

    def listed(image: str, *options: str) -> list[str]:
        options = options or tuple(made.options[:2])
        ran = run("policy", "explain", *made.options[2:], "--policy", str(path), "--json", *options,
                  f"{made.gun}{image}")  # fmt: skip
        return [one["id"] for one in ran.document["exceptions"]]

    for options in ((), ("--offline",)):
        assert listed(f":{tag}", *options) == ["by-tag"]
        assert listed(f":{tag}@{other}", *options) == ["by-digest"]
        assert listed(f"@{other}", *options) == ["by-digest"]
        assert listed(":other", *options) == []
    assert listed(f"@{digest}") == ["by-tag"]
    assert listed(f":{tag}@{digest}") == ["by-tag"]


def test_a_policy_that_is_wrong_is_a_fault_of_the_command_line(
    run: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("apiVersion: v1\n")
    ran = run("policy", "explain", "--offline", "--policy", str(path), IMAGE)
    assert ran.code == 2
    assert f"{path}:1:1: " in ran.err


def test_cases_pass_and_fail(run: Callable, policy: str, tmp_path: Path) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(CASES)
    ran = run("policy", "test", *AT, str(cases))
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == 2
    assert run("policy", "test", *AT, "-q", str(cases)).out == ""
    cases.write_text(CASES.replace("person: alice", f"key: '{'9' * 64}'"))
    ran = run("policy", "test", *AT, str(cases))
    assert ran.code == 1
    assert f"alice ({cases}:5)" in ran.out
    assert "verdict is deny, and allow was expected" in ran.out
    document = run("policy", "test", *AT, "--json", str(cases)).document
    assert [one["passed"] for one in document["cases"]] == [False, True]


def test_cases_that_are_wrong_are_refused_with_their_place(
    run: Callable, policy: str, tmp_path: Path
) -> None:
    cases = tmp_path / "cases.yaml"
    cases.write_text(CASES.replace("verdict: allow", "verdict: maybe"))
    ran = run("policy", "test", str(cases))
    assert ran.code == 1
    assert f"{cases}:8:23: " in ran.err


def test_import_prints_a_policy_that_loads(run: Callable, tmp_path: Path) -> None:
    daemon = tmp_path / "daemon.json"
    daemon.write_text(json.dumps({"content-trust": {"mode": "enforced", "trust-pinning": {
        "root-keys": {"registry.example.com/**": [ALICE]}}}}))  # fmt: skip
    ran = run("policy", "import", str(daemon))
    assert (ran.code, ran.err) == (0, "")
    made = tmp_path / "made.yaml"
    made.write_text(ran.out)
    assert run("policy", "lint", str(made)).code == 0


def test_import_tells_what_could_not_be_said(run: Callable, tmp_path: Path) -> None:
    config = tmp_path / "ucp.toml"
    config.write_text(
        "[trust_configuration]\nrequire_content_trust = true\nrequire_signature_from = ['qa']\n"
    )
    ran = run("policy", "import", str(config))
    assert ran.code == 1
    assert "give them with --key qa=KEY" in ran.err
    assert "# the keys of qa are not in the configuration" in ran.out
    ran = run("policy", "import", "--key", f"qa={ALICE}", "--json", str(config))
    assert '"team": "qa"' in "\n".join(ran.document["messages"])
    assert ran.document["unsaid"]
    for option, code in (("qa", 2), ("qa=abc", 2), ("dev=" + ALICE, 1)):
        assert run("policy", "import", "--key", option, str(config)).code == code
    assert run("policy", "import", str(tmp_path / "gone")).code == 2
    config.write_text("x = 1\n")
    assert run("policy", "import", str(config)).code == 1


def test_the_policy_of_the_environment_is_used(
    run: Callable, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(policy).parent)
    trust_dir = ("--trust-dir", str(tmp_path / "trust"))
    ran = run("policy", "explain", "--offline", "--json", *trust_dir, IMAGE)
    assert ran.document["policy"]["name"] == "DOCKER_CONTENT_TRUST"
    monkeypatch.setenv("CONTENTTRUST_POLICY", policy)
    ran = run("policy", "explain", "--offline", "--json", *trust_dir, IMAGE)
    assert ran.document["policy"]["name"] == "tests"


def test_explain_tells_everything_that_applies(run: Callable, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        policy_text(
            servers="servers: {'registry.example.com/': {url: 'https://notary.example'}}\n",
            rules=rule_text("{all: [{team: qa}], distinct: true}", "    tags: ['1.*', stable]")
            + "  - {match: '**', require: {signed: any}}\n"
            "  - {match: 'localhost/**', local-build: allow}\n",
            exceptions="exceptions:\n  - {id: EX-1, match: 'registry.example.com/team/web:1.*',"
            " owner: o, reason: r, expires: 2026-12-01}\n",
        )
    )
    options = ("--offline", "--policy", str(path), "--trust-dir", str(tmp_path / "trust"))
    out = run("policy", "explain", *options, IMAGE).out
    for words in ("more specific than **", "all: [team: qa], distinct: true", "1.*, stable",
                  "https://notary.example", "EX-1 until 2026-12-01T00:00:00+00:00"):  # fmt: skip
        assert words in out
    assert "nothing: it is made here" in run("policy", "explain", *options, "localhost/dev").out


@pytest.mark.parametrize("kind", ["gone", "folder", "pipe"])
@pytest.mark.parametrize(
    "words",
    [
        "policy lint",
        "policy test",
        "policy import",
        "policy lint {policy} --images",
        "policy explain alpine --policy",
        "gate dockerfile",
        "gate compose",
        "gate kubernetes",
        "verify alpine --anchor-root",
        "serve gate --config",
    ],
)
def test_a_file_that_cannot_be_read_is_a_wrong_command_line_but_where_policies_are_judged(
    run: Callable, policy: str, tmp_path: Path, words: str, kind: str
) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    ran = run(*(word.format(policy=policy) for word in words.split()), str(path))
    assert ran.code == (1 if words in {"policy lint", "policy test"} else 2)
    assert str(path) in ran.out + ran.err
