"""One verification: the engine names the files it needs, a source gives them, until it has judged.

Nothing here decides. This module brings the bytes, and writes down what must be remembered.
"""

from __future__ import annotations

from contenttrust.errors import ContentTrustError, FetchError, VerificationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import datetime

    from contenttrust import _core
    from contenttrust.model import Anchor, Requirements, State, Step, TrustedRepository
    from contenttrust.transport.cache import TrustDirectory
    from contenttrust.transport.source import Answer, Source, SourceLike


class Verification:
    """One verification that has ended: its outcome, and how it came about.

    Attributes:
        gun: Name of the collection.
        outcome: The verified view, or the error that stands in its place.
        steps: The checks that ran, in order.
        state: What must be remembered of the collection, if anything was accepted.
    """

    def __init__(
        self,
        gun: str,
        outcome: TrustedRepository | ContentTrustError,
        steps: tuple[Step, ...],
        state: State | None,
    ) -> None:
        self.gun = gun
        self.outcome = outcome
        self.steps = steps
        self.state = state

    def repository(self) -> TrustedRepository:
        """The verified view, or the error raised."""
        if isinstance(self.outcome, ContentTrustError):
            raise self.outcome
        return self.outcome

    def __bool__(self) -> bool:
        raise TypeError("ask for .repository(); a Verification is not a truth value")


def run(  # noqa: PLR0913 - the contract's keywords
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
        source: See `contenttrust.load`.
        anchor: See `contenttrust.load`.
        trust_dir: See `contenttrust.load`.
        now: See `contenttrust.load`.
        requirements: See `contenttrust.load`.
        remember: See `contenttrust.load`.
        offline: See `contenttrust.load`.
        max_stale: See `contenttrust.load`.

    Returns:
        The outcome, which may be a refusal, with the checks that led to it.

    Raises:
        ValueError: `now` has no time zone, a source was given although `offline` was asked for, or
            the source is a URL that no trust server can have.
        FetchError: The trust directory cannot be used.
        VerificationError: The name of the collection is no such name, or its record is damaged.
    """
    from contenttrust import _core, clock  # noqa: PLC0415 - see the package's start-up
    from contenttrust.transport import source as sources  # noqa: PLC0415
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415

    if offline and source is not None:
        raise ValueError("an offline verification has no source")
    moment = clock.moment_or_now(now)
    directory = TrustDirectory.default() if trust_dir is None else TrustDirectory(trust_dir)
    base = directory.state(gun)
    cached = directory.cached(gun)

    def update() -> _core.Update:
        return _core.Update(
            gun,
            anchor=_core.Anchor.first_use() if anchor is None else anchor,
            now=moment,
            state=base,
            cached=cached,
            requirements=requirements or _core.Requirements(),
        )

    remote = not offline and not sources.is_local(source)
    if remote and base is not None and _asked_within(max_stale, directory, gun, moment):
        recent = update()
        outcome, _ = _judge(recent, gun, sources.MappingSource(cached), offline=True)
        if not isinstance(outcome, ContentTrustError):
            return Verification(gun, outcome, recent.steps, recent.state)
    origin = sources.NoSource() if offline else sources.as_source(source, gun, moment)
    asked = update()
    outcome, answers = _judge(asked, gun, origin, offline=offline)
    if isinstance(outcome, VerificationError):
        outcome = _failure_behind(outcome, answers, offline=offline) or outcome
    if now is None and remote if remember is None else remember:
        accepted = not isinstance(outcome, ContentTrustError)
        try:
            _remember(directory, asked, base, accepted=accepted)
            if accepted and remote and isinstance(answers["timestamp"], bytes):
                directory.mark_asked(gun, moment.seconds)
        except ContentTrustError as error:
            # A refusal stands as it is; an acceptance that cannot be remembered is none.
            if accepted:
                outcome = error
    return Verification(gun, outcome, asked.steps, asked.state)


def _judge(
    update: _core.Update, gun: str, source: Source, *, offline: bool
) -> tuple[TrustedRepository | ContentTrustError, dict[str, Answer]]:
    """Feed the engine until it has judged; what it said, and what the source answered."""
    answers: dict[str, Answer] = {}
    while wanted := update.wanted():
        for file, answer in zip(wanted, source.fetch(gun, wanted), strict=True):
            answers[file.name] = answer
            if isinstance(answer, FetchError):
                # That nobody was asked is no news to who asked nobody.
                update.put(file.name, None, "" if offline else answer.message)
            else:
                update.put(file.name, answer)
    try:
        return update.repository(), answers
    except VerificationError as refusal:
        return refusal, answers


def _failure_behind(
    refusal: VerificationError, answers: Mapping[str, Answer], *, offline: bool
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
    if failure is not None:
        failure.__cause__ = refusal
    return failure


def _asked_within(
    seconds: float, directory: TrustDirectory, gun: str, moment: _core.Instant
) -> bool:
    """Whether the server was asked so recently that the caller is content with its answer."""
    if seconds <= 0:
        return False
    asked = directory.asked(gun)
    return asked is not None and 0 <= moment.seconds - asked < seconds


def _remember(
    directory: TrustDirectory, update: _core.Update, base: State | None, *, accepted: bool
) -> None:
    """Write down what was accepted: everything, or after a refusal a root that is newer."""
    state = update.state
    if state is None:
        return
    if accepted:
        directory.remember(state.gun, state, update.documents, base=base)
    elif base is None or state.root_version > base.root_version:
        directory.remember(state.gun, state, {}, base=base)
