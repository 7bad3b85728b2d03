"""What will hurt soon on this machine, and will anything check its images at all?

Nothing is changed and nothing is written. What cannot be looked at is told, and the rest goes on.
"""

from __future__ import annotations

import time
from datetime import timedelta

from contenttrust.doctor import (
    clock,
    collections,
    docker_program,
    memory,
    permissions,
    private_keys,
    served,
    servers,
    signers,
)
from contenttrust.doctor.asking import Asking
from contenttrust.doctor.finding import CHECKS, LEVELS, Finding
from contenttrust.errors import TrustDirectoryError
from contenttrust.reference import Reference
from contenttrust.transport.cache import TrustDirectory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

__all__ = ["CHECKS", "DEFAULT_WITHIN", "LEVELS", "Asking", "Finding", "examine"]

DEFAULT_WITHIN = timedelta(days=30)


def examine(  # noqa: PLR0913 - one keyword a fact
    names: Sequence[str] = (),
    *,
    env: Mapping[str, str],
    now: datetime,
    at: datetime | None = None,
    trust_dir: str | None = None,
    within: timedelta = DEFAULT_WITHIN,
    asking: Asking | None = None,
    offline: bool = False,
) -> list[Finding]:
    """Look at docker, trust servers, the clock, permissions, keys, expiries and the cache.

    Args:
        names: Images or names of collections. None: every collection of the trust directory.
        env: Environment variables, as docker would see them.
        now: What the system clock shows, timezone-aware.
        at: Moment to judge expiry by, timezone-aware. Default: `now`.
        trust_dir: Docker's trust directory. Default: the one that `env` names.
        within: How far ahead to look for what ends.
        asking: How trust servers are asked; None: nothing is said of them.
        offline: Whether none is asked; then only their configuration is looked at.

    Returns:
        The findings, in the order of `CHECKS`.

    Raises:
        InvalidReferenceError: A name is neither an image nor a collection of the trust directory.
    """
    started = time.monotonic()
    findings: list[Finding] = []
    try:
        place = TrustDirectory.default(env).path if trust_dir is None else trust_dir
    except TrustDirectoryError as error:
        place = ""
        findings.append(_no_place(error))
    known = collections.known(place) if place else collections.Known([], [], [])
    guns = list(dict.fromkeys(_gun(name, known) for name in names))  # names first: they may be odd
    findings += [*docker_program.check(env), clock.plausible(now)]
    removes_nobody = any(one.subject == docker_program.SIGNER_REMOVE for one in findings)
    moment = now if at is None else at
    answering: set[str] = set()
    if asking is not None:
        asked = servers.check(
            guns,
            asking,
            present=lambda: now + timedelta(seconds=time.monotonic() - started),
            at=moment,
            within=within,
            offline=offline,
        )
        findings += asked.findings
        answering = asked.answering
        for gun in guns:
            if place and gun in asked.present:
                findings += served.check(place, gun, asking, at=moment)
    if place:
        findings += permissions.check(place, env)
        findings += private_keys.check(place)
        findings += known.findings
        for gun in guns or known.guns:
            findings += _collection(
                place, gun, known, at=moment, within=within, answering=gun in answering
            )
            findings += signers.check(place, gun, at=moment, removes_nobody=removes_nobody)
    return sorted(findings, key=lambda finding: CHECKS.index(finding.check))


def _gun(name: str, known: collections.Known) -> str:
    """The collection that is meant: one that the trust directory knows, else that of an image."""
    return name if name in known.guns else Reference.parse(name).gun


def _collection(  # noqa: PLR0913 - one keyword a fact
    place: str,
    gun: str,
    known: collections.Known,
    *,
    at: datetime,
    within: timedelta,
    answering: bool,
) -> Iterator[Finding]:
    if gun in known.guns:
        yield from memory.check(place, gun, at=at, within=within, answering=answering)
    else:
        yield Finding(
            check="cache",
            subject=gun,
            level="note",
            message="nothing is known of it: the first root that is seen will be trusted",
            advice="Pin its root where you know it: --pin-key, --pin-cert, --pin-ca, --anchor-root",
        )


def _no_place(error: TrustDirectoryError) -> Finding:
    return Finding(
        check="permissions",
        subject="trust directory",
        level="failure",
        message=error.message,
        advice="Set HOME or DOCKER_CONFIG",
        code=error.code,
    )
