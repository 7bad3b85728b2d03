"""The demo is what a newcomer runs first: it must pass, and fail on a wrong verdict."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_DEMO = Path(__file__).parents[3] / "docs" / "tutorials" / "demo.sh"


def _run(tmp_path, program):
    command = tmp_path / "contenttrust"
    command.write_text(f"#!/bin/sh\n{program}\n")
    command.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(_DEMO)],
        check=False, capture_output=True, text=True, timeout=120, env=os.environ | {"PATH": path},
    )  # fmt: skip


pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def test_every_verdict_of_the_demo_is_the_expected_one(tmp_path):
    ran = _run(tmp_path, f'exec "{sys.executable}" -m contenttrust "$@"')
    assert ran.returncode == 0, ran.stdout
    assert "\033" not in ran.stdout
    assert "exit 1, as it should be" in ran.stdout


def test_the_printed_commands_of_the_rollback_can_be_repeated(tmp_path):
    ran = _run(tmp_path, f'exec "{sys.executable}" -m contenttrust "$@"')
    _, _, step = ran.stdout.partition("\n8. Rollback\n")
    step, _, _ = step.partition("\n9. ")
    lines = [line.removeprefix("$ ") for line in step.splitlines() if line.startswith("$ ")]
    again = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        check=False, capture_output=True, text=True, timeout=60, cwd=_DEMO.parents[2],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    directory = next(line for line in lines if "DOCKER_CONFIG=" in line).partition("=")[2]
    shutil.rmtree(directory)
    assert again.returncode == 1
    assert "version is lower than expected" in again.stderr


def test_the_demo_fails_when_something_bad_is_accepted(tmp_path):
    ran = _run(tmp_path, "exit 0")
    assert ran.returncode == 1
    assert "were not the expected ones" in ran.stdout
