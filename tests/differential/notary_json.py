"""What Notary takes a signed part to say, so that changed documents can be signed as it would.

Source: docker/go canonical JSON: the signed part is decoded as Go decodes it, numbers to doubles,
and written in canonical form. What it cannot decode nobody can sign.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from simulator import Raw
from simulator.canonical import canonical, encoded, quoted, served

SPACE = " \t\n\r"


class Members(list[list[Any]]):
    """An object as it is written: [name, value] in order, doubles included."""


def parse(text: str) -> Any:
    """The document with every member and the spelling of its fractions kept.

    Raises:
        ValueError: It is no JSON.
    """

    def members(pairs: list[tuple[str, Any]]) -> Members:
        return Members([name, value] for name, value in pairs)

    return json.loads(text, object_pairs_hook=members, parse_float=Raw, parse_constant=Raw)


def write(
    node: Any,
    string: Callable[[str], str] = lambda text: served(quoted(text)),
    space: Callable[[], str] = lambda: "",
) -> str:
    """A document as text; `string` spells strings, `space` stands where JSON allows white space."""
    if isinstance(node, Raw):
        return node.text
    if isinstance(node, str):
        return string(node)
    if isinstance(node, Members):
        inner = (
            f"{space()}{write(name, string, space)}{space()}:{space()}"
            f"{write(value, string, space)}{space()}"
            for name, value in node
        )
        return "{" + ",".join(inner) + "}"
    if isinstance(node, list):
        return "[" + ",".join(space() + write(item, string, space) + space() for item in node) + "]"
    return json.dumps(node)


def message(text: str) -> bytes:
    """The bytes that a signature over the signed part `text` covers.

    Raises:
        ValueError: It has no canonical form, or is no JSON.
    """
    decoded = encoded(text).decode("utf-8", "replace")
    try:
        value = json.loads(decoded, parse_int=_number, parse_float=_number, parse_constant=_none)
        form = canonical(value)
    except RecursionError as error:
        raise ValueError("too deep") from error
    return form.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _number(text: str) -> int:
    number = float(text)
    if number != number // 1 or abs(number) >= 2**63:
        raise ValueError(f"no canonical form: {text}")
    return int(number)


def _none(text: str) -> int:
    raise ValueError(f"no JSON: {text}")
