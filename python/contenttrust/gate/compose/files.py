"""Compose files: their images with line and column, the same pinned, or pinned in a file beside."""

from __future__ import annotations

import functools
import io
import os
from dataclasses import dataclass, replace

from contenttrust.errors import shown
from contenttrust.gate.compose import builder, dockerfiles, environment_file, plain_files, plugin
from contenttrust.gate.compose.interpolation import InterpolationError
from contenttrust.gate.compose.merging import ComposeError, merged
from contenttrust.gate.compose.services import IMAGE_SCHEME, contents
from contenttrust.gate.dockerfile import contexts
from contenttrust.gate.judged import Use
from contenttrust.gate.reports.finding import Finding, Spot
from contenttrust.yaml_nodes import YamlError, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from contenttrust.gate.compose.services import Started
    from contenttrust.gate.dockerfile import ImageUse
    from contenttrust.gate.trigger_findings import Built
    from contenttrust.yaml_nodes import Document, Path


_PROJECT = "COMPOSE_PROJECT_NAME"
_IN_THE_BUILD = frozenset({"FROM", "COPY --from", "RUN --mount"})
_COMPOSE_TAGS = frozenset({"!reset", "!override"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The project that some files make.

    Attributes:
        texts: The files by their names, in the order in which they are merged.
        documents: What they hold.
        started: The images that services start.
        uses: The same with their places, and behind them the images of Dockerfiles.
        findings: What is refused, or worth a line, before any image is judged.
        built: The Dockerfiles of what is built, each with the service.
        doubt: Why one of the files cannot be written, though docker compose understands it.
    """

    texts: Mapping[str, bytes]
    documents: tuple[Document, ...]
    started: tuple[Started, ...]
    uses: tuple[Use, ...]
    findings: tuple[Finding, ...]
    built: tuple[tuple[str, Built], ...] = ()
    doubt: YamlError | None = None

    @property
    def builds(self) -> list[Built]:
        """The Dockerfiles of what is built."""
        return [built for _, built in self.built]

    def override(self, values: Mapping[str, str]) -> bytes:
        """A compose file that, merged behind the others, pins what they start and build upon.

        What a Dockerfile names is pinned by a named context, which takes the place of the name.

        Args:
            values: What to write in place of an image; empty, or none: it stays.

        Raises:
            YamlError: An image of a Dockerfile cannot be pinned.
        """
        from ruamel.yaml import YAML  # noqa: PLC0415 -- an extra

        services: dict[str, Any] = {}
        for one in self.started:
            pinned = values.get(one.image)
            if not pinned:
                continue
            service = services.setdefault(one.service, {})
            if one.target:
                target = one.target.replace("$", "$$")  # variables count here, too
                volume = {"type": "image", "source": pinned, "target": target}
                service.setdefault("volumes", []).append(volume)
            elif one.context:
                _contexts(service)[one.context] = IMAGE_SCHEME + pinned
            else:
                service["image"] = pinned
        for name, built in self.built:
            stages = [
                s.name for other, b in self.built if other == name for s in b.dockerfile.stages
            ]
            for image in built.dockerfile.images:
                if (pinned := values.get(image.name)) and image.what in _IN_THE_BUILD:
                    key = _key(image, built, stages)
                    _contexts(services.setdefault(name, {}))[key] = IMAGE_SCHEME + pinned
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.width = 1_000_000
        made = io.BytesIO()
        yaml.dump({"services": services}, made)
        return made.getvalue()

    def pinned(self, values: Mapping[str, str]) -> dict[str, bytes]:
        """The files with other images.

        Args:
            values: As for `override`.

        Raises:
            YamlError: An image does not stand in one of the files as it is started, or readers
                differ on what one of them means.
        """
        from contenttrust.gate.yaml_text import replaced  # noqa: PLC0415 -- only who writes

        if self.doubt is not None:
            doubt = self.doubt
            problem = f"{doubt.problem}: --override-out pins what this project starts"
            raise YamlError(problem, file=doubt.file, line=doubt.line, column=doubt.column)
        edits: dict[str, dict[tuple[int, Path], str]] = {}
        for one, use in zip(self.started, self.uses, strict=False):
            pinned = values.get(one.image)
            if not pinned:
                continue
            pinned = IMAGE_SCHEME + pinned if one.context else pinned
            document, path = self._place(one, use)
            own = [other for other in self.documents if other.file == document.file]
            number = next(n for n, other in enumerate(own) if other is document)
            edits.setdefault(document.file, {})[number, path] = pinned
        return {
            name: replaced(text.decode(), edits[name], file=name).encode()
            for name, text in self.texts.items()
            if name in edits
        }

    def _place(self, one: Started, use: Use) -> tuple[Document, Path]:
        written = IMAGE_SCHEME + one.image if one.context else one.image
        for document in reversed(self.documents):
            path = _written_at(document, one)
            if path is not None and _value(document, path) == written:
                return document, path
            if path is not None or _brings_more(document, one.path[:2]):
                break  # the last file that says it holds, whatever is in those before it
        problem = (
            f"the image of {one.service} has variables, or comes from another file: "
            "--override-out pins it"
        )
        spot = use.spot
        raise YamlError(problem, file=spot.file, line=spot.line, column=max(spot.column, 1))


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
    findings += _left_out(list(texts), env, made, program)
    first = Spot(file=next(iter(texts)))
    doubt = None
    try:
        if program is not None and plugin.available(program):
            for name, text in texts.items():
                there, doubtful = _read_for_places(text, name)
                documents += there
                doubt = doubt or doubtful
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
        found = contents(project)
        spot_of = _spots(documents, first)
        started = found.started
        uses = [Use(image=one.image, spot=spot_of(one.path), pulled=one.pulled) for one in started]
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
        uses=tuple(uses), findings=tuple(findings), built=tuple(all_built), doubt=doubt,
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
            f"where COMPOSE_FILE names this, docker compose takes variables from "
            f"{' and '.join(before)} first: set COMPOSE_ENV_FILES to the files that count"
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
            return read(text, file=file, passed_over=_COMPOSE_TAGS), error
        except YamlError:
            return [], error


def _merged(
    documents: Sequence[Document], first: str, profiles: Sequence[str], env: Mapping[str, str]
) -> dict[str, Any]:
    """The project as far as it can be told without docker compose."""
    documents = [document for document in documents if document.value is not None]
    return merged(documents, lookup=_lookup(first, env), profiles=profiles)


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
        if name == _PROJECT:  # made of `name:`, of the folder, or of an option
            raise InterpolationError(f"{name} is docker compose's own: it must read this")
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
                    return Spot(
                        file=document.file, line=found.line, column=found.column,
                        end_line=found.end_line, end_column=found.end_column, what=what,
                    )  # fmt: skip
                return Spot(file=document.file, line=found.line, column=found.column, what=what)
        return replace(first, what=what)

    return spot


def _fault(error: ComposeError | YamlError) -> Finding:
    return Finding.fault(error.problem, Spot(file=error.file, line=error.line, column=error.column))


def _remark(path: Path, remark: Any, spot_of: Callable[[Path], Spot]) -> Finding:  # noqa: ANN401
    make = Finding.fault if remark.refused else Finding.note
    return make(remark.message, spot_of(path), code=remark.code)


def _contexts(service: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = service.setdefault("build", {}).setdefault("additional_contexts", {})
    return found


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


def _written_at(document: Document, one: Started) -> Path | None:
    """Where a file says what an image is, or may say it; None where it leaves that to others."""
    around = _value(document, one.path[:3] if one.target else one.path[:-1])
    if around is None:
        return None
    if not one.target:
        is_there = not isinstance(around, dict) or around.get(one.path[-1]) is not None
        return one.path if is_there else None
    volumes = around if isinstance(around, list) else []
    same = [
        n for n, v in enumerate(volumes) if isinstance(v, dict) and v.get("target") == one.target
    ]
    return (*one.path[:3], *same, "source")  # nothing stands there but where it is one


def _brings_more(document: Document, service: Path) -> bool:
    """Whether a file brings what stands in none that is named, over what those before it say."""
    includes = _value(document, ("include",))
    return includes is not None or _value(document, (*service, "extends")) is not None


def _value(document: Document, path: Path) -> Any:  # noqa: ANN401
    """What stands at a path; None where nothing does."""
    value = document.value
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):
        return None
    return value
