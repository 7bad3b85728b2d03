"""Whether a project is the same wherever its files are read, but for what can be written down.

Variables are replaced when docker compose reads the files, not when they are checked. What decides
which images there are, and cannot be written beside them, has to stand there plainly: in the files,
and in those that they bring, of which docker compose tells the project without values.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

from contenttrust.errors import shown
from contenttrust.gate.compose import brought_files, hooks, places
from contenttrust.gate.compose.plugin import ComposeConfigError
from contenttrust.gate.docker import attestations
from contenttrust.gate.dockerfile import contexts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import Any, NoReturn

    from contenttrust.gate.compose.files import Composition
    from contenttrust.gate.compose.services import Build
    from contenttrust.yaml_nodes import Document, Path

# In each form in which BuildKit reads it; of the others it runs none.
_SBOMS = map("".join, itertools.product(*zip("sbom", "SBOM", strict=True)))
_RUNS = frozenset({contexts.SYNTAX_ARGUMENT, *(f"{attestations.ARGUMENT}{one}" for one in _SBOMS)})
"""Build arguments that choose an image which the builder runs."""


class _View(NamedTuple):
    """What variables may stand in: a file, or the project that all of them and others make."""

    whole: Any
    documents: Sequence[Document]
    is_brought: bool = False

    def at(self, path: Path) -> Any:  # noqa: ANN401 -- whatever the file has there
        return places.value_of(self.whole, path)

    def items(self, path: Path) -> list[Any]:
        found = self.at(path)
        return found if isinstance(found, list) else []

    def services(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        found = self.at(("services",))
        for name, service in found.items() if isinstance(found, dict) else ():
            if isinstance(service, dict):
                yield ("services", name), service

    def refuse(self, problem: str, path: Path) -> NoReturn:
        if self.is_brought:  # then the place is that of the service, or of what brings it
            what = ".".join(map(str, path))
            places.refuse(f"{what}, which another file brings: {problem}", self.documents, path[:2])
        places.refuse(problem, self.documents, path)


def check(project: Composition, *, builds: bool = False) -> None:
    """Refuse a project that may be another one where its files are read again.

    Args:
        project: That the files make.
        builds: Whether its builds must not be others, either: for a file that holds what they are.

    Raises:
        YamlError: It may be.
    """
    check_read(project)
    for document in project.documents[::-1]:
        _check_files(_View(document.value, [document]))
    brought = brought_files.documents(project.documents) if project.brought is not None else []
    for document in brought:
        view = _View(document.value, [document])
        _check_files(view)
        for path, _ in view.services():  # in the whole project another volume may stand over one
            for number, volume in enumerate(view.items((*path, "volumes"))):
                _check_volume(view, volume, (*path, "volumes", number))
    views: list[_View] = []
    for view in _views(project):
        _check_services(project, view)
        _check_secrets(project, view)
        views.append(view)
    _check_places([*project.documents, *brought])
    if builds:
        _check_builds(project, views)


def check_read(project: Composition) -> None:
    """Refuse a project of which a file is not understood here, whatever docker compose makes of it.

    Raises:
        YamlError: It has such a file.
    """
    unread = [name for name in project.texts if all(d.file != name for d in project.documents)]
    if unread and project.doubt is not None:
        raise project.doubt


def _check_builds(project: Composition, views: Sequence[_View]) -> None:
    for view in views:
        for build in project.sources:
            if places.varies(view.at((*build.path, "platforms"))):
                problem = "platforms have variables: what is built upon is not settled"
                view.refuse(problem, (*build.path, "platforms"))
            _check_arguments(view, build)
    for build in project.sources:
        if is_open(project, build):
            for name in open_arguments(project, build, _RUNS - _with_value(build)):
                _refuse_open(project.documents, build, name)


def is_open(project: Composition, build: Build) -> bool:
    """Whether a file that is not named may say something of a build."""
    return any(places.brings_more(one, build.path[:2]) for one in project.documents)


def open_arguments(project: Composition, build: Build, names: Collection[str]) -> list[str]:
    """Those of some build arguments that any file has without a value.

    Raises:
        YamlError: It cannot be told.
    """
    if project.brought is None:
        return []
    try:
        return project.brought.open_arguments(build, names)
    except ComposeConfigError as error:
        places.refuse(error.message, project.documents, (*build.path, "args"))


def _files(project: Composition) -> list[_View]:
    return [_View(document.value, [document]) for document in project.documents[::-1]]


def _views(project: Composition) -> Iterator[_View]:
    """The files, and with those that they bring the whole project, where it is not they alone."""
    yield from _files(project)
    bringing = [one for one in project.documents if _brings_more(one)]
    if project.brought is None or not bringing:
        return
    try:
        whole = project.brought.project()
    except ComposeConfigError as error:
        problem = "which files these bring, or what, is not settled: without values of variables, "
        places.refuse(f"{problem}{error.message}", bringing)
    yield _View(whole, project.documents, is_brought=True)


def _brings_more(document: Document) -> bool:
    paths = [path for path, _ in _View(document.value, [document]).services()]
    return any(places.brings_more(document, path) for path in [(), *paths])


def _check_files(view: _View) -> None:
    # Escaped signs count: without the values of variables `$$F.yaml` is another file.
    if places.varies(view.at(("include",)), escaped=True):
        problem = "include has variables: which files it brings is not settled"
        view.refuse(problem, ("include",))
    for path, service in view.services():
        if places.varies(service.get("extends"), escaped=True):
            problem = "extends has variables: what it brings is not settled"
            view.refuse(problem, (*path, "extends"))


def _check_places(documents: Sequence[Document]) -> None:
    """Refuse volumes that may take the place of an image volume here, and not elsewhere.

    Docker compose keeps one volume of those with the same target. A service that another one
    extends has another name there.
    """
    views = [_View(document.value, [document]) for document in documents]
    with_images = {
        path
        for view in views
        for path, _ in view.services()
        for volume in view.items((*path, "volumes"))
        if isinstance(volume, dict) and volume.get("type") == "image"
    }
    may_be_all = with_images and any(_brings_more(document) for document in documents)
    for view in views:
        for path, _ in view.services():
            if path not in with_images and not may_be_all:
                continue
            for number, volume in enumerate(view.items((*path, "volumes"))):
                way = (*path, "volumes", number)
                # A variable of a short form may hold a colon, and so the target.
                is_short = not isinstance(volume, dict)
                if places.varies(volume if is_short else volume.get("target")):
                    problem = (
                        "the volume has variables in its target, or in its short form: whether it "
                        "takes the place of an image volume is not settled"
                    )
                    view.refuse(problem, way if is_short else (*way, "target"))


def _check_services(project: Composition, view: _View) -> None:
    for path, service in view.services():
        if "*" not in project.profiles and places.varies(service.get("profiles")):
            problem = (
                "profiles have variables: whether this is among those that count is not settled"
            )
            view.refuse(problem, (*path, "profiles"))
        merged = project.services.get(str(path[-1]))
        has_none = isinstance(merged, dict) and not merged.get("image")
        if has_none and service.get("image") is not None:
            # Where this variable is set, it is pulled; and docker stack takes a file before.
            problem = "the image is empty here, and may not be elsewhere: leave it out"
            view.refuse(problem, (*path, "image"))
        for number in range(len(view.items((*path, hooks.MEMBER)))):
            way = (*path, hooks.MEMBER, number, "image")
            if problem := hooks.doubt(view.at(way), places.value_of(merged, ("image",))):
                view.refuse(problem, way)
        for number, volume in enumerate(view.items((*path, "volumes"))):
            _check_volume(view, volume, (*path, "volumes", number))
        way = (*path, "build", "additional_contexts")
        pairs = view.at(way)
        for number, pair in enumerate(pairs if isinstance(pairs, list) else ()):
            _check_name(view, pair, (*way, number))
        for name in pairs if isinstance(pairs, dict) and view.is_brought else ():
            _check_name(view, name, (*way, name))  # docker compose makes it of a list, too


def _check_volume(view: _View, volume: object, path: Path) -> None:
    if not isinstance(volume, dict):
        return
    if places.varies(volume.get("type")):
        problem = "the type has variables: whether this is an image is not settled"
        view.refuse(problem, (*path, "type"))
    if volume.get("type") == "image" and places.varies(volume.get("target")):
        problem = "the target of an image has variables: where it belongs is not settled"
        view.refuse(problem, (*path, "target"))


def _check_name(view: _View, pair: object, path: Path) -> None:
    name = str(pair).partition("=")[0]
    if places.varies(name):
        problem = f"{shown(name)} has variables: which name it stands for is not settled"
        view.refuse(problem, path)


def _check_secrets(project: Composition, view: _View) -> None:
    """Docker compose adds the variables of secrets to the environment of the builder."""
    for build in project.sources:
        way = (*build.path, "secrets")
        if places.varies(view.at(way)):
            problem = "the secrets have variables: what the builder gets is not settled"
            view.refuse(problem, way)
        for one in build.secrets:
            name = one.get("source") if isinstance(one, dict) else one
            path: Path = ("secrets", str(name), "environment")
            if places.varies(view.at(path)):
                problem = (
                    "the secret of a build has variables: what the builder gets is not settled"
                )
                view.refuse(problem, path)


def _check_arguments(view: _View, build: Build) -> None:
    way = (*build.path, "args")
    args = view.at(way)
    for number, item in enumerate(view.items(way)):
        _check_name(view, item, (*way, number))
    without = [str(one) for one in view.items(way) if "=" not in str(one)]
    if isinstance(args, dict):
        without = [name for name, value in args.items() if value is None]
    for name in without:
        is_told = name == contexts.SYNTAX_ARGUMENT or name.startswith(attestations.ARGUMENT)
        if is_told and name not in _with_value(build):
            _refuse_open(view.documents, build, name)


def _with_value(build: Build) -> set[str]:
    """Arguments whose values are known here, and can be written."""
    return {name for name, value in build.args.items() if value is not None}


def _refuse_open(documents: Sequence[Document], build: Build, name: str) -> NoReturn:
    problem = (
        f"{name} has no value in {build.service}: any variable of this name chooses what the "
        "builder runs, so give it one here, or leave it out"
    )
    places.refuse(problem, documents, (*build.path, "args", name))
