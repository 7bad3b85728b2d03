"""What the trust server has of a collection: judged as a verification would, not remembered."""

from __future__ import annotations

from contenttrust.doctor.finding import Finding
from contenttrust.errors import ContentTrustError, FetchError, NoTrustDataError
from contenttrust.verification import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from contenttrust.doctor.asking import Asking
    from contenttrust.doctor.finding import Level

_CHECK = "server"


def check(place: str, gun: str, asking: Asking, *, at: datetime) -> Iterator[Finding]:
    """Tell whether 'contenttrust verify' would get a collection that it takes.

    Args:
        place: Path of the trust directory, which binds what may come.
        gun: Name of the collection; its server is there.
        asking: How the server is asked.
        at: The moment to judge by.
    """
    try:
        outcome = run(
            gun, source=asking.server_of(gun), trust_dir=place, now=at, remember=False
        ).outcome
    except ContentTrustError:
        return  # the trust directory or the name cannot be used: told where those are looked at
    if isinstance(outcome, NoTrustDataError):
        yield _finding(
            gun, "failure", f"it is not signed: {asking.url_of(gun)} has no trust data for it",
            "Its publisher must sign it; check the name and the server, too", outcome.code,
        )  # fmt: skip
    elif isinstance(outcome, FetchError):
        advice = asking.advice(gun, outcome)
        yield _finding(gun, "failure", outcome.message, advice, outcome.code)
    elif isinstance(outcome, ContentTrustError):
        yield _finding(
            gun, "failure", f"what the server has of it is refused: {outcome.message}",
            "'contenttrust explain' tells check by check why", outcome.code,
        )  # fmt: skip
    else:
        yield _finding(gun, "ok", "what the server has of it is verified")


def _finding(gun: str, level: Level, message: str, advice: str = "", code: str = "") -> Finding:
    return Finding(
        check=_CHECK, subject=gun, level=level, message=message, advice=advice, code=code
    )
