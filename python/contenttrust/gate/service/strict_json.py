"""JSON of strangers: one reading for everybody, or none."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class JsonError(ValueError):
    """A document that is no JSON, or that two readers could understand differently."""


def decoded(body: bytes, *, fold_case: bool = False) -> object:
    """The value of a JSON document.

    Args:
        body: UTF-8.
        fold_case: Whether members that differ in case alone count as the same, as they do for
            programs in Go.

    Raises:
        JsonError: It is no JSON, holds a member twice, or a number that JSON does not have.
    """
    try:
        return (_FOLDING if fold_case else _EXACT).decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise JsonError("the document is not UTF-8") from None
    except RecursionError:
        raise JsonError("the document is nested too deeply") from None
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError(f"the document is no JSON: {error}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonError(f"the member {_twice([name for name, _ in pairs])} is there twice")
    return members


def _folded(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name.casefold() for name, _ in pairs]
    if len(set(names)) != len(names):
        raise JsonError(f"the member {_twice(names)} is there twice (case is not looked at)")
    return dict(zip(names, [value for _, value in pairs], strict=True))


def _twice(names: list[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return ascii(name[:64])
        seen.add(name)
    raise AssertionError("every name is there once")


def _no_constant(text: str) -> NoReturn:
    raise JsonError(f"{text} is no number of JSON")


# Made once: to make one takes as long as to read a small document.
_EXACT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
_FOLDING = json.JSONDecoder(object_pairs_hook=_folded, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encoded(document: object) -> str:
    """A document in as few characters as it takes, all of them ASCII."""
    return _ENCODER.encode(document)
