"""The triggers of a base image: what its `ONBUILD` left is part of the build that begins with it.

Source: BuildKit 0.25 `dockerfile2llb/convert.go` ``initOnBuildTriggers``, ``toCommand``; moby 28
`builder/dockerfile/dispatchers.go` ``dispatchTriggeredOnBuild``.
"""

from __future__ import annotations

from typing import NamedTuple

from contenttrust.gate.dockerfile import instructions
from contenttrust.gate.dockerfile.located import DockerfileError, ascii_lower
from contenttrust.gate.dockerfile.parse import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.gate.dockerfile.model import Dockerfile


class Named(NamedTuple):
    """An image that a trigger names.

    Attributes:
        name: As it is written there.
        what: What names it, such as ``ONBUILD COPY --from``.
    """

    name: str
    what: str


class Triggers(NamedTuple):
    """What the triggers of one image bring into a build.

    Attributes:
        images: Each once.
        not_covered: What else they fetch: sentences.
    """

    images: tuple[Named, ...]
    not_covered: tuple[str, ...]


def read(texts: Sequence[str], dockerfile: Dockerfile, *, stage: int) -> Triggers:
    """Find the images of triggers.

    Args:
        texts: The triggers, as an image's configuration has them.
        dockerfile: The file that is built. Names of its stages, and those that its build contexts
            take the place of, are no images.
        stage: Number of the stage that begins with the image.

    Raises:
        DockerfileError: Builders refuse a trigger, or its images cannot be told without doubt. The
            line is that of the stage.
    """
    line = dockerfile.stages[stage].line
    stages = {one.name: number for number, one in enumerate(dockerfile.stages) if one.name}
    images: dict[Named, None] = {}
    not_covered: dict[str, None] = {}
    for text in texts:
        try:
            # A first line of its own, so that no line of the trigger counts as a directive.
            found = parse(
                f"FROM scratch\nONBUILD {text}", build_contexts=dockerfile.settings.build_contexts
            )
        except DockerfileError as error:
            raise DockerfileError(f"the trigger {text[:80]!r}: {error.reason}", line=line) from None
        not_covered |= dict.fromkeys(one.text for one in found.not_covered if one.line)
        for use in found.images:
            number = stages.get(ascii_lower(use.name))
            if number is None:
                images[Named(use.name, use.what)] = None
            elif number >= stage:
                told = f"the trigger {text[:80]!r} names this stage or a later one"
                raise DockerfileError(f"{told}, which some builders take for an image", line=line)
    return Triggers(tuple(images), tuple(not_covered))


def unpinned(dockerfile: Dockerfile) -> list[tuple[int, str]]:
    """The images that triggers of a file itself name, but for digests that are checked as its own.

    They run in another build, where names of stages and contexts of this one stand for images.

    Args:
        dockerfile: The file that leaves them in what it builds.

    Returns:
        Each with the line of its trigger.

    Raises:
        DockerfileError: The images of a trigger cannot be told without doubt.
    """
    checked = {use.name for use in dockerfile.images if "@" in use.name}
    found = []
    for one in instructions.read(dockerfile.text).instructions:
        if one.name != "onbuild":
            continue
        try:
            alone = parse(f"FROM scratch\nONBUILD {one.arguments.text}")
        except DockerfileError as error:
            raise DockerfileError(error.reason, line=one.line) from None
        found += [(one.line, use.name) for use in alone.images if use.name not in checked]
    return found
