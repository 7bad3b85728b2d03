"""One check for every door: what is asked for, what is signed, what the policy says of it.

Nothing here decides whether something is signed (the engine does) or whether that is enough (the
policy does). This module brings the two together, and writes the decision down.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import NamedTuple

from contenttrust import clock
from contenttrust.errors import ContentTrustError, MalformedError, PolicyError
from contenttrust.gate.bases import RegistryBases
from contenttrust.gate.collections import Collections, Judgement
from contenttrust.policy.decision import Decision
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.facts import Facts
from contenttrust.policy.spelling import other_spelling
from contenttrust.reference import InvalidReferenceError, Reference
from contenttrust.transport.cache import TrustDirectory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from contenttrust.gate.audit_log import AuditLog
    from contenttrust.gate.bases import Bases
    from contenttrust.model import Anchor, Requirements, State
    from contenttrust.policy.decision import Remark
    from contenttrust.policy.rules import Policy
    from contenttrust.transport.source import SourceLike

MOST_TAGS = 1000
"""Tags with one digest that are judged when that digest is asked for."""


class Answer(NamedTuple):
    """A decision, and what it rests on.

    Attributes:
        decision: What was decided.
        valid_until: The earliest expiry of what it rests on; None where that is nothing.
        state: The trust data themselves: their root, and versions and digests of each role.
    """

    decision: Decision
    valid_until: datetime | None
    state: State | None


class Gate:
    """Asks for every image: is it signed, is that enough, and by which digest is it to be used?

    May be used by several threads at once.
    """

    def __init__(  # noqa: PLR0913 - one keyword a fact
        self,
        policy: Policy,
        *,
        env: Mapping[str, str] | None = None,
        trust_dir: str | os.PathLike[str] | None = None,
        now: datetime | None = None,
        log: AuditLog | None = None,
        door: str = "",
        offline: bool = False,
        source: Callable[[str], SourceLike | None] | None = None,
        anchor: Callable[[str], Anchor] | None = None,
        requirements: Requirements | None = None,
        max_stale: float = 0,
        strict: bool = False,
        local_builds: bool = True,
        bases: Bases | None = None,
        without_registry: bool = False,
    ) -> None:
        """Prepare a gate.

        Args:
            policy: What is wanted. `Policy.docker_content_trust()` where nobody wrote one.
            env: Environment variables, which say where trust servers and credentials are; default:
                the process's own.
            trust_dir: Docker's trust directory; default: where Docker has it.
            now: Moment to judge by, timezone-aware. Default: the system clock, at every check.
            log: Where every decision is written. One that cannot be written is a refusal.
            door: What is written there of who asks, such as ``docker pull``.
            offline: Whether to use only what the trust directory has cached.
            source: Gives the source of a collection, in place of the policy's server and Docker's.
            anchor: Gives what the first root of a collection must fit beside what the policy pins.
            requirements: Limits of the verification. Default: the policy's, else the engine's.
            max_stale: Seconds for which an answer of a trust server is used again.
            strict: Whether what the policy only warns of is refused, and what nobody can check.
            local_builds: Whether an image can have been made here; what is pulled cannot.
            bases: Who knows the triggers of base images. Default: their registries.
            without_registry: Whether nobody is asked for these; then they are not covered.
        """
        self._policy = policy
        self._now = now
        self._log = log
        self._door = door
        self._strict = strict
        self._local_builds = local_builds
        env = dict(os.environ if env is None else env)
        self._untold: dict[str, tuple[Remark, ...]] = {}
        if bases is None and not without_registry:
            place = TrustDirectory.default(env) if trust_dir is None else TrustDirectory(trust_dir)
            bases = RegistryBases(trust_dir=place, env=env, offline=offline)
        self._bases = None if without_registry else bases
        self._collections = Collections(
            policy,
            env=env,
            trust_dir=trust_dir,
            now=now,
            offline=offline,
            source=source,
            anchor=anchor,
            requirements=requirements,
            max_stale=max_stale,
        )

    @property
    def policy(self) -> Policy:
        """What is wanted."""
        return self._policy

    @property
    def bases(self) -> Bases | None:
        """Who knows the triggers of base images; None where nobody is to be asked."""
        return self._bases

    @property
    def strict(self) -> bool:
        """Whether what the policy only warns of is refused, and what nobody can check."""
        return self._strict

    @property
    def refuses_uncovered(self) -> bool:
        """Whether docker is to be refused what nobody can check, rather than told of it."""
        return self._strict or self._policy.docker.uncovered == "refuse"

    def check(self, image: str | Reference) -> Decision:
        """Decide on an image.

        Whatever goes wrong with one image is a refusal that says what it was.

        Args:
            image: As it was written; without tag and digest it means ``latest``.

        Raises:
            TypeError: It is neither a text nor a `Reference`.
        """
        return self.answers([image])[0].decision

    def check_many(
        self, images: Sequence[str | Reference], *, pulled: Collection[str | Reference] = ()
    ) -> list[Decision]:
        """Decide on several images; the trust data of a collection are asked for once.

        Args:
            images: As for `check`.
            pulled: Those of them that come from a registry: they cannot have been made here.

        Returns:
            The decisions, in the order of the images.
        """
        return [answer.decision for answer in self.answers(images, pulled=pulled)]

    def answers(
        self, images: Sequence[str | Reference], *, pulled: Collection[str | Reference] = ()
    ) -> list[Answer]:
        """As `check_many`, with what the decisions rest on, for who keeps them."""
        now = self._now or clock.moment()
        parsed = [_parsed(image) for image in images]
        judged = self._collections.judge(
            [one for one in parsed if isinstance(one, Reference) and not self.asks_nobody(one)]
        )
        answers = []
        for image, reference in zip(images, parsed, strict=True):
            if isinstance(reference, Reference):
                gun = self._policy.remap(reference)
                judgement = judged.get(gun) or Judgement(gun, None, PolicyError("nobody was asked"))
                decision = self._decision(str(image), reference, judgement, now)
                warnings = (*judgement.remarks, *self._untold.get(gun, ()))
                decision = replace(decision, warnings=tuple(dict.fromkeys(warnings)))
            else:
                judgement = Judgement("", None, reference)
                decision = Decision.of_no_image(self._policy, str(image), reference)
            written = self._written(decision, now, local=image not in pulled)
            answers.append(Answer(written, judgement.valid_until(now), judgement.state))
        return answers

    def _decision(
        self, image: str, reference: Reference, judgement: Judgement, now: datetime
    ) -> Decision:
        """The decision on one image; on a digest without a tag, by any tag it is signed for."""
        facts = _facts(reference, judgement, now)
        first = evaluate(self._policy, facts, image=image)
        tag = facts.tag
        if reference.tag is not None or tag is None or _satisfies(first):
            return first
        best, judged = first, 1
        for other in judgement.also_called(tag):
            if judged == MOST_TAGS:
                reason = f"more than {MOST_TAGS:,} tags have this digest: ask for one by its name"
                return best if best.allowed else best.refused(first.code, reason)
            judged += 1
            decision = evaluate(self._policy, _facts(other, judgement, now, reference), image=image)
            if _satisfies(decision):
                return decision
            if decision.allowed and not best.allowed:  # by an exception for that tag
                best = decision
        return best

    def asks_nobody(self, reference: Reference) -> bool:
        """Whether it does not matter what is signed: an image is refused in any case, or made here.

        Its name may be a stranger's, and lead to a host of theirs.
        """
        rule = self._policy.rule_for(reference)
        known = self._policy.default.verdict == "deny" if rule is None else rule.local_build
        return known or bool(other_spelling(self._policy, reference))

    def refuse(self, decision: Decision, *, code: str, reason: str) -> None:
        """Write down that an image is not used after all.

        Who calls this refuses in any case: a log that cannot be written changes nothing of that.

        Args:
            decision: That it may be used.
            code: The reason code of what came after it.
            reason: A sentence.
        """
        if self._log is not None:
            now = self._now or clock.moment()
            with contextlib.suppress(ContentTrustError):
                self._log.write(decision.refused(code, reason), door=self._door, at=now)

    def signed_tags(self, reference: Reference) -> tuple[str, ...]:
        """Every tag that the collection of an image releases, in order.

        Args:
            reference: Names the repository; its tag does not matter.

        Raises:
            ContentTrustError: The collection cannot be believed.
        """
        [judgement] = self._collections.judge([reference]).values()
        # Its root is no longer the first one seen when the decisions are made.
        self._untold[judgement.gun] = judgement.remarks
        return judgement.released()

    def _written(self, decision: Decision, now: datetime, *, local: bool) -> Decision:
        if self._strict and decision.verdict == "warn":
            decision = decision.refused(decision.code, "warnings are refused here (strict)")
        if not (local and self._local_builds):
            decision = not_made_here(self._policy, decision)
        if self._log is None:
            return decision
        try:
            self._log.write(decision, door=self._door, at=now)
        except ContentTrustError as error:
            return decision.refused(error.code, str(error))
        return decision


def not_made_here(policy: Policy, decision: Decision) -> Decision:
    """A decision on what comes from a registry: no rule of local builds lets it through.

    Args:
        policy: Whose decision it is.
        decision: As the policy made it.
    """
    reference = decision.reference
    rule = None if reference is None or not decision.allowed else policy.rule_for(reference)
    if rule is None or not rule.local_build:
        return decision
    reason = (
        f"the rule {rule.match.text} is for images that are made here (local-build), and this one "
        "would be pulled: what is pulled needs a signature"
    )
    return decision.refused("policy", reason)


def _satisfies(decision: Decision) -> bool:
    """Whether a rule is satisfied, and neither a mode nor an exception lets the image through."""
    return decision.verdict == "allow" and not decision.exception


def _facts(
    reference: Reference, judgement: Judgement, now: datetime, asked: Reference | None = None
) -> Facts:
    tag, error = judgement.find(reference)
    return Facts(
        reference=asked or reference,
        gun=judgement.gun,
        tag=tag,
        error=error,
        signatures=() if tag is None else judgement.signatures(tag),
        expires=judgement.expires,
        cached_for=judgement.cached_for,
        now=now,
        spki=judgement.spki,
        lapsed=None if tag is None else judgement.lapsed(tag, now),
    )


def _parsed(image: str | Reference) -> Reference | ContentTrustError:
    if isinstance(image, Reference):
        return image
    try:
        return Reference.parse(image)
    except InvalidReferenceError as error:
        return MalformedError(str(error), subject=image)
