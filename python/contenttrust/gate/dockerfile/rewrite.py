"""A Dockerfile with digests in place of names, and every other character as it was."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.dockerfile.located import DockerfileError
from contenttrust.gate.dockerfile.parse import parse
from contenttrust.gate.dockerfile.scope import PREDEFINED
from contenttrust.reference import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.gate.dockerfile.model import Dockerfile, ImageUse


def rewritten(dockerfile: Dockerfile, digests: Mapping[str, str]) -> bytes:
    """The file with its images pinned.

    Args:
        dockerfile: As it was read.
        digests: For each name of an image, as `ImageUse.name` has it, what takes its place:
            ``registry/name@sha256:…``. Images without an entry stay as they are.

    Returns:
        The bytes. Whatever is not the name of such an image is as it was.

    Raises:
        ValueError: What should take a place names no digest.
        DockerfileError: Read again, the new file would name other images.
    """
    for pinned in digests.values():
        if Reference.parse(pinned).digest is None:
            raise ValueError(f"{pinned!a} names no digest")
    pieces, at = [], 0
    for use in dockerfile.images:
        pinned = digests.get(use.name, "")
        if not pinned or (pinned == use.name and not _varies(dockerfile, use)):
            continue
        # The last piece, as a line that ends within the name must not end in an empty one.
        for start, end in use.spans:
            pieces.append(dockerfile.text[at:start])
            at = end
        pieces.append(pinned)
    text = "".join(pieces) + dockerfile.text[at:]
    _check(dockerfile, text, digests)
    return text.encode(errors="surrogateescape")


def settle(dockerfile: Dockerfile, digests: Mapping[str, str]) -> None:
    """Check that, rewritten, a file names the same images without the arguments it was read with.

    Args:
        dockerfile: As it was read.
        digests: As for `rewritten`.

    Raises:
        DockerfileError: A name has variables, and no digest to stand in its place; or an argument
            makes a stage, or nothing, of what is an image without it, or exchanges the front end.
    """
    for use in dockerfile.images:
        if not digests.get(use.name) and _varies(dockerfile, use):
            told = f"{shown(use.name)} has no digest here, and is written with variables: "
            raise DockerfileError(f"{told}write its name", line=use.line)
    settings = dockerfile.settings
    kept = {name: text for name, text in settings.build_args.items() if name in PREDEFINED}
    if kept == dict(settings.build_args):
        return
    options = settings.options()
    options["build_args"] = kept
    before = parse(rewritten(dockerfile, digests), **settings.options())
    told = "without --build-arg, this file names another image: write its names plainly"
    try:
        after = parse(before.text, **options)
    except DockerfileError as error:
        raise DockerfileError(f"{told} ({error.reason})", line=error.line) from None
    known = {(use.name, use.spans) for use in before.images}
    if others := [use for use in after.images if (use.name, use.spans) not in known]:
        raise DockerfileError(told, line=others[0].line)


def _varies(dockerfile: Dockerfile, use: ImageUse) -> bool:
    return any("$" in dockerfile.text[start:end] for start, end in use.spans)


def _check(dockerfile: Dockerfile, text: str, digests: Mapping[str, str]) -> None:
    """Read what was written, and compare."""
    wanted = [(digests.get(use.name) or use.name, use.what) for use in dockerfile.images]
    try:
        again = parse(text, **dockerfile.settings.options())
        found = [(use.name, use.what) for use in again.images]
        if found == wanted and len(again.stages) == len(dockerfile.stages):
            return
    except DockerfileError:
        pass
    line = dockerfile.images[0].line if dockerfile.images else 0
    raise DockerfileError("images cannot be replaced in this file: write them plainly", line=line)
