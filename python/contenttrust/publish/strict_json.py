"""JSON of our own files, read strictly: what is not expected is an error, never passed over."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def members(document: bytes) -> dict[str, Any]:
    """The members of a JSON object.

    Raises:
        ValueError: It is no JSON object, or has a member twice, or a number that is no integer.
    """
    try:
        value = _DECODER.decode(document.decode())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is no UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg}") from error
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - the document is at fault
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a member twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no integer")


# Made once: a changelist may have ten thousand files.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number
)


def exactly(value: dict[str, Any], names: frozenset[str]) -> None:
    """Refuse an object whose members are not these.

    Raises:
        ValueError: One is missing or unknown.
    """
    if value.keys() != names:
        raise ValueError(f"members are missing or unknown: {sorted(value.keys() ^ names)}")


def object_of(value: object) -> dict[str, Any]:
    """A value that must be an object.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, dict):
        raise TypeError("something is no object")
    return value


def list_of(value: object) -> list[object]:
    """A value that must be a list.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, list):
        raise TypeError("something is no list")
    return value


def text_of(value: object) -> str:
    """A value that must be text.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, str):
        raise TypeError("something is no text")
    return value
