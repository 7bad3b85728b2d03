"""Files that `include` and `extends` bring, and that those bring in turn, for what they name.

Docker compose tells what they make, but not which they are: without the values of variables it
reads a file that is called `${F:-x}.yaml`, and the service of such a name.

Source: compose-go 2.9 `loader/include.go` ``ApplyInclude``, `loader/extends.go`
``getExtendsBaseFromFile``.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import NamedTuple

from contenttrust.errors import shown
from contenttrust.gate.compose import places
from contenttrust.gate.file_name import here
from contenttrust.transport import chosen_file
from contenttrust.yaml_nodes import YamlError, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any, NoReturn

    from contenttrust.yaml_nodes import Document, Path

_MOST = 500
# Docker compose takes names of members here in letters of any size.
_OF_INCLUDE = frozenset({"path", "project_directory", "env_file"})
# How a file may say `include` or `extends`: in these words, or in signs, tags or bytes for them.
_BRINGING = re.compile(rb"include|extends|binary|%|\0|\\[xuU\r\n\xc2\xe2]")


class _Naming(NamedTuple):
    """A place where a file names others."""

    path: Path
    names: list[str]
    folder: str = ""
    service: str = ""  # of an extended file docker compose reads that alone, and no `include`


def documents(named: Sequence[Document]) -> list[Document]:
    """What stands in all of those files.

    A name that has variables is refused, whatever it is here: it may be on a server by then. A name
    may be relative to the folder of its file, or to one of those before it; where several have such
    a file, all of them count.

    Args:
        named: What stands in the files of the project.

    Raises:
        YamlError: One of them cannot be read, or which it is cannot be told.
    """
    start = here() or os.getcwd()  # noqa: PTH109 -- the names are texts
    folders = frozenset(_folder(_joined(start, document.file)) for document in named)
    todo = [(document, folders) for document in named]
    known: dict[str, list[Document]] = {}
    seen: set[tuple[str, str, frozenset[str]]] = set()
    brought: dict[tuple[str, str], list[Document]] = {}
    while todo:
        document, folders = todo.pop()
        for naming in _namings(document):
            if naming.folder and all(document is not one for one in named):
                problem = "project_directory in a file that another brings: say it in none of these"
                places.refuse(problem, [document], naming.path)
            files = [
                file for name in naming.names for file in _files(name, folders, naming, document)
            ]
            around = {_folder(file) for file in files}
            around |= {_joined(one, naming.folder) for one in folders if naming.folder}
            for file in files:
                way = (file, naming.service, folders | around)
                if way in seen:
                    continue
                seen.add(way)
                if len(seen) > _MOST:
                    places.refuse("more files than can be looked at", [document], naming.path)
                if file not in known:
                    known[file] = _read(file, start, naming, document)
                found = known[file]
                if naming.service and len(found) == 1:  # several are merged, `extends` too
                    found = _extended(found, naming.service)
                brought[file, naming.service] = found
                todo += [(one, folders | around) for one in found]
    return [document for found in brought.values() for document in found]


def may_bring(text: bytes) -> bool:
    """Whether a file that cannot be read may bring others."""
    return _BRINGING.search(text) is not None


def _extended(documents: Sequence[Document], service: str) -> list[Document]:
    """A service of a file, with those that it extends there, and nothing else if that is plain."""
    names: set[str] = set()
    todo = {service}
    while todo - names:
        names |= todo
        others = [
            places.value(document, ("services", name, "extends"))
            for document in documents
            for name in todo
        ]
        todo = set()
        for other in others:
            is_here = isinstance(other, dict) and other.get("file") is None
            name = other.get("service") if is_here else other
            if places.varies(name):
                return list(documents)
            todo |= set(_plain(name))
    made = []
    for document in documents:
        services = places.value(document, ("services",))
        services = services if isinstance(services, dict) else {}
        kept = {name: one for name, one in services.items() if name in names}
        made.append(replace(document, value={"services": kept}))
    return made


def _namings(document: Document) -> Iterator[_Naming]:
    includes = places.value(document, ("include",))
    for number, one in enumerate(includes if isinstance(includes, list) else ()):
        way: Path = ("include", number)
        if places.varies(one):
            _refuse_variables("include", document, way)
        if not isinstance(one, dict):
            yield _Naming(way, _plain(one))
            continue
        if unknown := [name for name in one if name not in _OF_INCLUDE]:
            places.refuse(f"include has no member {shown(str(unknown[0]))}", [document], way)
        folder = one.get("project_directory")
        yield _Naming(way, _plain(one.get("path")), (*_plain(folder), "")[0])
    services = places.value(document, ("services",))
    for name in services if isinstance(services, dict) else ():
        way = ("services", name, "extends", "file")
        file = places.value(document, way)
        if places.varies(file):
            _refuse_variables("extends", document, way)
        if names := _plain(file):
            of = (*_plain(places.value(document, (*way[:-1], "service"))), "")[0]
            yield _Naming(way, names, service=of)


def _refuse_variables(member: str, document: Document, path: Path) -> NoReturn:
    problem = f"{member} has variables: such a file may be on a server by then, so write its name"
    places.refuse(problem, [document], path)


def _plain(value: Any) -> list[str]:  # noqa: ANN401 -- whatever the file has there
    """The texts of a value, without those that have variables."""
    texts = value if isinstance(value, list) else [value]
    texts = [one for one in texts if isinstance(one, str) and one and not places.varies(one)]
    return [one.replace("$$", "$") for one in texts]


def _files(name: str, folders: Collection[str], naming: _Naming, document: Document) -> list[str]:
    there = {_joined(folder, name) for folder in folders}
    found = sorted(filter(os.path.lexists, there))
    if name.startswith("~") or not found:  # a home is put in place of it, or is not
        problem = f"{shown(name)} is no file here, and what it brings is not settled"
        places.refuse(problem, [document], naming.path)
    return found


def _read(file: str, start: str, naming: _Naming, document: Document) -> list[Document]:
    name = os.path.relpath(file, start)
    try:
        return read(chosen_file.read(file), file=name, compose_tags=True)
    except (OSError, ValueError, YamlError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        problem = f"{shown(name)} cannot be read, and what it brings is not settled: {why}"
        places.refuse(problem, [document], naming.path)


def _joined(folder: str, name: str) -> str:
    """A name as docker compose takes it: shortened as a text."""
    return os.path.normpath(os.path.join(folder, name))  # noqa: PTH118


def _folder(file: str) -> str:
    return os.path.dirname(file)  # noqa: PTH120
