"""Text for people: columns, colours on a terminal, and strangers' text made visible."""

from __future__ import annotations

import contextlib
import os
import sys

from contenttrust._core import printable
from contenttrust.cli import streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import TextIO

# A name may be as long as its file. Padding every row to it would multiply the output by the rows.
_WIDEST = 256
_LINE = 96
_NARROWEST = 20

_kept: list[list[str]] = []

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def safe(text: str) -> str:
    """`text` of strangers in one line: control characters and bidirectional marks made visible."""
    try:
        return printable(text)
    except (TypeError, UnicodeEncodeError):  # an argument that was not UTF-8
        return printable(text.encode(errors="backslashreplace").decode())


def paint(text: str, colour: str, stream: TextIO) -> str:
    """`text` in a colour if `stream` is a terminal and NO_COLOR is not set."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain or not stream.isatty() else f"\033[{_CODES[colour]}m{text}\033[0m"


def mark(stream: TextIO, *, passed: bool) -> str:
    """A tick or a cross; words where the stream cannot show them."""
    unicode = (stream.encoding or "").lower().startswith("utf")
    sign = ("✓" if passed else "✗") if unicode else ("ok" if passed else "no")
    return paint(sign, "green" if passed else "red", stream)


def table(rows: Iterable[Sequence[str]], *, padding: int, minimum: int = 0) -> list[str]:
    """Lines with aligned columns; the last column is not padded.

    Args:
        rows: Cells, equally many in each row.
        padding: Spaces after the longest cell of a column.
        minimum: Least width of a column, padding included.

    Source: Go's text/tabwriter, which docker and notary use: widths are counted in code points.
    """
    rows = list(rows)
    widths = [
        max(minimum, min(max(map(len, column)), _WIDEST) + padding)
        for column in zip(*rows, strict=True)
    ]
    return [
        "".join(
            [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)] + [row[-1]]
        )
        for row in rows
    ]


def wrapped(paragraph: str) -> list[str]:
    """Lines of a paragraph, indented below what they explain."""
    import textwrap  # noqa: PLC0415 -- only beside a refusal

    return textwrap.wrap(
        safe(paragraph), _width(), initial_indent="    ", subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _width() -> int:
    """Columns of a line: as many as people like to read, or as the terminal has if it has fewer."""
    text = os.environ.get("COLUMNS", "")
    if text.isascii() and text.isdigit() and len(text) <= len(str(_LINE)) + 1 and int(text):
        columns = int(text)
    else:
        try:
            # A terminal that was never told its size has 0 columns.
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or _LINE
        except (OSError, ValueError):
            columns = _LINE
    return min(max(columns, _NARROWEST), _LINE)


def moment(time: datetime) -> str:
    """A moment in UTC as the metadata writes it."""
    return time.isoformat().replace("+00:00", "Z")


def say(*lines: str) -> None:
    """Lines on standard output, or in the document that takes their place."""
    if _kept:
        _kept[-1].extend(lines)
        return
    streams.write("".join([line + "\n" for line in lines]))


@contextlib.contextmanager
def kept() -> Iterator[list[str]]:
    """Keep what is said meanwhile, instead of printing it."""
    _kept.append([])
    try:
        yield _kept[-1]
    finally:
        _kept.pop()


def complain(*lines: str) -> None:
    """Lines on standard error, after what was already said on standard output."""
    streams.flush()
    streams.complain(lines)
