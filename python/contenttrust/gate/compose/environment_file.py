"""The `.env` file of a project, as far as it is simple: what is not is left to docker compose.

Source: compose 2.40 `cmd/compose/compose.go` ``defaultStringArrayVar``, ``setEnvWithDotEnv``;
compose-go 2.9 `cli/options.go` ``WithEnvFiles``.
"""

from __future__ import annotations

import os
import re

from contenttrust.gate.file_name import shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# A name, and a value that means itself whatever the rules for quotes and comments are.
_LINE = re.compile(
    r"(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)="
    r"(?:(?P<plain>[A-Za-z0-9_./:@,+-]*)|'(?P<single>[^'\\$]*)'|\"(?P<double>[^\"\\$]*)\")[ \t]*",
    re.ASCII,
)


_NAMED = "COMPOSE_ENV_FILES"
_DISABLED = "COMPOSE_DISABLE_ENV_FILE"
SWITCH = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""True and false as Go has them."""


class EnvironmentFileError(ValueError):
    """What variables there are cannot be told without doubt."""


def names(folder: str, env: Mapping[str, str]) -> list[str]:
    """The files that docker compose reads variables from, where no option names them.

    Args:
        folder: Of the project.
        env: Environment variables.

    Raises:
        EnvironmentFileError: Whether it reads any is said in a way that it refuses.
        FileNameError: A name means two files.
    """
    named = [name for name in env.get(_NAMED, "").split(",") if name]
    if named:
        return [shortened(name) for name in named]
    if _DISABLED in env:
        disabled = SWITCH.get(env[_DISABLED])
        if disabled is None:
            raise EnvironmentFileError(f"{_DISABLED} is neither true nor false")
        if disabled:
            return []
    file = os.path.join(folder, ".env")  # noqa: PTH118 -- the name is a text
    return [file] if os.path.exists(file) and not os.path.isdir(file) else []  # noqa: PTH110, PTH112


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
        if match is None or match["name"] == _DISABLED:  # which of this file is not read then
            told = f".env:{number}: not a simple NAME=VALUE: docker compose must read it"
            raise EnvironmentFileError(told)
        found[match["name"]] = match["plain"] or match["single"] or match["double"] or ""
    return found
