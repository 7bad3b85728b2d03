"""Every image that a Dockerfile names, and where.

All stages are read up to the target, or all there are: BuildKit leaves out what the target does not
need, the classic builder does not.

Source: BuildKit 0.25 `frontend/dockerfile/instructions`, `dockerfile2llb/convert.go`.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import re

from contenttrust.gate.dockerfile import contexts, mounts
from contenttrust.gate.dockerfile.directives import BOM, NOW, Dialect, older
from contenttrust.gate.dockerfile.instructions import Instruction, split
from contenttrust.gate.dockerfile.located import DockerfileError, Located, ascii_lower
from contenttrust.gate.dockerfile.model import Dockerfile, ImageUse, Notice, Settings, Stage
from contenttrust.gate.dockerfile.outline import Outline, checked_flags
from contenttrust.gate.dockerfile.scope import Scope
from contenttrust.gate.dockerfile.shell_words import WordError, Words
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIZE_LIMIT = 1 << 22
_SCRATCH = "scratch"
_INDEX = re.compile(r"[+-]?[0-9]{1,9}")
_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@|github\.com/|.*\.git(?:#.*)?\Z", re.IGNORECASE)


def parse(
    text: bytes | str,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str = "",
    platform: str = "",
    build_contexts: Mapping[str, str] | None = None,
) -> Dockerfile:
    """Find the images of a Dockerfile.

    Args:
        text: The file. What is not UTF-8 is kept as it is.
        build_args: Values of ``--build-arg``.
        target: The stage that is built; stages behind it are left out. Default: all stages.
        platform: Of the image that is built, or several between commas; without it, names that
            depend on it are refused. For several the images must be the same: only names of stages
            may depend on them, as in ``FROM build-$TARGETARCH``.
        build_contexts: Values of ``--build-context``; names that they take the place of are no
            images of the file.

    Raises:
        DockerfileError: A builder refuses the file, or its images cannot be told without doubt.
        ValueError: A build context has a name that can be none.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="surrogateescape")
    if len(text) > _SIZE_LIMIT:
        raise DockerfileError(f"longer than {_SIZE_LIMIT} characters")
    settings = Settings(
        build_args=dict(build_args or {}),
        target=target,
        platform=platform,
        build_contexts=dict(build_contexts or {}),
    )
    return _together([_read(text, settings, one) for one in settings.platforms or [""]])


def _read(text: str, settings: Settings, platform: str) -> Dockerfile:
    """A file as it is built for one platform."""
    dockerfile = _Reading(text, settings, platform, Outline.of(text, NOW)).dockerfile()
    for dialect in older(text):
        _refuse_other_reading(dockerfile, platform, dialect)
    return dockerfile


def _together(readings: Sequence[Dockerfile]) -> Dockerfile:
    """A file as it is built for several platforms.

    Raises:
        DockerfileError: Its images depend on the platform.
    """
    first, *others = readings
    stages = list(first.stages)
    told = "this image depends on the platform: say one platform, and build for one after the other"
    for other in others:
        for use, instead in itertools.zip_longest(first.images, other.images):
            if use != instead:
                raise DockerfileError(told, line=(use or instead).line)
        for number, stage in enumerate(other.stages):
            if stage.image != stages[number].image:
                raise DockerfileError(told, line=stage.line)
            if stage.platform != stages[number].platform:
                stages[number] = dataclasses.replace(stage, platform=None)
    return dataclasses.replace(first, stages=tuple(stages))


class _Reading:
    """One pass over one file."""

    def __init__(self, text: str, settings: Settings, platform: str, outline: Outline) -> None:
        self._text = text
        self._settings = settings
        self._contexts = contexts.by_key(settings.build_contexts)
        self._escape = outline.escape
        self._images: list[ImageUse] = []
        self._notices: list[Notice] = []
        self._stages: list[Stage] = []
        self._names = outline.names
        # The last stage of a name is meant; for FROM, of those before it.
        self._all = {name: index for index, name in enumerate(self._names) if name}
        self._before: dict[str, int] = {}
        self._triggers: dict[int, list[str]] = {}  # of a stage: the stages that they name
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._scope, self._classic = (
            Scope(
                settings.build_args,
                platform=one,
                stage=settings.target or self._names[-1],
                escape=self._escape,
            )
            for one in (platform, None)
        )
        self._take_syntax(outline.syntax)
        self._tell_contexts()
        for argument in outline.arguments:
            self._scope.declare(argument)
            self._classic.declare(argument)
        for instructions in outline.stages[: self._end()]:
            self._take_stage(instructions)

    def dockerfile(self) -> Dockerfile:
        """What was found."""
        return Dockerfile(
            text=self._text,
            images=tuple(sorted(self._images, key=lambda use: use.span)),
            stages=tuple(self._stages),
            not_covered=tuple(self._notices),
            settings=self._settings,
            arguments=self._scope.arguments(),
        )

    def _end(self) -> int:
        """The number of stages to read."""
        target = self._settings.target
        if not target:
            return len(self._names)
        if ascii_lower(target) not in self._all:
            raise DockerfileError(f"there is no stage {target[:80]!r}")
        return self._all[ascii_lower(target)] + 1

    def _take_syntax(self, syntax: Located | None) -> None:
        if syntax is None or contexts.front_end(self._settings.build_args):  # it goes before
            return
        self._use(syntax.text, syntax, contexts.SYNTAX)
        if not re.fullmatch(r"(docker\.io/)?docker/dockerfile(-upstream)?([:@].*)?", syntax.text):
            told = f"the front end {syntax.text} reads this file by rules of its own"
            self._notices.append(Notice(line=self._images[-1].line, text=told))

    def _tell_contexts(self) -> None:
        for name, value in self._settings.build_contexts.items():
            if not value.startswith(contexts.IMAGE_SCHEME):
                told = f"the build context {name} is {value}, which no signature of an image covers"
                self._notices.append(Notice(line=0, text=told))

    def _take_stage(self, instructions: Sequence[Instruction]) -> None:
        start, *rest = instructions
        base = start.arguments.words()[0]
        name = self._names[len(self._stages)]
        resolved = self._scope.image(base.text, line=start.line)
        found = self._before.get(resolved)
        is_replaced = bool(name) and contexts.for_stage(self._contexts, name)
        if found is None and resolved != _SCRATCH and not is_replaced:
            self._image(resolved, base, "FROM")
        else:
            self._check_classic(base.text, resolved, found, start.line)
        begins = is_replaced or (found is None and resolved != _SCRATCH)
        replaced = name if is_replaced else resolved
        platforms = checked_flags(start).get("platform", ())
        stage = Stage(
            name=name,
            base=resolved,
            line=start.line,
            base_stage=found,
            image=contexts.in_place_of(self._contexts, replaced) if begins else "",
            platform=self._scope.platform(platforms[0].text) if platforms else "",
        )
        if name:
            self._before[name] = len(self._stages)
        self._stages.append(stage)
        for instruction in rest:
            self._take(instruction)

    def _check_classic(self, word: str, name: str, base: int | None, line: int) -> None:
        """Refuse what is no image to BuildKit, and one to the classic builder.

        That has no variables for platforms; and it takes the name of a later stage for an image.
        """
        triggers = [] if base is None else self._triggers.get(base, [])
        if later := [one for one in triggers if self._all[one] >= len(self._stages)]:
            told = f"a trigger of this base names {later[0]!r}, as this stage or a later one is"
            told += " called; the classic builder takes that for an image"
            raise DockerfileError(told, line=line)
        try:
            other = self._classic.image(word, line=line)
            Reference.parse(other)
        except (DockerfileError, InvalidReferenceError):  # it ends there
            return
        if other not in {name, _SCRATCH, *self._before}:
            told = f"is the image {other[:80]!r} to the classic builder, which knows no TARGETARCH"
            told += " and its like: name the stage so that nothing is left of it without them, or "
            told += "no name, such as 'build-$TARGETARCH'"
            raise DockerfileError(f"{word[:80]!r} {told}", line=line)

    def _take(self, instruction: Instruction, *, trigger: bool = False) -> None:
        prefix = "ONBUILD " if trigger else ""
        flags = checked_flags(instruction)
        if instruction.name == "onbuild":
            self._take_trigger(instruction)
        elif instruction.name == "copy":
            for value in flags.get("from", ()):
                self._take_copy(value, instruction.line, prefix, trigger=trigger)
        elif instruction.name == "run":
            for mount in flags.get("mount", ()):
                image = mounts.image_of(mount, line=instruction.line)
                if image is not None and not self._is_stage(
                    image, instruction.line, trigger=trigger
                ):
                    self._image(image.text, image, f"{prefix}RUN --mount")
        elif instruction.name == "add":
            self._tell_remote(instruction)

    def _take_trigger(self, instruction: Instruction) -> None:
        if instruction.flags or not instruction.arguments:
            raise DockerfileError("ONBUILD takes one instruction", line=instruction.line)
        # Builders read it anew when it is due, without the directives of this file.
        trigger = split(instruction.arguments, "\\", line=instruction.line)
        if trigger.name in {"onbuild", "from", "maintainer"}:
            raise DockerfileError(f"ONBUILD takes no {trigger.name}", line=instruction.line)
        self._take(trigger, trigger=True)

    def _take_copy(self, value: Located, line: int, prefix: str, *, trigger: bool) -> None:
        if not value.text:
            return
        try:
            same = Words({}, escape=self._escape).word(value.text).text == value.text
        except (WordError, DockerfileError):
            same = False
        if not same:
            raise DockerfileError("--from takes no variables, quotes or escapes", line=line)
        if _INDEX.fullmatch(value.text):
            if not trigger and not 0 <= int(value.text) < len(self._stages) - 1:
                raise DockerfileError(f"no stage before has the number {value.text}", line=line)
        elif not self._is_stage(value, line, trigger=trigger):
            self._image(value.text, value, f"{prefix}COPY --from")

    def _is_stage(self, value: Located, line: int, *, trigger: bool) -> bool:
        """Whether a name is a stage's, and not an image's."""
        name = ascii_lower(value.text)
        found = self._all.get(name)
        if found is None:
            return False
        if trigger:
            self._triggers.setdefault(len(self._stages) - 1, []).append(name)
        if found >= len(self._stages) - 1 and not trigger:
            told = "is this stage's or a later one's; the classic builder takes it for an image"
            raise DockerfileError(f"the name {value.text[:80]!r} {told}", line=line)
        return True

    def _image(self, name: str, where: Located, what: str) -> None:
        if name == _SCRATCH or contexts.for_image(self._contexts, name):
            return
        self._use(name, where, what)

    def _use(self, name: str, where: Located, what: str) -> None:
        spans = where.spans()
        start = spans[0][0]
        before = bisect.bisect_left(self._line_ends, start)
        line_start = self._line_ends[before - 1] + 1 if before else 0
        if not before and self._text.startswith(BOM):
            line_start = len(BOM)
        self._images.append(
            ImageUse(
                name=name,
                what=what,
                line=before + 1,
                column=start - line_start + 1,
                spans=spans,
            )
        )

    def _tell_remote(self, instruction: Instruction) -> None:
        sources = [word.text for word in instruction.arguments.words()[:-1]]
        for source in sources:
            if _REMOTE.match(source.strip("\"'[],")):
                told = f"ADD fetches {source}, which no signature of an image covers"
                self._notices.append(Notice(line=instruction.line, text=told))


def _refuse_other_reading(dockerfile: Dockerfile, platform: str, dialect: Dialect) -> None:
    """Refuse a file in which an older builder finds more images.

    For nearly every such file it finds an error: a line of a heredoc, for instance, is no
    instruction.
    """
    try:
        outline = Outline.of(dockerfile.text, dialect)
    except DockerfileError:
        return
    told = (
        "older builders read this file otherwise, and find an image there that is none today: "
        "its heredocs, or the directives at its head, mean something else to them"
    )
    try:
        reading = _Reading(dockerfile.text, dockerfile.settings, platform, outline)
    except DockerfileError as error:
        raise DockerfileError(f"{told} ({error.reason})", line=error.line) from None
    # Those that are found today are checked, and replaced.
    others = {*reading.dockerfile().images} - {*dockerfile.images}
    if others:
        raise DockerfileError(told, line=min(use.line for use in others))
