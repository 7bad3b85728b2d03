"""What the services of a project start, and what they are built from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contenttrust.errors import shown
from contenttrust.gate.compose import build_texts, hooks, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Any

    from contenttrust.yaml_nodes import Path

IMAGE_SCHEME = build_texts.IMAGE_SCHEME
SERVICE_SCHEME = build_texts.SERVICE_SCHEME
_ATTESTATIONS = ("sbom", "provenance")
_BUILT = ("build", "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """One image of a service.

    Attributes:
        service: Its name.
        path: The way to the image in the project.
        image: The image.
        target: Where an image volume is mounted; empty where this is none.
        context: Name of the build context that the image is; empty where this is none.
        hook: Which of the hooks of the service has it, counted from the last one; 0 where none.
        pulled: Whether compose fetches it from a registry, always or where it is not here.
        advice: What to do where it is refused; empty where there is nothing.
    """

    service: str
    path: Path
    image: str
    target: str = ""
    context: str = ""
    hook: int = 0
    pulled: bool = True
    advice: str = ""


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
        platforms: What is built for; empty where the builder decides.
        pulls: Whether a registry is asked for images that are here, too.
        attestations: What `sbom` and `provenance` say, by these names.
        every_platform: What `docker compose build` builds for; empty where nobody says.
        secrets: As they are listed.
        is_classic: Whether compose's classic builder builds it, which has no BuildKit.
        is_context: Whether another service builds upon what is built.
        partial: Those contexts that take the place of a name on some platforms only.
    """

    service: str
    path: Path
    context: str
    dockerfile: str
    inline: str | None
    args: Mapping[str, str | None]
    target: str
    contexts: Mapping[str, str]
    platforms: Sequence[str]
    pulls: bool
    attestations: Mapping[str, str]
    every_platform: frozenset[str]
    secrets: Sequence[Any]
    is_classic: bool
    is_context: bool = False
    partial: Mapping[str, str] = field(default_factory=dict)


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


def contents(project: Mapping[str, Any], *, asked: bool = False) -> Contents:
    """Find what the services of a project start.

    Args:
        project: Merged and interpolated.
        asked: Whether docker compose told it, and so folders with their whole names.

    Returns:
        What is found; what cannot be understood is among its remarks.
    """
    found = Contents()
    services = project.get("services") or {}
    if not isinstance(services, dict):
        found.remarks.append(Remark(path=("services",), message="services is no mapping"))
        return found
    built: dict[str, bool] = {}  # whether a service that is not pulled builds it
    for service in services.values():
        image = service.get("image") if isinstance(service, dict) else None
        if isinstance(image, str) and service.get("build"):
            built[image] = built.get(image, False) or service.get("pull_policy") in _BUILT
    for name, service in services.items():
        path: Path = ("services", name)
        if not isinstance(service, dict):
            found.remarks.append(Remark(path=path, message="no service"))
            continue
        _take_image(found, name, service, path, built)
        _take_hooks(found, name, service, (*path, hooks.MEMBER))
        _take_volumes(found, name, services, (*path, "volumes"))
        _tell_unknown(found, service, members.SERVICE, path)
        if service.get("build") is not None:
            _take_build(found, name, services, (*path, "build"), asked=asked)
    _tell_unknown(found, project, members.PROJECT, ())
    _tell_targets(found)
    contexts = {value for build in found.builds for value in build.contexts.values()}
    several = {
        f"{SERVICE_SCHEME}{build.service}"
        for build in found.builds
        if len(build.every_platform) > 1
    }
    found.builds = [
        replace(
            build,
            is_context=f"{SERVICE_SCHEME}{build.service}" in contexts,
            partial={n: value for n, value in build.contexts.items() if value in several},
        )
        for build in found.builds
    ]
    _take_models(found, project, services)
    return found


def _take_image(
    found: Contents,
    name: str,
    service: Mapping[str, Any],
    path: Path,
    built: Mapping[str, bool],
) -> None:
    image, policy = service.get("image"), service.get("pull_policy")
    if policy is not None and not isinstance(policy, str):
        message = "pull_policy is no text"
        found.remarks.append(Remark(path=(*path, "pull_policy"), message=message))
        policy = None
    if service.get("build") is None and not isinstance(service.get("platform"), str | None):
        message = "platform is no text: put it in quotes"  # of a build, this is told with it
        found.remarks.append(Remark(path=(*path, "platform"), message=message))
    if not isinstance(service.get("provider"), dict | None):
        found.remarks.append(Remark(path=(*path, "provider"), message="provider is no mapping"))
    elif service.get("provider") is not None:
        message = "the provider starts what it likes: not covered"
        way = (*path, "provider")
        found.remarks.append(Remark(path=way, message=message, refused=False, code="not_covered"))
    # An image beside it is pulled and run all the same, by `docker compose pull` and `run`.
    if image is None:
        if service.get("build") is None and service.get("provider") is None:
            found.remarks.append(Remark(path=path, message="neither image nor build"))
    elif not isinstance(image, str):
        message = "the image is no text: put it in quotes"
        found.remarks.append(Remark(path=(*path, "image"), message=message))
    elif not (policy in _BUILT and (service.get("build") or built.get(image))):
        # Compose pulls before it builds, unless it is told not to. What is pulled has its digest
        # then, and nobody builds what is called so here.
        pulled = policy not in _BUILT
        way = (*path, "image")
        advice = ""
        if service.get("build") or image in built:
            word = "build" if service.get("build") else "never"
            word = word if pulled else "build where it is built,"
            advice = f"say pull_policy: {word} if it is only built here"
        found.started.append(
            Started(service=name, path=way, image=image, pulled=pulled, advice=advice)
        )


def _take_hooks(found: Contents, name: str, service: Mapping[str, Any], path: Path) -> None:
    own = service.get(hooks.MEMBER) or []
    if not isinstance(own, list):
        found.remarks.append(Remark(path=path, message=f"{hooks.MEMBER} is no list"))
        return
    for index, hook in enumerate(own):
        image = hook.get("image") if isinstance(hook, dict) else hook
        if not isinstance(hook, dict):
            found.remarks.append(Remark(path=(*path, index), message="a hook is no mapping"))
        elif not isinstance(image, str | None):
            message = "the image is no text: put it in quotes"
            found.remarks.append(Remark(path=(*path, index, "image"), message=message))
        elif image and image != service.get("image"):
            way = (*path, index, "image")
            # Nobody builds it, whatever the policy says of its service: it is pulled then.
            pulled = service.get("pull_policy") != "never"
            found.started.append(
                Started(service=name, path=way, image=image, hook=len(own) - index, pulled=pulled)
            )


def _tell_unknown(
    found: Contents, mapping: Mapping[str, Any], known: Collection[str], path: Path
) -> None:
    for name in members.unknown(mapping, known):
        message = f"{shown(name)} is not known here, nor what it starts: not covered"
        way = (*path, name)
        found.remarks.append(Remark(path=way, message=message, refused=False, code="not_covered"))


def _take_volumes(found: Contents, name: str, services: Mapping[str, Any], path: Path) -> None:
    volumes = services[name].get("volumes")
    if volumes is None:
        return
    if not isinstance(volumes, list):
        found.remarks.append(Remark(path=path, message="volumes is no list"))
        return
    for index, volume in enumerate(volumes):
        if isinstance(volume, str):
            continue  # the short form has no images
        if not isinstance(volume, dict) or not isinstance(volume.get("type"), str):
            message = "a volume that is neither a text nor a mapping with a type"
            found.remarks.append(Remark(path=(*path, index), message=message))
            continue
        if volume["type"] != "image":
            continue
        way = (*path, index, "source")
        source, target = volume.get("source"), volume.get("target")
        if _text(source) and _text(target):
            image = str(source)
            # Compose 5 takes it for that of a service only where no image has the name.
            advice = "it is a service too: if that is meant, write its image" * (image in services)
            found.started.append(
                Started(service=name, path=way, image=image, target=str(target), advice=advice)
            )
        else:
            message = "an image volume without source and target"
            found.remarks.append(Remark(path=way, message=message))


def _take_build(
    found: Contents, name: str, services: Mapping[str, Any], path: Path, *, asked: bool
) -> None:
    service = services[name]
    build = service["build"]
    if isinstance(build, str):
        build = {"context": build}
    faults = build_texts.faults(build, asked=asked)
    beside = build_texts.faults_beside(service)
    if beside or faults:
        found.remarks += [Remark(path=(*path[:-1], *way), message=told) for way, told in beside]
        found.remarks += [Remark(path=(*path, *way), message=told) for way, told in faults]
        return
    contexts: dict[str, str] = build.get("additional_contexts") or {}
    pulls = build.get("pull") not in {None, False}
    if build.get("cache_from"):
        message = "cache_from: what a cache gives to a build is not covered"
        way = (*path, "cache_from")
        found.remarks.append(Remark(path=way, message=message, refused=False, code="not_covered"))
    for context, value in contexts.items():
        of_service = value.removeprefix(SERVICE_SCHEME)
        if value.startswith(SERVICE_SCHEME) and of_service not in services:
            # Compose builds it all the same, of a profile that is not on too.
            way = (*path, "additional_contexts", context)
            message = f"there is no service {of_service} here: count its profile too"
            found.remarks.append(Remark(path=way, message=message))
        elif value.startswith(SERVICE_SCHEME) and not _is_built(services[of_service]):
            way = (*path, "additional_contexts", context)
            message = f"the service {of_service} is not built: write {IMAGE_SCHEME} and its image"
            found.remarks.append(Remark(path=way, message=message))
        elif value.startswith(IMAGE_SCHEME):
            way = (*path, "additional_contexts", context)
            image = value.removeprefix(IMAGE_SCHEME)
            found.started.append(
                Started(service=name, path=way, image=image, context=context, pulled=pulls)
            )
    found.builds.append(
        Build(
            service=name,
            path=path,
            context=build.get("context") or ".",
            dockerfile=build.get("dockerfile") or "Dockerfile",
            inline=build.get("dockerfile_inline"),
            args=build.get("args") or {},
            target=build.get("target") or "",
            contexts=contexts,
            platforms=_platforms(service, build),
            pulls=pulls,
            attestations={
                # A switch is a word to the builder.
                member: {True: "true", False: "false"}.get(build[member], build[member])
                for member in _ATTESTATIONS
                if build.get(member) is not None
            },
            every_platform=frozenset(build.get("platforms") or [service.get("platform")]) - {None},
            secrets=build.get("secrets") or (),
            is_classic=not (contexts or _needs_buildkit(build)),
        )
    )


def _tell_targets(found: Contents) -> None:
    """Services that are one target to bake, of which one is then built in place of the other.

    Source: compose 2.40 `build_bake.go` ``doBuildBake``, which looks for another name in vain.
    """
    targets: dict[str, str] = {}
    for build in found.builds:
        other = targets.setdefault(build.service.replace(".", "_"), build.service)
        if other != build.service:
            message = f"{other} and {build.service} are one target to bake: rename one of them"
            found.remarks.append(Remark(path=build.path, message=message))


def _needs_buildkit(build: Mapping[str, Any]) -> bool:
    """Whether compose's classic builder refuses a build, whatever its contexts are.

    Several platforms do not count: `up` builds for one.

    Source: compose 2.40 `build_classic.go` ``doBuildClassic``.
    """
    return bool(build.get("secrets") or build.get("ssh")) or build.get("privileged") is True


def _is_built(service: Any) -> bool:  # noqa: ANN401 -- whatever the file has there
    return isinstance(service, dict) and service.get("build") is not None


def _platforms(service: Mapping[str, Any], build: Mapping[str, Any]) -> list[str]:
    """What a service may be built for.

    `docker compose build` builds for all that the build names; `up` for what the service says. Of
    several, where it says nothing, the builder takes its own, whatever the build names.

    Source: compose 2.40 `cmd/compose/options.go` ``applyPlatforms``.
    """
    own = service.get("platform") or ""
    named = list(build.get("platforms") or ())
    if own:
        return list(dict.fromkeys([*named, own]))
    return named if len(named) == 1 else []


def _take_models(found: Contents, project: Mapping[str, Any], services: Mapping[str, Any]) -> None:
    told = bool(project.get("models"))
    for name, service in services.items():
        models = service.get("models") if isinstance(service, dict) else None
        told = told or bool(models)
        if not isinstance(models, list | dict | None):
            path: Path = ("services", name, "models")
            found.remarks.append(Remark(path=path, message="models is neither list nor mapping"))
            return
    if told:
        message = "models are no images: not covered"
        path = ("models",)
        found.remarks.append(Remark(path=path, message=message, refused=False, code="not_covered"))


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""
