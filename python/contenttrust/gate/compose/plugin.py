"""`docker compose config`: the project as docker compose itself understands it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import subprocess

from contenttrust.errors import PolicyError, shown
from contenttrust.gate.compose import environment_file
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_PATIENCE_S = 120
# Nobody who checks a file wants it to fetch others. No option forbids that, only these, which a
# project may name as any variable: so it is asked for again without them, and must be the same.
# Files that are named by variables are refused before: these alone could be fetched then.
_NOTHING_REMOTE = {
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
}
# Docker tells its plug-ins by which name it was called: a project that says so is another one, too.
# Only its folder is another: programs of many names, such as snap, go by what stands behind that.
_ANOTHER_FOLDER = "called-otherwise"
_LOGGED = re.compile(r'time="[^"]*" level=[a-z]+ msg=(".*")')
_NO_ENV_FILE = re.compile(r"docker compose: env file .* not found: ")
_NEWER = ["--no-env-resolution"]
"""Files of environment variables are not read: no image is in them."""


class ComposeConfigError(PolicyError):
    """docker compose does not understand the project."""


@functools.cache
def available(program: str = "docker", name: str = "compose") -> bool:
    """Whether there is a docker that has compose, or another plug-in."""
    try:
        ran = subprocess.run(  # noqa: S603 -- docker
            [program, name, "version"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


def config(
    files: Sequence[str],
    *,
    profiles: Sequence[str],
    env: Mapping[str, str],
    program: str = "docker",
    is_raw: bool = False,
) -> tuple[dict[str, Any], list[str]]:
    """The merged and interpolated project.

    Args:
        files: In the order in which they are merged.
        profiles: Those that are on; ``*`` for all.
        env: Environment variables.
        program: Docker's.
        is_raw: Whether it stays as it is written: variables, and build arguments without a value,
            which docker compose leaves out else, though a variable may be their whole text.

    Returns:
        The project, and what docker compose warned of.

    Raises:
        ComposeConfigError: It is none, or needs something remote, or is another one where that may
            be fetched, or docker compose would wait for a file of variables.
    """
    name = "docker compose"
    try:
        for name in environment_file.names(os.path.dirname(files[0]), env):  # noqa: PTH120
            chosen_file.check(name)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ComposeConfigError(f"{shown(name)}: {why}") from None
    options = [word for file in files for word in ("--file", file)]
    options += [word for profile in profiles for word in ("--profile", profile)]
    local = {**env, **_NOTHING_REMOTE}
    other = os.path.join(_ANOTHER_FOLDER, os.path.basename(program))  # noqa: PTH118, PTH119
    alone, _ = _config(options, env=local, program=program, name=other, is_raw=is_raw)
    made, lines = _config(options, env=env, program=program, is_raw=is_raw)
    if _in_order(made) != _in_order(alone):
        names = " or ".join(_NOTHING_REMOTE)
        raise ComposeConfigError(
            f"the project is another one where {names} is set, or docker is called by another "
            "name: name none of what docker sets itself"
        )
    return made, lines


def variables(
    names: Sequence[str], *, folder: str, env: Mapping[str, str], program: str = "docker"
) -> dict[str, str]:
    """Variables as a project in a folder has them: of the environment, and of its files.

    Args:
        names: Of the variables.
        folder: Where docker compose would be started.
        env: Environment variables.
        program: Docker's.

    Returns:
        Those that are not empty.

    Raises:
        ComposeConfigError: The files cannot be read.
    """
    asked = {f"x-{name}": f"${{{name}-}}" for name in names}
    options = ["--project-directory", folder or ".", "--file", "-"]
    told, _ = _config(options, env=env, program=program, project={"name": "x", **asked})
    return {name: str(told[f"x-{name}"]) for name in names if told.get(f"x-{name}")}


def _in_order(project: Mapping[str, Any]) -> dict[str, Any]:
    """A project to compare: docker compose lists the keys of a build in any order."""
    services = project.get("services")
    made = dict(services) if isinstance(services, dict) else {}
    for name, service in made.items():
        build = service.get("build") if isinstance(service, dict) else None
        keys = build.get("ssh") if isinstance(build, dict) else None
        if isinstance(build, dict) and isinstance(keys, list):
            made[name] = {**service, "build": {**build, "ssh": sorted(map(str, keys))}}
    return {**project, "services": made or services}


def _config(  # noqa: PLR0913 -- one keyword a fact
    options: Sequence[str],
    *,
    env: Mapping[str, str],
    program: str,
    name: str = "",
    project: Mapping[str, Any] | None = None,
    is_raw: bool = False,
) -> tuple[dict[str, Any], list[str]]:
    """What docker compose makes of a project, which may be on standard input."""
    from contenttrust.gate.service.strict_json import JsonError, decoded  # noqa: PLC0415

    command = [name or program, "compose", *options, "config", "--format", "json"]
    command += ["--no-interpolate", "--no-normalize"] * is_raw
    written = json.dumps(project).encode() if project else b""
    ran = _ran([*command, *_NEWER], env, written, program)
    if ran.returncode and b"unknown flag" in ran.stderr:
        ran = _ran(command, env, written, program)
    lines = [_told(line) for line in ran.stderr.decode(errors="replace").splitlines() if line]
    if ran.returncode:
        message = lines[-1] if lines else f"docker compose: {ran.returncode}"
        if _NO_ENV_FILE.match(message):
            message += ": say required: false of it, or have no docker asked (--without-docker)"
        raise ComposeConfigError(message)
    try:
        told = decoded(ran.stdout)
    except JsonError as error:
        raise ComposeConfigError(f"docker compose config: {shown(str(error))}") from None
    if not isinstance(told, dict):
        raise ComposeConfigError("docker compose config: no project")
    return told if is_raw else _unescaped(told), lines


def _told(line: str) -> str:
    """What docker compose says, without the moment: reports of one project are to be the same."""
    found = _LOGGED.fullmatch(line)
    if found is not None:
        with contextlib.suppress(ValueError):  # Go's quotes are nearly those of JSON
            line = json.loads(found[1])
    return f"docker compose: {shown(line)}"


def _unescaped(value: Any) -> Any:  # noqa: ANN401 -- JSON's values
    """What docker compose prints can be read by it again: each dollar sign is there twice."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, dict):
        return {name.replace("$$", "$"): _unescaped(item) for name, item in value.items()}
    return [_unescaped(item) for item in value] if isinstance(value, list) else value


def _ran(
    command: list[str], env: Mapping[str, str], written: bytes, program: str
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 -- docker
            command, executable=program, env=env, input=written,
            capture_output=True, timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ComposeConfigError("docker compose does not answer") from None
    except OSError as error:
        raise ComposeConfigError(f"docker compose: {error.strerror}") from None
