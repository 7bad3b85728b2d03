"""The configuration of the service: a YAML file that is understood as a whole, or not used."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace

from contenttrust.errors import shown
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn

    from contenttrust.yaml_nodes import Document, Path

API_VERSION, KIND = "contenttrust/v1", "GateService"
_MOST = 9_999_999
_LAST_PORT = 65_535
_SPAN = re.compile(r"([0-9]{1,6})(ms|s|m|h)")
_SIZE = re.compile(r"([0-9]{1,9})(B|KiB|MiB|GiB)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_ADDRESS = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})|unix:(/.+))")
LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
DOORS = ("build", "load", "import", "plugins", "swarm", "rollback", "unknown")


class ConfigurationError(ValueError):
    """A configuration that cannot be used.

    Attributes:
        file: Where it stands.
        line: From 1 on; 0 where no place is to blame.
        column: The same.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        place = f"{shown(file)}:{line}:{column}: " if line else f"{shown(file)}: " if file else ""
        super().__init__(f"{place}{reason}")
        self.file = file
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the service is told. Each attribute is a member of the file, with ``-`` for ``_``.

    Attributes:
        policy: File of the policy; empty where none is named.
        listen: ``host:port`` or ``unix:/path``.
        certificate: File of the TLS certificate, with what vouches for it; read again when changed.
        key: File of its key.
        client_ca: File of authorities, one of which must vouch for every client; empty for none.
        plain_http: Whether to do without TLS, on the loopback interface or a socket only.
        trust_dir: Docker's trust directory; empty for where Docker has it.
        audit_log: File to which each decision is written; empty for none.
        deadline: Seconds until every request is answered.
        threads: How many verifications run at once.
        pending: How many run or wait; more are refused.
        connections: How many may be open; for more, silent ones are closed.
        memory: Bytes of all requests that are being answered.
        body_limit: Bytes of one request.
        cache_lifetime: Seconds for which a verdict is used again; 0 for never.
        cache_entries: How many verdicts are kept.
        unknown_kinds: What becomes of objects that may hold images nobody knows of:
            ``deny`` or ``warn``.
        unpinned: What ``/validate`` says of images that are signed but named by tag:
            ``deny`` or ``warn``.
        custom: Where objects of custom kinds hold images.
        warm_up: Images that are verified before the service is ready.
        docker_socket: Of the daemon that is asked which digests an image id has; empty for none.
        docker_allow: Doors of dockerd that stay open although nothing can be checked there.
        places: No member: file, line and column of each attribute that a file has set.
    """

    policy: str = ""
    listen: str = "127.0.0.1:8443"
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    plain_http: bool = False
    trust_dir: str = ""
    audit_log: str = ""
    deadline: float = 8.0
    threads: int = 16
    pending: int = 512
    connections: int = 1000
    memory: int = 256 * 1024**2
    body_limit: int = 8 * 1024**2
    cache_lifetime: float = 30.0
    cache_entries: int = 10_000
    unknown_kinds: str = "deny"
    unpinned: str = "deny"
    custom: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warm_up: tuple[str, ...] = ()
    docker_socket: str = "/var/run/docker.sock"
    docker_allow: tuple[str, ...] = ()
    places: Mapping[str, tuple[str, int, int]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def wrong(self, attribute: str, reason: str) -> ConfigurationError:
        """What is to be raised for an attribute that turns out to be unusable."""
        file, line, column = self.places.get(attribute, ("", 0, 0))
        name = attribute.replace("_", "-")
        return ConfigurationError(f"{name}: {reason}", file=file, line=line, column=column)

    def checked(self) -> Configuration:
        """The same, once it is sure that its parts fit together.

        Raises:
            ConfigurationError: They do not.
        """
        address = _ADDRESS.fullmatch(self.listen)
        if address is None or (address[2] and not int(address[2]) <= _LAST_PORT):
            raise ConfigurationError("listen: host:port or unix:/path is wanted")
        if bool(self.certificate) != bool(self.key):
            given = "certificate" if self.certificate else "key"
            raise ConfigurationError(
                f"{given}: certificate and key go together (--certificate, --certificate-key)"
            )
        if address[3]:
            if self.certificate or self.client_ca:
                raise ConfigurationError("listen: a UNIX socket has no certificate")
        elif self.plain_http:
            if self.certificate or self.client_ca:
                raise ConfigurationError("plain-http: certificate and client-ca say the opposite")
            if address[1] not in LOOPBACK:
                raise ConfigurationError("plain-http: only on 127.0.0.1, [::1] or localhost")
        elif not self.certificate:
            raise ConfigurationError(
                "certificate and key are missing: name both files (--certificate, "
                "--certificate-key), or plain-http (--plain-http) on the loopback interface"
            )
        if self.memory < self.body_limit:
            raise ConfigurationError("memory: less than body-limit, so nothing would be read")
        return self


def load(
    path: str | os.PathLike[str], *, beside: Mapping[str, object] | None = None
) -> Configuration:
    """Read a configuration file. Other files that it names are relative to its folder.

    Args:
        path: Of the file.
        beside: What is said elsewhere, by attribute; the file must not say it as well.

    Raises:
        ConfigurationError: It cannot be read, or holds anything that is not understood.
    """
    name = os.fspath(path)
    try:
        text = chosen_file.read(name)
    except OSError as error:
        raise ConfigurationError(error.strerror or str(error), file=name) from None
    except chosen_file.ChosenFileError as error:
        raise ConfigurationError(str(error), file=name) from None
    return loads(text, name=name, folder=os.path.dirname(name), beside=beside)  # noqa: PTH120


def loads(
    text: bytes, *, name: str, folder: str, beside: Mapping[str, object] | None = None
) -> Configuration:
    """Read a configuration.

    Args:
        text: YAML.
        name: Of the file, for messages.
        folder: What names of other files are relative to.
        beside: As for `load`.

    Raises:
        ConfigurationError: It is not understood; with the line and the column to blame.
    """
    from contenttrust.yaml_nodes import YamlError, read  # noqa: PLC0415 - an extra

    try:
        documents = read(text, file=name)
    except YamlError as error:
        raise ConfigurationError(
            error.problem, file=name, line=error.line, column=error.column
        ) from None
    if len(documents) != 1:
        place = documents[1].scalar(()) if documents else None
        line, column = (place.line, place.column) if place else (1, 1)
        raise ConfigurationError("one document is wanted", file=name, line=line, column=column)
    return _Reader(documents[0], folder).read(beside or {})


class _Reader:
    """Reads one file; knows where everything in it stands."""

    def __init__(self, document: Document, folder: str) -> None:
        self._document = document
        self._folder = folder

    def read(self, beside: Mapping[str, object]) -> Configuration:
        members = self.members((), self._document.value)
        for name, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
            if members.pop(name, None) != wanted:
                self.fail((name,), f"{name}: {wanted} is wanted")
        given: dict[str, Any] = {}
        places: dict[str, tuple[str, int, int]] = {}
        for name, value in members.items():
            if name not in _READERS:
                self.fail((name,), f"{name!a} is not known; known are {', '.join(_READERS)}")
            attribute = name.replace("-", "_")
            if attribute in beside:
                self.fail((name,), f"{name} is given on the command line as well")
            given[attribute] = _READERS[name](self, (name,), value)
            key = self._document.key((name,))
            places[attribute] = (self._document.file, key.line, key.column)
        try:
            made = replace(Configuration(places=places), **given, **beside)  # type: ignore[arg-type]
            return made.checked()
        except ConfigurationError as error:
            blamed, reason = str(error).partition(":")[0], str(error)
            if blamed == "memory" and "memory" not in given:  # it has its usual size
                blamed = "body-limit"
                reason = "body-limit: more than memory, so nothing would be read"
            self.fail((blamed,), reason)

    def fail(self, path: Path, reason: str) -> NoReturn:
        """Refuse the file for what stands there; for its beginning where nothing does."""
        try:
            place = self._document.key(path) if len(path) == 1 else self._document.scalar(path)
        except KeyError:
            place = self._document.scalar(())
        raise ConfigurationError(
            reason, file=self._document.file, line=place.line, column=place.column
        )

    def wrong(self, path: Path, reason: str) -> NoReturn:
        """Refuse a value, with the way to it."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        way = shown("".join(steps).removeprefix("."))
        self.fail(path, f"{way}: {reason}" if way else reason)

    def members(self, path: Path, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(path, "an object with members is wanted")
        return dict(value)

    def text(self, path: Path, value: object) -> str:
        if not isinstance(value, str) or not value or not value.isprintable():
            self.wrong(path, "a printable text is wanted")
        return value

    def truth(self, path: Path, value: object) -> bool:
        if not isinstance(value, bool):
            self.wrong(path, "true or false is wanted")
        return value

    def count(self, path: Path, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST:
            self.wrong(path, f"a number from 1 to {_MOST} is wanted")
        return value

    def span(self, path: Path, value: object) -> float:
        found = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(path, "a span of time is wanted, such as 8s or 500ms")
        return int(found[1]) * _SECONDS[found[2]]

    def deadline(self, path: Path, value: object) -> float:
        seconds = self.span(path, value)
        if not 0.1 <= seconds <= 29:  # noqa: PLR2004 - the API server waits 30 seconds at most
            self.wrong(path, "a deadline is 100ms to 29s")
        return seconds

    def lifetime(self, path: Path, value: object) -> float:
        seconds = self.span(path, value)
        if seconds > 600:  # noqa: PLR2004 - what was taken back must not be let through for long
            self.wrong(path, "a verdict is used again for 10m at most")
        return seconds

    def size(self, path: Path, value: object) -> int:
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if found is None or not int(found[1]):
            self.wrong(path, "a size is wanted, such as 8MiB")
        return int(found[1]) * _BYTES[found[2]]

    def file(self, path: Path, value: object) -> str:
        return os.path.join(self._folder, self.text(path, value))  # noqa: PTH118

    def action(self, path: Path, value: object) -> str:
        text = self.text(path, value)
        if text not in {"deny", "warn"}:
            self.wrong(path, "deny or warn is wanted")
        return text

    def texts(self, path: Path, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            self.wrong(path, "a list that is not empty is wanted")
        texts = tuple(self.text((*path, index), one) for index, one in enumerate(value))
        for index, text in enumerate(texts):
            if text in texts[:index]:
                self.wrong((*path, index), f"{text!a} is there twice")
        return texts

    def images(self, path: Path, value: object) -> tuple[str, ...]:
        from contenttrust.reference import InvalidReferenceError, Reference  # noqa: PLC0415

        images = self.texts(path, value)
        for index, image in enumerate(images):
            try:
                Reference.parse(image)
            except InvalidReferenceError as error:  # noqa: PERF203 - the first one ends it
                self.wrong((*path, index), str(error))
        return images

    def doors(self, path: Path, value: object) -> tuple[str, ...]:
        doors = self.texts(path, value)
        for index, door in enumerate(doors):
            if door not in DOORS:
                self.wrong((*path, index), f"{door!a} is not known; known are {', '.join(DOORS)}")
        return doors

    def custom(self, path: Path, value: object) -> dict[str, tuple[str, ...]]:
        from contenttrust.gate.kubernetes import custom_paths  # noqa: PLC0415

        found = {}
        for kind, listed in self.members(path, value).items():
            # A kind with an empty list is one without images.
            found[kind] = () if listed == [] else self.texts((*path, kind), listed)
            for index, place in enumerate(found[kind]):
                try:
                    custom_paths.steps(place)
                except ValueError as error:  # noqa: PERF203 - the first one ends it
                    self.wrong((*path, kind, index), str(error))
        return found


_READERS: dict[str, Callable[[_Reader, Path, Any], object]] = {
    "policy": _Reader.file,
    "listen": _Reader.text,
    "certificate": _Reader.file,
    "key": _Reader.file,
    "client-ca": _Reader.file,
    "plain-http": _Reader.truth,
    "trust-dir": _Reader.file,
    "audit-log": _Reader.file,
    "deadline": _Reader.deadline,
    "threads": _Reader.count,
    "pending": _Reader.count,
    "connections": _Reader.count,
    "memory": _Reader.size,
    "body-limit": _Reader.size,
    "cache-lifetime": _Reader.lifetime,
    "cache-entries": _Reader.count,
    "unknown-kinds": _Reader.action,
    "unpinned": _Reader.action,
    "custom": _Reader.custom,
    "warm-up": _Reader.images,
    "docker-socket": _Reader.file,
    "docker-allow": _Reader.doors,
}
"""How each member of the file is read."""
