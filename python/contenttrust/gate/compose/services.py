"""What the services of a project start, and what they are built from."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from contenttrust.yaml_nodes import Path

IMAGE_SCHEME = "docker-image://"
_ATTESTATIONS = ("sbom", "provenance")
_BUILT = frozenset({"build", "never"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """One image of a service.

    Attributes:
        service: Its name.
        path: The way to the image in the project.
        image: The image.
        target: Where an image volume is mounted; empty where this is none.
        context: Name of the build context that the image is; empty where this is none.
    """

    service: str
    path: Path
    image: str
    target: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a service is built from.

    Attributes:
        service: Its name.
        path: The way to `build` in the project.
        context: Folder, or URL.
        dockerfile: Name of the file, relative to the context.
        inline: Its text, where it is in the compose file; None where it is not.
        args: Build arguments; None where the environment has the value.
        target: The stage that is built, or empty.
        contexts: Named build contexts.
        platform: Of the service, or empty.
        attestations: What `sbom` and `provenance` say, by these names.
    """

    service: str
    path: Path
    context: str
    dockerfile: str
    inline: str | None
    args: Mapping[str, str | None]
    target: str
    contexts: Mapping[str, str]
    platform: str
    attestations: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that no image can be told from.

    Attributes:
        path: The way to it.
        message: A sentence.
        refused: Whether it stops the project.
        code: A word for it.
    """

    path: Path
    message: str
    refused: bool = True
    code: str = "malformed"


@dataclass(slots=True)
class Contents:
    """All of that, of a whole project."""

    started: list[Started] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def contents(project: Mapping[str, Any]) -> Contents:
    """Find what the services of a project start.

    Args:
        project: Merged and interpolated.

    Returns:
        What is found; what cannot be understood is among its remarks.
    """
    found = Contents()
    services = project.get("services") or {}
    if not isinstance(services, dict):
        found.remarks.append(Remark(path=("services",), message="services is no mapping"))
        return found
    built = {
        service["image"]
        for service in services.values()
        if isinstance(service, dict) and service.get("build") and _text(service.get("image"))
    }
    for name, service in services.items():
        path: Path = ("services", name)
        if not isinstance(service, dict):
            found.remarks.append(Remark(path=path, message="no service"))
            continue
        _take_image(found, name, service, path, built)
        _take_volumes(found, name, service.get("volumes"), (*path, "volumes"))
        if service.get("build") is not None:
            _take_build(found, name, service, (*path, "build"))
    _take_models(found, project, services)
    return found


def _take_image(
    found: Contents, name: str, service: Mapping[str, Any], path: Path, built: set[str]
) -> None:
    image, policy = service.get("image"), service.get("pull_policy")
    if service.get("provider") is not None:
        message = "the provider starts what it likes: not covered"
        path = (*path, "provider")
        found.remarks.append(Remark(path=path, message=message, refused=False, code="not_covered"))
    elif image is None:
        if service.get("build") is None:
            found.remarks.append(Remark(path=path, message="neither image nor build"))
    elif not isinstance(image, str):
        message = "the image is no text: put it in quotes"
        found.remarks.append(Remark(path=(*path, "image"), message=message))
    elif not (policy in _BUILT and (service.get("build") or image in built)):
        # Compose pulls before it builds, unless it is told not to.
        found.started.append(Started(service=name, path=(*path, "image"), image=image))


def _take_volumes(found: Contents, name: str, volumes: Any, path: Path) -> None:  # noqa: ANN401
    if volumes is None:
        return
    if not isinstance(volumes, list):
        found.remarks.append(Remark(path=path, message="volumes is no list"))
        return
    for index, volume in enumerate(volumes):
        if not isinstance(volume, dict) or volume.get("type") != "image":
            continue  # the short form has no images
        way = (*path, index, "source")
        source, target = volume.get("source"), volume.get("target")
        if _text(source) and _text(target):
            found.started.append(
                Started(service=name, path=way, image=str(source), target=str(target))
            )
        else:
            message = "an image volume without source and target"
            found.remarks.append(Remark(path=way, message=message))


def _take_build(found: Contents, name: str, service: Mapping[str, Any], path: Path) -> None:
    build = service["build"]
    if isinstance(build, str):
        build = {"context": build}
    args, contexts = build.get("args") or {}, build.get("additional_contexts") or {}
    texts = [build.get(member, "") for member in ("context", "dockerfile", "target")]
    inline = build.get("dockerfile_inline")
    attestations = {
        member: build[member] for member in _ATTESTATIONS if build.get(member) is not None
    }
    if not (
        isinstance(args, dict)
        and isinstance(contexts, dict)
        and all(isinstance(text, str) for text in (*texts, *contexts.values()))
        and (inline is None or isinstance(inline, str))
        and all(isinstance(value, bool | str) for value in attestations.values())
    ):
        found.remarks.append(Remark(path=path, message="build is not as the specification has it"))
        return
    if build.get("cache_from"):
        message = "cache_from: what a cache gives to a build is not covered"
        way = (*path, "cache_from")
        found.remarks.append(Remark(path=way, message=message, refused=False, code="not_covered"))
    for context, value in contexts.items():
        if value.startswith(IMAGE_SCHEME):
            way = (*path, "additional_contexts", context)
            image = value.removeprefix(IMAGE_SCHEME)
            found.started.append(Started(service=name, path=way, image=image, context=context))
    found.builds.append(
        Build(
            service=name,
            path=path,
            context=texts[0] or ".",
            dockerfile=texts[1] or "Dockerfile",
            inline=inline,
            args={key: _argument(value) for key, value in args.items()},
            target=texts[2],
            contexts=contexts,
            platform=service["platform"] if _text(service.get("platform")) else "",
            attestations={key: _argument(value) or "" for key, value in attestations.items()},
        )
    )


def _take_models(found: Contents, project: Mapping[str, Any], services: Mapping[str, Any]) -> None:
    if project.get("models") or any(
        isinstance(service, dict) and service.get("models") for service in services.values()
    ):
        message = "models are no images: not covered"
        path: Path = ("models",)
        found.remarks.append(Remark(path=path, message=message, refused=False, code="not_covered"))


def _argument(value: Any) -> str | None:  # noqa: ANN401
    """The value of a build argument as the builder gets it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""
