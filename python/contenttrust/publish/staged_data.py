"""What a staged change carries: members of the kind that they should be, or a refusal.

The files lie where others may have written them, and docker and notary write them too: whatever is
of another kind is named, before anything is done with it.
"""

from __future__ import annotations

import json

from contenttrust.publish.metadata import LARGEST, public_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from contenttrust._core import PublicKey


def text(given: Mapping[str, Any], name: str) -> str:
    """A member that is a text.

    Raises:
        ValueError: It is none.
    """
    found = given.get(name)
    if not _is_text(found):
        raise ValueError(f"its member {name} is no text")
    return str(found)


def texts(given: Mapping[str, Any], name: str) -> list[str]:
    """A member that is a list of texts; one that is not there is an empty list.

    Raises:
        ValueError: It is something else.
    """
    found = _list(given, name)
    if not all(map(_is_text, found)):
        raise ValueError(f"its member {name} is no list of texts")
    return found


def number(given: Mapping[str, Any], name: str) -> int:
    """A member that is a number; one that is not there is 0.

    Raises:
        ValueError: It is something else, or less than 0, or more than any document can hold.
    """
    found = 0 if given.get(name) is None else given[name]
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST:
        raise ValueError(f"its {name} is no number from 0 to 2^53")
    return found


def flag(given: Mapping[str, Any], name: str) -> bool:
    """A member that is true or false; one that is not there is false.

    Raises:
        ValueError: It is something else.
    """
    found = given.get(name)
    if found is not None and not isinstance(found, bool):
        raise ValueError(f"its member {name} is neither true nor false")
    return bool(found)


def keys(given: Mapping[str, Any], name: str) -> list[PublicKey]:
    """A member that is a list of keys; one that is not there is an empty list.

    Raises:
        ValueError: It is no list.
        MalformedError: One of them is no key object.
        PublicKeyError: One of them could verify nothing.
    """
    return [public_key(one) for one in _list(given, name)]


def encoded(value: object) -> bytes:
    """A member of any kind, as it was read, as JSON.

    Raises:
        ValueError: It is nested too deeply.
    """
    try:
        return json.dumps(value).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = [] if given.get(name) is None else given[name]
    if not isinstance(found, list):
        raise ValueError(f"its member {name} is no list")  # noqa: TRY004 - the file is at fault
    return found


def _is_text(found: object) -> bool:
    # Half a surrogate pair can stand in JSON, and in no metadata file.
    return isinstance(found, str) and _has_utf8(found)


def _has_utf8(found: str) -> bool:
    try:
        found.encode()
    except UnicodeEncodeError:
        return False
    return True
