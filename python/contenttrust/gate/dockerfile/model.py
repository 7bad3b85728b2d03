"""What is known of a Dockerfile: its images, its stages, what it was read with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypedDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.dockerfile.located import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUse:
    """An image that the file names.

    Attributes:
        name: As the builder reads it, variables replaced.
        what: What names it, such as ``FROM`` or ``COPY --from``.
        line: Where, counted from 1.
        column: Where in that line, in characters, counted from 1.
        spans: The characters of the name, variables and quotes around it included. They are in more
            than one piece where a line goes on within the name.
    """

    name: str
    what: str
    line: int
    column: int
    spans: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """From the first character to the last."""
        return self.spans[0][0], self.spans[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of the file.

    Attributes:
        name: In lower case, or empty.
        base: What it begins with: an image, a stage, or ``scratch``; variables replaced.
        line: Of its ``FROM``.
        base_stage: Number of the stage that it begins with; None where that is an image.
        image: The image that the build has begin it, whose triggers it runs: the context in place
            of the name, where there is one. Empty where that is a stage, ``scratch`` or no image.
        platform: What its ``FROM`` says of it; empty where it says nothing, None where what it says
            is not known.
    """

    name: str
    base: str
    line: int
    base_stage: int | None
    image: str = ""
    platform: str | None = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a build uses and nobody checks here.

    Attributes:
        line: Where, counted from 1; 0 where it is not in the file.
        text: A sentence.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a build is told beside its file.

    Attributes:
        build_args: Values of ``--build-arg``.
        target: The stage that is built; empty for the last one.
        platform: Of the image that is built, such as ``linux/amd64``, or several between commas;
            empty where nobody says.
        build_contexts: Values of ``--build-context`` by their names.
    """

    build_args: Mapping[str, str] = dataclasses.field(default_factory=dict)
    target: str = ""
    platform: str = ""
    build_contexts: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def platforms(self) -> list[str]:
        """What is built for, one by one; nothing where nobody says."""
        return [word.strip() for word in self.platform.split(",") if word.strip()]

    def options(self) -> _Options:
        """As arguments of `parse`."""
        return {
            "build_args": self.build_args,
            "target": self.target,
            "platform": self.platform,
            "build_contexts": self.build_contexts,
        }


class _Options(TypedDict):
    build_args: Mapping[str, str]
    target: str
    platform: str
    build_contexts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A file that was read.

    Attributes:
        text: The file.
        images: Every image that it names, in the order of the file.
        stages: All of its stages up to the target.
        not_covered: What else goes into a build.
        settings: What it was read with.
        arguments: The arguments that names of images, or of stages in their place, rest on, with
            their values; None where one has none.
    """

    text: str
    images: tuple[ImageUse, ...]
    stages: tuple[Stage, ...]
    not_covered: tuple[Notice, ...]
    settings: Settings
    arguments: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
