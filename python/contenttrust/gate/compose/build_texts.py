"""What the texts of a `build` have to be, so that the builder reads them as they are written here.

Docker compose hands a build to bake as JSON, and bake takes texts in JSON for templates of HCL.
Compose escapes `${` in arguments and in `dockerfile_inline`, and nothing else. Of HCL's texts, keys
among them, each is in Unicode's NFC.

Source: compose 2.40 `build_bake.go` ``doBuildBake``; compose-go 2.9 `paths/context.go`
``absContextPath``; buildx 0.29 `bake/hclparser`; HCL 2.24 `json/structure.go`,
`hclsyntax/scan_tokens.rl`; cty 1.17 ``NormalizeString``; BuildKit 0.25 `dockerui/config.go`
``NamedContext``.
"""

from __future__ import annotations

import os
import re
import unicodedata

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
SERVICE_SCHEME = "service:"
_TEXTS = ("context", "dockerfile", "dockerfile_inline", "target")
_LISTS = ("cache_from", "secrets")
_SWITCHES = ("pull", "sbom", "provenance", "privileged")
_ESCAPED = frozenset({"args", "dockerfile_inline"})
# What BuildKit takes for a remote context.
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|.*\.git(#|$)", re.IGNORECASE)
_MARK = "\ufeff"
# Bake splits at commas. Versions of Windows, in brackets to BuildKit, are not read here.
_PLATFORM = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*", re.ASCII)


def faults(build: Any, *, asked: bool = False) -> list[Fault]:  # noqa: ANN401 -- whatever is there
    """Find what of a build cannot be told without doubt.

    Args:
        build: The mapping.
        asked: Whether docker compose wrote it, and so its folders with their whole names.

    Returns:
        Ways within it, each with a sentence.
    """
    if not isinstance(build, dict):
        return [((), "build is neither a folder nor a mapping")]
    return [*_of_types(build), *_of_pairs(build)] or [
        *altered(build, ()),
        *_of_folders(build, asked=asked),
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
    return [*found, *altered(service.get("image"), ("image",))]


def doubt_of_platform(platform: str) -> str:
    """Why a text may be something else than one platform, or none, to the builder; or nothing."""
    if not platform or _PLATFORM.fullmatch(platform):
        return ""
    return f"{shown(platform)} is not plainly one platform: write one, such as linux/amd64"


def is_remote(context: str) -> bool:
    """Whether a build context is no folder."""
    return _REMOTE.match(context) is not None


def alteration(text: str, *, is_escaped: bool = False) -> str:
    """Why the builder gets something else than a text, as a sentence; empty where it gets the text.

    Args:
        text: Any text of a build, or the name of a folder of it.
        is_escaped: Whether docker compose escapes variables in it.
    """
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in text):
        return "no builder can have this: write it otherwise"
    for sign in ["%{"] if is_escaped else ["%{", "${"]:
        if sign in text:
            return f"bake takes what follows {sign} for a template: write it otherwise"
    if _MARK in text:
        return "bake may leave out the byte order mark (U+FEFF): write it without"
    if not unicodedata.is_normalized("NFC", text):
        return "bake puts other letters in place of these: write them in Unicode's form NFC"
    # What another version of Unicode has letters for it may write otherwise.
    if any(unicodedata.category(sign) == "Cn" for sign in text if not sign.isascii()):
        return f"Unicode {unicodedata.unidata_version} has no such letters: write it without"
    return ""


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


def altered(value: Any, way: Path) -> Iterator[Fault]:  # noqa: ANN401
    """Texts, names of members among them, that the builder does not get as they are."""
    if isinstance(value, dict):
        for name, below in value.items():
            if told := alteration(name):
                yield way, f"the name {shown(name)}: {told}"
            yield from altered(below, (*way, name))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from altered(below, (*way, index))
    elif isinstance(value, str) and (told := alteration(value, is_escaped=way[0] in _ESCAPED)):
        yield way, told


def _of_folders(build: dict[str, Any], *, asked: bool) -> Iterator[Fault]:
    """Folders that are not where they seem to be."""
    folders: dict[Path, str] = {("context",): build.get("context") or ""}
    for name, value in (build.get("additional_contexts") or {}).items():
        folders["additional_contexts", name] = value
    for way, folder in folders.items():
        if folder.startswith("~"):  # docker compose that was asked has written it out
            yield way, "docker compose puts a home in place of ~: write the folder"
    if told := _doubt_of_context(build.get("context"), asked=asked):
        yield ("context",), told


def _doubt_of_context(context: str | None, *, asked: bool) -> str:
    """Why a context is not the folder of the project that it names; empty where it is, or remote.

    Docker compose leaves some names to bake as they are written, and bake begins elsewhere.
    """
    if not context:
        is_left = asked or context is not None
        told = "an empty context is the folder where docker compose is started: write . or leave it"
        return told if is_left else ""
    if is_remote(context) or os.path.isabs(context):  # noqa: PTH117
        return ""
    if asked or "://" in context or context.startswith(SERVICE_SCHEME):
        return f"two folders are called {shown(context)}: write ./ before it, and no ://"
    return ""


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
        if not value:
            yield way, "bake leaves out a context without a value: write a folder or an image"
        if value.startswith(contexts.IMAGE_SCHEME) and not value.startswith(IMAGE_SCHEME):
            image = shown(value.removeprefix(contexts.IMAGE_SCHEME))
            yield (
                way,
                f"a folder to docker compose: write ./, or {IMAGE_SCHEME}{image} for an image",
            )
