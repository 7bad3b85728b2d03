"""Whether the trust servers that would be asked do answer."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from contenttrust.doctor import clock
from contenttrust.doctor.finding import Finding
from contenttrust.errors import FetchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from contenttrust.doctor.asking import Asking
    from contenttrust.transport.http import Response

_CHECK = "server"
_ANY_OFFICIAL = "docker.io/library/hello-world"  # stands for every collection of Docker Hub
_ENDING_HOST = "https://notary.docker.io"
_ENDS = datetime(2026, 12, 8, tzinfo=timezone.utc)
_ENDING = "Ask the publishers how their images are signed from then on"
_THERE = {"unauthorized", "server_error"}


class Servers:
    """What the trust servers said.

    Attributes:
        findings: About the servers, and about the clock.
        answering: The collections whose server did answer.
        present: Those whose server is there, though it may not have answered as it should.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.answering: set[str] = set()
        self.present: set[str] = set()


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
    for url, spoken_of in by_url.items():
        # The day is known without asking, and matters most to who cannot ask now.
        if guns or not offline:
            found.findings += _ending(url, at, within)
        if offline:
            found.findings += _ended(url, at) if guns else ()
            continue
        try:
            answer = asking.ask(spoken_of[0])
        except ValueError as error:
            found.findings.append(_unusable(url, str(error)))
            continue
        except FetchError as error:
            if error.code in _THERE:
                found.present.update(spoken_of)
            refused = not guns and error.code == "unauthorized" and asking.has_login(spoken_of[0])
            advice = asking.advice(spoken_of[0], error)
            found.findings.append(_unanswered(url, error, advice, refused=refused))
            continue
        found.present.update(spoken_of)
        if not _is_notary(answer):
            found.findings.append(_other(url))
            continue
        found.answering.update(spoken_of)
        message = f"it answers /v2/ with {answer.status}"
        found.findings.append(Finding(check=_CHECK, subject=url, level="ok", message=message))
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


def _unanswered(url: str, error: FetchError, advice: str, *, refused: bool) -> Finding:
    # A server that wants a login is there all the same, and may let everybody read what is public:
    # of named collections it is told what it says of each.
    is_there = error.code == "unauthorized" and not refused
    return Finding(
        check=_CHECK,
        subject=url,
        level="warning" if is_there else "failure",
        message=error.message.removeprefix(f"{url}: "),
        advice=advice,
        code=error.code,
    )


def _is_notary(answer: Response) -> bool:
    """Whether the answer to `GET /v2/` is a JSON object, as registries and Notary give it.

    Source: notary ``server/handlers/default.go``, ``MainHandler``.
    """
    try:
        return isinstance(json.loads(answer.body), dict)
    except (ValueError, RecursionError):
        return False


def _other(url: str) -> Finding:
    return Finding(
        check=_CHECK,
        subject=url,
        level="failure",
        message="it answers /v2/ with something else than the JSON object of a trust server",
        advice="Look whether a trust server stands behind that address, or another web page",
        code="server_error",
    )


def _ending(url: str, at: datetime, within: timedelta) -> Iterator[Finding]:
    if url.rstrip("/") != _ENDING_HOST or at >= _ENDS:  # who asks a server that has ended is told
        return
    yield Finding(
        check=_CHECK,
        subject=url,
        level="warning" if _ENDS - at <= within else "note",
        message=f"it is shut down on {_ENDS:%Y-%m-%d}, in {(_ENDS - at).days} days",
        advice=_ENDING,
        code="service_ended",
    )


def _ended(url: str, at: datetime) -> Iterator[Finding]:
    if url.rstrip("/") == _ENDING_HOST and at >= _ENDS:
        yield Finding(
            check=_CHECK,
            subject=url,
            level="failure",
            message=f"it was shut down on {_ENDS:%Y-%m-%d}",
            advice=_ENDING,
            code="service_ended",
        )
