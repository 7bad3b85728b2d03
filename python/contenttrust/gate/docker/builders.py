"""The builder of a build, which may have to be started from an image of its own choice.

Source: buildx 0.29.1 `store/store.go` (instances, the current one), `util/confutil` (where they
are); docker CLI 28 `cmd/docker/builder.go` (``processBuilder``: which builds use the current one).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from contenttrust.errors import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.gate.docker.call import Call

_BUILDER = "BUILDX_BUILDER"
_FOLDER = "BUILDX_CONFIG"
_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
_DOCKER = "docker"
_NOWHERE = "docker-image://scratch"
_WITHOUT_IMAGE = frozenset({_DOCKER, "remote"})
"""Drivers that use a BuildKit which is there."""
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9._+-]*")
_UNREADABLE = "(unreadable)"


def uncovered(call: Call) -> list[str]:
    """What is to be said of builders that the build may start.

    Whether one runs already is not asked: it may have stopped a moment later.
    """
    return [
        f"the builder {shown(name)} may be started from an image of its own choice, which is not "
        "checked"
        for name, driver in _drivers(call).items()
        if driver not in _WITHOUT_IMAGE
    ]


def knows_contexts(call: Call) -> bool:
    """Whether what builds has named contexts: BuildKit behind buildx has, nobody else.

    Docker itself is asked, by a flag that others end with an error for. Whether BuildKit is too old
    for them is BuildKit's to say: it refuses such a build.
    """
    words = [*call.words, f"--build-context=none={_NOWHERE}", "--help"]
    return call.docker.answers(words)


def platforms(call: Call) -> list[str]:
    """What is built for; nothing where only the builder knows.

    The classic builder is content with an image of any platform, where one is here already.
    """
    given = call.line.values("platform") or [call.env.get(_PLATFORM, "")]
    found = [word.strip() for value in given for word in value.split(",") if word.strip()]
    if found or not is_dockers(call) or not knows_contexts(call):
        return found
    told = list(call.docker.lines(["version", "--format={{.Server.Os}}/{{.Server.Arch}}"]))
    return [line.strip() for line in told[:1]] if not call.docker.code else []


def is_dockers(call: Call) -> bool:
    """Whether the builder is docker's own, which has the images that are here."""
    return all(driver == _DOCKER for driver in _drivers(call).values())


def _drivers(call: Call) -> dict[str, str]:
    """The builders that the build may use, with their drivers; empty where nothing tells one."""
    from contenttrust.transport.docker_config import config_directory  # noqa: PLC0415 - one command has it

    config = Path(config_directory(call.env) or "/")
    flags = [word.partition("=")[2] for word in call.words if word.startswith("--builder=")]
    flags += call.line.values("builder")
    names = [name for name in [*flags[-1:], call.env.get(_BUILDER, "")] if name][:1]
    folder = Path(call.env.get(_FOLDER) or config / "buildx")
    asked = bool(flags) or call.words[0] == "buildx"
    if not names and (asked or _is_alias(config / "config.json")):
        names = _current(folder)
    return {name: _driver(folder, name) for name in names}


def _is_alias(config: Path) -> bool:
    """Whether `docker build` is `docker buildx build` here, with its current builder."""
    try:
        return bool(json.loads(config.read_bytes()).get("aliases"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, AttributeError):
        return True  # docker may read it otherwise


def _current(folder: Path) -> list[str]:
    """Every builder that may be the current one: which it is depends on docker's context."""
    names: list[str] = []
    try:
        names.append(str(json.loads(folder.joinpath("current").read_bytes())["Name"]))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError):
        names.append(_UNREADABLE)
    try:
        files = sorted(folder.joinpath("defaults").iterdir())
        names += [file.read_text(errors="replace") for file in files]
    except FileNotFoundError:
        pass
    except OSError:
        names.append(_UNREADABLE)
    return list(dict.fromkeys(filter(None, names)))


def _driver(folder: Path, name: str) -> str:
    if not _NAME.fullmatch(name):
        return ""
    try:
        instance = json.loads(folder.joinpath("instances", name.lower()).read_bytes())
        return str(instance["Driver"])
    except FileNotFoundError:
        return _DOCKER  # one of docker's contexts, each of which has a builder in its daemon
    except (OSError, ValueError, TypeError, KeyError):
        return ""
