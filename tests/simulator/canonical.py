"""The canonical JSON that Notary signs, and the file form that Go writes.

Source: docker/go canonical JSON; Go's encoding/json for the escapes of the file form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Raw:
    """JSON text that goes into the document as it stands, whether it is valid or not."""

    text: str


class Pairs(list[tuple[str | Raw, Any]]):
    """An object whose members keep their order and may be duplicates of each other."""


def quoted(text: str) -> str:
    """A string in canonical form: only the quote and the backslash are escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def canonical(value: Any) -> str:
    """The canonical form of `value`.

    Args:
        value: What `json.loads` gives for a document without fractions; `Raw` and `Pairs` may
            stand anywhere in it.

    Raises:
        TypeError: A float or another type that has no canonical form.
    """
    if isinstance(value, Raw):
        return value.text
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-8", "surrogatepass"))
        value = Pairs([(name, value[name]) for name in names])
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{canonical(name)}:{canonical(item)}" for name, item in value) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no canonical form")


_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_ESCAPES |= {code: f"\\u{code:04x}" for code in range(0x20)}


def served(text: str) -> str:
    """Canonical text as it stands in a file: with Go's escapes and those of control characters."""
    return text.translate(_ESCAPES)


def encoded(text: str) -> bytes:
    r"""UTF-8, in which U+DC80 to U+DCFF stand for the single raw bytes 0x80 to 0xFF."""
    return text.encode("utf-8", "surrogateescape")
