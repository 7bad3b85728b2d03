"""Files of any kind that name images: which gate reads a file is told by its name."""

from __future__ import annotations

import os
import re

from contenttrust.gate.file_name import shortened
from contenttrust.gate.judged import Use
from contenttrust.gate.reports.finding import Finding, Spot
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.gate.trigger_findings import Built

# As the hooks for pre-commit have it: in small letters `-` and `_` belong to programs and images,
# such as docker/dockerfile-upstream.
_DOCKERFILE = re.compile(
    r"(?:.+\.)?(?i:dockerfile|containerfile)|(?i:dockerfile|containerfile)\..+"
    r"|(?:Dockerfile|Containerfile)[_-].+"
)
_BESIDE_DOCKERFILE = re.compile(
    r".*(?:\.(?:dockerignore|containerignore|j2|jinja|jinja2|md|rst|orig|rej|swp)|~)"
)
_COMPOSE = re.compile(r"(?:docker-)?compose(?:[.-].+)?\.ya?ml", re.IGNORECASE)
_MANIFEST = re.compile(r".+\.(?:ya?ml|json)", re.IGNORECASE)
_LIMIT = 32 * 1024 * 1024


def is_file_name(name: str) -> bool:
    """Whether a text is the name of a file that a gate reads, rather than that of an image."""
    base = os.path.basename(name)  # noqa: PTH119 -- the name is a text
    return is_dockerfile(base) or any(kind.fullmatch(base) for kind in (_COMPOSE, _MANIFEST))


def is_dockerfile(base: str) -> bool:
    """Whether a file of that name may be a Dockerfile, and is not only called after one."""
    return bool(_DOCKERFILE.fullmatch(base)) and not _BESIDE_DOCKERFILE.fullmatch(base)


def examine(name: str) -> tuple[list[Use], list[Finding], list[Built]]:
    """Find the images of a Dockerfile, a compose file or Kubernetes manifests.

    Args:
        name: Of the file. ``compose.yaml`` and the like is a compose file, ``Dockerfile`` and the
            like a Dockerfile, any other YAML or JSON holds Kubernetes objects.

    Returns:
        Its images, what is to be said of it beside them, and the Dockerfiles that are built.

    Raises:
        ValueError: The name is of none of these kinds or means two files, or the file is too large
            or no file.
        OSError: It cannot be read.
    """
    base = os.path.basename(name)  # noqa: PTH119
    if is_dockerfile(base):
        return _dockerfile(name)
    if _COMPOSE.fullmatch(base):
        name = shortened(name)
    text = chosen_file.read(name, limit=_LIMIT)
    if _COMPOSE.fullmatch(base):
        from contenttrust.gate.compose.files import composition  # noqa: PLC0415 -- few need all
        from contenttrust.gate.compose.plain_files import unnamed  # noqa: PLC0415

        # With what docker compose adds: a list of names cannot say that two are one project.
        files = unnamed([name], env=os.environ)
        project = composition(
            {one: text if one == name else chosen_file.read(one, limit=_LIMIT) for one in files}
            if name in files
            else {name: text}
        )
        return list(project.uses), list(project.findings), list(project.builds)
    if _MANIFEST.fullmatch(base):
        from contenttrust.gate.kubernetes.files import manifest  # noqa: PLC0415

        found = manifest(text, file=name)
        return list(found.uses), list(found.findings), []
    raise ValueError(f"{name!a} is named like no file that names images")


def _dockerfile(name: str) -> tuple[list[Use], list[Finding], list[Built]]:
    from contenttrust.gate.dockerfile import DockerfileError, as_built, parse  # noqa: PLC0415
    from contenttrust.gate.trigger_findings import Built  # noqa: PLC0415

    try:
        name = as_built(name)
        found = parse(chosen_file.read(name, limit=_LIMIT))
    except DockerfileError as error:
        return [], [Finding.fault(error.reason, Spot(file=name, line=error.line or 1))], []

    def spot(line: int) -> Spot:
        return Spot(file=name, line=line or 1)

    uses = [
        Use(image=image.name,
            spot=Spot(file=name, line=image.line, column=image.column, what=image.what))
        for image in found.images
    ]  # fmt: skip
    notes = [
        Finding.note(notice.text, spot(notice.line), code="not_covered")
        for notice in found.not_covered
    ]
    return uses, notes, [Built(dockerfile=found, spot=spot, option="--build-context")]
