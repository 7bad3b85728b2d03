"""The files that docker compose reads in a folder where no `-f` names others.

Who checks one of them and then says `docker compose up` starts what all of them make.

Source: compose-go 2.9 `cli/options.go` ``WithConfigFileEnv``, ``WithDefaultConfigPath``.
"""

from __future__ import annotations

import os

from contenttrust.gate.compose import environment_file, plugin
from contenttrust.gate.compose.environment_file import EnvironmentFileError
from contenttrust.gate.file_name import here, shortened
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_CHOSEN = "COMPOSE_FILE"
_SEPARATOR = "COMPOSE_PATH_SEPARATOR"


def unnamed(
    names: Sequence[str],
    *,
    env: Mapping[str, str],
    made: str | None = None,
    program: str | None = "docker",
) -> list[str]:
    """Find what docker compose reads beside files, where it is told of none.

    Several files, and one of another name, are for `-f`: nothing is beside them, unless
    `COMPOSE_FILE` names some of them.

    Args:
        names: The files that are checked.
        env: Environment variables.
        made: A file that the check makes out of these.
        program: Docker's, asked where a file of the environment is not simple; None: it is not.

    Returns:
        All that it reads, in its order, if it reads one that is not among `names`; else nothing.

    Raises:
        ComposeConfigError: Docker compose does not read the file `.env`.
        EnvironmentFileError: The file may say which files, is not simple, and nobody is asked.
        OSError: It cannot be read.
        ValueError: It is too large, or no UTF-8, or a name means two files.
    """
    folder = os.path.dirname(names[0])  # noqa: PTH120 -- the name is a text
    alone = len(names) == 1 and os.path.basename(names[0]) in _NAMES  # noqa: PTH119
    named = {os.path.realpath(name) for name in (*names, made) if name}
    for place in _places(folder):
        in_folder = alone and place == folder
        found = _chosen(place, env, program)
        if found is None and in_folder:
            files = [*_first(folder, _NAMES), *_first(folder, _OVERRIDES)]
            found = [os.path.join(folder, file) for file in files]  # noqa: PTH118
        known = [os.path.realpath(shortened(file)) in named for file in found or ()]
        if found and (in_folder or any(known)) and not all(known):
            return found
    return []


def other_variables(
    names: Sequence[str], *, env: Mapping[str, str], program: str | None = "docker"
) -> list[str]:
    """Find files of variables that docker compose reads before those beside the first file.

    So it does where `COMPOSE_FILE` names files in another folder, or it finds them in one around
    this, and not where `-f` names them.

    Args:
        names: The files that are checked.
        env: Environment variables.
        program: As for `unnamed`.

    Raises:
        As `unnamed`.
    """
    folder = os.path.dirname(names[0])  # noqa: PTH120
    if len(_places(folder)) == 1 or environment_file.names("", env) == environment_file.names(
        folder, env
    ):
        return []
    named = {os.path.realpath(name) for name in names}
    chosen = _chosen("", env, program) or _around()
    is_here = any(os.path.realpath(shortened(file)) in named for file in chosen)
    return environment_file.names("", env) if is_here else []


def _places(folder: str) -> list[str]:
    """Where docker compose may be started: beside the files, or here."""
    same = os.path.realpath(folder) == os.path.realpath("")
    return [folder] if same else [folder, ""]


def _around() -> list[str]:
    """The first file that docker compose finds from here upwards."""
    folder = here() or os.getcwd()  # noqa: PTH109 -- the names are texts
    while not (found := _first(folder, _NAMES)) and folder != os.path.dirname(folder):  # noqa: PTH120
        folder = os.path.dirname(folder)  # noqa: PTH120
    return [os.path.join(folder, name) for name in found]  # noqa: PTH118


def _first(folder: str, names: Sequence[str]) -> list[str]:
    there = [name for name in names if os.path.exists(os.path.join(folder, name))]  # noqa: PTH110, PTH118
    return there[:1]


def _chosen(place: str, env: Mapping[str, str], program: str | None) -> list[str] | None:
    """What `COMPOSE_FILE` names for who starts docker compose in a folder."""
    chosen = _split(env)
    if chosen is not None:
        return chosen  # the environment speaks of where it is
    given: dict[str, str] = {}
    files = environment_file.names(place, env)
    try:
        for name in files:
            given |= _of_file(name)
    except EnvironmentFileError:
        if program is None or not plugin.available(program):
            raise
        outside = {name: value for name, value in env.items() if name != _CHOSEN}  # it is empty
        given = plugin.variables((_CHOSEN, _SEPARATOR), folder=place, env=outside, program=program)
    chosen = _split({**given, **env, _CHOSEN: given.get(_CHOSEN, "")})
    if chosen is None or files == environment_file.names("", env):
        return chosen  # and so do the files that it names
    return [os.path.join(place, file) for file in chosen]  # noqa: PTH118


def _split(given: Mapping[str, str]) -> list[str] | None:
    files = given.get(_CHOSEN)
    return files.split(given.get(_SEPARATOR) or os.pathsep) if files else None


def _of_file(name: str) -> dict[str, str]:
    text = chosen_file.read(name).decode()
    try:
        found = environment_file.variables(text)
    except EnvironmentFileError:
        if _CHOSEN in text or _SEPARATOR in text:
            raise
        return {}
    return {key: found[key] for key in (_CHOSEN, _SEPARATOR) if key in found}
