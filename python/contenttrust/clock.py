"""The one place that reads the system clock, and the way from a `datetime` to an instant."""

from __future__ import annotations

import time

from contenttrust._core import Instant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


def now() -> Instant:
    """The present moment by the system clock."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return Instant(seconds, nanoseconds)


def instant(moment: datetime) -> Instant:
    """The engine's instant for a point in time.

    Args:
        moment: Timezone-aware.

    Raises:
        TypeError: It is no `datetime`.
        ValueError: The moment has no time zone, so it names no instant.
    """
    from datetime import datetime, timedelta, timezone  # noqa: PLC0415 - who calls this has it

    if not isinstance(moment, datetime):
        raise TypeError(f"now is a timezone-aware datetime, not {type(moment).__name__}")
    if moment.utcoffset() is None:
        msg = f"a timezone-aware datetime is needed, got {moment.isoformat()} without a zone"
        raise ValueError(msg)
    # Integers throughout: timestamp() would round to a double.
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    seconds = since // timedelta(seconds=1)
    return Instant(seconds, since.microseconds * 1000)


def moment_or_now(moment: datetime | None) -> Instant:
    """The caller's moment, or the system clock's where the caller gave none."""
    return now() if moment is None else instant(moment)


def moment() -> datetime:
    """The present moment as Python has it, for who compares it with what Python shows."""
    from datetime import datetime, timezone  # noqa: PLC0415 - who calls this has it

    return datetime.fromtimestamp(now().seconds, tz=timezone.utc)


def stamp() -> datetime:
    """The present moment to the microsecond, for a log; by way of an instant it takes longer."""
    from datetime import datetime, timezone  # noqa: PLC0415 - who calls this has it

    return datetime.now(timezone.utc)
