"""JSON pointers: the way to a value, as patches and messages name it.

Source: RFC 6901.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust.yaml_nodes import Path

_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)


def written(path: Path) -> str:
    """A path as a JSON pointer; the whole document is the empty one."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def value_at(document: Any, pointer: str) -> Any:  # noqa: ANN401 -- of any JSON document
    """The value that a JSON pointer names.

    Raises:
        LookupError: It names none.
    """
    if pointer and not pointer.startswith("/"):
        raise LookupError(pointer)
    for text in pointer.split("/")[1:]:
        step = text.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document[step]
        elif isinstance(document, list) and _INDEX.fullmatch(step) and len(step) < 10:  # noqa: PLR2004
            document = document[int(step)]
        else:
            raise LookupError(pointer)
    return document
