"""The GitHub Action: its script, run as the runner runs it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contenttrust.yaml_nodes import read

ROOT = Path(__file__).parents[3]
GUN = "localhost:5000/corpus/revoked"
POD = "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{}'}}]}}\n"


def action() -> dict[str, Any]:
    [document] = read((ROOT / "action.yml").read_bytes(), file="action.yml")
    return document.value


def test_no_input_is_part_of_a_script() -> None:
    [step] = action()["runs"]["steps"]

    assert "${{" not in step["run"]
    assert step["env"] == {name.upper(): f"${{{{ inputs.{name} }}}}" for name in action()["inputs"]}


@pytest.fixture
def step(vectors: Path, tmp_path: Path):
    """Runs the step with inputs, on trust data of a vector."""
    programs = tmp_path / "bin"
    programs.mkdir()
    metadata = vectors / "good-revoked-tag" / "tuf"
    # The inputs of a workflow leave no room for this: it stands before the verb.
    (programs / "contenttrust").write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -m contenttrust "
        f'--metadata {shlex.quote(str(metadata))} --at 2026-11-24T00:00:00Z "$@"\n'
    )
    (programs / "contenttrust").chmod(0o700)
    work = tmp_path / "work"
    work.mkdir()
    (work / "good.yaml").write_text(POD.format(f"{GUN}:3.0"))
    (work / "bad one.yaml").write_text(POD.format(f"{GUN}:9.9"))

    def run(**inputs: str) -> subprocess.CompletedProcess[str]:
        [given] = action()["runs"]["steps"]
        values = {name.upper(): "" for name in action()["inputs"]}
        values |= {name.upper(): value for name, value in inputs.items()}
        script = tmp_path / "script.sh"
        script.write_text(given["run"])
        env = {"PATH": f"{programs}:{os.defpath}", "HOME": str(tmp_path), **values}
        # As a runner starts `shell: bash`.
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=work, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_signed_images_pass_and_others_are_annotated(step) -> None:
    passed = step(gate="kubernetes", files="good.yaml\n")
    assert passed.returncode == 0, passed.stderr
    [first] = passed.stdout.splitlines()  # nothing is pinned, and a runner remembers nothing
    assert first.startswith("::warning title=contenttrust%3A first_use::")

    stopped = step(gate="kubernetes", files="good.yaml\nbad one.yaml\n")
    assert stopped.returncode == 1
    assert "\n::error file=bad one.yaml,line=3,col=" in stopped.stdout


def _refused(ran: subprocess.CompletedProcess[str]) -> list[str]:
    lines = [line for line in ran.stdout.splitlines() if line.startswith("::error file=")]
    return sorted(line.removeprefix("::error file=").partition(",")[0] for line in lines)


def test_patterns_find_files_that_nobody_has_listed(step, tmp_path: Path) -> None:
    below = tmp_path / "work" / "deploy" / "web"
    below.mkdir(parents=True)
    (below / "new.yaml").write_text(POD.format(f"{GUN}:9.9"))
    (below.parent / "a[1].yaml").write_text(POD.format(f"{GUN}:9.9"))
    stopped = step(gate="kubernetes", files="good.yaml\n*d.yaml\ndeploy/**/*.yaml\n")
    assert stopped.returncode == 1, stopped.stderr
    assert _refused(stopped) == ["deploy/a[1].yaml", "deploy/web/new.yaml"]
    literal = step(gate="kubernetes", files="deploy/a[1].yaml")
    assert _refused(literal) == ["deploy/a[1].yaml"]
    for name in ("@", "*"):
        (below / name).write_text(POD.format(f"{GUN}:9.9"))
    every = step(gate="kubernetes", files="deploy/web/*")
    assert _refused(every) == ["deploy/web/*", "deploy/web/@", "deploy/web/new.yaml"]
    inside = step(gate="kubernetes", files="good.yaml\ngood.yaml\n*.yaml")
    assert _refused(inside) == ["bad one.yaml"]


def test_patterns_match_names_that_begin_with_a_point_as_kubectl_reads_them(
    step, tmp_path: Path
) -> None:
    hidden = tmp_path / "work" / "deploy" / ".hidden"
    hidden.mkdir(parents=True)
    names = (".x.yaml", ".yaml", ".hidden/.y.yaml", ".hidden/y.yaml")
    for name in names:
        (hidden.parent / name).write_text(POD.format(f"{GUN}:9.9"))
    assert _refused(step(gate="kubernetes", files="deploy/**/*.yaml")) == sorted(
        f"deploy/{name}" for name in names
    )


@pytest.mark.parametrize("files", ["deploy/*.yaml", "good.yaml\nnothing/**/*.yml"])
def test_a_pattern_that_matches_nothing_stops(step, files: str) -> None:
    ran = step(gate="kubernetes", files=files)
    assert ran.returncode == 2
    assert ran.stderr.startswith("files: nothing matches ")


def test_files_of_compose_are_merged_in_an_order_that_no_pattern_has(step) -> None:
    ran = step(gate="compose", files="*.yaml")
    assert ran.returncode == 2
    assert "*.yaml: No such file" in ran.stderr


def test_lock_policy_and_sarif_are_handed_on(step, tmp_path: Path) -> None:
    ran = step(gate="kubernetes", files="bad one.yaml", sarif="r.sarif")
    assert ran.returncode == 1
    log = json.loads((tmp_path / "work" / "r.sarif").read_text())
    assert log["runs"][0]["results"][0]["level"] == "error"

    assert step(gate="kubernetes", files="good.yaml", policy="missing").returncode == 2
    assert step(gate="kubernetes", files="good.yaml", lock="missing").returncode == 2


@pytest.mark.parametrize(
    "inputs",
    [
        {"gate": "other", "files": "good.yaml"},
        {"gate": "kubernetes", "files": ""},
        {"gate": "kubernetes; echo x", "files": "good.yaml"},
        {"gate": "kubernetes", "files": "--write"},
        {"gate": "kubernetes", "files": "$(touch x)"},
        {"gate": "kubernetes", "files": "*$(touch x)"},
        {"gate": "kubernetes", "files": "`touch x`*"},
        {"gate": "kubernetes", "files": "good.yaml", "policy": "$(touch x)"},
    ],
)
def test_inputs_are_no_commands_and_no_options(step, tmp_path: Path, inputs) -> None:
    ran = step(**inputs)

    assert ran.returncode == 2
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == [
        "bad one.yaml",
        "good.yaml",
    ]
