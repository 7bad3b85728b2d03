"""The patterns of ``${name#pattern}`` and its like: ``*``, ``?`` and letters, nothing else.

Go has them as regular expressions, which never take long there. Here they are matched by a table,
for the same reason: whoever writes the Dockerfile writes the pattern.

Source: BuildKit 0.25 `frontend/dockerfile/shell/lex.go`.
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_ANY, _ONE, _LETTER = "*", "?", "letter"
_WORK_LIMIT = 1_000_000


class PatternError(ValueError):
    """A pattern that BuildKit refuses, or that could be read in two ways."""


class _Token(NamedTuple):
    kind: str
    char: str = ""


def trimmed_prefix(value: str, pattern: str, *, longest: bool) -> str:
    """`value` without the shortest or longest beginning that fits.

    Raises:
        PatternError: The pattern is none.
    """
    end = _first_end(_tokens(pattern), value, longest=longest)[0]
    return value if end is None else value[end:]


def trimmed_suffix(value: str, pattern: str, *, longest: bool) -> str:
    """`value` without the shortest or longest end that fits.

    Raises:
        PatternError: The pattern is none.
    """
    backward = value[::-1]
    end = _first_end(_tokens(pattern)[::-1], backward, longest=longest)[0]
    return value if end is None else backward[end:][::-1]


def replaced(value: str, pattern: str, replacement: str, *, everywhere: bool) -> str:
    """`value` with the first fit of a pattern, or all of them, replaced.

    Raises:
        PatternError: The pattern is none, or its replacement is another in BuildKit's eyes.
    """
    if everywhere and "$" in replacement:
        raise PatternError("a '$' in the replacement of all fits has a meaning of its own")
    ends = _first_end(_tokens(pattern), value, longest=True)
    made, at = [], 0
    while at <= len(value):
        end = ends[at]
        if end is None:
            made.append(value[at : at + 1])
            at += 1
            continue
        if everywhere and end == at:
            raise PatternError("a pattern that fits nothing at all replaces it everywhere")
        made.append(replacement)
        at = end
        if not everywhere:
            made.append(value[at:])
            break
        if at == len(value):
            break
    return "".join(made)


def _tokens(pattern: str) -> list[_Token]:
    found = []
    chars = iter(range(len(pattern)))
    for index in chars:
        char = pattern[index]
        if char in "*?":
            found.append(_Token(char))
        elif char == "\\":
            following = pattern[index + 1 : index + 2]
            if not following or following not in "}/*?\\":
                raise PatternError(f"invalid escape '\\{following}' in a pattern")
            found.append(_Token(_LETTER, following))
            next(chars)
        else:
            found.append(_Token(_LETTER, char))
    return found


def _first_end(tokens: Sequence[_Token], value: str, *, longest: bool) -> list[int | None]:
    """Where a fit ends that begins at each place of the value; None where none begins."""
    if len(tokens) * (len(value) + 1) > _WORK_LIMIT:
        raise PatternError("pattern and value are too long")
    size = len(value)
    ends: list[int | None] = list(range(size + 1))
    for token in reversed(tokens):
        behind, ends = ends, [None] * (size + 1)
        for at in range(size, -1, -1):
            char = value[at] if at < size else "\n"
            if token.kind == _LETTER:
                ends[at] = behind[at + 1] if at < size and char == token.char else None
            elif token.kind == _ONE:
                ends[at] = behind[at + 1] if char != "\n" else None
            else:
                more = ends[at + 1] if char != "\n" else None
                choices = (more, behind[at]) if longest else (behind[at], more)
                ends[at] = next((end for end in choices if end is not None), None)
    return ends
