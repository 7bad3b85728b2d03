"""From a name to a verdict: fetch what the engine asks for, until it has judged.

Nothing here decides. The engine says which file it needs next, and in the end gives the verified
view or the refusal; this module brings the bytes, and writes down what must be remembered.
"""

from __future__ import annotations

from contenttrust.errors import ContentTrustError, FetchError, VerificationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from contenttrust import _core
    from contenttrust.model import (
        Anchor,
        Batch,
        Requirements,
        SignedTag,
        State,
        Step,
        TrustedRepository,
    )
    from contenttrust.reference import Reference
    from contenttrust.transport.cache import TrustDirectory
    from contenttrust.transport.source import Source, SourceLike


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


def load(  # noqa: PLR0913 - the contract's keywords
    name: str | Reference,
    *,
    source: SourceLike | None = None,
    anchor: Anchor | None = None,
    trust_dir: str | os.PathLike[str] | None = None,
    now: datetime | None = None,
    requirements: Requirements | None = None,
    remember: bool | None = None,
    offline: bool = False,
) -> TrustedRepository:
    """Fetch and verify all metadata of a collection.

    Args:
        name: Globally unique name, taken literally if it has a ``/``; else an image name such as
            ``alpine``. Without tag and digest.
        source: A source, a directory, or a mapping from role to bytes.
        anchor: Why the first root is believed. Default: what the trust directory remembers, else
            trust on first use, which is logged. What is remembered must hold in any case.
        trust_dir: Docker's trust directory. Default: where Docker has it, ``~/.docker/trust``.
        now: Moment to judge expiry by, timezone-aware. Default: the system clock.
        requirements: Limits. Default: the engine's.
        remember: Whether to write down what was accepted. Default: yes, unless `now` was given,
            nothing was fetched, or the source is a directory or a mapping.
        offline: Whether to use only what the trust directory has cached.

    Raises:
        ValueError: The name has a tag or a digest, is no image name, or `now` has no time zone.
        FetchError: The source did not answer, or the trust directory cannot be used.
        VerificationError: A check refused; `code` and `role` say which.

    Source: TUF 1.0 §5.3-5.6; Notary server API v2.
    """
    repository = run(
        gun_of(name),
        source=source,
        anchor=anchor,
        trust_dir=trust_dir,
        now=now,
        requirements=requirements,
        remember=remember,
        offline=offline,
    ).repository()
    _warn_of_first_use(repository)
    return repository


def verify(  # noqa: PLR0913 - the contract's keywords
    image: str | Reference,
    *,
    source: SourceLike | None = None,
    anchor: Anchor | None = None,
    trust_dir: str | os.PathLike[str] | None = None,
    now: datetime | None = None,
    requirements: Requirements | None = None,
    remember: bool | None = None,
    offline: bool = False,
) -> SignedTag:
    """Find out which digest an image name is signed for.

    A digest in the name is looked up among the signed tags; beside a tag, both must agree.

    Args:
        image: An image name by Docker's rules; without tag and digest it means ``latest``.
        source: See `load`.
        anchor: See `load`.
        trust_dir: See `load`.
        now: See `load`.
        requirements: See `load`.
        remember: See `load`.
        offline: See `load`.

    Raises:
        ValueError: It is no image name, or `now` has no time zone.
        FetchError: The source did not answer, or the trust directory cannot be used.
        VerificationError: A check refused; `NotSignedError` where the tag or digest is not signed.

    Source: docker CLI, trusted pull; TUF 1.0 §5.7.
    """
    from contenttrust.reference import Reference  # noqa: PLC0415 - see the package's start-up

    reference = Reference.parse(image) if isinstance(image, str) else image
    repository = load(
        reference.gun,
        source=source,
        anchor=anchor,
        trust_dir=trust_dir,
        now=now,
        requirements=requirements,
        remember=remember,
        offline=offline,
    )
    return repository.verify(reference.tag, reference.digest)


def verify_many(
    items: Sequence[tuple[str, Mapping[str, bytes], State | None]],
    *,
    anchor: Anchor | None = None,
    now: datetime | None = None,
    requirements: Requirements | None = None,
    threads: int | None = None,
) -> Batch:
    """Verify many collections whose files are in memory, in one call with threads inside.

    Nothing is read from or written to the trust directory. One bad item hides no other: it has its
    code in ``batch.codes``, and raises its error when ``batch[i]`` is asked for.

    Args:
        items: Of each collection its name, its files by role, and what is remembered of it or None.
        anchor: Why a first root is believed. Default: trust on first use.
        now: Moment to judge expiry by, timezone-aware. Default: the system clock.
        requirements: Limits. Default: the engine's.
        threads: How many; default: as many as there are processors.

    Returns:
        The verdicts, in the order of the items.

    Raises:
        ValueError: `now` has no time zone.
    """
    from contenttrust import _core, clock  # noqa: PLC0415 - see the package's start-up

    return _core.verify_many(
        items,
        anchor=anchor or _core.Anchor.first_use(),
        now=clock.moment_or_now(now),
        requirements=requirements or _core.Requirements(),
        threads=threads,
    )


def gun_of(name: str | Reference) -> str:
    """The globally unique name that a caller means; see `load` for the rules.

    Raises:
        ValueError: The name has a tag or a digest, or is no image name.
    """
    from contenttrust.reference import Reference  # noqa: PLC0415 - see the package's start-up

    if isinstance(name, str) and "/" in name:
        if "@" in name or ":" in name.rpartition("/")[2]:
            raise ValueError(f"a repository without tag and digest is wanted, got {name!r}")
        return name
    reference = Reference.parse(name) if isinstance(name, str) else name
    if not reference.name_only:
        raise ValueError(f"a repository without tag and digest is wanted, got {str(reference)!r}")
    return reference.gun


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
) -> Verification:
    """Run one verification to its end, and remember what it accepted.

    Nothing is logged: who calls this shows the notices of the repository.

    Args:
        gun: Globally unique name, taken literally.
        source: See `load`.
        anchor: See `load`.
        trust_dir: See `load`.
        now: See `load`.
        requirements: See `load`.
        remember: See `load`.
        offline: See `load`.

    Returns:
        The outcome, which may be a refusal, with the checks that led to it.

    Raises:
        ValueError: `now` has no time zone, or a source was given although `offline` was asked for.
        FetchError: There is no source, or the trust directory cannot be used.
        VerificationError: The name of the collection is no such name, or its record is damaged.
    """
    from contenttrust import _core, clock  # noqa: PLC0415 - see the package's start-up
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415

    origin = _origin(gun, source, offline=offline)
    if remember is None:
        remember = now is None and not _is_local(origin)
    directory = TrustDirectory.default() if trust_dir is None else TrustDirectory(trust_dir)
    base = directory.state(gun)
    cached = directory.cached(gun)
    update = _core.Update(
        gun,
        anchor=_core.Anchor.first_use() if anchor is None else anchor,
        now=clock.moment_or_now(now),
        state=base,
        cached=cached,
        requirements=requirements or _core.Requirements(),
    )
    outcome = _judge(update, gun, origin)
    accepted = not isinstance(outcome, ContentTrustError)
    if remember:
        try:
            _remember(directory, update, base, accepted=accepted)
        except ContentTrustError as error:
            # A refusal stands as it is; an acceptance that cannot be remembered is none.
            if accepted:
                outcome = error
    return Verification(gun, outcome, update.steps, update.state)


def _judge(update: _core.Update, gun: str, source: Source) -> TrustedRepository | ContentTrustError:
    """Feed the engine until it has judged."""
    failures: dict[str, FetchError] = {}
    while wanted := update.wanted():
        for file, answer in zip(wanted, source.fetch(gun, wanted), strict=True):
            if isinstance(answer, FetchError):
                failures[file.name] = answer
                update.put(file.name, None)
            else:
                update.put(file.name, answer)
    try:
        return update.repository()
    except VerificationError as refusal:
        failure = _failure_behind(refusal, failures)
        if failure is not None:
            failure.__cause__ = refusal
            return failure
        return refusal


def _failure_behind(
    refusal: VerificationError, failures: Mapping[str, FetchError]
) -> FetchError | None:
    """The failed fetch that a refusal rests on: then nothing is known, rather than refused."""
    if refusal.code in {"no_trust_data", "missing_role"}:
        return failures.get(refusal.role or "root")
    if refusal.code == "root_chain":
        return failures.get(refusal.expected.removesuffix(".json"))  # the link that is absent
    return None


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


def _origin(gun: str, source: SourceLike | None, *, offline: bool) -> Source:
    """Where the files come from."""
    from contenttrust.transport import source as sources  # noqa: PLC0415 - see start-up

    if offline:
        if source is not None:
            raise ValueError("an offline verification has no source")
        return sources.NoSource()
    if source is None:
        from contenttrust.errors import UnreachableError  # noqa: PLC0415 - only on failure

        raise UnreachableError(
            "this version does not fetch from trust servers yet; pass source= or offline=True",
            gun=gun,
        )
    return sources.as_source(source)


def _is_local(source: Source) -> bool:
    """Whether nothing is asked but files that the caller holds, which tell nothing new."""
    from contenttrust.transport.directory import DirectorySource  # noqa: PLC0415 - see start-up
    from contenttrust.transport.source import MappingSource, NoSource  # noqa: PLC0415

    return isinstance(source, DirectorySource | MappingSource | NoSource)


def _warn_of_first_use(repository: TrustedRepository) -> None:
    for notice in repository.warnings:
        if notice.code == "first_use":
            import logging  # noqa: PLC0415 - costs milliseconds that every start would pay

            logging.getLogger(__name__).warning("%s: %s", repository.gun, notice.message)
