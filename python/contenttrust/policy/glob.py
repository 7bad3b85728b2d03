"""One wildcard pattern without alternatives, matched by stepping through all its places at once.

Nothing is tried twice: the places a pattern can be in after each character are the bits of one
number. No name, however long, can make that slow.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

MOST_ALTERNATIVES = 64
"""What the braces of one pattern may stand for together."""

_ANY, _STAR, _STARS = "?", "*", "**"


class GlobError(ValueError):
    """A text is no pattern."""


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern without braces, over whole texts. Immutable.

    Attributes:
        text: The pattern.
        tokens: Its characters, ``*``, ``**`` and ``?``.
        literal_prefix: The text before the first wildcard.
        specificity: Components without wildcards, then characters before the first one.
    """

    text: str
    tokens: tuple[str, ...]
    literal_prefix: str
    specificity: tuple[int, int]

    @staticmethod
    def parse(text: str) -> Glob:
        """Read a pattern of literal characters, ``*``, ``**`` and ``?``.

        Raises:
            GlobError: Three stars in a row, or ``**`` and ``*`` side by side, mean nothing.
        """
        if "***" in text:
            raise GlobError("more than two stars in a row")
        one_each = text.replace(_STARS, "\0")
        tokens = tuple(_STARS if part == "\0" else part for part in one_each)
        prefix = text[: next((i for i, c in enumerate(text) if c in "*?"), len(text))]
        literal = [part for part in text.split("/") if not set(part) & set("*?")]
        return Glob(text, tokens, prefix, (len(literal), len(prefix)))

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        prefix = self.literal_prefix
        if not text.startswith(prefix):
            return False
        start, stay, stay_slash, step, anything, end = _machine(self.tokens[len(prefix) :])
        places = start
        for character in text[len(prefix) :]:
            slash = character == "/"
            kept = places & (stay_slash if slash else stay)
            gone = places & (step.get(character, 0) | (0 if slash else anything))
            places = _closed(kept | gone << 1, stay)
            if not places:
                return False
        return bool(places & end)

    def meets(self, other: Glob) -> bool:
        """Whether some text matches both."""
        mine, theirs = self.literal_prefix, other.literal_prefix
        if not (mine.startswith(theirs) or theirs.startswith(mine)):
            return False
        return _meet(self.tokens, other.tokens)


def expanded(text: str) -> tuple[str, ...]:
    """The patterns that one with ``{a,b}`` stands for, each once, in order.

    Raises:
        GlobError: Braces are nested, not closed, hold nothing to choose from, or stand for too
            much.
    """
    results = [""]
    rest = text
    while rest:
        before, brace, rest = rest.partition("{")
        if "}" in before:
            raise GlobError("'}' without '{'")
        if "," in before:
            raise GlobError("',' outside of braces")
        choices = [""]
        if brace:
            inside, closed, rest = rest.partition("}")
            if not closed or "{" in inside:
                raise GlobError("braces that are nested or not closed")
            choices = inside.split(",")
            if len(choices) < 2 or not all(choices):  # noqa: PLR2004
                raise GlobError("braces hold two alternatives or more, and none is empty")
        results = [_joined(_joined(made, before), choice) for made in results for choice in choices]
        if len(results) > MOST_ALTERNATIVES:
            raise GlobError(f"braces stand for more than {MOST_ALTERNATIVES} patterns")
    return tuple(dict.fromkeys(results))


def _joined(left: str, right: str) -> str:
    if left.endswith(_STAR) and right.startswith(_STAR):
        raise GlobError("braces that put two '*' side by side")
    return left + right


@functools.lru_cache(maxsize=4096)
def _machine(
    tokens: tuple[str, ...],
) -> tuple[int, int, int, dict[str, int], int, int]:
    """Start, places that stay at a character or at ``/``, steps, ``?``, the end."""
    stay = stay_slash = anything = 0
    step: dict[str, int] = {}
    for index, token in enumerate(tokens):
        bit = 1 << index
        if token in {_STAR, _STARS}:
            stay |= bit
            stay_slash |= bit if token == _STARS else 0
        elif token == _ANY:
            anything |= bit
        else:
            step[token] = step.get(token, 0) | bit
    return _closed(1, stay), stay, stay_slash, step, anything, 1 << len(tokens)


def _closed(places: int, stars: int) -> int:
    """With what follows a star, which may stand for nothing; two stars never stand side by side."""
    return places | (places & stars) << 1


def _meet(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether both patterns match one text: the pairs of places that a text can lead to."""
    seen = {(0, 0)}
    pending = [(0, 0)]
    while pending:
        i, j = pending.pop()
        if i == len(mine) and j == len(theirs):
            return True
        for pair in _followers(mine, theirs, i, j):
            if pair not in seen:
                seen.add(pair)
                pending.append(pair)
    return False


def _followers(
    mine: tuple[str, ...], theirs: tuple[str, ...], i: int, j: int
) -> list[tuple[int, int]]:
    a = mine[i] if i < len(mine) else ""
    b = theirs[j] if j < len(theirs) else ""
    found = []
    if a in {_STAR, _STARS}:
        found.append((i + 1, j))  # it stands for nothing
    if b in {_STAR, _STARS}:
        found.append((i, j + 1))
    if a and b and _share_a_character(a, b):
        found.append((i if a in {_STAR, _STARS} else i + 1, j if b in {_STAR, _STARS} else j + 1))
    return found


def _share_a_character(a: str, b: str) -> bool:
    wild = {_ANY, _STAR, _STARS}
    if a in wild and b in wild:
        return True
    if a in wild:
        a, b = b, a
    if b in wild:
        return a != "/" or b == _STARS
    return a == b
