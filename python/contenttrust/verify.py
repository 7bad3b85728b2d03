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

    What a person should know beside a good verdict is logged as a warning: trust on first use, a
    server that gave no answer, roles that were left out.

    Args:
        name: Globally unique name, taken literally if it has a ``/``; else an image name such as
            ``alpine``. Without tag and digest.
        source: A source, the URL of a trust server, a directory, or a mapping from role to bytes.
            Default: the trust server that Docker would ask.
        anchor: Why the first root is believed. Default: what the trust directory remembers, else
            trust on first use. What is remembered must hold in any case.
        trust_dir: Docker's trust directory, a path or a `TrustDirectory`. Default: where Docker
            has it, ``~/.docker/trust``.
        now: Moment to judge expiry by, timezone-aware. Default: the system clock.
        requirements: Limits. Default: the engine's.
        remember: Whether to write down what was accepted. Default: yes, unless `now` was given,
            nothing was fetched, or the source is a directory or a mapping.
        offline: Whether to use only what the trust directory has cached.
        max_stale: Seconds. A server that was asked less than this ago is not asked again, as long
            as what is cached still verifies. Default: it is always asked.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The name has a tag or a digest, is no image name, `now` has no time zone,
            `max_stale` is less than 0, `trust_dir` is empty, or no trust server can have that URL.
        FileNotFoundError: The source is the path of a directory that is not there.
        NotADirectoryError: The source is the path of something else.
        FetchError: The source did not answer, or the trust directory cannot be used.
        VerificationError: A check refused; `code` and `role` say which.

    Source: TUF 1.0 §5.3-5.6; Notary server API v2.
    """
    from contenttrust.transport import arguments  # noqa: PLC0415 - see the package's start-up
    from contenttrust.verification import run  # noqa: PLC0415

    _check_seconds(max_stale)
    arguments.check_truth("offline", offline)
    if remember is not None:
        arguments.check_truth("remember", remember)
    try:
        verification = run(
            gun_of(name),
            source=source,
            anchor=anchor,
            trust_dir=trust_dir,
            now=now,
            requirements=requirements,
            remember=remember,
            offline=offline,
            max_stale=max_stale,
        )
    except FileNotFoundError as error:
        if isinstance(source, str) and error.filename == source and _like_a_server(source):
            cause = f"{error.strerror} (a trust server is named by its URL, https://{source})"
            raise FileNotFoundError(error.errno, cause, source) from None
        raise
    repository = verification.repository()
    for notice in (*repository.degraded, *repository.warnings):
        import logging  # noqa: PLC0415 - costs milliseconds that every start would pay

        note = verification.note_on_first_use() if notice.code == "first_use" else ""
        logging.getLogger(__name__).warning(
            "%s: %s: %s%s", repository.gun, notice.role, notice.message, note
        )
    return repository


def verify(  # noqa: D417, PLR0913 - the contract's keywords, explained at `load`
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
        source, anchor, trust_dir, now, requirements, remember, offline, max_stale: As for `load`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: It is no image name, `now` has no time zone, `max_stale` is less than 0,
            `trust_dir` is empty, or no trust server can have that URL.
        FileNotFoundError: The source is the path of a directory that is not there.
        NotADirectoryError: The source is the path of something else.
        FetchError: The source did not answer, or the trust directory cannot be used.
        VerificationError: A check refused; `NotSignedError` where the tag or digest is not signed.

    Source: docker CLI, trusted pull; TUF 1.0 §5.7.
    """
    from contenttrust.reference import Reference  # noqa: PLC0415 - see the package's start-up

    reference = image if isinstance(image, Reference) else Reference.parse(image)
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
        threads: How many, one or more; default: as many as there are processors.

    Returns:
        The verdicts, in the order of the items.

    Raises:
        TypeError: An argument or a part of an item has the wrong type.
        ValueError: `now` has no time zone, or `threads` is less than one.
    """
    from contenttrust import _core, clock  # noqa: PLC0415 - see the package's start-up
    from contenttrust.verification import judged_by  # noqa: PLC0415

    anchor, requirements = judged_by(anchor, requirements)
    if not isinstance(threads, int | None):
        raise TypeError(f"threads is an int or None, not {type(threads).__name__}")
    return _core.verify_many(
        items,
        anchor=anchor,
        now=clock.moment_or_now(now),
        requirements=requirements,
        threads=threads,
    )


def gun_of(name: str | Reference) -> str:
    """The globally unique name that a caller means; see `load` for the rules.

    Raises:
        TypeError: It is neither a text nor a `Reference`.
        ValueError: The name has a tag or a digest, or is no image name.
    """
    from contenttrust.reference import Reference  # noqa: PLC0415 - see the package's start-up

    if isinstance(name, str) and "/" in name:
        if "@" in name or ":" in name.rpartition("/")[2]:
            raise ValueError(f"a repository without tag and digest is wanted, got {name!r}")
        return name
    reference = name if isinstance(name, Reference) else Reference.parse(name)
    if not reference.name_only:
        raise ValueError(f"a repository without tag and digest is wanted, got {str(reference)!r}")
    return reference.gun


def _check_seconds(max_stale: object) -> None:
    """Refuse what is no span of time, before it could count as "always ask" or "never ask".

    Raises:
        TypeError: It is no number; True and False are none.
        ValueError: It is less than 0, or not a number at all.
    """
    if isinstance(max_stale, bool) or not isinstance(max_stale, int | float):
        raise TypeError(f"max_stale is a number of seconds, not {type(max_stale).__name__}")
    if not max_stale >= 0:  # NaN is neither
        raise ValueError(f"max_stale is a number of seconds from 0 on, not {max_stale!r}")


def _like_a_server(path: str) -> bool:
    """Whether a path reads as host and port, as in ``localhost:4443``."""
    host, _, rest = path.partition("/")[0].rpartition(":")
    return bool(host) and rest.isascii() and rest.isdigit()
