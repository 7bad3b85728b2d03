"""The questions a caller may ask: is this image signed, what does this collection hold?"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from contenttrust.model import (
        Anchor,
        Batch,
        Requirements,
        SignedTag,
        State,
        TrustedRepository,
    )
    from contenttrust.reference import Reference
    from contenttrust.transport.source import SourceLike


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
    max_stale: float = 0,
) -> TrustedRepository:
    """Fetch and verify all metadata of a collection.

    Args:
        name: Globally unique name, taken literally if it has a ``/``; else an image name such as
            ``alpine``. Without tag and digest.
        source: A source, the URL of a trust server, a directory, or a mapping from role to bytes.
            Default: the trust server that Docker would ask.
        anchor: Why the first root is believed. Default: what the trust directory remembers, else
            trust on first use, which is logged. What is remembered must hold in any case.
        trust_dir: Docker's trust directory. Default: where Docker has it, ``~/.docker/trust``.
        now: Moment to judge expiry by, timezone-aware. Default: the system clock.
        requirements: Limits. Default: the engine's.
        remember: Whether to write down what was accepted. Default: yes, unless `now` was given,
            nothing was fetched, or the source is a directory or a mapping.
        offline: Whether to use only what the trust directory has cached.
        max_stale: Seconds. A server that was asked less than this ago is not asked again, as long
            as what is cached still verifies. Default: it is always asked.

    Raises:
        ValueError: The name has a tag or a digest, is no image name, `now` has no time zone, or no
            trust server can have that URL.
        FetchError: The source did not answer, or the trust directory cannot be used.
        VerificationError: A check refused; `code` and `role` say which.

    Source: TUF 1.0 §5.3-5.6; Notary server API v2.
    """
    from contenttrust.verification import run  # noqa: PLC0415 - see the package's start-up

    repository = run(
        gun_of(name),
        source=source,
        anchor=anchor,
        trust_dir=trust_dir,
        now=now,
        requirements=requirements,
        remember=remember,
        offline=offline,
        max_stale=max_stale,
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
    max_stale: float = 0,
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
        max_stale: See `load`.

    Raises:
        ValueError: It is no image name, `now` has no time zone, or no trust server can have that
            URL.
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
        max_stale=max_stale,
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


def _warn_of_first_use(repository: TrustedRepository) -> None:
    for notice in repository.warnings:
        if notice.code == "first_use":
            import logging  # noqa: PLC0415 - costs milliseconds that every start would pay

            logging.getLogger(__name__).warning("%s: %s", repository.gun, notice.message)
