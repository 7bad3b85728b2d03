"""Images of hooks: docker compose 5.3 and newer run `pre_start` before a service, each in its own.

A hook without an image has that of its service. Lists of hooks are joined where files are merged,
so no file behind the others can pin one.

Source: compose-go 2.14 `loader/normalize.go` ``inheritPreStartImage``, `override/merge.go`
``MergeYaml``; compose 5.5 `pkg/compose/pull.go` ``addPreStartHookPulls``, `cmd/compose/config.go`
``warnHooksNotLockable``.
"""

from __future__ import annotations

from contenttrust.gate.compose import places
from contenttrust.gate.reports.finding import Spot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from contenttrust.gate.compose.services import Started
    from contenttrust.yaml_nodes import Document, Path

MEMBER = "pre_start"
"""Of a service; `post_start` and `pre_stop` run in its own container."""


def named(hooks: Any) -> Any:  # noqa: ANN401 -- whatever the file has there
    """Hooks with nothing but their images."""
    if not isinstance(hooks, list):
        return hooks
    return [
        {name: value for name, value in one.items() if name == "image"}
        if isinstance(one, dict)
        else one
        for one in hooks
    ]


def doubt(image: object, of_service: object) -> str:
    """Why what a hook starts cannot be written, as a sentence; empty where it can be.

    Args:
        image: As a file has it.
        of_service: The image of its service.
    """
    if not isinstance(image, str):
        return ""
    if places.varies(image):
        return "the image of a hook has variables: no file beside says what it is, so write it here"
    if image.replace("$$", "$") == of_service and "@" not in image:
        return "a hook names the image of its service: leave it out, so that it follows the service"
    return ""


def place(documents: Sequence[Document], one: Started) -> tuple[Document, Path]:
    """Where the image of a hook stands.

    Raises:
        YamlError: In no file that is named.
    """
    found = _found(documents, one)
    if found is None:
        problem = (
            f"a hook of {one.service} comes from another file or service: write its digest there"
        )
        places.refuse(problem, documents, one.path[:3])
    return found


def refuse_beside(documents: Sequence[Document], one: Started) -> NoReturn:
    """Say that no file behind others pins a hook.

    Raises:
        YamlError: In any case.
    """
    document, path = place(documents, one)
    problem = (
        f"a hook of {one.service} cannot be pinned by a file beside, because docker compose joins "
        "lists of hooks: write its digest here, or --write does"
    )
    places.refuse(problem, [document], path)


def spot(documents: Sequence[Document], one: Started) -> Spot | None:
    """The same for reports; None where it is no hook, or stands in no file that is named."""
    found = _found(documents, one) if one.hook else None
    if found is None:
        return None
    document, path = found
    return Spot.at(document, path, ".".join(map(str, one.path)))


def _found(documents: Sequence[Document], one: Started) -> tuple[Document, Path] | None:
    left, way = one.hook, one.path[:3]
    for document in reversed(documents):
        own = places.value(document, way)
        count = len(own) if isinstance(own, list) else 0
        if left <= count:
            path: Path = (*way, count - left, "image")
            text = places.value(document, path)
            return (document, path) if text == one.image or places.varies(text) else None
        left -= count
        if places.brings_more(document, one.path[:2]):
            return None  # what it brings stands before its own
    return None
