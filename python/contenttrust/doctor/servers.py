"""Whether the trust servers that would be asked do answer."""

from __future__ import annotations

from datetime import datetime, timezone

from contenttrust.doctor import clock
from contenttrust.doctor.finding import Finding
from contenttrust.errors import FetchError, ServiceEndedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from contenttrust.doctor.finding import Level
    from contenttrust.transport.http import Response
    from contenttrust.transport.tls import Tls

_CHECK = "server"
_ANY_OFFICIAL = "docker.io/library/hello-world"  # stands for every collection of Docker Hub
_ENDING_HOST = "https://notary.docker.io"
_ENDS = datetime(2026, 12, 8, tzinfo=timezone.utc)

_ADVICE = {
    "unreachable": "Look at the network, the name, the port and the proxy; --offline asks nobody",
    "server_error": "Look whether a trust server stands behind that address, and at its log",
    "unauthorized": "Log in to the registry with 'docker login'",
    "tls": "Look at its certificate; a CA of your own goes to tls/<host>/ca.crt in Docker's "
    "configuration directory",
    "service_ended": "Ask the publishers how their images are signed now, or name another server "
    "in DOCKER_CONTENT_TRUST_SERVER",
}


class Servers:
    """What the trust servers said.

    Attributes:
        findings: About the servers, and about the clock.
        answering: The collections whose server did answer.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.answering: set[str] = set()


class Asking:
    """Which trust server speaks of a collection here, and what it says: as a verification asks."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        at: datetime,
        url: str | None = None,
        tls: Tls | None = None,
    ) -> None:
        """Take what decides about servers.

        Args:
            env: Environment variables.
            at: Moment of the verification, timezone-aware.
            url: A server that was named, in place of the one that Docker would ask.
            tls: Authorities and a client certificate that were named.
        """
        self._env = env
        self._at = at
        self._url = url
        self._tls = tls

    def url_of(self, gun: str) -> str:
        """The server's URL, without credentials.

        Raises:
            ValueError: The one that is configured can be no trust server's.
        """
        from contenttrust.transport.trust_server import TrustServer  # noqa: PLC0415 - if asked
        from contenttrust.transport.trust_servers import trust_server_url  # noqa: PLC0415

        return TrustServer(self._url or trust_server_url(gun, env=self._env)).url

    def ask(self, gun: str) -> Response:
        """What the server of a collection answers to `GET /v2/`.

        Raises:
            FetchError: It does not answer, or lets nobody in.
            ValueError: Its URL can be no trust server's.
        """
        from contenttrust.transport.trust_server import (  # noqa: PLC0415 - if asked
            ENDED_HOST,
            ENDED_ON,
            TrustServer,
        )
        from contenttrust.transport.trust_servers import trust_server_of  # noqa: PLC0415

        server = trust_server_of(gun, env=self._env, now=self._at, url=self._url, tls=self._tls)
        if not isinstance(server, TrustServer):
            raise ServiceEndedError(f"{ENDED_HOST} was shut down on {ENDED_ON}", gun=gun)
        return server.ping()


def check(  # noqa: PLR0913 - one keyword a fact
    guns: Sequence[str],
    asking: Asking,
    *,
    present: Callable[[], datetime],
    at: datetime,
    within: timedelta,
    offline: bool = False,
) -> Servers:
    """Ask the trust servers of collections, each server once.

    Args:
        guns: Names of the collections. None: the server that Docker Hub's images have here.
        asking: How that is done.
        present: What the system clock shows.
        at: The moment to judge by whether a service has ended.
        within: How far ahead to look.
        offline: Whether only the configuration is looked at.
    """
    found = Servers()
    by_url = _by_url(guns or [_ANY_OFFICIAL], asking, found)
    if offline:
        return found
    for url, spoken_of in by_url.items():
        try:
            answer = asking.ask(spoken_of[0])
        except ValueError as error:
            found.findings.append(_unusable(url, str(error)))
            continue
        except FetchError as error:
            found.findings.append(_unanswered(url, error))
            continue
        found.answering.update(spoken_of)
        found.findings += _answered(url, answer, at, within)
        drift = clock.compared(url, answer.headers, present())
        if drift is not None:
            found.findings.append(drift)
    return found


def _by_url(guns: Sequence[str], asking: Asking, found: Servers) -> dict[str, list[str]]:
    """The collections by their servers, but for those that are no servers to be asked."""
    by_url: dict[str, list[str]] = {}
    unusable: set[str] = set()
    for gun in guns:
        try:
            url = asking.url_of(gun)
        except ValueError as error:
            unusable.add(str(error))
            continue
        by_url.setdefault(url, []).append(gun)
    found.findings += [_unusable("trust server", cause) for cause in sorted(unusable)]
    return by_url


def _unusable(url: str, cause: str) -> Finding:
    return Finding(
        check=_CHECK,
        subject=url,
        level="failure",
        message=f"{cause}: neither Docker nor contenttrust asks it",
        advice="Write an https URL in DOCKER_CONTENT_TRUST_SERVER",
    )


def _unanswered(url: str, error: FetchError) -> Finding:
    # A registry that wants a login is there all the same; whether ours is good shows later.
    level: Level = "warning" if error.code == "unauthorized" else "failure"
    return Finding(
        check=_CHECK,
        subject=url,
        level=level,
        message=error.message.removeprefix(f"{url}: "),
        advice=_ADVICE.get(error.code, ""),
        code=error.code,
    )


def _answered(url: str, answer: Response, at: datetime, within: timedelta) -> Iterator[Finding]:
    yield Finding(
        check=_CHECK, subject=url, level="ok", message=f"it answers /v2/ with {answer.status}"
    )
    if url.rstrip("/") == _ENDING_HOST and at < _ENDS:
        days = (_ENDS - at).days
        yield Finding(
            check=_CHECK,
            subject=url,
            level="warning" if _ENDS - at <= within else "note",
            message=f"it is shut down on {_ENDS:%Y-%m-%d}, in {days} days",
            advice=_ADVICE["service_ended"],
            code="service_ended",
        )
