"""Every example in the pages is run, and prints what the page says."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MARK = "\x1e"  # stands in no output: what follows belongs to the next command


def fences(page: Path, language: str) -> list[str]:
    blocks = MarkdownIt("commonmark").parse(page.read_text())
    return [block.content for block in blocks if block.type == "fence" and block.info == language]


def commands(transcript: str) -> list[tuple[str, str]]:
    """Commands of a `console` block, each with the output below it."""
    pieces = re.split(r"^\$ (.*)\n", transcript, flags=re.MULTILINE)
    assert pieces[0] == "", "a console block starts with a command"
    return list(zip(pieces[1::2], pieces[2::2], strict=True))


CONSOLES = [page for page in PAGES if fences(page, "console")]
DOCTESTS = [page for page in PAGES if any(">>>" in block for block in fences(page, "python"))]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("page", CONSOLES, ids=named)
def test_commands_of_the_page_print_what_it_says(page: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "contenttrust"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m contenttrust "$@"\n')
    program.chmod(0o755)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "tests").symlink_to(ROOT / "tests")
    environment = {
        "PATH": os.pathsep.join([str(program.parent), os.environ["PATH"]]),
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PYTHONUTF8": "1",
    }
    examples = [pair for block in fences(page, "console") for pair in commands(block)]
    # One shell for the whole page: a command may rest on those before it, also on their exit code.
    script = "".join(
        f"status=$?; printf '{MARK}'; (exit $status)\n{command}\n" for command, _ in examples
    )
    ran = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        check=False, capture_output=True, text=True, timeout=300, cwd=checkout, env=environment,
    )  # fmt: skip

    assert ran.stdout.split(MARK)[1:] == [output for _, output in examples]


@pytest.mark.parametrize("page", DOCTESTS, ids=named)
def test_python_examples_of_the_page_hold(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    failed, attempted = doctest.testfile(str(page), module_relative=False, encoding="utf-8")

    assert attempted > 0
    assert failed == 0, capsys.readouterr().out


def test_readme_and_tutorial_show_both_faces_of_the_program() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "tutorials" / "first_verification.md"):
        assert page in CONSOLES
        assert page in DOCTESTS


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_command_with_a_prompt_stands_where_it_is_run(page: Path) -> None:
    run = "".join(fences(page, "console"))
    shown = re.findall(r"^\s*\$ contenttrust .*$", page.read_text(), flags=re.MULTILINE)

    assert [line for line in shown if line not in run] == []
