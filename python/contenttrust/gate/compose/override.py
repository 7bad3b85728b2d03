"""A compose file that, merged behind others, pins what they start and build upon."""

from __future__ import annotations

import io
import os

from contenttrust.errors import shown
from contenttrust.gate.compose import hooks, places, settled
from contenttrust.gate.compose.services import IMAGE_SCHEME
from contenttrust.gate.docker import attestations
from contenttrust.gate.dockerfile import contexts
from contenttrust.gate.dockerfile.scope import PREDEFINED
from contenttrust.gate.file_name import here
from contenttrust.yaml_nodes import YamlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from contenttrust.gate.compose.files import Composition
    from contenttrust.gate.compose.services import Build, Started
    from contenttrust.gate.dockerfile import ImageUse
    from contenttrust.gate.trigger_findings import Built
    from contenttrust.yaml_nodes import Document, Path

FIRST_LINE = b"# Written by contenttrust gate compose --override-out, which may write it anew.\n"
_IN_THE_BUILD = frozenset(
    {"FROM", "COPY --from", "RUN --mount", "ONBUILD COPY --from", "ONBUILD RUN --mount"}
)
_SAID = (
    *("context", "dockerfile", "dockerfile_inline", "target", "sbom", "provenance", "pull"),
    "privileged",  # which keeps the classic builder from it
)
_WHERE_NONE = {"target": "", "sbom": "", "provenance": "", "pull": False}


def override(project: Composition, values: Mapping[str, str]) -> bytes:
    """Write a file that holds what was checked, whatever variables mean where it is read.

    What a Dockerfile names is pinned by a named context, which takes the place of the name.

    Args:
        project: That the other files make.
        values: For each image what takes its place: its name with the digest, or the image itself
            where it has that. Empty, or none, where no digest is known: then its name is written.

    Raises:
        YamlError: An image of a Dockerfile cannot be pinned, or what a variable stands for cannot
            be written down.
    """
    settled.check(project, builds=True)
    services: dict[str, Any] = {}
    for one in project.started:
        image = values.get(one.image) or one.image
        service = services.setdefault(one.service, {})
        if one.target:
            service.setdefault("volumes", []).append(_volume(project, one, image))
        elif one.context:
            _contexts(service)[one.context] = IMAGE_SCHEME + image
        elif one.hook:
            if image != one.image:
                hooks.refuse_beside(project.documents, one)
        else:
            service["image"] = image
    for name, merged in project.services.items():
        for member in ("image", "pull_policy", "platform"):
            text = merged.get(member) if isinstance(merged, dict) else None
            if text and places.openness(project.documents, ("services", name, member)):
                # An image that was judged is there, and the others are built here by that name.
                services.setdefault(name, {}).setdefault(member, _literally(text))
    for build in project.sources:
        built = [one for service, one in project.built if service == build.service]
        _settle(project, build, built, services.setdefault(build.service, {}))
        _pin(built, values, services[build.service])
    return _written({name: service for name, service in services.items() if service})


def _settle(
    project: Composition, build: Build, built: Sequence[Built], service: dict[str, Any]
) -> None:
    """Write down what a build says by variables, as far as its images rest on that."""
    documents, path = project.documents, build.path
    given = project.services[build.service]["build"]
    given = {"context": given} if isinstance(given, str) else given
    for member in _SAID:
        why = places.openness(documents, (*path, member))
        text = given.get(member)
        if why and text is not None:
            text = _as_written(project, text, (*path, member)) if member == "context" else text
            _build_of(service)[member] = _literally(text) if isinstance(text, str) else text
        elif why and member in _WHERE_NONE:
            _build_of(service)[member] = _WHERE_NONE[member]
        elif why == "variables" and member == "dockerfile_inline":
            # Beside this, docker compose refuses a text that it would be elsewhere.
            _build_of(service)["dockerfile"] = _literally(build.dockerfile)
    for name, text in build.contexts.items():
        way = (*path, "additional_contexts", name)
        if contexts.image_of(text) is None and places.openness(documents, way):
            _contexts(service)[name] = _literally(_as_written(project, text, way))
    if arguments := _arguments(project, build, built):
        _build_of(service)["args"] = arguments


def _arguments(project: Composition, build: Build, built: Sequence[Built]) -> dict[str, str]:
    """The build arguments that names of images rest on, and no others: those may be secrets.

    An argument without a value has that of a variable; so what it is here is written, be it the
    default of the Dockerfile.
    """
    found: dict[str, set[str | None]] = {}
    for name, text in build.args.items():
        if name == contexts.SYNTAX_ARGUMENT or name.startswith(attestations.ARGUMENT):
            found.setdefault(name, set()).add(text)
    for one in built:
        for name, text in one.dockerfile.arguments.items():
            found.setdefault(name, set()).add(text)
    made: dict[str, str] = {}
    for name, texts in found.items():
        [text, *others] = texts
        if text is not None and not others:
            made[name] = _literally(text)
        elif name in build.args or _is_said(project, build, name):
            problem = f"{shown(name)}: names of images rest on it, so give it one value here"
            problem += f", in args of {build.service}"
            places.refuse(problem, project.documents, (*build.path, "args", name))
    return made


def _is_said(project: Composition, build: Build, name: str) -> bool:
    """Whether a file has an argument, with a value or without; or may have it."""
    for document in project.documents:
        args = places.value(document, (*build.path, "args"))
        if isinstance(args, dict) and name in args:
            return True
        named = [str(one).partition("=")[0] for one in args] if isinstance(args, list) else []
        if name in named:
            return True
    if not settled.is_open(project, build):
        return False
    # What builders define themselves stands in few files, and others rest on what they bring.
    return name not in PREDEFINED or bool(settled.open_arguments(project, build, [name]))


def _pin(built: Sequence[Built], values: Mapping[str, str], service: dict[str, Any]) -> None:
    stages = [stage.name for one in built for stage in one.dockerfile.stages]
    for one in built:
        for image in one.dockerfile.images:
            pinned = values.get(image.name)
            if pinned and pinned != image.name and image.what in _IN_THE_BUILD:
                _contexts(service)[_key(image, one, stages)] = IMAGE_SCHEME + pinned


def _key(image: ImageUse, built: Built, stages: Sequence[str]) -> str:
    """The name by which a context takes the place of an image, and of nothing else."""
    key = contexts.key_of(image.name)
    if contexts.is_stage(key, stages):
        spot = built.spot(image.line)
        problem = (
            f"{shown(image.name)} cannot be pinned beside this file, because a stage is named "
            f"{shown(key)}: give the stage another name, or write the digest here (gate dockerfile)"
        )
        raise YamlError(problem, file=spot.file, line=spot.line)
    return key


def _volume(project: Composition, one: Started, image: str) -> dict[str, Any]:
    """An image volume as a whole: docker compose exchanges all of what has its target."""
    *way, number, _ = one.path
    volumes = places.value_of({"services": project.services}, tuple(way))
    for other in volumes[int(number) + 1 :]:
        # Merged without docker compose, which keeps the last one.
        target = str(places.value_of(other, ("target",)))
        short = other.split(":") if isinstance(other, str) else [target]
        is_image = places.value_of(other, ("type",)) == "image"
        if not is_image and places.clean(one.target) in map(places.clean, short):
            problem = (
                f"another volume of {one.service} takes the place of this image: leave the image "
                "out, or have docker compose asked (without --without-docker)"
            )
            places.refuse(problem, project.documents, tuple(way))
    members = {
        name: _literal(value) for name, value in volumes[int(number)].items() if value is not None
    }
    return {**members, "source": image, "target": _target(project.documents, one)}


def _target(documents: Sequence[Document], one: Started) -> str:
    """Where an image volume is mounted, as the files have it: by that docker compose merges.

    It writes it otherwise in what it makes of them.
    """
    way: Path = ("services", one.service, "volumes")
    for document in reversed(documents):
        found = places.value(document, way)
        for volume in found if isinstance(found, list) else ():
            if not isinstance(volume, dict) or volume.get("type") != "image":
                continue
            target = str(volume.get("target"))
            if places.is_target(target, one.target):
                return target
    return _literally(one.target)


def _as_written(project: Composition, folder: str, way: Path) -> str:
    """A folder as files have it, which docker compose tells by its whole name.

    That begins with the folder of the first file, wherever the text stands. Where a variable is
    all there is, its value may be a whole name: that has little in common with the folder.
    """
    texts = [places.meant(document, way) for document in reversed(project.documents)]
    text = next((text for text in texts if isinstance(text, str)), "")
    if not folder.startswith("/") or text.startswith(("/", "~")):
        return folder
    # As docker compose finds it: by PWD, and by the texts of names alone.
    around = os.path.dirname(next(iter(project.texts)))  # noqa: PTH120
    start = os.path.normpath(os.path.join(here() or os.getcwd(), around))  # noqa: PTH109, PTH118
    if os.path.commonpath([start, folder]) == "/":
        return folder
    short = os.path.relpath(folder, start)
    return short if short.split("/", 1)[0] in {".", ".."} else f"./{short}"


def _build_of(service: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = service.setdefault("build", {})
    return found


def _contexts(service: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = _build_of(service).setdefault("additional_contexts", {})
    return found


def _literal(value: Any) -> Any:  # noqa: ANN401 -- whatever a volume has
    if isinstance(value, dict):
        return {name: _literal(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return _literally(value) if isinstance(value, str) else value


def _literally(text: str) -> str:
    """A text as compose files have it: variables count there, too."""
    return text.replace("$", "$$")


def _written(services: Mapping[str, Any]) -> bytes:
    """A file whose texts are in quotes: what is in none, readers take for this or that."""
    from ruamel.yaml import YAML  # noqa: PLC0415 -- an extra
    from ruamel.yaml.representer import SafeRepresenter  # noqa: PLC0415

    class InQuotes(SafeRepresenter):
        """With representers of its own: what is added to a class holds for all of it."""

    InQuotes.add_representer(
        str, lambda self, text: self.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    )
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = InQuotes
    yaml.default_flow_style = False
    yaml.allow_unicode = False  # U+0085 and its like are breaks to some readers
    yaml.width = 1_000_000
    made = io.BytesIO()
    yaml.dump({"services": services}, made)
    return FIRST_LINE + made.getvalue()
