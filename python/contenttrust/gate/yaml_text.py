"""Images in YAML exchanged for others: those scalars change, and no other byte does."""

from __future__ import annotations

import re

from contenttrust.errors import shown
from contenttrust.yaml_nodes import Document, YamlError, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from contenttrust.yaml_nodes import Path

    Edits = Mapping[tuple[int, Path], str]

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*[A-Za-z0-9]", re.ASCII)
_PRINTABLE = re.compile(r"[!#-&(-\[\]-~]+", re.ASCII)  # neither quote, no backslash


def replaced(
    text: str,
    edits: Edits,
    *,
    file: str,
    documents: Sequence[Document] | None = None,
    unread: Callable[[Path], bool] = lambda _: False,
) -> str:
    """Exchange scalars of a stream of documents.

    Args:
        text: The stream.
        edits: By number of the document and path of the value, what stands there afterwards.
        file: Its name, for messages.
        documents: What the stream holds, where it was read already.
        unread: Whether nobody reads what stands at a path: an alias of an image may stand there.

    Raises:
        YamlError: It cannot be read, or one of the values is not written in one line, or it stands
            for something else too.
        KeyError: There is nothing at a path.
    """
    documents = read(text, file=file) if documents is None else documents
    edits = dict(edits)
    keys: dict[int, tuple[int, Path]] = {}
    for (number, path), value in edits.items():
        key = keys.setdefault(documents[number].scalar(path).start, (number, path))
        if edits[key] != value:
            raise _wrong(documents[number], path, "one alias stands for two images")
    ends: dict[int, int] = {}
    for number, document in enumerate(documents):
        for path in scalar_paths(document.value):
            found = document.scalar(path)
            if found.start in keys:
                ends[found.start] = found.end
                if unread(path):
                    edits[number, path] = edits[keys[found.start]]
                elif (number, path) not in edits:
                    where = shown(".".join(map(str, path)))
                    problem = f"an alias of this image stands for something else, too: {where}"
                    raise _wrong(document, path, problem)
    made, at = [], 0
    for start, (number, path) in sorted(keys.items()):
        token = _token(text[start : ends[start]])
        if token is None:
            raise _wrong(documents[number], path, "not written in one line: cannot be replaced")
        properties, style = token
        made += [text[at : start + properties], _scalar(edits[number, path], style)]
        at = ends[start]
    new = "".join([*made, text[at:]])
    _check(documents, read(new, file=file), edits, file)
    return new


def scalar_paths(value: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 -- YAML's values
    """The paths of all values that hold no others."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from scalar_paths(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from scalar_paths(item, (*path, index))
    else:
        yield path


def value_of(value: Any, path: Path) -> Any:  # noqa: ANN401
    """The value at a path."""
    for step in path:
        value = value[step]
    return value


def _token(node: str) -> tuple[int, str] | None:
    """Where the scalar of a node begins, behind its anchor and tag, and its quotes.

    None where it is not written in one line.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 -- an extra
    from ruamel.yaml.tokens import ScalarToken  # noqa: PLC0415

    if "\n" in node:
        return None
    found = [t for t in YAML(typ="safe", pure=True).scan(node) if isinstance(t, ScalarToken)]
    if len(found) != 1 or found[0].end_mark.index != len(node):
        return None
    style = found[0].style or ""
    return (found[0].start_mark.index, style) if style in {"", "'", '"'} else None


def _scalar(value: str, style: str) -> str:
    if _PRINTABLE.fullmatch(value) is None:
        raise ValueError(f"{value!a} is no image name")
    if not style and _PLAIN.fullmatch(value) is None:
        style = '"'
    return f"{style}{value}{style}"


def _check(before: Sequence[Document], after: list[Document], edits: Edits, file: str) -> None:
    """That nothing but what was to change has changed."""
    same = len(before) == len(after) and all(
        list(scalar_paths(old.value)) == list(scalar_paths(new.value))
        and all(
            value_of(new.value, path) == edits.get((number, path), value_of(old.value, path))
            for path in scalar_paths(old.value)
        )
        for number, (old, new) in enumerate(zip(before, after, strict=True))
    )
    if not same:  # pragma: no cover -- no text is known that leads here
        raise YamlError("cannot be rewritten without changing more than its images", file=file)


def _wrong(document: Document, path: Path, problem: str) -> YamlError:
    found = document.scalar(path)
    return YamlError(problem, file=document.file, line=found.line, column=found.column)
