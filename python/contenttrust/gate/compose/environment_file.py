"""The `.env` file of a project, as far as it is simple: what is not is left to docker compose."""

from __future__ import annotations

import re

# A name, and a value that means itself whatever the rules for quotes and comments are.
_LINE = re.compile(
    r"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)="
    r"(?:(?P<plain>[A-Za-z0-9_./:@,+-]*)|'(?P<single>[^'\\$]*)'|\"(?P<double>[^\"\\$]*)\")[ \t]*",
    re.ASCII,
)


class EnvironmentFileError(ValueError):
    """A line that more than one reading is possible of.

    Attributes:
        line: Which, from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(f".env:{line}: not a simple NAME=VALUE: docker compose must read it")
        self.line = line


def variables(text: str) -> dict[str, str]:
    """The variables of a file; of a name that is there twice the last one holds.

    Raises:
        EnvironmentFileError: A line is not simple.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.removesuffix("\r")  # noqa: PLW2901 -- the same line
        if not line.strip(" \t") or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise EnvironmentFileError(number)
        found[match["name"]] = match["plain"] or match["single"] or match["double"] or ""
    return found
