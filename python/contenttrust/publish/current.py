"""What the trust server has of a collection, judged as every reader judges it.

Who publishes must see what is there now: an answer from the cache is none. Only in one thing more
is allowed here than to a reader: what has expired, but was right as long as it was valid, may be
taken as the base of what renews it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contenttrust import _core
from contenttrust.clock import moment_or_now
from contenttrust.errors import (
    ContentTrustError,
    ExpiredError,
    FetchError,
    MalformedError,
    PublishError,
    RootChainError,
    VerificationError,
)
from contenttrust.publish.asking import ask_all
from contenttrust.publish.commands import command
from contenttrust.publish.metadata import (
    LAST_VERSION,
    ROOT,
    SNAPSHOT,
    TIMESTAMP,
    ends,
    signed_part,
)
from contenttrust.publish.recorder import Recorder
from contenttrust.publish.tags import digest_of
from contenttrust.publish.vouched import RELEASES
from contenttrust.transport.cache import was_only_made
from contenttrust.verification import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from contenttrust._core import Anchor, Instant, TrustedRepository
    from contenttrust.publish.metadata import Document
    from contenttrust.transport.cache import TrustDirectory
    from contenttrust.transport.source import Source
    from contenttrust.verification import Verification

_MOMENTS = 8
_FILE_LIMIT = 536_870_912
"""As the engine's standard limit has it."""
_KEPT_LIMIT = 16_777_216
"""Of what no snapshot vouches for."""
_AT_ONCE = 32
_MOST_VERSIONS = 1_000_000
"""Versions that others may have published of a role since it was verified here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A collection as the server has it.

    Attributes:
        repository: The verified view.
        documents: The verified files by role.
        expired: Roles that have expired since, and verified for a moment before.
        broken: Delegations that did not verify, by name: the file where the same one was verified
            here before, else None.
        unverified: What the server has of these, by name; a stranger may have written it.
    """

    repository: TrustedRepository
    documents: Mapping[str, bytes]
    expired: tuple[str, ...] = ()
    broken: Mapping[str, bytes | None] = field(default_factory=dict)
    unverified: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def version(self, role: str) -> int:
        """The version of a role's file; 0 where there is none."""
        info = self.repository.roles.get(role)
        return 0 if info is None or role not in self.documents else info.version


class Judge:
    """Looks at what the server has of one collection."""

    def __init__(  # noqa: PLR0913 - one keyword a fact
        self,
        gun: str,
        *,
        source: Source,
        trust_dir: TrustDirectory,
        anchor: Anchor | None = None,
        now: datetime | None = None,
        renews: bool = False,
    ) -> None:
        """Look at a collection.

        Args:
            gun: Its name.
            source: The trust server.
            trust_dir: What is remembered of it.
            anchor: Why a first root is believed.
            now: The present moment. Default: the system clock.
            renews: Whether what was verified here last may be the base where the server gives no
                timestamp, as it does when a snapshot has expired that it cannot sign.
        """
        self._gun = gun
        self._source = source
        self._trust_dir = trust_dir
        self._anchor = anchor
        self._now = now
        self._renews = renews
        self._listed: Mapping[str, Document] = {}  # by the snapshot that was seen last
        self._given: dict[str, list[bytes]] = {}  # for whatever was looked at
        self._here: Mapping[str, bytes] | None = None  # what is cached, read once after each look

    def look(self) -> Current | None:
        """What the server has; None where it has nothing.

        Whatever a reader would accept is remembered.

        Raises:
            VerificationError: It is not what it should be.
            FetchError: The server did not answer, or the trust directory cannot be used.
        """
        before, self._here = self._trust_dir.cached(self._gun), None
        recorder = Recorder(self._source)
        done = self._run(recorder)
        for role, file in recorder.files.items():
            self._given.setdefault(role, []).append(file)
        outcome = done.outcome
        assumed = self._renews and self._snapshot_stops_the_server(recorder, before)
        recorder.check()
        if recorder.has_nothing():
            return None
        expired: tuple[str, ...] = ()
        if assumed or _expired_roles(outcome):
            # Nobody's cache: the files that have just been fetched, judged for a moment before
            # they expired. The timestamp, which the server renews, is judged by the present.
            outcome, documents, expired = self._before_expiry(recorder, before)
        elif isinstance(outcome, ContentTrustError):
            if isinstance(outcome, RootChainError) and self._was_only_made_here(before):
                outcome.message = _begun_by_others(self._gun)
            raise outcome
        else:
            documents = done.documents
        broken = {
            notice.role: _same_as_before(notice.role, recorder.files, before)
            for notice in outcome.degraded
        }
        if SNAPSHOT in documents:
            self._listed = signed_part(documents[SNAPSHOT])["meta"]
        return Current(
            repository=outcome,
            documents=documents,
            expired=expired,
            broken=broken,
            unverified={role: recorder.files[role] for role in broken if role in recorder.files},
        )

    def _was_only_made_here(self, before: Mapping[str, bytes]) -> bool:
        """Whether what is here is a first root of ours that nothing was published with."""
        state = self._trust_dir.state(self._gun)  # older programs wrote down such a root as well
        return was_only_made(before) and (state is None or not state.versions)

    def check_first(self, root: bytes) -> None:
        """Refuse a first root that we would not believe, by what was pinned and is remembered.

        Args:
            root: The file that would be published.

        Raises:
            VerificationError: It would not be believed.
        """
        update = _core.Update(
            self._gun,
            anchor=self._anchor or _core.Anchor.first_use(),
            now=self.moment,
            state=self._trust_dir.state(self._gun),
            cached=self._trust_dir.cached(self._gun),
        )
        while wanted := update.wanted():
            for file in wanted:
                update.put(file.name, root if file.name == ROOT else None)
        try:
            update.repository()
        except VerificationError as error:
            if error.role == ROOT:  # nothing else is there yet
                raise

    def last_version(self, role: str) -> int:
        """The version of a role's file that a server still has, though nothing lists it any more.

        It is believed no further than this: the next version gets a higher number, unless after it
        hardly another could be published.

        Raises:
            PublishError: It is so far from what is known here that nobody can have got there.
        """
        known = self.verified_version(role)
        try:
            files = self.kept([role])[role]
        except FetchError:
            return known
        version = max([known, *map(version_in, files)])
        if version > known + _MOST_VERSIONS:
            raise PublishError(
                f"what the server has as {role}, though nothing names it, says that it is version "
                f"{version}, and nobody has signed that: to go on from there would leave no "
                f"versions for others. {self._way_out(role)}",
                gun=self._gun,
                role=role,
                expected=f"at most {known + _MOST_VERSIONS}",
                found=str(version),
            )
        return version

    def _way_out(self, role: str) -> str:
        """What to do about a file on the server after which no version can be published."""
        keeper = "Have the server's keeper take that file away"
        if role != RELEASES:
            return f"{keeper}, or choose another name"
        away = command("delete", "--remote", self._gun)
        return f"{keeper}, or begin the repository anew: {away}, then sign its tags again"

    def kept(self, roles: Collection[str]) -> dict[str, list[bytes]]:
        """The files that a server has of some roles, whether anything names them or not; unjudged.

        It may say by name that there is none, and give to readers what the snapshot lists: it is
        asked for that first.

        Args:
            roles: Their names.

        Returns:
            What there is, by role. What is larger than any that would be read is cut short.

        Raises:
            FetchError: It did not say.
        """
        wanted: list[tuple[str, str | None, int]] = []
        for role in roles:
            limit = _KEPT_LIMIT
            if role in self._listed:
                limit = max(limit, min(self._listed[role]["length"], _FILE_LIMIT))
                digest = digest_of(self._listed[role]).removeprefix("sha256:")
                wanted += [(role, digest, limit)] if digest else []
            wanted.append((role, None, limit))
        found: dict[str, list[bytes]] = {role: [] for role in roles}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            answers = ask_all(self._source, self._gun, some)
            for (role, _, _), answer in zip(some, answers, strict=True):
                if isinstance(answer, ContentTrustError):
                    raise answer
                if answer is not None and answer not in found[role]:
                    found[role].append(answer)
        return found

    def known(self, role: str) -> list[bytes]:
        """The files of a role that are known here, whatever the server says now.

        It is what was verified here last, also of a role that is removed, and what the server gave
        to any look, which is unjudged.
        """
        found = dict.fromkeys([self._cached(role), *self._given.get(role, ())])
        return [file for file in found if file is not None]

    def verified_version(self, role: str) -> int:
        """The version of a role that was verified here last, also of one that is removed; or 0."""
        remembered = self._trust_dir.state(self._gun)
        known = 0 if remembered is None else remembered.versions.get(role, 0)
        cached = self._cached(role)
        return known if cached is None else max(known, version_in(cached))

    def _cached(self, role: str) -> bytes | None:
        if self._here is None:
            self._here = self._trust_dir.cached(self._gun)
        return self._here.get(role)

    @property
    def moment(self) -> Instant:
        """The present moment."""
        return moment_or_now(self._now)

    def _snapshot_stops_the_server(self, recorder: Recorder, cached: Mapping[str, bytes]) -> bool:
        """Whether a server fails because of an expired snapshot; then its place takes the cached.

        It has signed that timestamp itself, and refuses what is uploaded if others have published
        since (notary issue 1648).
        """
        if SNAPSHOT not in cached or TIMESTAMP not in cached or not recorder.is_failing(TIMESTAMP):
            return False
        if ends(signed_part(cached[SNAPSHOT])) > self.moment:
            return False
        recorder.assume(TIMESTAMP, cached[TIMESTAMP])
        return True

    def _run(self, recorder: Recorder, now: Instant | None = None) -> Verification:
        return run(
            self._gun,
            source=recorder,
            anchor=self._anchor,
            trust_dir=self._trust_dir,
            now=self._now if now is None else now.datetime,
            remember=now is None,
        )

    def _before_expiry(
        self, recorder: Recorder, cached: Mapping[str, bytes]
    ) -> tuple[TrustedRepository, Mapping[str, bytes], tuple[str, ...]]:
        present = self.moment
        moment, expired = present, set[str]()
        for _ in range(_MOMENTS):
            done = self._run(recorder, moment)
            outcome = done.outcome
            late = _expired_roles(outcome)
            assumed = recorder.assumes(TIMESTAMP)
            if isinstance(outcome, ContentTrustError):
                if not late or (TIMESTAMP in late and not assumed):
                    raise outcome
            elif not late:
                timestamp = ends(signed_part(done.documents[TIMESTAMP]))
                if timestamp <= present and not assumed:
                    raise ExpiredError(
                        f"the timestamp expired at {timestamp.datetime}: the server must renew it",
                        gun=self._gun,
                        role=TIMESTAMP,
                    )
                return outcome, done.documents, tuple(sorted(expired))
            expired |= late
            moment = min(moment, *(self._end(role, recorder, cached) for role in late))
        raise PublishError(f"too many roles of {self._gun} expired at moments too far apart")

    def _end(self, role: str, recorder: Recorder, cached: Mapping[str, bytes]) -> Instant:
        """The last second in which a role was valid."""
        file = recorder.files.get(role) or cached.get(role)
        if file is None:
            raise MalformedError(f"{role} has expired, and its file was not seen", role=role)
        return _core.Instant(ends(signed_part(file)).seconds - 1)


def _expired_roles(outcome: TrustedRepository | ContentTrustError) -> set[str]:
    if isinstance(outcome, ContentTrustError):
        return {outcome.role} if isinstance(outcome, ExpiredError) else set()
    return {notice.role for notice in outcome.degraded if notice.code == "expired"}


def version_in(file: bytes) -> int:
    """The version that a file gives itself; 0 where that is none, or none that could be counted."""
    try:
        version = signed_part(file)["version"]
    except (MalformedError, KeyError):
        return 0
    return version if type(version) is int and 0 < version <= LAST_VERSION else 0


def _same_as_before(
    role: str, files: Mapping[str, bytes], cached: Mapping[str, bytes]
) -> bytes | None:
    """A file that does not verify now, if it is the one that was verified here before.

    Docker and we put into the cache only what was verified. What a stranger wrote in between is
    another file.
    """
    served = files.get(role)
    return cached.get(role) if served is None or served == cached.get(role) else None


def documents_of(current: Current) -> dict[str, Document]:
    """The signed parts of the verified files."""
    return {role: signed_part(file) for role, file in current.documents.items()}


def broken_of(current: Current) -> dict[str, Document | None]:
    """The signed parts of the delegations that did not verify, where they are known."""
    return {
        role: None if file is None else signed_part(file) for role, file in current.broken.items()
    }


def upload_of(current: Current | None) -> Mapping[str, bytes]:
    """What others change when they publish; the timestamp is the server's own."""
    if current is None:
        return {}
    return {
        role: file for role, file in current.documents.items() if role not in {TIMESTAMP, SNAPSHOT}
    }


def _begun_by_others(gun: str) -> str:
    return (
        f"the root of {gun} that was made here is not the one that the server has: somebody else "
        "has begun the collection. If that was you, as in another pipeline, forget what was made "
        f"here ({command('delete', gun)}: keys stay, what is staged does not) and publish again, "
        "on top of it; if not, ask who runs the server"
    )
