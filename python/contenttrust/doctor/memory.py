"""Docker's cache against our record of what was trusted, collection by collection.

The engine judges the cached files as if a server served them now; what is told beside that only
says where to look.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from contenttrust.doctor import documents, expiry
from contenttrust.doctor.finding import Finding
from contenttrust.errors import ContentTrustError, RecordError
from contenttrust.transport.cache import TrustDirectory
from contenttrust.verification import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust.doctor.documents import Document
    from contenttrust.model import State
    from contenttrust.verification import Verification

_CHECK = "cache"
_RESTORE = "Find out who changed it; 'contenttrust verify' brings the cache up to date again"
_RESTORE_ROOT = (
    "Restore it from a backup, or put the publisher's own root in its place; until then "
    "'contenttrust verify' refuses too"
)
_WHICH_ROOT = (
    "Ask the publisher, over another channel than the server, which root is theirs; until then "
    "'contenttrust verify' refuses too"
)
_FIRST_NOTARY = datetime(2015, 1, 1, tzinfo=timezone.utc)
"""Before that no metadata of this kind was signed."""

_INCOMPLETE = {"missing_role", "no_trust_data"}


def check(
    trust_dir: str, gun: str, *, at: datetime, within: timedelta, answering: bool
) -> Iterator[Finding]:
    """Examine what a trust directory holds of one collection.

    Args:
        trust_dir: Path of the trust directory.
        gun: Name of the collection.
        at: The moment to judge by.
        within: How far ahead to look for ends.
        answering: Whether its trust server was asked and did answer.
    """
    directory = TrustDirectory(trust_dir)
    state: State | None = None
    readable = True
    try:
        cached = directory.cached(gun)
        state = directory.state(gun)
    except RecordError:
        readable = False  # told where the records are listed; the cached files still have ends
    except ContentTrustError as error:
        yield _failure(gun, error.message, "Repair owner and mode", error.code)
        return
    found, damaged = documents.read_all(cached)
    verification = None
    try:
        if readable:
            verification = _judged(trust_dir, gun, cached, at)
    except ContentTrustError as error:
        readable = False
        yield _failure(gun, f"it cannot be verified: {error.message}", "", error.code)
    yield from expiry.check(
        gun,
        _in_use(found, verification) | _remembered_root(found, state),
        certificate_end=(
            _certificate_end(trust_dir, gun, cached, _horizon(at, within)) if readable else None
        ),
        at=at,
        within=within,
        answering=answering,
    )
    if not cached:
        yield Finding(
            check=_CHECK, subject=gun, level="note",
            message="Docker's cache holds nothing of it: it cannot be verified offline",
        )  # fmt: skip
    elif verification is not None:
        verification = _before_any_end(trust_dir, gun, cached, found, verification)
        yield from _compared(gun, state, found, damaged, verification)


def _compared(
    gun: str,
    state: State | None,
    found: Mapping[str, Document],
    damaged: list[str],
    verification: Verification,
) -> Iterator[Finding]:
    refusal = verification.outcome
    refused = isinstance(refusal, ContentTrustError) and refusal.code != "expired"
    told = set(damaged)
    for role in damaged:
        # A record has a root of its own; without one nothing else says who may sign.
        advice = _RESTORE_ROOT if role == "root" and state is None else _RESTORE
        yield _failure(gun, f"the cached file of {role} is damaged", advice, "malformed")
    for role, version in sorted(state.versions.items()) if state is not None else ():
        if role in found and found[role].version < version:
            told.add(role)
            yield _lower(gun, role, found[role].version, version, refused=refused)
    if isinstance(refusal, ContentTrustError):
        if refusal.code in _INCOMPLETE and refusal.role not in told:
            yield Finding(
                check=_CHECK, subject=gun, level="note", code=refusal.code,
                message=f"the cache is not complete ({refusal.message}): it cannot be verified "
                "offline",
            )  # fmt: skip
        elif refused and refusal.role not in told:
            what = f"the cached {refusal.role or 'data'} would be refused"
            yield _failure(gun, f"{what}: {refusal.message}", _advice(refusal), refusal.code)
    else:
        for notice in refusal.degraded:
            if notice.code != "expired":
                message = f"{notice.role} is left out: {notice.message}"
                yield Finding(
                    check=_CHECK, subject=gun, level="warning", message=message, code=notice.code,
                    advice="Tags that it may speak of are refused until it is renewed or removed",
                )  # fmt: skip
    if state is None:
        yield Finding(
            check=_CHECK, subject=gun, level="note",
            message="another client cached it; contenttrust has not verified it here",
            advice="Verify it once: then neither its root nor its versions can be lowered unseen",
        )  # fmt: skip
    elif not refused and not told:
        message = "the cache fits what contenttrust remembers"
        yield Finding(check=_CHECK, subject=gun, level="ok", message=message)


def _advice(refusal: ContentTrustError) -> str:
    """What to do about a cached file: a root binds the next verification, others are replaced."""
    # An older root than the record's is passed over, and one whose certificate has ended gives way
    # to the next, which the server may have.
    binds = refusal.role == "root" and refusal.code not in {"rollback", "root_certificate"}
    return _WHICH_ROOT if binds or refusal.code == "anchor_conflict" else _RESTORE


def _lower(gun: str, role: str, cached: int, remembered: int, *, refused: bool) -> Finding:
    message = f"the cache has version {cached} of {role}, but version {remembered} was trusted here"
    if refused:
        return _failure(gun, f"{message}: another client went back", _RESTORE, "rollback")
    # The engine has accepted it: the role's keys were exchanged since, and its count began anew.
    return Finding(
        check=_CHECK, subject=gun, level="note", message=f"{message}, before its keys changed"
    )


def _failure(gun: str, message: str, advice: str, code: str) -> Finding:
    return Finding(
        check=_CHECK, subject=gun, level="failure", message=message, advice=advice, code=code
    )


def _judged(trust_dir: str, gun: str, cached: Mapping[str, bytes], at: datetime) -> Verification:
    """What the engine says of the cached files at a moment.

    Raises:
        ContentTrustError: It cannot be asked: the name is none that it takes, or the trust
            directory changed meanwhile.
    """
    return run(gun, source=cached, trust_dir=trust_dir, now=at, remember=False)


def _before_any_end(
    trust_dir: str,
    gun: str,
    cached: Mapping[str, bytes],
    found: Mapping[str, Document],
    verification: Verification,
) -> Verification:
    """What the engine says of the moment before the first end, where that end hides all else."""
    refusal = verification.outcome
    ends = [document.expires for document in found.values() if document.expires is not None]
    if not isinstance(refusal, ContentTrustError) or refusal.code != "expired" or not ends:
        return verification
    if min(ends) < _FIRST_NOTARY:
        return verification
    earlier = _judged(trust_dir, gun, cached, min(ends) - timedelta(seconds=1))
    # Then even the root certificate was not valid yet: that moment tells nothing.
    unborn = getattr(earlier.outcome, "code", "") == "root_certificate"
    return verification if unborn else earlier


def _certificate_end(
    trust_dir: str, gun: str, cached: Mapping[str, bytes], at: datetime
) -> datetime | None:
    """When the root certificate ends, if it has ended by that moment.

    The engine tells it in the step in which it refuses the root.
    """
    root = {role: data for role, data in cached.items() if role == "root"}
    for step in _judged(trust_dir, gun, root, at).steps:
        if step.check == "certificate" and not step.passed:
            end = documents.moment(step.found)
            return end if end is not None and end < at else None
    return None


def _horizon(at: datetime, within: timedelta) -> datetime:
    last = datetime.max.replace(tzinfo=timezone.utc)
    return at + min(within, last - at)


def _in_use(
    found: Mapping[str, Document], verification: Verification | None
) -> dict[str, Document]:
    """The files that count: a verified collection may have left others behind in the cache."""
    if verification is None or isinstance(verification.outcome, ContentTrustError):
        return dict(found)
    repository = verification.outcome
    roles = {*repository.roles, *(notice.role for notice in repository.degraded)}
    return {role: document for role, document in found.items() if role in roles}


def _remembered_root(found: Mapping[str, Document], state: State | None) -> dict[str, Document]:
    """The root of our record, where the cache has none."""
    root = None if state is None or "root" in found else documents.read(state.root_document)
    return {} if root is None else {"root": root}
