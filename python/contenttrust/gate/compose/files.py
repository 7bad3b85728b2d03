"""Compose files: their images with line and column, the same pinned, or pinned in a file beside."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field, replace

from contenttrust.gate.compose import (
    brought_files,
    builder,
    dockerfiles,
    environment_file,
    hooks,
    plain_files,
    plugin,
)
from contenttrust.gate.compose.brought import Brought
from contenttrust.gate.compose.interpolation import InterpolationError
from contenttrust.gate.compose.merging import NO_SERVICES, ComposeError, merged
from contenttrust.gate.compose.services import contents
from contenttrust.gate.docker.program import SET_BY_DOCKER
from contenttrust.gate.judged import Use
from contenttrust.gate.reports.finding import Finding, Spot
from contenttrust.yaml_nodes import YamlError, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from contenttrust.gate.compose.services import Build, Started
    from contenttrust.gate.trigger_findings import Built
    from contenttrust.yaml_nodes import Document, Path


_OWN = {"COMPOSE_PROJECT_NAME", *SET_BY_DOCKER}
"""Variables that docker compose has, whatever the environment says: the first one is made of
`name:`, of the folder, or of an option."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The project that some files make.

    Attributes:
        texts: The files by their names, in the order in which they are merged.
        documents: What they hold.
        started: The images that services start.
        uses: The same with their places, and behind them the images of Dockerfiles.
        findings: What is refused, or worth a line, before any image is judged.
        sources: What services are built from.
        built: The Dockerfiles of that, each with the service.
        services: All of them, merged and with variables replaced.
        doubt: Why one of the files cannot be written, though docker compose understands it.
        profiles: Those that are on; ``*`` for all.
        brought: Who is asked about files that these bring; None where nobody is.
    """

    texts: Mapping[str, bytes]
    documents: tuple[Document, ...]
    started: tuple[Started, ...]
    uses: tuple[Use, ...]
    findings: tuple[Finding, ...]
    sources: tuple[Build, ...] = ()
    built: tuple[tuple[str, Built], ...] = ()
    services: Mapping[str, Any] = field(default_factory=dict)
    doubt: YamlError | None = None
    profiles: tuple[str, ...] = ("*",)
    brought: Brought | None = None

    @property
    def builds(self) -> list[Built]:
        """The Dockerfiles of what is built."""
        return [built for _, built in self.built]

    def override(self, values: Mapping[str, str]) -> bytes:
        """A compose file that, merged behind the others, pins what they start and build upon.

        Args:
            values: For each image what takes its place: its name with the digest, or the image
                itself where it has that. Empty, or none, where no digest is known.

        Raises:
            YamlError: Something cannot be pinned, or written down.
        """
        from contenttrust.gate.compose.override import override  # noqa: PLC0415 -- only who writes

        return override(self, values)

    def pinned(self, values: Mapping[str, str]) -> dict[str, bytes]:
        """The files with other images; those that stay as they are left out.

        Args:
            values: As for `override`.

        Raises:
            YamlError: An image does not stand in one of the files as it is started, or readers
                differ on what one of them means.
        """
        from contenttrust.gate.compose.in_place import pinned  # noqa: PLC0415 -- only who writes

        return pinned(self, values)

    def built_and_pinned(self, values: Mapping[str, str]) -> list[Finding]:
        """What to know of services that start a pinned image, and have `build` beside it.

        Builders give no image a name with a digest.

        Args:
            values: As for `override`.
        """
        built = {build.service for build in self.sources}
        message = (
            "the image has its digest now, and docker compose builds nothing of that name: where "
            "this is built, and not pulled, say pull_policy: build"
        )
        return [
            Finding.note(f"{one.service}: {message}", use.spot)
            for one, use in zip(self.started, self.uses, strict=False)
            if one.service in built and one.path[-1] == "image" and values.get(one.image)
        ]


def composition(
    texts: Mapping[str, bytes],
    *,
    profiles: Sequence[str] = ("*",),
    env: Mapping[str, str] | None = None,
    program: str | None = "docker",
    made: str | None = None,
) -> Composition:
    """Read the files of a project.

    Args:
        texts: The files by their names, in the order in which they are merged.
        profiles: Those that are on; ``*`` for all.
        env: Environment variables; default: the process's own.
        program: Docker's, asked where it has compose; None: it is not asked.
        made: The file that the caller writes `override` to, and so need not name.

    Returns:
        The project; what cannot be understood is among its findings.
    """
    env = dict(os.environ if env is None else env)
    documents: list[Document] = []
    findings: list[Finding] = []
    started: list[Started] = []
    uses: list[Use] = []
    all_built: list[tuple[str, Built]] = []
    sources: list[Build] = []
    services: dict[str, Any] = {}
    findings += _left_out(list(texts), env, made, program)
    first = Spot(file=next(iter(texts)))
    doubt = brought = None
    try:
        if program is not None and plugin.available(program):
            brought = Brought(files=list(texts), env=env, program=program, profiles=profiles)
            for name, text in texts.items():
                there, doubtful = _read_for_places(text, name)
                documents += there
                if doubtful is not None and (doubt is None or not there):
                    doubt = doubtful  # of a file that cannot be read at all, or the first one
            _check_brought(texts, documents, doubt)
            project, warnings = plugin.config(
                list(texts), profiles=profiles, env=env, program=program
            )
        else:
            for name, text in texts.items():
                documents += read(text, file=name)
            project, warnings = _merged(documents, first.file, profiles, env), []
    except (ComposeError, YamlError) as error:
        findings.append(_fault(error))
    except plugin.ComposeConfigError as error:
        findings.append(Finding.fault(error.message, first))
        findings += [_fault(doubt)] if doubt is not None else []
    else:
        findings += [Finding.note(told, first, code="compose") for told in warnings]
        found = contents(project, asked=brought is not None)
        spot_of = _spots(documents, first)
        started, sources = found.started, found.builds
        all_services = project.get("services")
        services = all_services if isinstance(all_services, dict) else {}
        uses = [
            Use(
                image=one.image,
                spot=hooks.spot(documents, one) or spot_of(one.path),
                pulled=one.pulled,
                advice=one.advice,
            )
            for one in started
        ]
        folder = os.path.dirname(first.file)  # noqa: PTH120 -- the name is a text
        try:
            found.remarks += builder.remarks(
                project, found.builds, folder=folder, env=env, program=program
            )
        except (OSError, ValueError, plugin.ComposeConfigError) as error:
            doubt_of_variables = f"which variables docker compose has here cannot be told: {error}"
            findings.append(Finding.fault(doubt_of_variables, first))
        findings += [_remark(one.path, one, spot_of) for one in found.remarks]
        for build in found.builds:
            images, told, built = dockerfiles.images(
                build, spot_of(build.path), folder=folder, env=env
            )
            uses += images
            findings += told
            all_built += [(build.service, one) for one in built]
    return Composition(
        texts=dict(texts), documents=tuple(documents), started=tuple(started),
        uses=tuple(uses), findings=tuple(findings), sources=tuple(sources),
        built=tuple(all_built), services=services, doubt=doubt,
        profiles=tuple(profiles), brought=brought,
    )  # fmt: skip


def _left_out(
    names: Sequence[str], env: Mapping[str, str], made: str | None, program: str | None
) -> list[Finding]:
    """Files that are not named, and that docker compose adds to those that are."""
    spot = Spot(file=names[0])
    try:
        files = plain_files.unnamed(names, env=env, made=made, program=program)
        before = plain_files.other_variables(names, env=env, program=program)
    except (OSError, ValueError, plugin.ComposeConfigError) as error:
        doubt = f"which files docker compose reads here cannot be told: {error}: set COMPOSE_FILE"
        return [Finding.fault(doubt, spot)]
    told = []
    if files:
        told.append(
            f"without -f docker compose reads {' and '.join(files)} here: name these, or set "
            "COMPOSE_FILE to what you start"
        )
    if before:
        told.append(
            f"without -f docker compose takes variables from {' and '.join(before)} here first: "
            "set COMPOSE_ENV_FILES to the files that count"
        )
    return [Finding.fault(one, spot, code="not_covered") for one in told]


def _read_for_places(text: bytes, file: str) -> tuple[list[Document], YamlError | None]:
    """Read a file that docker compose understands itself, for where something stands in it.

    Returns:
        What it holds, or nothing; and why it cannot be understood without docker compose.
    """
    try:
        return read(text, file=file), None
    except YamlError as error:
        try:
            return read(text, file=file, compose_tags=True), error
        except YamlError as why:
            return [], why


def _check_brought(
    texts: Mapping[str, bytes], documents: Sequence[Document], doubt: YamlError | None
) -> None:
    """Refuse files that may be on a server, before docker compose is asked and could fetch them.

    What it makes of these may be the same now, and another project later.
    """
    read_here = {document.file for document in documents}
    unread = (text for name, text in texts.items() if name not in read_here)
    if doubt is not None and any(map(brought_files.may_bring, unread)):
        raise doubt
    brought_files.documents(documents)


def _merged(
    documents: Sequence[Document], first: str, profiles: Sequence[str], env: Mapping[str, str]
) -> dict[str, Any]:
    """The project as far as it can be told without docker compose."""
    documents = [document for document in documents if document.value is not None]
    project = merged(documents, lookup=_lookup(first, env), profiles=profiles)
    if all("services" not in document.value for document in documents):
        raise YamlError(NO_SERVICES, file=first)
    return project


def _lookup(file: str, env: Mapping[str, str]) -> Callable[[str], str | None]:
    """Variables of the environment, then of its files: `.env` beside the first compose file."""
    from contenttrust.transport import chosen_file  # noqa: PLC0415

    folder = os.path.dirname(file)  # noqa: PTH120 -- the name is a text

    @functools.cache
    def of_files() -> dict[str, str]:
        found: dict[str, str] = {}
        name = ""
        try:
            for name in environment_file.names(folder, env):
                found |= environment_file.variables(chosen_file.read(name).decode())
        except (OSError, ValueError) as error:
            raise InterpolationError(f"{name}: {error}" if name else str(error)) from None
        return found

    def lookup(name: str) -> str | None:
        if name in _OWN:
            raise InterpolationError(f"{name} is docker's own: docker compose must read this")
        return env[name] if name in env else of_files().get(name)

    return lookup


def _spots(documents: Sequence[Document], first: Spot) -> Callable[[Path], Spot]:
    """Finds where something of the project is written: itself, or what it is part of."""

    def spot(path: Path) -> Spot:
        what = ".".join(map(str, path))
        for length in range(len(path), 0, -1):
            for document in reversed(documents):
                try:
                    found = document.scalar(path[:length])
                except KeyError:
                    continue
                if length == len(path):
                    return Spot.at(document, path, what)
                return Spot(file=document.file, line=found.line, column=found.column, what=what)
        return replace(first, what=what)

    return spot


def _fault(error: ComposeError | YamlError) -> Finding:
    return Finding.fault(error.problem, Spot(file=error.file, line=error.line, column=error.column))


def _remark(path: Path, remark: Any, spot_of: Callable[[Path], Spot]) -> Finding:  # noqa: ANN401
    make = Finding.fault if remark.refused else Finding.note
    return make(remark.message, spot_of(path), code=remark.code)
