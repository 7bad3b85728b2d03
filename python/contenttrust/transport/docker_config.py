"""Docker's client configuration, `config.json`, as far as it says where credentials are kept.

Source: docker CLI 28.5.2 `cli/config/config.go`, `cli/config/configfile/file.go` and
`cli/config/credentials/file_store.go`. Stricter: what Docker passes over with a warning, or reads
as one of two things, is an error here, because the wrong reading sends the wrong credentials.
"""

from __future__ import annotations

import os
import stat

from contenttrust.errors import UnauthorizedError, shown
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMIT = 1_048_576
_SECTIONS = ("auths", "credsStore", "credHelpers")


def config_directory(env: Mapping[str, str]) -> str | None:
    """Where Docker's client keeps its configuration.

    Args:
        env: Environment variables.

    Returns:
        ``$DOCKER_CONFIG``, else ``~/.docker``; an empty variable counts as unset. None for a user
        without a home directory: Docker would look in the current directory then.
    """
    if directory := env.get("DOCKER_CONFIG"):
        return directory
    home = env.get("HOME") or _home()
    return f"{home}/.docker" if home else None


class DockerConfig:
    """The sections of a configuration that speak of credentials. Immutable; its repr is bare."""

    __slots__ = ("_auths", "_programs", "_store", "place")

    place: str  # for messages
    _auths: dict[str, dict[str, object]]
    _programs: dict[str, str]
    _store: str

    def __init__(self, sections: Mapping[str, object], *, place: str) -> None:
        """Check the types of the three sections.

        Args:
            sections: The whole configuration; other members are passed over.
            place: The file or variable it comes from.

        Raises:
            UnauthorizedError: A section has the wrong type, or its name is in another case.
        """
        self.place = place
        check_names(sections, _SECTIONS, place)
        self._auths = {
            key: _object(entry, f"{place}: the entry for {shown(key)} in auths")
            for key, entry in _object(sections.get("auths"), f"{place}: auths").items()
        }
        self._programs = {
            key: text_of(name, f"{place}: the entry for {shown(key)} in credHelpers")
            for key, name in _object(sections.get("credHelpers"), f"{place}: credHelpers").items()
        }
        self._store = text_of(sections.get("credsStore"), f"{place}: credsStore")

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing about credentials at all."""
        return not (self._auths or self._programs or self._store)

    def store_of(self, key: str) -> str:
        """Which credential store is asked about a registry: its own, else the one for all.

        An empty name means that the credentials are in `auths`.
        """
        return self._programs.get(key, self._store)

    def entry_of(self, key: str) -> dict[str, object] | None:
        """The entry of `auths` for exactly this key."""
        return self._auths.get(key)

    def legacy_entries_of(self, host: str) -> list[dict[str, object]]:
        """Entries under keys that old versions of Docker wrote, such as ``https://host/v1/``."""
        return [entry for key, entry in self._auths.items() if _host_of(key) == host]


def read_config(env: Mapping[str, str]) -> DockerConfig:
    """Read `config.json`; without one, or with an empty one, nothing is configured.

    Args:
        env: Environment variables, which say where it is.

    Raises:
        UnauthorizedError: It cannot be read, or it cannot mean what somebody wanted it to mean.
    """
    directory = config_directory(env)
    if directory is None:
        return DockerConfig({}, place="no configuration")
    path = f"{directory}/config.json"
    place = shown(path)
    data, reason = _read(path)
    if reason:
        raise UnauthorizedError(f"Docker's configuration {place} cannot be read: {reason}")
    return DockerConfig(parse_config(data, place), place=place)


def parse_config(data: bytes, place: str) -> dict[str, object]:
    """Parse a configuration without any of the leniencies that could hide a member.

    Args:
        data: JSON text; an empty one is an empty configuration, as for Docker.
        place: The file or variable it comes from.

    Raises:
        UnauthorizedError: It is no JSON object in UTF-8, or an object in it has a member twice.
    """
    value, reason = json_object(data) if data.strip() else ({}, "")
    # Raised here, not where it was found: a parser's exception holds the text, secrets and all.
    if reason:
        raise UnauthorizedError(f"{place} {reason}")
    return value


def json_object(data: bytes) -> tuple[dict[str, object], str]:
    """Parse a JSON object that may hold secrets.

    Args:
        data: The text, in UTF-8.

    Returns:
        The object; or an empty one and why it is none, without a word of the text.
    """
    import json  # noqa: PLC0415 - only those who were asked for credentials pay for it

    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        return {}, "is no JSON"
    except KeyError:
        return {}, "has a member twice"
    return (value, "") if isinstance(value, dict) else ({}, "holds no JSON object")


def check_names(members: Mapping[str, object], known: tuple[str, ...], place: str) -> None:
    """Refuse a member that Docker, who ignores case, would obey and we would pass over.

    Raises:
        UnauthorizedError: There is one.
    """
    folded = {name.casefold(): name for name in known}
    for name in members:
        right = folded.get(name.casefold(), name)
        if right != name:
            raise UnauthorizedError(f"{place}: {shown(name)} must be written as {right}")


def text_of(value: object, place: str) -> str:
    """A member that is text; empty where it is absent.

    Raises:
        UnauthorizedError: It is something else.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnauthorizedError(f"{place} is not text")
    return value


def _object(value: object, place: str) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnauthorizedError(f"{place} is not an object")
    return value


def _without_duplicates(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise KeyError
    return found


def _read(path: str) -> tuple[bytes, str]:
    """The bytes of a file, or why there are none; an absent file is an empty one."""
    try:
        # O_NONBLOCK: a FIFO in its place must not hold us. Links are followed, as Docker does.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
        with files.opened(descriptor):
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return b"", "not a regular file"
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(_LIMIT + 1)
    except FileNotFoundError:
        return b"", ""
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return b"", getattr(error, "strerror", None) or "not a path"
    return (data, "") if len(data) <= _LIMIT else (b"", f"longer than {_LIMIT} bytes")


def _host_of(key: str) -> str:
    """The host, with its port, of a key of `auths`: Docker's `ConvertToHostname`."""
    if "://" in key:
        from urllib.parse import urlsplit  # noqa: PLC0415 - only old configurations have such keys

        try:
            return urlsplit(key).netloc.rpartition("@")[2]
        except ValueError:
            return ""
    return key.partition("/")[0]


def _home() -> str:
    """The user's home directory as the password database has it, or an empty text."""
    import pwd  # noqa: PLC0415 - hardly ever needed

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
