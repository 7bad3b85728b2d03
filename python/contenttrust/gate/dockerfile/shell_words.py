"""Words as BuildKit's shell lexer reads them: quotes, escapes, variables, heredocs' beginnings.

What a word rests on is told with it. A variable without a value makes an empty text for BuildKit;
in the name of an image that is a doubt.

Source: BuildKit 0.25 `frontend/dockerfile/shell/lex.go`.
"""

from __future__ import annotations

from typing import NamedTuple

from contenttrust.gate.dockerfile import shell_patterns
from contenttrust.gate.dockerfile.located import SPACES, DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_DEPTH_LIMIT = 50
_LENGTH_LIMIT = 1 << 16
_DIGITS = "0123456789"
_SPECIAL = frozenset("@*#?-$!0")
_MODIFIERS = frozenset("+-?#%")


class WordError(ValueError):
    """A word that BuildKit refuses."""


class Value(NamedTuple):
    """A variable's text, and the names of variables without a value that it was made of."""

    text: str
    doubts: tuple[str, ...] = ()


class Words:
    """Reads one text at a time."""

    def __init__(
        self,
        variables: Mapping[str, Value],
        *,
        escape: str = "\\",
        raw_quotes: bool = False,
        raw_escapes: bool = False,
        skip_unset: bool = False,
    ) -> None:
        """Prepare to read.

        Args:
            variables: What names stand for.
            escape: The escape character.
            raw_quotes: Whether quotes stay in the result.
            raw_escapes: Whether escapes stay in the result.
            skip_unset: Whether variables without a value stay as they are written.
        """
        self._variables = variables
        self._escape = escape
        self._raw_quotes = raw_quotes
        self._raw_escapes = raw_escapes
        self._skip_unset = skip_unset
        self._buffer: list[str] = []  # BuildKit's too is one for a word and those nested in it
        self._begin("")

    def word(self, text: str) -> Value:
        """All of a text as one word.

        Raises:
            WordError: BuildKit refuses it.
            DockerfileError: It is nested too deeply, or grows too long.
        """
        self._begin(text)
        result, _ = self._until("", raw_escapes=self._raw_escapes)
        return Value(result, tuple(dict.fromkeys(self._doubts)))

    def words(self, text: str) -> list[str]:
        """The words of a text, split after variables have got their values.

        Raises:
            WordError: BuildKit refuses it.
            DockerfileError: It is nested too deeply, or grows too long.
        """
        self._begin(text)
        return self._until("", raw_escapes=self._raw_escapes)[1]

    def _begin(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")  # as Go's scanner does
        self._at = 0
        self._depth = 0
        self._doubts: list[str] = []

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def _until(self, stop: str, *, raw_escapes: bool) -> tuple[str, list[str]]:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise DockerfileError("variables are nested too deeply")
        before, self._raw_escapes = self._raw_escapes, raw_escapes
        try:
            return self._read(stop)
        finally:
            self._raw_escapes = before
            self._depth -= 1

    def _read(self, stop: str) -> tuple[str, list[str]]:
        self._buffer.clear()
        split = _Split(self._buffer)
        result: list[str] = []
        size = 0
        while char := self._peek():
            if char == stop:
                self._next()
                return "".join(result), split.finished()
            if char in "$<'\"":
                piece = self._special(char)
                split.add(piece) if char == "$" else split.add_raw(piece)
            else:
                self._next()
                piece = char
                if char == self._escape:
                    if self._raw_escapes:
                        split.add_raw(char)
                        result.append(char)
                    piece = self._next()
                    if not piece:
                        break
                    split.add_raw(piece)
                else:
                    split.add(piece)
            result.append(piece)
            size += len(piece)
            if size > _LENGTH_LIMIT:
                raise DockerfileError(f"a word grows longer than {_LENGTH_LIMIT} characters")
        if stop:
            raise WordError(f"no {stop!r} ends a variable in braces")
        return "".join(result), split.finished()

    def _special(self, char: str) -> str:
        if char == "$":
            return self._dollar()
        if char == "<":
            return self._heredoc()
        return self._single() if char == "'" else self._double()

    def _single(self) -> str:
        self._next()
        end = self._text.find("'", self._at)
        if end < 0:
            raise WordError("a single quote has no end")
        inside = self._text[self._at : end]
        self._at = end + 1
        return f"'{inside}'" if self._raw_quotes else inside

    def _double(self) -> str:
        self._next()
        quote = '"' if self._raw_quotes else ""
        result = [quote]
        while char := self._peek():
            if char == "$":
                result.append(self._dollar())
                continue
            self._next()
            if char == '"':
                return "".join([*result, quote])
            if char == self._escape:
                if self._raw_escapes:
                    result.append(char)
                following = self._peek()
                if not following:
                    break
                if following in {'"', "$", self._escape}:
                    char = self._next()
            result.append(char)
        raise WordError("a double quote has no end")

    def _heredoc(self) -> str:
        self._next()
        if self._peek() != "<":
            return "<"
        self._next()
        space = ""
        while self._peek() and self._peek() in "\t\r ":
            space += self._next()
        return "<<" + space

    def _name(self) -> str:
        name = ""
        while char := self._peek():
            if not name and char in _DIGITS:
                while self._peek() and self._peek() in _DIGITS:
                    name += self._next()
                break
            if not name and char in _SPECIAL:
                return self._next()
            if not char.isascii() or not (char.isalnum() or char == "_"):
                break
            name += self._next()
        _refuse_letter(self._peek())
        return name

    def _dollar(self) -> str:
        self._next()
        if self._peek() != "{":
            name = self._name()
            return self._plain(name, f"${name}") if name else "$"
        self._next()
        if self._peek() in {"", "{", "}", ":"}:
            raise WordError("bad substitution of a variable")
        name = self._name()
        char = self._next()
        if char == "}":
            return self._plain(name, f"${{{name}}}")
        if char == "/":
            return self._replaced(name)
        with_colon = char == ":"
        if with_colon:
            char = self._next()
        if char not in _MODIFIERS or (with_colon and char in "#%"):
            raise WordError(f"unsupported modifier ({':' * with_colon}{char}) of a variable")
        return self._modified(name, char, with_colon=with_colon)

    def _plain(self, name: str, written: str) -> str:
        value = self._variables.get(name)
        if value is None:
            if self._skip_unset:
                return written
            self._doubts.append(name)
            return ""
        self._doubts += value.doubts
        return value.text

    def _modified(self, name: str, char: str, *, with_colon: bool) -> str:
        before = len(self._doubts)
        word, _ = self._until("}", raw_escapes=char in "#%")
        value = self._variables.get(name)
        if value is None and self._skip_unset:
            return f"${{{name}{':' * with_colon}{char}{word}}}"
        is_unset = value is None or (with_colon and not value.text)
        is_word = char in "+-" and is_unset is (char == "-")
        if not is_word and char not in "#%":  # a pattern has its part in the result, too
            del self._doubts[before:]
        if value is not None:
            self._doubts += value.doubts
        text = "" if value is None else value.text
        if char == "-":
            return word if is_unset else text
        if char == "+":
            return "" if is_unset else word
        if char == "?":
            if is_unset:
                raise WordError(f"{name}: {word or 'is not allowed to be unset or empty'}")
            return text
        if value is None:
            self._doubts.append(name)
        return _trimmed(text, char, word)

    def _replaced(self, name: str) -> str:
        everywhere = self._peek() == "/"
        if everywhere:
            self._next()
        pattern, _ = self._until("/", raw_escapes=True)
        replacement, _ = self._until("}", raw_escapes=True)
        value = self._variables.get(name)
        if value is None:
            if self._skip_unset:
                return f"${{{name}/{pattern}/{replacement}}}"
            self._doubts.append(name)
            value = Value("")
        self._doubts += value.doubts
        try:
            return shell_patterns.replaced(value.text, pattern, replacement, everywhere=everywhere)
        except shell_patterns.PatternError as error:
            raise WordError(str(error)) from None


class _Split:
    """Words that grow; what comes of a variable is split at its spaces, what is quoted is not."""

    __slots__ = ("_buffer", "_in_word", "_words")

    def __init__(self, buffer: list[str]) -> None:
        self._buffer = buffer
        self._words: list[str] = []
        self._in_word = False

    def add(self, text: str) -> None:
        for char in text:
            if char not in SPACES:
                self.add_raw(char)
            elif self._in_word and self._buffer:
                self._words.append("".join(self._buffer))
                self._buffer.clear()
                self._in_word = False

    def add_raw(self, text: str) -> None:
        if text:
            self._buffer.append(text)
        self._in_word = True

    def finished(self) -> list[str]:
        if self._buffer:
            self._words.append("".join(self._buffer))
            self._buffer.clear()
            self._in_word = False
        return self._words


def _refuse_letter(char: str) -> None:
    """What may be a letter or a digit to a builder with other tables of Unicode than ours.

    Raises:
        DockerfileError: Nobody can tell whether the name of a variable ends before it.
    """
    if not char.isascii() and (char.isalnum() or not char.isprintable()):
        raise DockerfileError(
            f"{char!a} may be part of a variable's name: write ${{NAME}} before it"
        )


def _trimmed(text: str, char: str, word: str) -> str:
    longest = word.startswith(char)
    pattern = word[1:] if longest else word
    trim = shell_patterns.trimmed_suffix if char == "%" else shell_patterns.trimmed_prefix
    try:
        return trim(text, pattern, longest=longest)
    except shell_patterns.PatternError as error:
        raise WordError(str(error)) from None
