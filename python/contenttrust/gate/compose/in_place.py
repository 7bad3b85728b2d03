"""Compose files with the images of their services pinned where they stand."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.compose import hooks, places, settled
from contenttrust.gate.compose.services import IMAGE_SCHEME
from contenttrust.yaml_nodes import YamlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.gate.compose.files import Composition
    from contenttrust.gate.compose.services import Started
    from contenttrust.gate.judged import Use
    from contenttrust.yaml_nodes import Document, Path


def pinned(project: Composition, values: Mapping[str, str]) -> dict[str, bytes]:
    """The files with other images; those that stay as they are left out.

    Args:
        project: That they make.
        values: As for `contenttrust.gate.compose.override.override`.

    Raises:
        YamlError: An image does not stand in one of the files as it is started, or readers differ
            on what one of them means.
    """
    from contenttrust.gate.yaml_text import replaced  # noqa: PLC0415 -- only who writes

    settled.check_read(project)
    if project.doubt is not None:
        doubt = project.doubt
        problem = f"{doubt.problem}: --override-out pins what this project starts"
        raise YamlError(problem, file=doubt.file, line=doubt.line, column=doubt.column)
    _refuse_streams(project.documents)
    settled.check(project)
    _refuse_open_policies(project, values)
    edits: dict[str, dict[tuple[int, Path], str]] = {}
    for one, use in zip(project.started, project.uses, strict=False):
        image = values.get(one.image) or one.image
        if one.hook and image == one.image:
            continue  # whatever brings it, it has no variables: that was checked
        place = hooks.place(project.documents, one) if one.hook else None
        document, path = place or _place(project.documents, one, use)
        if image != one.image:
            own = [other for other in project.documents if other.file == document.file]
            number = next(n for n, other in enumerate(own) if other is document)
            written = IMAGE_SCHEME + image if one.context else image
            edits.setdefault(document.file, {})[number, path] = written
    try:
        return {
            name: replaced(text.decode(), edits[name], file=name, unread=_is_extension).encode()
            for name, text in project.texts.items()
            if name in edits
        }
    except YamlError as error:
        problem, line, column = error.problem, error.line, error.column
        problem = f"{problem}: --override-out pins it"
        raise YamlError(problem, file=error.file, line=line, column=column) from None


def _is_extension(path: Path) -> bool:
    """Whether docker passes over what stands at a path: of the file, or of a service."""
    ways = path[2:3] if path[:1] == ("services",) else path[:1]
    return any(str(step).startswith("x-") for step in ways)


def _refuse_streams(documents: Sequence[Document]) -> None:
    """Refuse files of several documents.

    Docker compose merges them; of a file that `docker stack deploy` is given the first one counts.
    """
    files: set[str] = set()
    for document in documents:
        if document.value is None:
            continue
        if document.file in files:
            problem = (
                "a second document: docker stack deploy reads the first one only, so merge them, "
                "or make it a file of its own"
            )
            places.refuse(problem, [document])
        files.add(document.file)


def _refuse_open_policies(project: Composition, values: Mapping[str, str]) -> None:
    """Refuse what is built, or here, and not pulled only as long as a variable says so."""
    judged = {one.path for one in project.started if one.pulled or values.get(one.image)}
    hooked = {one.service for one in project.started if one.hook and one.path not in judged}
    images = {name: places.value_of(one, ("image",)) for name, one in project.services.items()}
    unjudged = {
        name: str(image)
        for name, image in images.items()
        if image and ("services", name, "image") not in judged
    }
    found_here = {
        image
        for name, image in unjudged.items()
        if project.services[name].get("pull_policy") == "never"
    }
    for name in project.services:
        open_ones = ["pull_policy"] * (name in unjudged or name in hooked)
        open_ones += ["image"] * (unjudged.get(name) in found_here)
        for member in open_ones:
            path: Path = ("services", name, member)
            if places.openness(project.documents, path):
                problem = (
                    f"{member} has variables, or comes from another file or service, and the image "
                    "is not judged: --override-out"
                )
                places.refuse(f"{problem} writes what it is", project.documents, path)


def _place(documents: Sequence[Document], one: Started, use: Use) -> tuple[Document, Path]:
    written = IMAGE_SCHEME + one.image if one.context else one.image
    for document in reversed(documents):
        path = _written_at(document, one)
        if path is not None and places.value(document, path) == written:
            return document, path
        if one.context and places.meant(document, one.path) == written:
            problem = (
                f"{shown(one.context)} stands in a list: write {shown(one.context)}: "
                f"{shown(written)} in a mapping, or --override-out pins it"
            )
            places.refuse(problem, [document], one.path)
        if path is not None or places.brings_more(document, one.path[:2]):
            break  # the last file that says it holds, whatever is in those before it
    problem = (
        f"the image of {one.service} has variables, or comes from another file or service: "
        "--override-out pins it"
    )
    spot = use.spot
    raise YamlError(problem, file=spot.file, line=spot.line, column=max(spot.column, 1))


def _written_at(document: Document, one: Started) -> Path | None:
    """Where a file says what an image is, or may say it; None where it leaves that to others."""
    around = places.value(document, one.path[:3] if one.target else one.path[:-1])
    if around is None:
        return None
    if not one.target:
        is_there = not isinstance(around, dict) or around.get(one.path[-1]) is not None
        return one.path if is_there else None
    volumes = around if isinstance(around, list) else []
    same = [
        n
        for n, volume in enumerate(volumes)
        if isinstance(volume, dict) and places.is_target(volume.get("target"), one.target)
    ]
    return (*one.path[:3], *same, "source") if same else None  # of several, nothing stands there
