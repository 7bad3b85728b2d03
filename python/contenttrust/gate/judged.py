"""The images of files, judged: each image once, each place told."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contenttrust.gate.reports.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import Protocol

    from contenttrust.gate.lock import Locked
    from contenttrust.gate.reports.finding import Spot
    from contenttrust.policy.decision import Decision

    class Judge(Protocol):
        """What is asked of images: a `contenttrust.gate.check.Gate`."""

        def check_many(
            self, images: Sequence[str], *, pulled: Collection[str] = ()
        ) -> list[Decision]:
            """Decide on several images, of which some are pulled."""

        def refuse(self, decision: Decision, *, code: str, reason: str) -> None:
            """Write down that an image is not used after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One place of a file at which an image is used.

    Attributes:
        image: As it is written there.
        spot: Where that is.
        pulled: Whether it comes from a registry, so that it cannot have been made here.
        advice: What to do where it is refused; empty where there is nothing.
    """

    image: str
    spot: Spot
    pulled: bool = False
    advice: str = ""


def judge(
    gate: Judge, uses: Sequence[Use], *, locked: Mapping[str, Locked] | None = None
) -> list[Finding]:
    """Decide on the images of files.

    That the lock refuses what may be used is written down as a decision of its own.

    Args:
        gate: Who decides.
        uses: The places, in any order.
        locked: What each image must be signed as; None where nothing is locked.

    Returns:
        A finding for each place, in the order of the places.
    """
    images = list(dict.fromkeys(use.image for use in uses))
    pulled = {use.image for use in uses if use.pulled}
    decisions = dict(zip(images, gate.check_many(images, pulled=pulled), strict=True))
    if locked is not None:
        decisions = {name: _locked(gate, locked, one) for name, one in decisions.items()}
    return [_told(decisions[use.image], use) for use in uses]


def _told(decision: Decision, use: Use) -> Finding:
    found = Finding.decided(decision, use.spot)
    if found.refused and use.advice:
        return replace(found, message=f"{found.message}; {use.advice}")
    return found


def _locked(gate: Judge, locked: Mapping[str, Locked], decision: Decision) -> Decision:
    from contenttrust.gate.lock import checked  # noqa: PLC0415 -- not every verb locks

    after = checked(locked, decision)
    if after is not decision:
        gate.refuse(decision, code=after.code, reason=after.reasons[0])
    return after


def pinned(decision: Decision) -> str:
    """What to write in place of an image: name and digest; empty where it stays as it is."""
    reference = decision.reference
    if not decision.allowed or not decision.pinned or reference is None:
        return ""
    return "" if reference.digest == decision.digest else decision.pinned


def in_place(decision: Decision) -> str:
    """What stands for an image wherever its name is written, by variables too.

    Returns:
        Its name with the digest, or the image itself where it has one; empty where no digest is
        known.
    """
    reference = decision.reference
    has_digest = reference is not None and reference.digest is not None
    return pinned(decision) or (decision.image if decision.allowed and has_digest else "")
