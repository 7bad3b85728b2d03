"""The collections that a gate asks: where they are, why their root is believed, what came of it."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from contenttrust import clock
from contenttrust.errors import ContentTrustError, ExpiredError, FetchError, PolicyError, shown
from contenttrust.model import Requirements
from contenttrust.policy.certificates import Certificates
from contenttrust.policy.decision import Remark
from contenttrust.policy.spki import spki_of
from contenttrust.reference import Reference
from contenttrust.transport import deadline
from contenttrust.transport.cache import TrustDirectory
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_servers import trust_server_of, trust_server_url
from contenttrust.verification import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from contenttrust.model import Anchor, SignedTag, Signer, State, TrustedRepository
    from contenttrust.policy.rules import Policy
    from contenttrust.transport.source import SourceLike
    from contenttrust.transport.trust_server import TrustServer
    from contenttrust.transport.trust_servers import EndedServer
    from contenttrust.verification import Verification

_AT_ONCE = 8


class Judgement:
    """What came of one collection.

    Attributes:
        gun: Its name.
        error: Why it is not believed; None where it is.
        cached_for: Seconds since a trust server was asked; 0 where it answered just now, or where
            the files came from elsewhere.
        spki: Digests of its keys, where the policy needs them; see `Facts.spki`.
        certificates: Those of its delegations, where the policy needs them; else None.
        remarks: What its verification warned of; nothing where it is not believed.
    """

    __slots__ = ("_repository", "cached_for", "certificates", "error", "gun", "remarks", "spki")

    def __init__(  # noqa: PLR0913 - one keyword a fact
        self,
        gun: str,
        repository: TrustedRepository | None,
        error: ContentTrustError | None,
        *,
        cached_for: float = 0.0,
        spki: Mapping[str, str] | None = None,
        certificates: Certificates | None = None,
        remarks: tuple[Remark, ...] = (),
    ) -> None:
        self.gun = gun
        self._repository = repository
        self.error = error
        self.cached_for = cached_for
        self.spki = spki or {}
        self.certificates = certificates
        self.remarks = remarks

    @property
    def expires(self) -> Mapping[str, datetime]:
        """When each role's metadata ends."""
        return {} if self._repository is None else self._repository.expires

    def valid_until(self, now: datetime) -> datetime | None:
        """The earliest of these, and of the certificates that count; None where there are none."""
        if self._repository is None:
            return None
        certificates = None if self.certificates is None else self.certificates.valid_until(now)
        return min(filter(None, (self._repository.valid_until, certificates)))

    @property
    def state(self) -> State | None:
        """The root, and versions and digests of what it signs; None where there are none."""
        return None if self._repository is None else self._repository.state

    def find(self, reference: Reference) -> tuple[SignedTag | None, ContentTrustError | None]:
        """The signed tag that a name means, or why there is none."""
        if self._repository is None:
            return None, self.error
        try:
            return self._repository.verify(reference.tag, reference.digest), None
        except ContentTrustError as error:
            return None, error

    def also_called(self, tag: SignedTag) -> Iterator[Reference]:
        """Names of the same image by its other tags: those that are released with its digest."""
        if self._repository is None:
            return
        domain, _, path = self.gun.partition("/")
        for name, other in self._repository.tags.items():
            if other.digest == tag.digest and name != tag.name:
                yield Reference(domain, path, tag=name, digest=tag.digest)

    def signatures(self, tag: SignedTag) -> tuple[Signer, ...]:
        """Every role that lists a tag with its digest, and the keys that really signed."""
        return () if self._repository is None else self._repository.signatures(tag)

    def lapsed(self, tag: SignedTag, now: datetime) -> Mapping[str, tuple[str, ...]] | None:
        """Who of them is in no certificate that is valid; None where nobody looks at these."""
        if self.certificates is None:
            return None
        return self.certificates.lapsed(self.signatures(tag), now)

    def released(self) -> tuple[str, ...]:
        """The names of all tags that it releases.

        Raises:
            ContentTrustError: It is not believed.
        """
        if self._repository is None:
            raise self.error or ContentTrustError(gun=self.gun)
        return tuple(self._repository.tags)


class Collections:
    """Asks for collections as a policy says. May be used by several threads at once."""

    def __init__(  # noqa: PLR0913 - one keyword a fact; see `Gate`
        self,
        policy: Policy,
        *,
        env: Mapping[str, str],
        trust_dir: str | os.PathLike[str] | None,
        now: datetime | None,
        offline: bool,
        source: Callable[[str], SourceLike | None] | None,
        anchor: Callable[[str], Anchor] | None,
        requirements: Requirements | None,
        max_stale: float,
    ) -> None:
        """Prepare; the arguments are those of `Gate`."""
        self._policy = policy
        self._env = env
        self._trust_dir = TrustDirectory.default(env) if trust_dir is None else trust_dir
        self._named = trust_dir is not None
        self._now = now
        self._offline = offline
        self._source = source
        self._anchor = anchor
        self._requirements = requirements
        if requirements is None and policy.limits.max_metadata:
            self._requirements = Requirements(file_length=policy.limits.max_metadata)
        self._max_stale = max_stale
        self._servers: dict[tuple[str, str], TrustServer | EndedServer] = {}
        self._lock = threading.Lock()

    def judge(self, references: Sequence[Reference]) -> dict[str, Judgement]:
        """The collections of some images by name, each asked for once.

        Whatever goes wrong with one of them stands in its judgement.
        """
        grace: dict[str, timedelta] = {}
        for reference in references:
            longest = max(self._policy.freshness_for(reference).grace.values(), default=timedelta())
            gun = self._policy.remap(reference)
            grace[gun] = max(grace.get(gun, longest), longest)
        if len(grace) <= 1:
            return {gun: self._judged(gun, longest) for gun, longest in grace.items()}
        with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(grace))) as pool:
            judged = pool.map(self._judged, grace, grace.values())
            return dict(zip(grace, judged, strict=True))

    def _judged(self, gun: str, grace: timedelta) -> Judgement:
        try:
            with deadline.visit(self._policy.deadline.total_seconds()):
                verification = self._verified(gun, self._now, offline=self._offline)
            if grace and self._rests_on_expired_cache(verification.outcome):
                # What a cache holds counts for longer: judged as of a moment when it had not ended.
                # How late it is now is for the policy to say, role by role.
                earlier = self._moment() - grace
                verification = self._verified(gun, earlier, offline=True)
            repository = verification.repository()
        except ContentTrustError as error:
            return Judgement(gun, None, error)
        except (OSError, ValueError) as error:  # a URL, a folder or a certificate of our own
            return Judgement(gun, None, PolicyError(shown(str(error)), gun=gun))
        spki, certificates = self._of_keys(verification)
        age = self._cached_for(gun, repository)
        # That the usual place was not there yet is no news.
        note = verification.note_on_first_use() if self._named else ""
        remarks = _remarks(repository, note)
        if verification.within_max_stale:
            remarks += (Remark(code="max_stale", message=f"the trust server was asked {age:.0f} "
                               "seconds ago, not anew"),)  # fmt: skip
        return Judgement(gun, repository, None, cached_for=age, spki=spki,
                         certificates=certificates, remarks=remarks)  # fmt: skip

    def _of_keys(self, verification: Verification) -> tuple[dict[str, str], Certificates | None]:
        """What the policy must know of keys and the engine does not tell."""
        spki, dates = self._policy.needs_spki, self._policy.needs_certificates
        documents = verification.documents if spki or dates else {}
        return spki_of(documents) if spki else {}, Certificates(documents) if dates else None

    def _verified(self, gun: str, now: datetime | None, *, offline: bool) -> Verification:
        return run(
            gun,
            source=None if offline else self._source_of(gun),
            anchor=self._anchor_of(gun),
            trust_dir=self._trust_dir,
            now=now,
            requirements=self._requirements,
            offline=offline,
            max_stale=self._max_stale,
        )

    def _source_of(self, gun: str) -> SourceLike:
        if self._source is not None and (given := self._source(gun)) is not None:
            return given
        named = self._policy.server_for(gun)
        url = None if named is None else named.url
        # Credentials depend on the registry, so a server is shared by its collections only.
        key = (url or trust_server_url(gun, env=self._env), gun.partition("/")[0])
        with self._lock:
            if key not in self._servers:
                self._servers[key] = trust_server_of(
                    gun,
                    env=self._env,
                    now=self._now,
                    url=url,
                    tls=Tls(ca_files=(named.ca,), system=False) if named and named.ca else None,
                    anonymous=named is not None and named.auth == "none",
                )
            return self._servers[key]

    def _anchor_of(self, gun: str) -> Anchor:
        pinned = self._policy.anchor_for(gun)
        return pinned if self._anchor is None else pinned & self._anchor(gun)

    def _cached_for(self, gun: str, repository: TrustedRepository) -> float:
        was_cached = any(notice.role == "timestamp" for notice in repository.warnings)
        if not (self._offline or self._max_stale or was_cached):
            return 0.0
        try:
            asked = TrustDirectory(self._trust_dir).asked(gun)
        except ContentTrustError:
            asked = None
        return math.inf if asked is None else max(0.0, self._moment().timestamp() - asked)

    def _rests_on_expired_cache(self, outcome: TrustedRepository | ContentTrustError) -> bool:
        """Whether it is refused for its age alone, and no server was there to say anything newer.

        What a server serves has no grace: it could serve an old timestamp on purpose.
        """
        if self._offline:
            return isinstance(outcome, ExpiredError)
        return isinstance(outcome, FetchError) and isinstance(outcome.__cause__, ExpiredError)

    def _moment(self) -> datetime:
        return self._now or clock.moment()


def _remarks(repository: TrustedRepository, note_on_first_use: str) -> tuple[Remark, ...]:
    """What a verification warned of, as `verify` shows it."""
    notes = {"first_use": note_on_first_use}
    left_out = [
        Remark(code=one.code, role=shown(one.role), message=f"is left out: {shown(one.message)}")
        for one in repository.degraded
    ]
    warnings = [
        Remark(
            code=one.code,
            role=shown(one.role),
            message=shown(one.message) + notes.get(one.code, ""),
        )
        for one in repository.warnings
    ]
    return (*left_out, *warnings)
