from __future__ import annotations

import io
import os
import pty

import pytest

from contenttrust.cli import text


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    "stranger", ["\x1b[31m", "\n", "\r", "\t", "\x7f", "\x9b", "\u202e", "\u2028"]
)
def test_what_could_move_the_cursor_or_turn_the_text_is_made_visible(stranger):
    shown = text.safe(f"a{stranger}b")
    assert shown.isprintable()
    assert shown.startswith("a")
    assert shown.endswith("b")
    assert text.safe("aé日b") == "aé日b"


def test_an_argument_that_was_not_utf8_can_be_shown():
    assert text.safe("a\udcffb").isprintable()


def test_colours_are_for_terminals_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert text.paint("x", "red", Terminal()) == "\033[31mx\033[0m"
    assert text.paint("x", "red", io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert text.paint("x", "red", Terminal()) == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert text.paint("x", "red", Terminal()) == "x"


def test_a_terminal_without_a_size_is_written_to_in_lines(monkeypatch):
    """A pseudo-terminal has 0 columns until somebody says how many."""
    monkeypatch.delenv("COLUMNS", raising=False)
    ours, theirs = pty.openpty()
    try:
        with open(theirs, "w", closefd=False) as terminal:
            monkeypatch.setattr("sys.stderr", terminal)
            assert len(text.wrapped("word " * 15)) == 1
            monkeypatch.setenv("COLUMNS", "0")
            assert len(text.wrapped("word " * 15)) == 1
    finally:
        os.close(ours)
        os.close(theirs)


def test_marks_are_words_where_the_stream_has_no_ticks():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert text.mark(stream, passed=True) == "ok"
    assert text.mark(stream, passed=False) == "no"


def test_columns_are_as_wide_as_their_longest_cell_and_the_last_is_not_padded():
    lines = text.table([("N", "DIGEST"), ("longer", "x")], padding=2)
    assert lines == ["N       DIGEST", "longer  x"]
    assert text.table([("a", "b")], padding=3, minimum=10) == ["a         b"]
    assert text.table([], padding=2) == []


def test_one_enormous_name_does_not_widen_every_row():
    rows = [("x" * 1_000_000, "d"), *[("y", "d")] * 1000]
    assert sum(map(len, text.table(rows, padding=2))) < 1_500_000
