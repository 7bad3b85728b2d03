"""What ends soon, or has ended, in the collections that this machine knows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from contenttrust.doctor.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust.doctor.documents import Document
    from contenttrust.doctor.finding import Level

_CHECK = "expiry"
_TIMESTAMP_WITHIN = timedelta(days=3)  # servers give them a life of two weeks and renew them

_ADVICE = {
    "root": "The publisher must publish a new root, signed with the root key",
    "root certificate": "The publisher must rotate the root key to one with a new certificate",
    "targets": "The publisher must publish again with the repository key",
    "snapshot": "The publisher, or the server where it holds that key, must publish a new one",
    "timestamp": "The trust server renews it: verify while it can be reached",
}
_SIGNER = "Its signer must sign again"


def check(  # noqa: PLR0913 - one keyword a fact
    gun: str,
    documents: Mapping[str, Document],
    *,
    certificate_end: datetime | None,
    at: datetime,
    within: timedelta,
    answering: bool,
) -> Iterator[Finding]:
    """Tell what ends within a time, and the first end where that is later.

    Args:
        gun: Name of the collection.
        documents: Its files by role.
        certificate_end: When its root certificate ends, if that is within the time.
        at: The moment to judge by.
        within: How far ahead to look; for timestamps at most three days.
        answering: Whether its trust server was asked and did answer: then another timestamp can be
            had at any time.
    """
    ends = {role: document.expires for role, document in documents.items()}
    if certificate_end is not None:
        ends["root certificate"] = certificate_end
    told = False
    for role, end in ends.items():
        left = None if end is None else end - at
        span = min(within, _TIMESTAMP_WITHIN) if role == "timestamp" else within
        if left is None or left <= span:
            told = True
            renewable = role == "timestamp" and answering
            yield _ending(gun, role, end, left, renewable=renewable)
    first = min(((end, role) for role, end in ends.items() if end is not None), default=None)
    if not told and first is not None:
        end, role = first
        message = f"valid until {_text(end)}, when its {role} ends"
        yield Finding(check=_CHECK, subject=gun, level="ok", message=message)


def _ending(
    gun: str, role: str, end: datetime | None, left: timedelta | None, *, renewable: bool
) -> Finding:
    advice = _ADVICE.get(role, _SIGNER)
    if end is None or left is None:
        message = f"{role} names no moment at which it ends: it counts as ended"
        return Finding(
            check=_CHECK, subject=gun, level="failure", message=message, advice=advice,
            code="expired",
        )  # fmt: skip
    ended = left <= timedelta(0)
    level: Level = "failure" if ended else "warning"
    if renewable:
        level = "warning" if ended else "note"
    message = f"{role} ended {_text(end)}" if ended else f"{role} ends {_text(end)}, {_in(left)}"
    return Finding(
        check=_CHECK, subject=gun, level=level, message=message, advice=advice,
        code="expired" if ended else "",
    )  # fmt: skip


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in(left: timedelta) -> str:
    if left.days >= 2:  # noqa: PLR2004 - below that, hours say more
        return f"in {left.days} days"
    return f"in {int(left.total_seconds() // 3600)} hours"
