"""How a server proves who it is and we prove who we are: Docker's directory of certificates.

Source: docker CLI `cmd/docker-trust/internal/registry/registry.go`.
"""

from __future__ import annotations

import os

from contenttrust.errors import TlsError, shown
from contenttrust.transport import arguments, chosen_file
from contenttrust.transport.docker_config import config_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn


DISTRUSTED = "its certificate is not trusted"
"""What is said of a server for whom no authority vouches."""


class Tls:
    """Certificates for one server. Immutable.

    Attributes:
        ca_files: Certificate authorities in PEM form.
        cert_file: Our certificate in PEM form, if the server wants one.
        key_file: The private key of that certificate.
        verify: Whether the server's certificate is checked. Off counts for loopback only.
        system: Whether the system's authorities are trusted beside `ca_files`.
    """

    __slots__ = ("ca_files", "cert_file", "key_file", "system", "verify")

    ca_files: tuple[str, ...]
    cert_file: str | None
    key_file: str | None
    verify: bool
    system: bool

    def __init__(
        self,
        *,
        ca_files: tuple[str, ...] = (),
        cert_file: str | None = None,
        key_file: str | None = None,
        verify: bool = True,
        system: bool = True,
    ) -> None:
        """Take the names of files, which are read when a connection is made.

        Raises:
            TypeError: An argument has the wrong type, such as one text in place of `ca_files`.
            ValueError: Only one of `cert_file` and `key_file` was given.
        """
        ca_files = arguments.check_texts("ca_files", ca_files)
        for what, path in (("cert_file", cert_file), ("key_file", key_file)):
            if path is not None:
                arguments.check_text(what, path)
        arguments.check_truth("verify", verify)
        arguments.check_truth("system", system)
        if (cert_file is None) != (key_file is None):
            raise ValueError("a client certificate and its key are given together or not at all")
        values = {
            "ca_files": ca_files,
            "cert_file": cert_file,
            "key_file": key_file,
            "verify": verify,
            "system": system,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Tls is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Tls is immutable")

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if isinstance(other, Tls) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        facts = zip(self.__slots__, self._values(), strict=True)
        return f"Tls({', '.join(f'{name}={value!r}' for name, value in facts)})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


def check_certificate(tls: Tls) -> None:
    """Refuse a client certificate or a key that libcurl could not read, or would wait for.

    Raises:
        TlsError: One of the files is missing or is no regular file.
    """
    for what, path in (("certificate", tls.cert_file), ("key", tls.key_file)):
        if path is None:
            continue
        try:
            chosen_file.check(path)
        except OSError as error:
            cause = f"cannot be read: {error.strerror}"
        except chosen_file.ChosenFileError as error:
            cause = f"cannot be used: {error}"
        else:
            continue
        raise TlsError(f"our client {what} {shown(path)} {cause}")


def certificate_directory(host: str, *, env: Mapping[str, str]) -> str:
    """Docker's directory of certificates for a server, or an empty text where Docker has none.

    Args:
        host: As in the server's URL, with the port where one is written there.
        env: Environment variables; `DOCKER_CONFIG` and `HOME` count.

    Source: docker CLI, ``certificateDirectory``.
    """
    config = config_directory(env)
    return "" if config is None else f"{config}/tls/{host}"


def tls_of(host: str, *, env: Mapping[str, str]) -> Tls:
    """What Docker's configuration says of a server.

    Args:
        host: As in the server's URL, with the port where one is written there.
        env: Environment variables; `DOCKER_CONFIG` and `HOME` count.

    Returns:
        ``tls/<host>/*.crt`` as authorities, and the first ``X.cert`` with its ``X.key``. Docker
        offers every pair and lets the server choose; we offer one.

    Raises:
        TlsError: The directory cannot be read, or has one half of a pair.

    Source: docker CLI, ``certificateDirectory`` and ``ReadCertsDirectory``.
    """
    folder = certificate_directory(host, env=env)
    return tls_in(folder) if folder else Tls()


def tls_in(folder: str) -> Tls:
    """What a directory of certificates says of the server that it is for; see `tls_of`.

    Raises:
        TlsError: It cannot be read, or has one half of a pair.
    """
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - pathlib would double the import time
    except FileNotFoundError:
        return Tls()
    except OSError as error:
        raise TlsError(
            f"the certificates in {shown(folder)} cannot be read: {error.strerror}"
        ) from error
    stems = {name.rpartition(".")[0] for name in names if name.endswith((".cert", ".key"))}
    for half in (f"{stem}{ending}" for stem in sorted(stems) for ending in (".cert", ".key")):
        if half not in names:
            raise TlsError(
                f"the certificates in {shown(folder)} are not complete: {shown(half)} is missing; "
                "a client certificate X.cert is read together with its key X.key, and an authority "
                "is called X.crt"
            )
    first = min(stems, default=None)
    return Tls(
        ca_files=tuple(f"{folder}/{name}" for name in names if name.endswith(".crt")),
        cert_file=None if first is None else f"{folder}/{first}.cert",
        key_file=None if first is None else f"{folder}/{first}.key",
    )
