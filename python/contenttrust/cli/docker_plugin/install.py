"""`contenttrust docker-plugin install`: `docker trust` for a docker that has no such command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from contenttrust.cli import exit_codes, report, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust.cli.request import Request

_NAME = "docker-trust"
_WHO = "it is docker 29 and newer that runs this plug-in"
# Where docker looks, behind the user's own folder: docker CLI 29 `cli-plugins/manager`.
_OF_THE_SYSTEM = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)


def run(request: Request) -> int:
    """Link the plug-in where docker looks for the user's own."""
    program = _program()
    doubt, sure = _doubt(os.environ)
    if doubt:
        request.tell("warnings", message=doubt)
    if sure and not request.options.force:
        text.complain(
            text.safe(f"contenttrust: {doubt}"),
            "    Nothing is installed: contenttrust does it by itself, as in 'contenttrust sign'.",
            "    --force installs it for a newer docker to come.",
        )
        return exit_codes.REFUSED
    if doubt:
        report.remark(request, doubt)
    place = Path(_config(), "cli-plugins", _NAME)
    if place.is_symlink() and place.exists() and place.resolve() == program.resolve():
        request.tell("plugins", path=str(place), program=str(program))
        text.say(text.safe(f"docker trust is contenttrust's already: {place}"))
        return exit_codes.OK
    others = [str(other) for other in in_the_way(place)]
    if others and not request.options.force:
        request.tell("warnings", message=f"docker has this plug-in already: {', '.join(others)}")
        text.complain(
            f"contenttrust: docker has this plug-in already: {', '.join(map(text.safe, others))}",
            "    It would be shadowed or replaced. --force does that.",
        )
        return exit_codes.REFUSED
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = place.with_name(f".{_NAME}.{os.getpid()}")
    new.symlink_to(program)
    new.replace(place)
    request.tell("plugins", path=str(place), program=str(program))
    text.say(text.safe(f"docker trust is contenttrust's now: {place} -> {program}"))
    return exit_codes.OK


def _doubt(env: Mapping[str, str]) -> tuple[str, bool]:
    """Why docker may not run the plug-in, or nothing; and whether it is sure that it will not."""
    from contenttrust.doctor import docker_program  # noqa: PLC0415 -- see the program's start-up

    path = docker_program.on_path(env)
    if path is None:
        return f"there is no docker on PATH; {_WHO}", False
    docker = docker_program.asked(path, env)
    if docker is None:
        return f"{path} does not say which version it is; {_WHO}", False
    if not docker.is_docker:
        return f"{path} is {docker.version}, no Docker; {_WHO}", False
    if docker.has_trust:
        own = f"docker {docker.version} ({path}) has a `docker trust` of its own"
        return f"{own} and never runs this plug-in", True
    return "", False


def in_the_way(place: Path) -> Iterator[Path]:
    """Plug-ins of that name that the new one would replace or stand before."""
    for path in (place, *(Path(folder, _NAME) for folder in _OF_THE_SYSTEM)):
        if path.is_symlink() or path.exists():
            yield path


def _config() -> str:
    from contenttrust.transport.docker_config import config_directory  # noqa: PLC0415 -- see the program's start-up

    config = config_directory(os.environ)
    if config is None:
        raise UsageError("there is no home directory to install into: set HOME or DOCKER_CONFIG")
    return config


def _program() -> Path:
    """The executable beside the one that runs, or beside its interpreter."""
    for folder in (Path(sys.argv[0]).absolute().parent, Path(sys.executable).parent):
        program = folder / _NAME
        if os.access(program, os.X_OK) and program.is_file():
            return program
    raise UsageError(f"{_NAME} is not beside {sys.argv[0]}: install the package with pip first")
