"""Links between the pages of the project lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").glob("*/README.md")]
)


def tokens(page: Path) -> Iterator[Token]:
    for block in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        yield block
        yield from block.children or ()


def links(page: Path) -> list[str]:
    targets = [token.attrGet("href") or token.attrGet("src") for token in tokens(page)]
    return [str(target) for target in targets if target]


def anchors(page: Path) -> set[str]:
    """Fragments of the headings, as the forge that shows the pages makes them."""
    found: list[str] = []
    blocks = list(MarkdownIt("commonmark").enable("table").parse(page.read_text()))
    for opening, heading in pairwise(blocks):
        if opening.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", heading.content.lower())
            found.append(words.replace(" ", "-"))
    return set(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_the_page_lead_somewhere(page: Path) -> None:
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in {"https", "mailto"}, f"{link} is not encrypted"
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.is_relative_to(ROOT), f"{link} leads out of the project"
        assert target.exists(), f"{link} leads nowhere"
        if parts.fragment and target.suffix == ".md":
            assert parts.fragment in anchors(target), f"{link}: no such heading"
