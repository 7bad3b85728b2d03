"""The pages of the project: links lead somewhere, and pages speak of the project alone."""

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
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tests").glob("*/README.md")])

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def tokens(page: Path) -> Iterator[Token]:
    for block in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        yield block
        yield from block.children or ()


def links(page: Path) -> list[str]:
    targets = [token.attrGet("href") or token.attrGet("src") for token in tokens(page)]
    return [str(target) for target in targets if target]


def linked_pages(page: Path) -> set[Path]:
    parts = [urlsplit(link) for link in links(page)]
    local = [unquote(part.path) for part in parts if part.path and not part.scheme]
    return {(page.parent / path).resolve() for path in local}


def anchors(page: Path) -> set[str]:
    """Fragments of the headings, as the forge that shows the pages makes them."""
    found: list[str] = []
    blocks = list(MarkdownIt("commonmark").enable("table").parse(page.read_text()))
    for opening, heading in pairwise(blocks):
        if opening.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", heading.content.lower())
            found.append(words.replace(" ", "-"))
    return set(found)


@each_page
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


@each_page
def test_a_page_has_one_title_and_stays_short(page: Path) -> None:
    headings = [token.tag for token in tokens(page) if token.type == "heading_open"]

    assert headings.count("h1") == 1
    assert headings[0] == "h1"
    assert len(page.read_text().splitlines()) <= 400


def test_every_page_can_be_reached_from_the_index() -> None:
    index = DOCS / "README.md"
    decisions = DOCS / "decisions" / "README.md"

    assert index in linked_pages(ROOT / "README.md")
    assert {*DOCS.rglob("*.md")} - {index} <= linked_pages(index) | linked_pages(decisions)


def test_the_first_page_depends_on_no_server_that_ends() -> None:
    examples = [token.content for token in tokens(ROOT / "README.md") if token.type == "fence"]

    assert examples
    assert not any("notary.docker.io" in example for example in examples)
