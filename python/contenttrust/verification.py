"""One verification: the engine names the files it needs, a source gives them, until it has judged.

Nothing here decides. This module brings the bytes, and writes down what must be remembered.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from contenttrust.errors import (
    ContentTrustError,
    FetchError,
    MalformedError,
    TrustDirectoryError,
    UnreachableError,
    VerificationError,
    shown,
)
from contenttrust.transport import deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from contenttrust import _core
    from contenttrust.model import Anchor, Requirements, State, Step, TrustedRepository
    from contenttrust.transport.cache import TrustDirectory
    from contenttrust.transport.source import Answer, Source, SourceLike

# What cached files are refused for that are older than the root and the versions remembered.
_OF_AN_OLD_CACHE = frozenset({"rollback", "signature", "threshold"})
_ATTEMPTS = 100  # each of which ends because another process got further


class Verification:
    """One verification that has ended: its outcome, and how it came about.

    Attributes:
        gun: Name of the collection.
        outcome: The verified view, or the error that stands in its place.
        steps: The checks that ran, in order.
        state: What must be remembered of the collection, if anything was accepted.
        new_trust_dir: The trust directory that was named, if there was none before; else empty.
        within_max_stale: Whether nobody was asked anew, as the caller wished.
    """

    def __init__(  # noqa: PLR0913 - one parameter a fact
        self,
        gun: str,
        outcome: TrustedRepository | ContentTrustError,
        steps: tuple[Step, ...],
        state: State | None,
        *,
        new_trust_dir: str = "",
        judgement: _core.Update | None = None,
    ) -> None:
        self.gun = gun
        self.outcome = outcome
        self.steps = steps
        self.state = state
        self.new_trust_dir = new_trust_dir
        self.within_max_stale = False
        self._judgement = judgement

    @property
    def documents(self) -> dict[str, bytes]:
        """The files that were accepted, by role; none after a refusal."""
        if self._judgement is None or isinstance(self.outcome, ContentTrustError):
            return {}
        return self._judgement.documents

    def repository(self) -> TrustedRepository:
        """The verified view, or the error raised."""
        if isinstance(self.outcome, ContentTrustError):
            raise self.outcome
        return self.outcome

    def note_on_first_use(self) -> str:
        """What belongs beside the warning of trust on first use; empty where nothing does."""
        if not self.new_trust_dir:
            return ""
        where = shown(self.new_trust_dir)
        return f"; nothing had been remembered, because the trust directory {where} did not exist"

    def __bool__(self) -> bool:
        raise TypeError("ask for .repository(); a Verification is not a truth value")


def run(  # noqa: D417, PLR0913 - the contract's keywords, explained at `load`
    gun: str,
    *,
    source: SourceLike | None = None,
    anchor: Anchor | None = None,
    trust_dir: str | os.PathLike[str] | None = None,
    now: datetime | None = None,
    requirements: Requirements | None = None,
    remember: bool | None = None,
    offline: bool = False,
    max_stale: float = 0,
) -> Verification:
    """Run one verification to its end, and remember what it accepted.

    Nothing is logged: who calls this shows the notices of the repository.

    Args:
        gun: Globally unique name, taken literally.
        source, anchor, trust_dir, now, requirements, remember, offline, max_stale: As for
            `contenttrust.load`.

    Returns:
        The outcome, which may be a refusal, with the checks that led to it.

    Raises:
        TypeError: An argument has the wrong type, or a source gave an answer of the wrong type.
        ValueError: `now` has no time zone, `trust_dir` is empty, a source was given although
            `offline` was asked for, or the source is a URL that no trust server can have.
        FileNotFoundError: The source is the path of a directory that is not there.
        NotADirectoryError: The source is the path of something else.
        FetchError: The trust directory cannot be used.
        VerificationError: The name of the collection is no such name, or its record is damaged.
    """
    from contenttrust import _core, clock  # noqa: PLC0415 - see the package's start-up
    from contenttrust.transport import source as sources  # noqa: PLC0415

    if offline and source is not None:
        raise ValueError("an offline verification has no source")
    moment = clock.moment_or_now(now)
    anchor, requirements = judged_by(anchor, requirements)
    _check_name(gun)
    directory, new = _trust_directory(trust_dir)
    remote = not offline and not sources.is_local(source)
    origin = sources.NoSource(directory.path) if offline else sources.as_source(source, gun, moment)
    wanted = now is None and remote if remember is None else remember
    begun = partial(_core.Update, gun, anchor=anchor, now=moment, requirements=requirements)
    with deadline.visit():
        for _ in range(_ATTEMPTS):
            base, cached = directory.state(gun), directory.cached(gun)
            judgement = partial(begun, cached=cached)
            if remote and base is not None and _asked_within(max_stale, directory, gun, moment):
                recent = judgement(state=base)
                outcome, _ = _judge(recent, gun, sources.MappingSource(cached), offline=True)
                if not isinstance(outcome, ContentTrustError):
                    done = Verification(gun, outcome, recent.steps, recent.state, judgement=recent)
                    done.within_max_stale = True
                    return done
            visit = _visit(judgement, base, gun, origin, offline=offline, remote=remote)
            outcome = _explained(visit, directory, gun, origin, offline=offline)
            update = visit.update
            done = Verification(
                gun, outcome, update.steps, visit.state, new_trust_dir=new, judgement=update
            )
            if not wanted:
                return done
            try:
                if _remember(directory, visit, base, cached, moment if remote else None):
                    return done
            except ContentTrustError as error:
                # A refusal stands as it is; an acceptance that cannot be remembered is none.
                done.outcome = outcome if isinstance(outcome, ContentTrustError) else error
                return done
            # Another process has changed the record: judged again, from what it knows now.
    message = f"other processes keep changing the record in {shown(directory.path)}"
    return Verification(gun, TrustDirectoryError(message, gun=gun), (), None)


def judged_by(anchor: object, requirements: object) -> tuple[Anchor, Requirements]:
    """What a caller judges by, with the defaults where nothing was given.

    Raises:
        TypeError: One of them is something else.
    """
    from contenttrust._core import Anchor, Requirements  # noqa: PLC0415 - see the start-up

    if not isinstance(anchor, Anchor | None):
        raise TypeError(f"an anchor is made by contenttrust.Anchor, not {type(anchor).__name__}")
    if not isinstance(requirements, Requirements | None):
        name = type(requirements).__name__
        raise TypeError(f"requirements are a contenttrust.Requirements, not {name}")
    return anchor or Anchor.first_use(), requirements or Requirements()


def _check_name(gun: str) -> None:
    """Refuse half a surrogate pair, which no file and no URL can have; the engine judges the rest.

    Raises:
        MalformedError: There is one.
    """
    try:
        gun.encode()
    except UnicodeEncodeError:
        raise MalformedError(f"{gun!a} is no name of a collection", gun=gun) from None


def _trust_directory(path: str | os.PathLike[str] | None) -> tuple[TrustDirectory, str]:
    """The trust directory that a caller means, and its path if it was named and is not there."""
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415 - see the start-up

    if path is None:
        return TrustDirectory.default(), ""
    name = os.fspath(path)
    if not name:
        raise ValueError("trust_dir is empty: leave it out for the directory that Docker uses")
    return TrustDirectory(name), "" if os.path.lexists(name) else name


def _too_late(gun: str, files: Sequence[_core.Wanted]) -> list[UnreachableError]:
    seconds = deadline.allowed()
    message = f"the source took longer than {seconds:g} seconds for all files together"
    return [UnreachableError(message, gun=gun, role=file.name) for file in files]


def _judge(
    update: _core.Update, gun: str, source: Source, *, offline: bool
) -> tuple[TrustedRepository | ContentTrustError, dict[str, Answer]]:
    """Feed the engine until it has judged; what it said, and what the source answered."""
    answers: dict[str, Answer] = {}
    where = getattr(source, "url", "")  # only a server has one, and it holds no credentials
    while wanted := update.wanted():
        is_over = deadline.is_over()
        given: object = _too_late(gun, wanted) if is_over else source.fetch(gun, wanted)
        if not isinstance(given, Sequence) or len(given) != len(wanted):
            name = type(source).__name__
            raise TypeError(f"{name}.fetch must give one answer for each of {len(wanted)} files")
        for file, answer in zip(wanted, given, strict=True):
            answers[file.name] = answer
            if isinstance(answer, FetchError):
                # That nobody was asked is no news to who asked nobody.
                update.put(file.name, None, answer.code, "" if offline else answer.message)
            elif isinstance(answer, bytes):
                update.put(file.name, answer)
            elif answer is None:
                update.put(file.name, None, cause=f"{where} has none" if where else "")
            else:
                raise TypeError(
                    f"{type(source).__name__}.fetch answered {file.name} with "
                    f"{type(answer).__name__}; an answer is bytes, None or a FetchError"
                )
    nothing_of = getattr(source, "nothing_of", None)  # only a directory may be the wrong one
    if nothing_of is not None and all(answer is None for answer in answers.values()):
        return nothing_of(gun), answers
    try:
        return update.repository(), answers
    except VerificationError as refusal:
        return refusal, answers


class _Visit:
    """What one visit to a source came to: the judgement, its end, the answers, what was proved."""

    __slots__ = ("answers", "outcome", "state", "update")

    def __init__(
        self,
        update: _core.Update,
        outcome: TrustedRepository | ContentTrustError,
        answers: dict[str, Answer],
        state: State | None,
    ) -> None:
        self.update = update
        self.outcome = outcome
        self.answers = answers
        self.state = state

    def served(self, *names: str) -> bool:
        """Whether the source itself gave these files."""
        return all(isinstance(self.answers.get(name), bytes) for name in names)


def _visit(  # noqa: PLR0913 - one keyword a fact
    judgement: Callable[..., _core.Update],
    base: State | None,
    gun: str,
    origin: Source,
    *,
    offline: bool,
    remote: bool,
) -> _Visit:
    """Judge what the source serves; twice if something may have been published meanwhile."""
    update = judgement(state=base)
    outcome, answers = _judge(update, gun, origin, offline=offline)
    first = _Visit(update, outcome, answers, update.state)
    if not (remote and isinstance(outcome, VerificationError) and _published_meanwhile(outcome)):
        return first
    # What the first judgement proved counts in the second, and stays proved; but where nothing was
    # known before, the root is still the first one seen.
    update = judgement(state=base if base is None else first.state or base)
    outcome, answers = _judge(update, gun, origin, offline=offline)
    second = _Visit(update, outcome, answers, update.state or first.state)
    if second.served("root", "timestamp"):
        return second
    return _Visit(first.update, first.outcome, first.answers, second.state)


def _explained(
    visit: _Visit, directory: TrustDirectory, gun: str, origin: Source, *, offline: bool
) -> TrustedRepository | ContentTrustError:
    """The outcome of a visit, a refusal with what is known of its cause."""
    outcome = visit.outcome
    if not isinstance(outcome, VerificationError):
        return outcome
    if visit.update.steps and visit.update.steps[-1].check == "cache":
        outcome = directory.damaged_root(gun, outcome.message)  # not what the publisher signed
    failure = _failure_behind(outcome, visit.answers, directory, offline=offline)
    if failure is not None:
        return failure
    if outcome.code == "no_trust_data" and (where := getattr(origin, "url", "")):
        outcome.message = f"{where} has none"
    return outcome


def _published_meanwhile(refusal: VerificationError) -> bool:
    """Whether root and timestamp may be of different moments, because they are asked for together.

    If something was published between the two, they fit at the second try. Docker starts over once
    too (notary 0.7.0 `client/tufclient.go`, ``Update``).
    """
    return refusal.role in {"root", "timestamp", "snapshot"} and refusal.code in {
        "hash",
        "length",
        "signature",
        "threshold",
    }


def _failure_behind(
    refusal: VerificationError,
    answers: Mapping[str, Answer],
    directory: TrustDirectory,
    *,
    offline: bool,
) -> FetchError | None:
    """The failed fetch that a refusal rests on: then nothing is known, rather than refused."""
    failures = {name: one for name, one in answers.items() if isinstance(one, FetchError)}
    failure = None
    if refusal.code in {"no_trust_data", "missing_role"}:
        failure = failures.get(refusal.role or "root")
    elif refusal.code == "root_chain":
        failure = failures.get(refusal.expected.removesuffix(".json"))  # the link that is absent
    elif refusal.code == "expired" and not offline:
        # What is cached has expired; what the server has now was not seen.
        failure = failures.get(refusal.role) or failures.get("timestamp")
        if failure is not None:
            failure.message += f"; the cached data cannot be used any more: {refusal.message}"
    elif refusal.code in _OF_AN_OLD_CACHE and refusal.role != "root":
        # Docker's cache may lag behind the record: it is not synchronised, and others write it.
        failure = failures.get("timestamp")
        if failure is not None:
            where = f"the trust directory {shown(directory.path)}"
            old = refusal.code == "rollback"
            fault = "is older than what it remembers" if old else "does not go with the newest root"
            end = f"what {where} has cached {fault}: {refusal.message}"
            failure.message = f"offline, and {end}" if offline else f"{failure.message}; {end}"
    if failure is not None:
        failure.__cause__ = refusal
    return failure


def _asked_within(
    seconds: float, directory: TrustDirectory, gun: str, moment: _core.Instant
) -> bool:
    """Whether the server was asked so recently that the caller is content with its answer."""
    asked = directory.asked(gun, now=moment.seconds) if seconds > 0 else None
    return asked is not None and moment.seconds - asked < seconds


def _remember(
    directory: TrustDirectory,
    visit: _Visit,
    base: State | None,
    cached: Mapping[str, bytes],
    asked: _core.Instant | None,
) -> bool:
    """Write down what was accepted: everything, or after a refusal a root that is newer.

    Not a first root that was made here and that no server has: it may be begun anew yet.

    Returns:
        Whether that stands now; not if the record is no longer the one that was started from.
    """
    from contenttrust.transport.cache import was_only_made  # noqa: PLC0415 - see the start-up

    state, accepted = visit.state, not isinstance(visit.outcome, ContentTrustError)
    if state is None:
        return True
    if base is None:
        newer = state.root_document in visit.answers.values() or not was_only_made(cached)
    else:
        newer = state.root_version > base.root_version
    if not (accepted or newer):
        return True
    documents = visit.update.documents if accepted else {}
    if not directory.remember(state.gun, state, documents, base=base):
        return False
    if accepted and asked is not None and visit.served("root", "timestamp"):
        directory.mark_asked(state.gun, asked.seconds)
    return True
