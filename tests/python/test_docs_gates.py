"""The table of gates: every cell names a test that exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "gates.md"
VERDICTS = {"covered", "refused", "not covered"}


def rows() -> list[tuple[str, ...]]:
    """The cells of all tables of the page."""
    found: list[tuple[str, ...]] = []
    cells: list[str] = []
    inside = ""
    for token in MarkdownIt("commonmark").enable("table").parse(PAGE.read_text()):
        if token.type in {"td_open", "th_open"}:
            inside = token.type
        elif token.type == "inline" and inside == "td_open":
            cells.append(token.content)
        elif token.type == "tr_close" and cells:
            found.append(tuple(cells))
            cells = []
        elif token.type == "table_close":
            inside = ""
    return found


@cache
def every_test() -> set[str]:
    """The names of all tests of the Python and interop suites."""
    folders = [ROOT / "tests" / name for name in ("python", "interop", "attacks")]
    text = "".join(path.read_text() for folder in folders for path in folder.rglob("test_*.py"))
    return set(re.findall(r"^\s*(?:async )?def (test_\w+)\(", text, re.MULTILINE))


def test_the_page_has_rows() -> None:
    assert len(rows()) >= 25
    assert {row[1] for row in rows()} == VERDICTS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_way_to_start_an_image_has_a_verdict_and_a_test(row: tuple[str, ...]) -> None:
    way, verdict, shown_by = row
    named = re.findall(r"`(\w+)`", shown_by)

    assert verdict in VERDICTS
    assert named, f"nothing shows {way!r}"
    assert [name for name in named if name not in every_test()] == []
