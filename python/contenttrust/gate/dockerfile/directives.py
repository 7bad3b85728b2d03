"""Comments at the head of a Dockerfile that say how to read it, and how builders differ in that.

Source: BuildKit 0.25 `parser/directives.go`; BuildKit 0.8, which Docker 20.10 has,
`parser/parser.go` and `dockerfile2llb/directives.go`.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from contenttrust.gate.dockerfile.located import SPACES, DockerfileError, Located

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BOM = "\ufeff"
_DIRECTIVE = re.compile(r"#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*")
_REGEXP_SPACES = "\t\n\f\r "
_KNOWN = frozenset({"syntax", "escape", "check"})


class Dialect(NamedTuple):
    """How a builder reads files.

    Attributes:
        heredocs: Whether it knows heredocs; since BuildKit 0.9.
        check: Whether ``check`` is a directive to it; since BuildKit 0.14. Other words end them.
    """

    heredocs: bool = True
    check: bool = True

    def knows(self, word: str) -> bool:
        """Whether a word is a directive."""
        return word in {"syntax", "escape"} or (self.check and word == "check")


NOW = Dialect()
"""BuildKit 0.25."""


def older(text: str) -> Iterator[Dialect]:
    """The ways in which builders of earlier years may read a file otherwise."""
    heredocs = (True, False) if "<<" in text else (True,)
    has_check = any(_directive(line.text)[0] == "check" for line in _head(text, 0))
    for made in itertools.product(heredocs, (True, False) if has_check else (True,)):
        if (dialect := Dialect(*made)) != NOW:
            yield dialect


def syntax_of(text: str) -> Located | None:
    """The image that reads the file in place of the builder, or None.

    Raises:
        DockerfileError: The file is no Dockerfile for the builder, but one for that image.

    Source: BuildKit 0.25 `parser/directives.go` ``DetectSyntax``.
    """
    start = len(BOM) if text.startswith(BOM) else 0
    if text.startswith("#!", start):
        start = text.find("\n", start) + 1 or len(text)
    found = None
    seen = set()
    for content in _head(text, start):
        name, value = _directive(content.text)
        if not NOW.knows(name) or name in seen:
            break
        seen.add(name)
        if name == "syntax":
            found = content[value : value + len(content.text[value:].partition(" ")[0])]
            break
    _refuse_older_syntax(text, found)
    if found is None:
        _refuse_other_syntax(text, start)
    return found


def _refuse_older_syntax(text: str, found: Located | None) -> None:
    """Refuse a front end that only builders before BuildKit 0.11 find, to whom any word will do."""
    for content in _head(text, 0):
        name, value = _directive(content.text)
        if not name:
            return
        if name == "syntax" and (found is None or content.at[value] != found.at[0]):
            line = text.count("\n", 0, content.at[0]) + 1
            told = "older builders take this line for their front end: write it first, or otherwise"
            raise DockerfileError(told, line=line)


class Directives:
    """The comments at the head of a file that say how to read it."""

    def __init__(self, dialect: Dialect) -> None:
        """Begin at the head of a file."""
        self.escape = "\\"
        self._dialect = dialect
        self._seen: set[str] = set()
        self._done = False

    def look_at(self, content: str, line: int) -> None:
        """Take the next line.

        Raises:
            DockerfileError: A directive comes twice, or names no escape character.
        """
        if self._done:
            return
        name, start = _directive(content)
        if not self._dialect.knows(name):
            self._done = True
            return
        if name in self._seen:
            raise DockerfileError(f"the directive {name!r} comes twice", line=line)
        self._seen.add(name)
        if name == "escape":
            value = content[start:].rstrip(_REGEXP_SPACES)
            if value not in {"\\", "`"}:
                raise DockerfileError(f"{value[:40]!r} is no escape character", line=line)
            self.escape = value


def _directive(content: str) -> tuple[str, int]:
    """The name of a directive and where its value begins; empty where a line is none."""
    match = _DIRECTIVE.match(content)
    if match is None or (match.end() == len(content) and content.endswith("=")):
        return "", 0
    return match[1].lower(), match.end()


def _head(text: str, start: int) -> Iterator[Located]:
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        content = text[start:end].removesuffix("\r").rstrip(_REGEXP_SPACES)
        yield Located(content, range(start, start + len(content)))
        start = end + 1


def _refuse_other_syntax(text: str, start: int) -> None:
    """Refuse files that name another reader in a way that no Dockerfile has."""
    head = text[start:].lstrip(SPACES)
    if head.startswith("{"):
        raise DockerfileError("JSON is no Dockerfile; a front end of its own reads it", line=1)
    if re.match(r"//[\t\n\f\r ]*[a-zA-Z][a-zA-Z0-9]*[\t\n\f\r ]*=", text[start:]):
        raise DockerfileError("'//' begins no comment; a front end of its own reads this", line=1)
