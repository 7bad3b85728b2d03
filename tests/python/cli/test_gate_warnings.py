"""What gates of files tell beside their verdicts, and when they do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from noting_docker import environment, installed

GUN = "localhost:5000/corpus/revoked"
POD = f"""apiVersion: v1
kind: Pod
spec:
  containers:
  - {{name: a, image: "{GUN}:3.0"}}
  - {{name: b, image: "{GUN}:9.9"}}
"""
WARNED = f"warning: {GUN}: root: the root was believed because it is the first one seen"


@pytest.fixture
def gate(case, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the gate on a pod with two images of a collection that nobody has seen before."""
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("pod.yaml").write_text(POD)
    options = case("good-revoked-tag").options

    def call(*arguments: str):
        return run("gate", "kubernetes", *options, *arguments, "pod.yaml")

    return call


def test_a_root_that_is_the_first_one_seen_is_told_once_a_collection(gate) -> None:
    ran = gate()
    assert [line[: len(WARNED)] for line in ran.err.splitlines()].count(WARNED) == 1
    assert ran.err.startswith(f"{WARNED}; nothing had been remembered, because the trust directory")


def test_a_pinned_root_is_none(gate, vectors: Path) -> None:
    root = vectors / "good-revoked-tag" / "tuf" / "root.json"
    assert "warning:" not in gate("--anchor-root", str(root)).err


def test_quiet_tells_refusals_only(gate) -> None:
    assert [line[:8] for line in gate("-q").err.splitlines()] == ["refused:"]


def test_a_document_has_it_with_each_decision_and_standard_error_is_silent(gate) -> None:
    ran = gate("-o", "json", "-v")
    assert ran.err == ""
    decisions = [result["decision"] for result in ran.document["results"]]
    assert [[one["code"] for one in each["warnings"]] for each in decisions] == [["first_use"]] * 2
    assert {each["policy"] for each in decisions} == {"DOCKER_CONTENT_TRUST"}


def test_a_report_in_place_of_lines_has_it_and_beside_lines_both_have_it(gate) -> None:
    alone = gate("--format", "sarif")
    assert alone.err == ""
    [run] = json.loads(alone.out)["runs"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1
    both = gate("--format", "github", "--report", "report")
    assert Path("report").read_text().startswith("::warning title=contenttrust%3A first_use::")
    assert both.err.startswith(WARNED)


def test_verbose_tells_that_there_is_no_policy_or_which_one(gate) -> None:
    assert gate("-v").err.startswith("note: there is no policy: any signed image will do")
    assert "policy" not in gate().err
    Path("policy.yaml").write_text(
        "apiVersion: contenttrust/v1\nkind: TrustPolicy\nmetadata: {name: production, version: 8}\n"
        'rules: [{match: "**", require: {signed: any}}]\n'
    )
    told = gate("-v", "--policy", "policy.yaml").err.splitlines()[0]
    assert told.startswith("note: judged by the policy production, version 8, ")


def test_docker_s_commands_tell_it_once_and_not_with_quiet(case, tmp_path: Path) -> None:
    noting = installed(tmp_path)
    program = Path(sys.executable).parent / "contenttrust"
    options = case("good-revoked-tag").options

    def pull(*before: str) -> list[str]:
        ran = subprocess.run(
            [program, "docker", *options, *before, "--", "pull", f"{GUN}:3.0"],
            check=True, env=environment(noting, tmp_path, DOCKER_CONTENT_TRUST="1"), text=True,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
        return [line for line in ran.stderr.splitlines() if "first one seen" in line]

    assert [line.startswith(f"contenttrust: {WARNED}") for line in pull()] == [True]
    assert pull("-q") == []
