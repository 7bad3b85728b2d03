"""Variables in the values of compose files: `${TAG}`, `${TAG:-latest}`, `$$`.

Source: the compose specification, "Interpolation"; compose-go 2.9 `template/template.go`.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Lookup = Callable[[str], str | None]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# Go compares names without regard to case, and these are letters of the Latin alphabet to it then.
_FOLDED = ("\u017f", "\u212a")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")
_DEEPEST = 20


class InterpolationError(ValueError):
    """A value whose variables cannot be replaced without doubt."""


def interpolated(text: str, lookup: Lookup, *, depth: int = 0) -> str:
    """Replace the variables of a value.

    Args:
        text: The value.
        lookup: Gives the value of a variable; None where it is not set.
        depth: How many defaults of others this is in.

    Raises:
        InterpolationError: A variable is not set and has no default, is required, or is not written
            as the specification says.
    """
    if depth > _DEEPEST:
        raise InterpolationError("variables within variables, too deep")
    made: list[str] = []
    at = 0
    while (found := text.find("$", at)) >= 0:
        made.append(text[at:found])
        following = text[found + 1 : found + 2]
        if following == "$":
            made.append("$")
            at = found + 2
        elif following == "{":
            end = _end(text, found + 2)
            made.append(_braced(text[found + 2 : end], lookup, depth))
            at = end + 1
        else:
            name = _NAME.match(text, found + 1)
            if name is None:
                raise InterpolationError("a dollar sign without a variable: write $$ for it")
            if text.startswith(_FOLDED, name.end()):
                raise InterpolationError(f"the name {name[0]}… may go on: write ${{{name[0]}}}")
            made.append(_required(name[0], lookup))
            at = name.end()
    return "".join([*made, text[at:]])


def has_variables(text: str) -> bool:
    """Whether a value is not what it means."""
    return "$" in text


def _end(text: str, at: int) -> int:
    """Where the brace is closed that was opened before `at`."""
    depth = 1
    for index in range(at, len(text)):
        if text[index] == "{":
            # Docker compose counts every one, and looks at no sign that is right behind it.
            if text[index - 1] != "$" or not _NAME.match(text, index + 1):
                raise InterpolationError("{ within ${…}: where it ends is not plain")
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if not depth:
                return index
    raise InterpolationError("${ without }")


def _braced(inner: str, lookup: Lookup, depth: int) -> str:
    name = _NAME.match(inner)
    if name is None:
        raise InterpolationError("${…} without a name")
    rest = inner[name.end() :]
    if not rest:
        return _required(name[0], lookup)
    operator = next((one for one in _OPERATORS if rest.startswith(one)), None)
    if operator is None:
        raise InterpolationError(f"${{{name[0]}…}} in a form that the specification does not have")
    value = lookup(name[0])
    given = value is not None and (value != "" or not operator.startswith(":"))
    argument = rest.removeprefix(operator)
    if operator.endswith("?"):
        if value is None or not given:
            raise InterpolationError(f"the variable {name[0]} is required and not set")
        return value
    if operator.endswith("+"):
        return interpolated(argument, lookup, depth=depth + 1) if given else ""
    if value is not None and given:
        return value
    return interpolated(argument, lookup, depth=depth + 1)


def _required(name: str, lookup: Lookup) -> str:
    value = lookup(name)
    if value is None:
        # Compose warns and goes on with nothing: another image than anybody meant.
        raise InterpolationError(f"the variable {name} is not set")
    return value
