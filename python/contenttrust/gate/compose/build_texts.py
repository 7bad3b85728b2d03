"""What the texts of a `build` have to be, so that the builder reads them as they are written here.

Docker compose hands a build to bake as JSON, and bake takes texts in JSON for templates of HCL.
Compose escapes `${` in arguments and in `dockerfile_inline`, and nothing else.

Source: compose 2.40 `build_bake.go` ``doBuildBake``; buildx 0.29 `bake/hclparser`; HCL 2.24
`json/structure.go`; BuildKit 0.25 `dockerui/config.go` ``NamedContext``.
"""

from __future__ import annotations

import re

from contenttrust.errors import shown
from contenttrust.gate.dockerfile import contexts
from contenttrust.reference import InvalidReferenceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from contenttrust.yaml_nodes import Path

    Fault = tuple[Path, str]

IMAGE_SCHEME = f"{contexts.IMAGE_SCHEME}//"
_TEXTS = ("context", "dockerfile", "dockerfile_inline", "target")
_LISTS = ("cache_from", "secrets")
_SWITCHES = ("pull", "sbom", "provenance")
_ESCAPED = frozenset({"args", "dockerfile_inline"})
# Bake splits at commas. Versions of Windows, in brackets to BuildKit, are not read here.
_PLATFORM = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*", re.ASCII)


def faults(build: Any) -> list[Fault]:  # noqa: ANN401 -- whatever the file has there
    """Find what of a build cannot be told without doubt.

    Args:
        build: The mapping.

    Returns:
        Ways within it, each with a sentence.
    """
    if not isinstance(build, dict):
        return [((), "build is neither a folder nor a mapping")]
    return [*_of_types(build), *_of_pairs(build)] or [
        *templates(build, ()),
        *_of_folders(build),
        *_of_contexts(build),
    ]


def faults_beside(service: Mapping[str, Any]) -> list[Fault]:
    """The same of what bake gets of a service beside its `build`.

    Args:
        service: The mapping.

    Returns:
        Ways within it, each with a sentence.
    """
    platform = service.get("platform")
    if not isinstance(platform, str | None):
        return [(("platform",), "platform is no text: put it in quotes")]
    told = doubt_of_platform(platform or "")
    found: list[Fault] = [(("platform",), told)] if told else []
    return [*found, *templates(service.get("image"), ("image",))]


def doubt_of_platform(platform: str) -> str:
    """Why a text may be something else than one platform, or none, to the builder; or nothing."""
    if not platform or _PLATFORM.fullmatch(platform):
        return ""
    return f"{shown(platform)} is not plainly one platform: write one, such as linux/amd64"


def is_template(text: str) -> bool:
    """Whether bake takes a text for more than a text."""
    return "%{" in text or "${" in text


def _of_types(build: dict[str, Any]) -> Iterator[Fault]:
    for member in _TEXTS:
        if not isinstance(build.get(member, ""), str | None):
            yield (member,), f"{member} is no text: put it in quotes"
    for member in _SWITCHES:
        if not isinstance(build.get(member), bool | str | None):
            yield (member,), f"{member} is neither true nor false nor a text"
    platforms = build.get("platforms")
    if not isinstance(platforms, list | None):
        yield ("platforms",), "platforms is no list"
    elif not all(isinstance(one, str) and one for one in platforms or ()):
        yield ("platforms",), "a platform is no text: put it in quotes"
    else:
        for index, one in enumerate(platforms or ()):
            if told := doubt_of_platform(one):
                yield ("platforms", index), told
    for member in _LISTS:
        if not isinstance(build.get(member), list | None):
            yield (member,), f"{member} is no list"


def _of_pairs(build: dict[str, Any]) -> Iterator[Fault]:
    for member in ("args", "additional_contexts"):
        values = build.get(member)
        if values is None:
            continue
        if not isinstance(values, dict):
            yield (member,), f"{member} is neither a mapping nor a list of NAME=VALUE"
            continue
        for name, value in values.items():
            if value is None and member == "args":
                continue  # the environment has it
            if not isinstance(value, str):
                yield (member, name), f"the value of {shown(name)} is no text: put it in quotes"


def templates(value: Any, way: Path) -> Iterator[Fault]:  # noqa: ANN401
    """Texts, names of members among them, that bake takes for more than texts, or cannot have."""
    if isinstance(value, dict):
        for name, below in value.items():
            if is_template(name):
                yield way, f"bake takes {shown(name)} for a template: no name may have %{{ or ${{"
            if _is_no_text(name):
                yield way, f"no builder can have the name {shown(name)}: write it otherwise"
            yield from templates(below, (*way, name))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from templates(below, (*way, index))
    elif isinstance(value, str):
        if _is_no_text(value):
            yield way, f"no builder can have the text {shown(value)}: write it otherwise"
        signs = ["%{"] if way[0] in _ESCAPED else ["%{", "${"]
        for sign in signs:
            if sign in value:
                yield way, f"bake takes what follows {sign} for a template: write it otherwise"


def _is_no_text(text: str) -> bool:
    """Whether a text has what no name of a file and no UTF-8 can have."""
    return any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text)


def _of_folders(build: dict[str, Any]) -> Iterator[Fault]:
    """Folders of somebody's home; docker compose that was asked has written them out."""
    folders: dict[Path, str] = {("context",): build.get("context") or ""}
    for name, value in (build.get("additional_contexts") or {}).items():
        folders["additional_contexts", name] = value
    for way, folder in folders.items():
        if folder.startswith("~"):
            yield way, "docker compose puts a home in place of ~: write the folder"


def _of_contexts(build: dict[str, Any]) -> Iterator[Fault]:
    """Contexts that are not what they look like: compose hands their names on as they are."""
    for name, value in (build.get("additional_contexts") or {}).items():
        way = ("additional_contexts", name)
        try:
            key = contexts.key_of(name)
        except InvalidReferenceError as error:
            yield way, f"{shown(name)} can be no name of a build context: {error}"
            continue
        if key != name:
            yield way, f"no name finds the build context {shown(name)}: write {shown(key)}"
        if value.startswith(contexts.IMAGE_SCHEME) and not value.startswith(IMAGE_SCHEME):
            image = shown(value.removeprefix(contexts.IMAGE_SCHEME))
            yield (
                way,
                f"a folder to docker compose: write ./, or {IMAGE_SCHEME}{image} for an image",
            )
