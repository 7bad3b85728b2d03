"""Every place of a Kubernetes object at which an image stands, with its JSON pointer.

What cannot be understood is refused: a kind that is not known and has something like an image, a
list that is none, an image that is no text, two containers of one name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from contenttrust.errors import MalformedError, PolicyError, shown
from contenttrust.gate.kubernetes import custom_paths
from contenttrust.gate.kubernetes.kinds import (
    POD_SPECS,
    is_about_pulling,
    may_name_an_image,
    starts_nothing,
)
from contenttrust.gate.kubernetes.pointer import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from contenttrust.yaml_nodes import Path

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_DEEPEST = 200
_SAID: Mapping[Any, Any] = MappingProxyType({"": None})
_NO_WAYS: Mapping[Any, Any] = MappingProxyType({})
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)


class ManifestError(MalformedError):
    """An object is not such that every reader finds the same images in it.

    Attributes:
        path: The way to what is wrong.
        pointer: The same as a JSON pointer.
        problem: What is wrong there.
    """

    def __init__(self, problem: str, path: Path) -> None:
        super().__init__(f"{shown(written(path))}: {problem}" if path else problem)
        self.problem = problem
        self.path = path
        self.pointer = written(path)

    def __str__(self) -> str:
        return self.message  # the advice of such errors is about trust data and names of images

    def __reduce__(self) -> tuple[type[ManifestError], tuple[str, Path]]:  # type: ignore[override]
        return type(self), (self.problem, self.path)


class NotCoveredError(PolicyError):
    """An object with images, as it seems, of which nobody said where they stand.

    Attributes:
        kind: As `--custom` takes it: the kind, and behind a point its group.
        path: The way to what seems to be an image.
        pointer: The same as a JSON pointer.
        problem: What is wrong there.
    """

    def __init__(self, kind: str, path: Path, problem: str = "") -> None:
        self.kind = kind
        self.path = path
        self.pointer = written(path)
        self.problem = problem or (
            f"the kind {shown(kind)} is not known, and {shown(self.pointer)} may hold an image: "
            f"name the paths of its images, such as {_as_given(kind, 'spec.image')}"
        )
        super().__init__(self.problem)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[NotCoveredError], tuple[str, Path, str]]:  # type: ignore[override]
        return type(self), (self.kind, self.path, self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place at which an image stands.

    Attributes:
        path: Keys and indexes that lead to it.
        image: What stands there.
        kind: Kind of the object, with its group behind a point.
        pointer: The path as a JSON pointer (RFC 6901).
    """

    path: Path
    image: str
    kind: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return written(self.path)


def images(
    document: Mapping[str, Any], *, custom: Mapping[str, Sequence[str]] | None = None
) -> Iterator[Place]:
    """Find the images of an object, those of a list's items included.

    Args:
        document: As JSON or YAML gives it.
        custom: Paths of the images of custom resources, by kind (``Workflow``) or by kind and group
            (``Workflow.argoproj.io``). A path leads to an image or to a pod specification; with
            ``!`` in front to what is no image. A kind without any path is one without images.

    Yields:
        The places, in the order of the specification, each once.

    Raises:
        ManifestError: The object cannot be understood.
        NotCoveredError: Its kind is not known, and it seems to have images; or it has them, as it
            seems, where no custom path leads; or none of these leads anywhere in it. It comes
            last, behind every place that is known.
        ValueError: A custom path is none.
    """
    seen: set[Path] = set()
    unknown: list[NotCoveredError] = []
    for found in _of_object(document, (), "", "", custom or {}):
        if isinstance(found, NotCoveredError):
            unknown.append(found)
        elif found.path not in seen:
            seen.add(found.path)
            yield found
    if unknown:
        try:
            raise unknown[0]
        finally:
            del found, unknown  # the error holds this frame: what it tells would wait for gc


def known(
    document: Mapping[str, Any], *, custom: Mapping[str, Sequence[str]] | None = None
) -> bool:
    """Whether it is known where the images of this object's kind stand, or that it has none."""
    group, kind = _group_and_kind(document, "", "", ())
    return (
        (group, kind) in POD_SPECS
        or starts_nothing(group, kind)
        or "items" in document
        or _custom(group, kind, custom or {}) is not None
    )


def _of_object(
    document: Any,  # noqa: ANN401 -- what a stranger wrote
    path: Path,
    version: str,
    kind: str,
    custom: Mapping[str, Sequence[str]],
) -> Iterator[Place | NotCoveredError]:
    if not isinstance(document, dict):
        raise ManifestError("no Kubernetes object", path)
    if len(path) > _DEEPEST:
        raise ManifestError("lists within lists, too deep", path)
    group, kind = _group_and_kind(document, version, kind, path)
    name = f"{kind}.{group}" if group else kind
    if (group, kind) in POD_SPECS:
        where = POD_SPECS[group, kind]
        spec = _descend(document, where, path)
        yield from _of_pod(spec, (*path, *where), name)
    paths = _custom(group, kind, custom)
    if paths:
        own = (group, kind) in POD_SPECS or starts_nothing(group, kind)
        yield from _of_custom(document, paths, path, name, whole=not own)
    # kubectl takes whatever has items for a list, of whatever kind it is.
    listed = "items" in document and document["items"] is not None
    if listed and isinstance(document["items"], list):
        inner = kind.removesuffix("List") if kind != "List" else ""
        version = document.get("apiVersion", version)
        for index, item in enumerate(document["items"]):
            below = (*path, "items", index)
            yield from _of_object(item, below, version if inner else "", inner, custom)
    elif listed and kind.endswith("List"):
        raise ManifestError("items is no list", (*path, "items"))
    if (group, kind) not in POD_SPECS and paths is None and not starts_nothing(group, kind):
        yield from _unknown(document, path, name)


def _group_and_kind(
    document: Mapping[str, Any], version: str, kind: str, path: Path
) -> tuple[str, str]:
    found: dict[str, Any] = {"apiVersion": version, "kind": kind}
    found = {name: document.get(name, default) for name, default in found.items()}
    for member, value in found.items():
        if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
            raise ManifestError(f"no Kubernetes object: it has no {member}", path)
    group, slash, _ = found["apiVersion"].rpartition("/")
    if "/" in group or (slash and not group):
        raise ManifestError("the apiVersion is no group and version", (*path, "apiVersion"))
    return group, found["kind"]


def _custom(group: str, kind: str, custom: Mapping[str, Sequence[str]]) -> list[str] | None:
    """The configured paths of a kind; None where nobody said anything of it."""
    names = {kind, f"{kind}.{group}"}
    found = [paths for name, paths in custom.items() if name in names]
    return [path for paths in found for path in paths] if found else None


def _of_custom(
    document: Mapping[str, Any], paths: Sequence[str], path: Path, kind: str, *, whole: bool
) -> Iterator[Place | NotCoveredError]:
    """The images at the configured paths of a kind, and what may be one elsewhere.

    Args:
        document: The object.
        paths: Those of its kind.
        path: The way to the object.
        kind: Its name.
        whole: Whether nothing else is known of the kind: then images elsewhere are refused.
    """
    said: set[Path] = set()  # ways of which it is known what they lead to
    for one in paths:
        for way, value in custom_paths.found(document, one):
            there = (*path, *way)
            if value is None:
                continue
            if one.startswith(custom_paths.WITHOUT):
                said.add(there)
            elif isinstance(value, dict) and "containers" in value:
                said.update((*there, member) for member in (*_CONTAINERS, "volumes"))
                yield from _of_pod(value, there, kind)
            else:
                said.add(there)
                yield _place(value, there, kind)
    if not whole:
        return
    name, without = shown(kind), _as_given(kind, f"{custom_paths.WITHOUT}PATH")
    if not said:
        told = ", ".join(shown(one) for one in paths)
        problem = (
            f"no path that is named for {name} leads anywhere here ({told}): check how they are "
            f"spelled; name what is there and is no image with ! in front: {without}"
        )
        # An item of a list can have its kind of the list.
        yield NotCoveredError(kind, (*path, "kind") if "kind" in document else path, problem)
    other = _not_said(document, path, said)
    if other is not None:
        where = shown(written(other))
        problem = (
            f"{where} may hold an image, and no path that is named for {name} leads there: "
            f"name it too, or with ! in front where it is no image: {without}"
        )
        yield NotCoveredError(kind, other, problem)


def _as_given(kind: str, path: str) -> str:
    """How a path is written, in both places where one can be."""
    name = shown(kind)
    return f"--custom '{name}={path}', or {name}: [\"{path}\"] in custom of a service"


def _of_pod(spec: Mapping[str, Any], path: Path, kind: str) -> Iterator[Place]:
    names: set[str] = set()
    for member in _CONTAINERS:
        for index, container in enumerate(_list(spec, member, path)):
            way = (*path, member, index)
            if not isinstance(container, dict):
                raise ManifestError("no container", way)
            name = container.get("name")
            if name is not None:
                if not isinstance(name, str):
                    raise ManifestError("the name of a container is no text", (*way, "name"))
                if name in names:
                    problem = f"a second container of the name {shown(name)!r}"
                    raise ManifestError(problem, (*way, "name"))
                names.add(name)
            if container.get("image") is not None:
                yield _place(container["image"], (*way, "image"), kind)
    for index, volume in enumerate(_list(spec, "volumes", path)):
        way = (*path, "volumes", index)
        if not isinstance(volume, dict):
            raise ManifestError("no volume", way)
        reference = _descend(volume, ("image",), way).get("reference")
        if reference is not None:
            yield _place(reference, (*way, "image", "reference"), kind)


def _place(value: Any, path: Path, kind: str) -> Place:  # noqa: ANN401
    if not isinstance(value, str):
        raise ManifestError("the image is no text: put it in quotes", path)
    if not _PRINTABLE.fullmatch(value):
        raise ManifestError(f"no image name: {shown(value)!r}", path)
    return Place(path=path, image=value, kind=kind)


def _descend(document: Mapping[str, Any], steps: Path, path: Path) -> Mapping[str, Any]:
    """The mapping at the end of some steps; an empty one where it is not there."""
    value: Any = document
    for index, step in enumerate(steps):
        value = value.get(step)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise ManifestError(f"{step} is no object", (*path, *steps[: index + 1]))
    found: Mapping[str, Any] = value
    return found


def _list(spec: Mapping[str, Any], member: str, path: Path) -> Sequence[Any]:
    value = spec.get(member)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ManifestError(f"{member} is no list", (*path, member))
    return value


def _not_said(document: Mapping[str, Any], path: Path, said: set[Path]) -> Path | None:
    """The way to what may be an image beside those that are known; status starts nothing."""
    own = {"apiVersion", "kind", "metadata", "status"}
    if isinstance(document.get("items"), list):  # each item is an object of its own
        own.add("items")
    ways: dict[Any, Any] = {}
    for way in said:
        at = ways
        for step in way[len(path) : -1]:
            at = at.setdefault(step, {})
            if at is _SAID:
                break
        else:
            at[way[-1]] = _SAID
    rest = {name: document[name] for name in document if name not in own}
    return _suspicious(rest, path, ways)


def _unknown(document: Mapping[str, Any], path: Path, kind: str) -> Iterator[NotCoveredError]:
    """What seems to be an image in an object of an unknown kind."""
    own = {"apiVersion", "kind", "metadata"}
    if isinstance(document.get("items"), list):  # each item is an object of its own
        own.add("items")
    found = _suspicious({name: document[name] for name in document if name not in own}, path)
    if found is not None:
        yield NotCoveredError(kind, found)


def _suspicious(
    value: Mapping[str, Any], path: Path, ways: Mapping[Any, Any] | None = None
) -> Path | None:
    """The way to a member that may hold an image.

    Args:
        value: Where to look.
        path: The way to it.
        ways: The steps, and those behind each, to what is known: `_SAID`; None where nothing is.
    """
    below = _suspicious_below(value, len(path), ways)
    return None if below is None else (*path, *below)


def _suspicious_below(
    value: Any,  # noqa: ANN401
    depth: int,
    ways: Mapping[Any, Any] | None,
) -> Path | None:
    """The rest of the way, from a value on; made only when there is one."""
    steps: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    for step, item in steps:
        known = None if ways is None else ways.get(step, _NO_WAYS)
        if known is _SAID:
            continue
        if isinstance(step, str):
            if known is not None and is_about_pulling(step, item):
                continue
            if not known and may_name_an_image(step):
                return (step,)
        if depth >= _DEEPEST:
            return (step,)
        if isinstance(item, (dict, list)):
            found = _suspicious_below(item, depth + 1, known)
            if found is not None:
                return (step, *found)
    return None
