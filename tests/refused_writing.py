"""Why a compose project cannot be written, by both ways of writing it."""

from __future__ import annotations

from collections.abc import Callable

from contenttrust.gate.compose.files import Composition
from contenttrust.yaml_nodes import YamlError


def refusals(made: Composition) -> list[str]:
    """Why the files cannot be written, and why none can be beside them."""
    return [refusal(made.pinned), refusal(made.override)]


def refusal(write: Callable[[dict[str, str]], object]) -> str:
    """The file, the line and the problem; empty where it can be written."""
    try:
        write({})
    except YamlError as error:
        return f"{error.file}:{error.line}: {error.problem}"
    return ""
