"""Which trust server speaks of a collection, and how it is reached: Docker's rules.

Source: docker CLI `cmd/docker-trust/internal/trust/trust.go`, ``Server`` and
``GetNotaryRepository``.
"""

from __future__ import annotations

import os

from contenttrust import clock
from contenttrust._core import Instant
from contenttrust.errors import MalformedError, ServiceEndedError, shown
from contenttrust.transport import arguments
from contenttrust.transport.excerpt import excerpt
from contenttrust.transport.origin import authority_of, host_of
from contenttrust.transport.tls import DISTRUSTED, certificate_directory, tls_of
from contenttrust.transport.trust_server import ENDED_HOST, ENDED_ON, TrustServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from typing import NoReturn

    from contenttrust._core import Wanted
    from contenttrust.errors import FetchError
    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.source import Answer
    from contenttrust.transport.tls import Tls

_DOCKER_HUB = ("docker.io", "index.docker.io")
_OWN_HOST = "; that is the registry's own host, asked because no trust server is named"


class ChosenServer(TrustServer):
    """A trust server whose errors say why it is asked, and whose certificates are good for it."""

    def __init__(
        self,
        url: str,
        *,
        tls: Tls,
        credentials: Credentials | Callable[[], Credentials | None],
        folder: str = "",
        is_registry: bool = False,
    ) -> None:
        """Name a server; see `TrustServer`.

        Args:
            url: Of the scheme https, without user and password.
            tls: Certificates.
            credentials: What to answer when the server asks who we are, or who finds it then.
            folder: Docker's directory of certificates for it, where the certificates are those.
            is_registry: Whether it is asked because no trust server was named.
        """
        super().__init__(url, tls=tls, credentials=credentials)
        self._prefix = f"https://{authority_of(url)}: "
        self._folder = folder
        self._is_registry = is_registry
        self._authorities = () if tls.system else tls.ca_files

    def _remark(self, error: FetchError) -> str:
        if not error.message.startswith(self._prefix):
            return ""  # a redirect led elsewhere, or it is the token server's
        if DISTRUSTED not in error.message:
            is_elsewhere = self._is_registry and error.code in {"unreachable", "tls"}
            return _OWN_HOST if is_elsewhere else ""
        if self._authorities:
            return f"; trusted is what leads to {shown(', '.join(self._authorities))}"
        if self._folder:
            return (
                f"; trusted are the system's authorities and those of {shown(self._folder)}/*.crt"
            )
        return ""


class EndedServer:
    """A trust server that is known to be shut down: it is not asked any more."""

    def __init__(self, host: str) -> None:
        """Name it."""
        self._host = host

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """Answer every file with the same error; see `Source.fetch`."""
        return [self._error(gun, file.name) for file in files]

    def ping(self) -> NoReturn:
        """Say the same as `fetch`; see `TrustServer.ping`.

        Raises:
            ServiceEndedError: Always.
        """
        raise self._error("", "")

    def publish(self, gun: str, files: Mapping[str, bytes]) -> NoReturn:  # noqa: ARG002 - no matter
        """Take nothing; see `Sink.publish`.

        Raises:
            ServiceEndedError: Always.
        """
        raise self._error(gun, "")

    def public_key(self, gun: str, role: str) -> NoReturn:
        """Have no key; see `Sink.public_key`.

        Raises:
            ServiceEndedError: Always.
        """
        raise self._error(gun, role)

    def rotate_key(self, gun: str, role: str) -> NoReturn:
        """Make no key; see `Sink.rotate_key`.

        Raises:
            ServiceEndedError: Always.
        """
        raise self._error(gun, role)

    def delete(self, gun: str) -> NoReturn:
        """Delete nothing; see `Sink.delete`.

        Raises:
            ServiceEndedError: Always.
        """
        raise self._error(gun, "")

    def _error(self, gun: str, role: str) -> ServiceEndedError:
        message = f"{self._host} was shut down on {ENDED_ON}"
        return ServiceEndedError(message, gun=gun, role=role)


def trust_server_url(gun: str, *, env: Mapping[str, str]) -> str:
    """Where Docker looks for the trust data of a collection.

    Args:
        gun: Name of the collection; its first part is the registry's host.
        env: Environment variables; `DOCKER_CONTENT_TRUST_SERVER` names one server for all.

    Returns:
        That server; else ``https://notary.docker.io`` for Docker Hub, and the registry's host for
        others. It is not judged here.

    Source: docker CLI, ``Server``.
    """
    named = env.get("DOCKER_CONTENT_TRUST_SERVER")
    if named:
        return named
    registry = gun.partition("/")[0]
    return f"https://{ENDED_HOST}" if registry in _DOCKER_HUB else f"https://{registry}"


def is_named(url: str | None, *, env: Mapping[str, str]) -> bool:
    """Whether the user named a trust server, so that no image's name decides who is asked."""
    return bool(url or env.get("DOCKER_CONTENT_TRUST_SERVER"))


def check_url(url: str, tls: Tls | None) -> None:
    """Refuse a URL that no trust server can have where credentials come from elsewhere.

    Args:
        url: As it was configured.
        tls: Certificates, where they were named.

    Raises:
        ValueError: See `trust_server_of`. The text shows no password.
    """
    scheme, _, rest = url.partition("://")
    before, slash, path = rest.partition("/")
    _, login, authority = before.rpartition("@")
    TrustServer(f"{scheme}://{authority}{slash}{path}" if login else url, tls=tls)
    if login:
        raise ValueError(
            f"a user or a password stands before {shown(authority)} in the URL of the "
            "trust server: leave it out, credentials come from 'docker login' or NOTARY_AUTH"
        )


def trust_server_of(  # noqa: PLR0913 - the rules of Docker that may be overruled
    gun: str,
    *,
    env: Mapping[str, str] | None = None,
    now: Instant | datetime | None = None,
    url: str | None = None,
    tls: Tls | None = None,
    credentials: Credentials | None = None,
    anonymous: bool = False,
) -> TrustServer | EndedServer:
    """The trust server of a collection, ready to be asked.

    Args:
        gun: Name of the collection.
        env: Environment variables; default: the process's own.
        now: Moment of the verification, timezone-aware: a server that has been shut down by then is
            not asked. Default: the system clock.
        url: The server, where it was named; else `trust_server_url`.
        tls: Certificates, where they were named; else Docker's directory for that server.
        credentials: Where they were named; else the registry's, which are looked up where Docker
            keeps them when the server asks for them.
        anonymous: Whether no credentials are looked up.

    Returns:
        A source.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The URL is none that a trust server can have, a user or a password stands in it
            (they would be passed over), or `now` has no time zone.
        MalformedError: No server is named, and the collection's name begins with no host.
        TlsError: Docker's directory for that server cannot be used.
    """
    arguments.check_text("gun", gun)
    if url is not None:
        arguments.check_text("url", url)
    env = os.environ if env is None else env
    named = is_named(url, env=env)
    url = trust_server_url(gun, env=env) if url is None else url

    def kept() -> Credentials | None:
        if anonymous:
            return None
        from contenttrust.transport.credentials import credentials_of  # noqa: PLC0415 - rare

        return credentials_of(gun.partition("/")[0], env=env, server_named=named)

    answer = kept if credentials is None else credentials
    if not named:
        _check_registry(gun)
    check_url(url, tls)
    host = host_of(url)
    if host == ENDED_HOST and _seconds(now) >= _seconds_of(ENDED_ON):
        return EndedServer(ENDED_HOST)
    folder = "" if tls is not None else certificate_directory(authority_of(url), env=env)
    return ChosenServer(
        url,
        tls=tls_of(authority_of(url), env=env) if tls is None else tls,
        credentials=answer,
        folder=folder,
        is_registry=not named and host != ENDED_HOST,
    )


def _check_registry(gun: str) -> None:
    """Refuse a collection whose name begins with nothing that could be asked."""
    registry = gun.partition("/")[0]
    try:
        is_host = authority_of(f"https://{registry}") == registry
    except ValueError:
        is_host = False
    if not is_host:
        place = excerpt(registry)
        message = f"its name begins with '{place}', which is no host that could be asked"
        raise MalformedError(message, gun=gun)


def _seconds(moment: Instant | datetime | None) -> int:
    if isinstance(moment, Instant):
        return moment.seconds
    return clock.moment_or_now(moment).seconds


def _seconds_of(day: str) -> int:
    instant = Instant.parse(f"{day}T00:00:00Z")
    assert instant is not None  # noqa: S101 - a constant of ours
    return instant.seconds
