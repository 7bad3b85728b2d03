"""Who may release the tags of a collection, where that may be somebody who was meant to be gone.

`docker trust signer remove` of the versions 26 to 28 says nothing and removes nobody. What it left
looks like any signer: only its user knows who should be there, so that all are named. A key that
may release but belongs to no signer is what a removal by halves leaves.
"""

from __future__ import annotations

from contenttrust import clock
from contenttrust.doctor.finding import Finding
from contenttrust.errors import ContentTrustError
from contenttrust.publish.listing import delegations_in
from contenttrust.transport.cache import TrustDirectory
from contenttrust.verification import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from contenttrust.model import Instant
    from contenttrust.publish.listing import Delegation

_CHECK = "keys"
_SIGNER = "targets/"
_RELEASES = "targets/releases"
_MOST = 10


def check(trust_dir: str, gun: str, *, at: datetime, removes_nobody: bool) -> Iterator[Finding]:
    """Look at the signers of one collection, as far as the cache shows them.

    Args:
        trust_dir: Path of the trust directory.
        gun: Name of the collection.
        at: The moment to judge by.
        removes_nobody: Whether the docker here has the command that removes nobody.
    """
    try:
        cached = TrustDirectory(trust_dir).cached(gun)
        verified = run(gun, source=cached, trust_dir=trust_dir, now=at, remember=False)
        # A signer who has not signed yet has a delegation, and no file of his own.
        delegations = delegations_in(verified.documents)
    except ContentTrustError:
        return  # told where the cache is judged
    below = [one.role.removeprefix(_SIGNER) for one in delegations if one.role != _RELEASES]
    names = sorted(name for name in below if "/" not in name)
    if names and removes_nobody:
        yield Finding(
            check=_CHECK, subject=gun, level="note",
            message=f"may sign: {_listed(names)}. 'docker trust signer remove' of this docker "
            "would have left anybody there whom it was asked to remove",
            advice="Whoever should be gone is removed by 'contenttrust signer remove'",
        )  # fmt: skip
    strangers = _without_signer(delegations)
    if names and strangers:
        yield Finding(
            check=_CHECK, subject=gun, level="warning",
            message=f"{_RELEASES} may be signed with keys of no signer: {_listed(strangers)}",
            advice="If a signer was removed by halves: 'contenttrust delegation remove GUN "
            f"{_RELEASES} ID'",
        )  # fmt: skip
    ended = _with_ended_certificates(delegations, clock.instant(at))
    if ended:
        yield Finding(
            check=_CHECK, subject=gun, level="warning",
            message=f"may sign with keys whose certificates have ended: {_listed(ended)}. "
            "Docker and Notary do not look at that, nor does contenttrust",
            advice="Give their owners new certificates; whoever should be gone is removed by "
            "'contenttrust signer remove'; a policy may refuse them (cert-expiry: enforce)",
        )  # fmt: skip


def _without_signer(delegations: Sequence[Delegation]) -> list[str]:
    """Canonical ids of keys that may release and sign as nobody."""
    known = {one for role in delegations if role.role != _RELEASES for one in role.key_ids}
    release = {one for role in delegations if role.role == _RELEASES for one in role.key_ids}
    return sorted(release - known)


def _with_ended_certificates(delegations: Sequence[Delegation], at: Instant) -> list[str]:
    """Roles with keys that they have in certificates only, all of which have ended."""
    return [
        f"{role.role} ({key[:12]}, until {end.datetime:%Y-%m-%d})"
        for role in delegations
        for key, end in role.certificates_end.items()
        if end < at
    ]


def _listed(words: list[str]) -> str:
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return f"{', '.join(words[:_MOST])}{more}"
