"""How docker compose starts the builder: in which environment, and with bake or without.

What a project says there does not stand in its Dockerfiles, and can exchange what they name.

Source: compose 2.40 `build.go` ``buildWithBake`` and ``toBuildContexts``, `build_bake.go`
``toBakeSecrets``, `cmd/compose/options.go` ``applyPlatforms``; buildx 0.29 `build/build.go`
``waitContextDeps``; BuildKit 0.25 `dockerui/config.go` ``NamedContext``.
"""

from __future__ import annotations

import re

from contenttrust.errors import shown
from contenttrust.gate.compose import build_texts, environment_file, plugin
from contenttrust.gate.compose.environment_file import EnvironmentFileError
from contenttrust.gate.compose.services import SERVICE_SCHEME, Remark
from contenttrust.gate.dockerfile import contexts
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from contenttrust.gate.compose.services import Build
    from contenttrust.yaml_nodes import Path

    Given = Callable[[str], str]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# Docker compose sets these for buildx itself, and a secret would go before them.
# Others say which builder builds, and by which source policy, as soon as anything sets them.
_OWN = re.compile(
    r"(?:COMPOSE|DOCKER|BUILDX|BUILDKIT|EXPERIMENTAL_BUILDKIT)_.*|USER_AGENT", re.ASCII
)
_BAKE = "COMPOSE_BAKE"
_DEFAULT_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
_BY_PLATFORM = "BUILDKIT_MULTI_PLATFORM"


def remarks(
    project: Mapping[str, Any],
    builds: Sequence[Build],
    *,
    folder: str,
    env: Mapping[str, str],
    program: str | None,
) -> list[Remark]:
    """Find what would have the builder build upon something else than what is checked.

    Args:
        project: Merged and interpolated.
        builds: Of its services.
        folder: Of the project.
        env: Environment variables.
        program: Docker's, asked where it has compose; None: it is not asked.

    Raises:
        ComposeConfigError: Docker compose does not read the files of variables.
        EnvironmentFileError: They are not simple, and nobody is asked.
        OSError: One of them cannot be read.
        ValueError: It is too large, or no UTF-8.
    """
    if program is not None and not plugin.available(program):
        program = None

    def given(name: str) -> str:
        return _given(name, folder, env, program)

    found = [one for build in builds for one in _of_secrets(project.get("secrets"), build, given)]
    if builds and (told := contexts.exchanged(env)):
        found.append(Remark(path=builds[0].path, message=told))
    platforms = [env.get(_DEFAULT_PLATFORM, ""), given(_DEFAULT_PLATFORM)] if builds else []
    found += [
        Remark(path=builds[0].path, message=f"{_DEFAULT_PLATFORM}: {told}")
        for told in dict.fromkeys(map(build_texts.doubt_of_platform, platforms))
        if told
    ]
    links = list(_links(builds))
    doubt = _doubt(env, given, program) if links else ""
    for build, way, other in links:
        told = doubt or _only_for_some(build, other)
        found += [Remark(path=way, message=told)] * bool(told)
    return found


def _given(name: str, folder: str, env: Mapping[str, str], program: str | None) -> str:
    """What files of variables give to one, whatever the environment has; empty where nothing.

    Raises:
        As `remarks`.
    """
    found = ""
    for file in environment_file.names(folder, env):
        text = chosen_file.read(file).decode()
        if name not in text:
            continue
        try:
            found = environment_file.variables(text).get(name, found)
        except EnvironmentFileError:
            if program is None:
                raise
            outside = {one: value for one, value in env.items() if one != name}
            told = plugin.variables((name,), folder=folder, env=outside, program=program)
            return told.get(name, "")
    return found


def _of_secrets(secrets: Any, build: Build, given: Given) -> Iterator[Remark]:  # noqa: ANN401
    """Secrets whose variable docker compose adds to the environment of buildx."""
    way: Path = (*build.path, "secrets")
    named = secrets if isinstance(secrets, dict) else {}
    place: Path
    for index, one in enumerate(build.secrets):
        source = one.get("source") if isinstance(one, dict) else one
        if not isinstance(source, str) or not isinstance(secret := named.get(source), dict):
            yield Remark(path=(*way, index), message=f"there is no secret {shown(str(source))}")
            continue
        for place, told in build_texts.altered(secret.get("file"), ("secrets", source, "file")):
            yield Remark(path=place, message=told)
        name = secret.get("environment")
        if not name:
            continue
        place = ("secrets", source, "environment")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield Remark(path=place, message=f"{shown(str(name))} can be no name of a variable")
        elif _OWN.fullmatch(name):
            told = f"{name} tells the builder what to do: a secret of a build needs another name"
            yield Remark(path=place, message=told)
        elif given(name):
            told = (
                f"docker compose puts {name} into the environment of the builder, which may mean "
                "something there, and a file of variables has its value: set it outside, and not "
                "there, or give the secret a file"
            )
            yield Remark(path=place, message=told)


def _links(builds: Sequence[Build]) -> Iterator[tuple[Build, Path, Build]]:
    """Build contexts that are services: who builds upon it, where it says so, and what it is."""
    by_name = {f"{SERVICE_SCHEME}{build.service}": build for build in builds}
    for build in builds:
        for name, value in build.contexts.items():
            if value in by_name:  # else it is told what is wrong
                yield build, (*build.path, "additional_contexts", name), by_name[value]


def _doubt(env: Mapping[str, str], given: Given, program: str | None) -> str:
    """Why no service can be a context here: it may be an image from a registry; or nothing."""
    said = [value for value in (env.get(_BAKE), given(_BAKE)) if value]
    told = "docker compose that does not build with bake may pull the image of that service: "
    if not said or any(environment_file.SWITCH.get(value) is not True for value in said):
        return f"{told}set {_BAKE}=true, here and for docker compose"
    if program is not None and not plugin.available(program, "buildx"):
        return f"{told}bake is part of docker buildx, which is not here"
    return ""


def _only_for_some(build: Build, other: Build) -> str:
    """Why a service is a context for some of the platforms of a build only, or nothing."""
    if _BY_PLATFORM in other.args:
        return f"{other.service} has {_BY_PLATFORM}: leave it out where others build upon it"
    if len(other.every_platform) > 1 and other.every_platform != build.every_platform:
        return (
            f"the service {other.service} is there for {', '.join(sorted(other.every_platform))}, "
            "and on any other platform the name is an image: say the same platforms in both"
        )
    return ""
