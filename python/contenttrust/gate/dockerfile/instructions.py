"""A Dockerfile as BuildKit cuts it into instructions: directives, continued lines, flags, heredocs.

Source: BuildKit 0.25 `frontend/dockerfile/parser/parser.go`, `directives.go`, `split_command.go`.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from contenttrust.gate.dockerfile.directives import BOM, NOW, Dialect, Directives
from contenttrust.gate.dockerfile.located import (
    SPACES,
    DockerfileError,
    Located,
    ascii_lower,
    joined,
)
from contenttrust.gate.dockerfile.shell_words import WordError, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = frozenset(
    {
        *("add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck"),
        *("label", "maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume"),
        "workdir",
    }
)
_WITH_HEREDOC = frozenset({"add", "copy", "run"})
_JSON_FORM = frozenset({"add", "copy", "run"})
_HALVES = frozenset(chr(code) for code in range(0xDC80, 0xDD00))  # bytes that are not UTF-8
_LINE_LIMIT = (1 << 16) - 1
_HEREDOC = re.compile(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)\Z")


class Instruction(NamedTuple):
    """One instruction.

    Attributes:
        line: Where it begins, counted from 1.
        name: Its keyword in lower case.
        flags: The words before its arguments that begin with ``--``, without quotes.
        arguments: The rest.
        whole: All of it, continued lines joined, heredocs left out.
        has_heredoc: Whether lines behind it belong to it.
    """

    line: int
    name: str
    flags: tuple[Located, ...]
    arguments: Located
    whole: Located
    has_heredoc: bool = False


class Document(NamedTuple):
    """A file, cut into instructions.

    Attributes:
        escape: Its escape character.
        instructions: In their order.
    """

    escape: str
    instructions: tuple[Instruction, ...]


class _Line(NamedTuple):
    number: int
    content: Located  # without the end of the line
    whole: str  # with it


def read(text: str, dialect: Dialect = NOW) -> Document:
    """Cut a file into instructions.

    Args:
        text: The file.
        dialect: How the builder reads.

    Raises:
        DockerfileError: BuildKit refuses the file.
    """
    lines = _lines(text)
    directives = Directives(dialect)
    found = []
    for line in lines:
        content = line.content.left_stripped()
        directives.look_at(content.text, line.number)
        if content.text.startswith("#"):
            continue
        content, goes_on = _without_continuation(content, directives.escape)
        if not goes_on and not content:
            continue
        whole = _continued(content, lines, directives.escape) if goes_on else content
        instruction = split(whole, directives.escape, line=line.number)
        if dialect.heredocs and (names := _heredocs(instruction, directives.escape)):
            for name, chomp in names:
                _skip_heredoc(lines, name, chomp=chomp, line=line.number)
            instruction = instruction._replace(has_heredoc=True)
        found.append(instruction)
    if not found:
        raise DockerfileError("there are no instructions")
    return Document(directives.escape, tuple(found))


def split(whole: Located, escape: str, *, line: int) -> Instruction:
    """Keyword, flags and arguments of one instruction.

    Raises:
        DockerfileError: The keyword is none that is known.
    """
    name, rest = whole.stripped().first_word()
    keyword = ascii_lower(name.text)
    if keyword not in KNOWN:
        raise DockerfileError(f"{name.text[:40]!r} is no instruction", line=line)
    flags, arguments = _flags(rest, escape, line)
    return Instruction(line, keyword, tuple(flags), arguments.stripped(), whole)


def is_json(arguments: str, *, line: int) -> bool:
    """Whether arguments are a JSON array of texts.

    Raises:
        DockerfileError: It is an array of something else.
    """
    rest = arguments.lstrip(SPACES)
    if not rest.startswith("["):
        return False
    try:
        items = json.loads(rest)
    except RecursionError:
        raise DockerfileError("a JSON array is nested too deeply", line=line) from None
    except ValueError:
        return False
    if not all(isinstance(item, str) for item in items):
        raise DockerfileError("a JSON array must hold texts only", line=line)
    return True


def _lines(text: str) -> Iterator[_Line]:
    start, number = 0, 0
    if text.startswith(BOM):
        start = len(BOM)
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        number += 1
        whole = text[start:end]
        content = whole.rstrip("\r\n")
        if len(whole.removesuffix("\n").encode(errors="surrogateescape")) > _LINE_LIMIT:  # bytes
            raise DockerfileError(f"longer than {_LINE_LIMIT} bytes", line=number)
        yield _Line(number, Located(content, range(start, start + len(content))), whole)
        start = end


def _without_continuation(content: Located, escape: str) -> tuple[Located, bool]:
    """A line without the escape character at its end, and whether there was one."""
    bare = content.text.rstrip(" \t")
    end = len(bare) - 1
    if not bare.endswith(escape) or bare[:end].endswith(escape):
        return content, False
    return content[:end], True


def _continued(first: Located, lines: Iterator[_Line], escape: str) -> Located:
    """All of an instruction, over comments and empty lines between its lines."""
    parts = [first]
    for line in lines:
        bare = line.content.text.lstrip(SPACES)
        if not bare or bare.startswith("#"):
            continue
        if parts[-1].text[-1:] in _HALVES:
            told = "a line is continued within a character"
            raise DockerfileError(told, line=line.number - 1)
        content, goes_on = _without_continuation(line.content, escape)
        parts.append(content)
        if not goes_on:
            break
    return joined(parts)


def _bytewise(text: Located) -> Located:
    """One character for each byte, as BuildKit reads flags."""
    if text.text.isascii():
        return text
    pairs = [
        (chr(byte), at)
        for char, at in zip(text.text, text.at, strict=True)
        for byte in char.encode(errors="surrogateescape")
    ]
    return Located("".join(char for char, _ in pairs), [at for _, at in pairs])


def _flags(text: Located, escape: str, line: int) -> tuple[list[Located], Located]:  # noqa: PLR0912 - one automaton
    """The words at the beginning that start with ``--``, unquoted; and what is behind them."""
    view = _bytewise(text)
    found: list[Located] = []
    word: list[int] = []
    quote, in_word = "", False
    at, size = 0, len(view)
    while True:
        char = view.text[at : at + 1]
        if not in_word:
            if not char:
                break
            if char in SPACES:
                at += 1
                continue
            if not view.text.startswith("--", at):
                return found, _behind(text, view, at, line)
            in_word = True
        if not char or (not quote and char in SPACES):
            flag = _picked(view, word)
            if flag.text == "--":
                return found, _behind(text, view, at, line)
            found.append(flag)
            word, quote, in_word = [], "", False
            if not char:
                break
            at += 1
            continue
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char != escape:
            word.append(at)
        elif at + 1 < size:
            at += 1
            word.append(at)
        elif quote:
            quote = ""
        at += 1
    return found, text[len(text) :]


def _picked(view: Located, places: list[int]) -> Located:
    return Located("".join(view.text[at] for at in places), [view.at[at] for at in places])


def _behind(text: Located, view: Located, at: int, line: int) -> Located:
    """The rest of a text from a place of its bytes on."""
    if view is text:
        return text[at:]
    before = len(view.text[:at].encode("latin-1").decode(errors="surrogateescape"))
    rest = text[before:]
    if _bytewise(rest).text != view.text[at:]:
        raise DockerfileError("a character outside ASCII stands among the flags", line=line)
    return rest


def _heredocs(instruction: Instruction, escape: str) -> list[tuple[str, bool]]:
    """Names of the heredocs of an instruction, and whether tabs before their ends are dropped."""
    if "<<" not in instruction.whole.text:
        return []
    inner = instruction
    if inner.name == "onbuild" and inner.arguments:
        inner = split(inner.arguments, escape, line=inner.line)
    if inner.name in _JSON_FORM and is_json(inner.arguments.text, line=inner.line):
        return []
    if inner.name not in _WITH_HEREDOC:
        return []
    reader = Words({}, raw_quotes=True, raw_escapes=True, skip_unset=True)
    try:
        words = reader.words(instruction.whole.text)
    except WordError:
        return []
    except DockerfileError as error:
        raise DockerfileError(error.reason, line=instruction.line) from None
    return [named for word in words if (named := _heredoc(word, instruction.line)) is not None]


def _heredoc(word: str, line: int) -> tuple[str, bool] | None:
    match = _HEREDOC.match(word)
    if match is None or not match[3]:
        return None
    try:
        names = Words({}, skip_unset=True).words(match[3])
    except WordError as error:
        raise DockerfileError(f"a heredoc has no proper name: {error}", line=line) from None
    return (names[0], match[2] == "-") if len(names) == 1 else None


def _skip_heredoc(lines: Iterator[_Line], name: str, *, chomp: bool, line: int) -> None:
    for content in lines:
        end = content.content.text
        if (end.lstrip("\t") if chomp else end) == name:
            return
    raise DockerfileError(f"the heredoc {name[:40]!r} has no end", line=line)
