"""Text of which every character knows where in the file it stands."""

from __future__ import annotations

from contenttrust.errors import MalformedError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's ``unicode.IsSpace`` holds for a space; Python's ``str.isspace`` knows four more."""
_ASCII_SPACES = "\t\v\f\r "
Span = tuple[int, int]
"""Where a run of characters begins, and where it has ended, in characters of the file."""


class DockerfileError(MalformedError):
    """A Dockerfile whose images cannot be told without doubt.

    Attributes:
        line: Where, counted from 1; 0 where it is about the whole file.
        reason: What is wrong, without the line.
    """

    code = ""  # the closed list has no word for it

    def __init__(self, reason: str, *, line: int = 0) -> None:
        """Say what is wrong.

        Args:
            reason: A sentence; names of others in it are made harmless here.
            line: Counted from 1; 0 for the whole file.
        """
        self.line = line
        self.reason = shown(reason)
        super().__init__(f"line {line}: {self.reason}" if line else self.reason)

    def __str__(self) -> str:
        return self.message

    def explain(self) -> str:
        """What is wrong, and what it means."""
        return f"{self.message}. What a build would use of it is not known: change the Dockerfile."


class Located:
    """Characters, each with its offset in the file. Immutable."""

    __slots__ = ("at", "text")

    def __init__(self, text: str, at: Sequence[int]) -> None:
        """Take characters and their offsets; both are of one length."""
        self.text = text
        self.at = at

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, part: slice) -> Located:
        return Located(self.text[part], self.at[part])

    def __repr__(self) -> str:
        return f"Located({self.text!r})"

    def stripped(self) -> Located:
        """Without spaces at both ends."""
        end = len(self.text.rstrip(SPACES))
        return self[:end].left_stripped()

    def left_stripped(self) -> Located:
        """Without spaces at its beginning."""
        return self[len(self) - len(self.text.lstrip(SPACES)) :]

    def spans(self) -> tuple[Span, ...]:
        """The runs of characters that stand side by side in the file."""
        found: list[Span] = []
        for offset in self.at:
            if found and found[-1][1] == offset:
                found[-1] = (found[-1][0], offset + 1)
            elif not found or found[-1][1] != offset + 1:  # a character of several bytes
                found.append((offset, offset + 1))
        return tuple(found)

    def words(self) -> list[Located]:
        """What stands between the ASCII spaces of a text that begins and ends with none."""
        found, start, end = [], 0, 0
        while end <= len(self):
            if end < len(self) and self.text[end] not in _ASCII_SPACES:
                end += 1
                continue
            found.append(self[start:end])
            while end < len(self) and self.text[end] in _ASCII_SPACES:
                end += 1
            if end == len(self):
                break
            start = end
        return found

    def first_word(self) -> tuple[Located, Located]:
        """The characters before the first ASCII spaces, and those behind these."""
        end = next((i for i, char in enumerate(self.text) if char in _ASCII_SPACES), len(self))
        rest = self[end:]
        return self[:end], rest[len(rest) - len(rest.text.lstrip(_ASCII_SPACES)) :]


def joined(parts: Sequence[Located]) -> Located:
    """Parts of the file as one text."""
    if len(parts) == 1:
        return parts[0]
    return Located("".join(part.text for part in parts), [at for part in parts for at in part.at])


def ascii_lower(text: str) -> str:
    """Lower case of A to Z alone: a letter that only looks like one is no part of a keyword."""
    return text.lower() if text.isascii() else text
