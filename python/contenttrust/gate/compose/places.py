"""What stands where in compose files, and whether it means the same wherever they are read."""

from __future__ import annotations

import contextlib

from contenttrust.yaml_nodes import YamlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal, NoReturn

    from contenttrust.yaml_nodes import Document, Path

    Openness = Literal["", "variables", "elsewhere"]

_PAIRS = frozenset({"args", "additional_contexts"})


def value(document: Document, path: Path) -> Any:  # noqa: ANN401 -- whatever the file has there
    """What stands at a path; None where nothing does."""
    return value_of(document.value, path)


def value_of(whole: Any, path: Path) -> Any:  # noqa: ANN401
    """The same of what no file holds as it is."""
    found = whole
    try:
        for step in path:
            found = found[step]
    except (LookupError, TypeError):
        return None
    return found


def meant(document: Document, path: Path) -> Any:  # noqa: ANN401
    """The same with short forms read as the long ones: `build: .`, and lists of NAME=VALUE."""
    around, last = value(document, path[:-1]), path[-1]
    if isinstance(around, str) and path[-2:] == ("build", "context"):
        return around
    if isinstance(around, list) and path[-2] in _PAIRS:
        pairs = [str(one).partition("=") for one in around]
        return next((text for name, sign, text in reversed(pairs) if sign and name == last), None)
    return value(document, path)


def varies(value: object, *, escaped: bool = False) -> bool:
    """Whether a value of a file rests on variables, in any of what it holds.

    Args:
        value: Any.
        escaped: Whether a sign that is escaped, as in ``$$F``, counts too.
    """
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return any(varies(one, escaped=escaped) for one in inner)
    return isinstance(value, str) and "$" in (value if escaped else value.replace("$$", ""))


def openness(documents: Sequence[Document], path: Path) -> Openness:
    """Why a value of the project may be another one where the same files are read again.

    Args:
        documents: Of the files, in the order in which they are merged.
        path: The way to the value, in a service.

    Returns:
        ``variables`` where it rests on such, ``elsewhere`` where a file that is not named may say
        it, and nothing where it stands there plainly, or nobody says it.
    """
    for document in reversed(documents):
        found = meant(document, path)
        if found is not None:
            return "variables" if varies(found) else ""
        if brings_more(document, path[:2]):
            return "elsewhere"
    return ""


def brings_more(document: Document, service: Path) -> bool:
    """Whether a file brings what stands in none that is named, over what those before it say."""
    includes = value(document, ("include",))
    return includes is not None or value(document, (*service, "extends")) is not None


def clean(target: str) -> str:
    """A place in a container, as docker compose writes it.

    Source: compose-go 2.9 `transform/volume.go`, with Go's `path.Clean`.
    """
    parts: list[str] = []
    for part in target.split("/"):
        if part == ".." and ((parts and parts[-1] != "..") or target.startswith("/")):
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" * target.startswith("/") + "/".join(parts)


def is_target(text: object, target: str) -> bool:
    """Whether a file means a place in a container by what it writes, without variables."""
    return isinstance(text, str) and clean(text.replace("$$", "$")) == clean(target)


def refuse(problem: str, documents: Sequence[Document], path: Path = ()) -> NoReturn:
    """Say that files cannot be written, and where.

    Args:
        problem: A sentence.
        documents: Where the reason may stand.
        path: The way to it; where nothing stands there, to what it would be part of.

    Raises:
        YamlError: In any case.
    """
    for length in range(len(path), -1, -1):
        for document in reversed(documents):
            with contextlib.suppress(KeyError):
                found = document.scalar(path[:length])
                line, column = found.line, found.column
                raise YamlError(problem, file=document.file, line=line, column=column)
    raise YamlError(problem)
