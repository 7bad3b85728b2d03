"""Whether this machine's clock can be right: every expiry is judged by it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from contenttrust.doctor.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_CHECK = "clock"
_SUBJECT = "system clock"
_FIRST_YEAR, _LAST_YEAR = 2020, 2100
_NOTICEABLE = timedelta(seconds=60)
_WRONG = timedelta(hours=1)
_ADVICE = "Set the clock, and let NTP keep it: expired data looks valid to a clock that is behind"


def plausible(now: datetime) -> Finding:
    """Whether a clock that shows this moment can have been set at all."""
    shown = now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if not _FIRST_YEAR <= now.astimezone(timezone.utc).year <= _LAST_YEAR:
        return Finding(
            check=_CHECK,
            subject=_SUBJECT,
            level="failure",
            message=f"it shows {shown}: every expiry would be judged wrongly",
            advice=_ADVICE,
        )
    return Finding(check=_CHECK, subject=_SUBJECT, level="ok", message=f"it shows {shown}")


def compared(url: str, headers: Mapping[str, str], now: datetime) -> Finding | None:
    """How far the clock is from that of a server.

    Args:
        url: Of the server.
        headers: Of its answer, by lower-case name.
        now: What the clock showed when the answer came.

    Returns:
        None where the answer does not say what the server's clock shows.
    """
    served = _date(headers)
    if served is None:
        return None
    # The server cuts its time to whole seconds, and the answer took a moment.
    difference = now - served
    seconds = round(abs(difference).total_seconds())
    side = "ahead of" if difference > timedelta(0) else "behind"
    if abs(difference) <= _NOTICEABLE:
        message = f"at most a minute off that of {url}"
        return Finding(check=_CHECK, subject=_SUBJECT, level="ok", message=message)
    return Finding(
        check=_CHECK,
        subject=_SUBJECT,
        level="failure" if abs(difference) > _WRONG else "warning",
        message=f"it is {seconds} seconds {side} that of {url}",
        advice=_ADVICE,
    )


def _date(headers: Mapping[str, str]) -> datetime | None:
    """The moment an answer was sent; one from a cache on the way says how old it is."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - only where a server answered

    age = headers.get("age", "")
    seconds = int(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0  # noqa: PLR2004
    try:
        sent = parsedate_to_datetime(headers.get("date", ""))
        zoned = sent if sent.tzinfo is not None else sent.replace(tzinfo=timezone.utc)
        return zoned + timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        return None
