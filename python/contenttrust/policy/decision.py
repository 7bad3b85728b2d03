"""What a policy says about one image, and why."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from contenttrust.errors import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, NoReturn

    from contenttrust.errors import ContentTrustError
    from contenttrust.policy.rules import Policy
    from contenttrust.reference import Reference

    Verdict = Literal["allow", "warn", "deny"]

OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What did not decide, but must be known beside a verdict, such as trust on first use.

    Attributes:
        code: A word for it: that of the notice of the verification.
        message: A sentence that may be printed as it is.
        role: The role that it is about, or empty.
    """

    code: str
    message: str
    role: str = ""

    def __str__(self) -> str:
        return f"{self.role}: {self.message}" if self.role else self.message

    def to_json(self) -> dict[str, str]:
        """All of it as values that JSON has."""
        return {"code": self.code, "role": self.role, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a policy says about one image, and why. Immutable, and no truth value.

    Attributes:
        image: The name as it was written.
        reference: The name as it was read; None where it is no image name.
        verdict: ``allow``, ``deny``, or ``warn``: let through although a check refused, because the
            rule only warns or watches.
        code: ``ok``, or the reason code of what refused.
        reasons: Sentences, the most important first; they may be printed as they are.
        digest: The signed digest, ``sha256:…``; empty where none is known.
        size: The signed length of what has that digest, in bytes; None where none is signed.
        pinned: ``name@sha256:…``, what to use in place of the name; empty where it is not allowed
            or no digest is known.
        signers: Names of the roles that signed the digest for this tag.
        rule: Pattern of the rule that applied, or ``default``.
        mode: Its mode: ``enforce``, ``warn`` or ``audit``.
        exception: Id of the exception that let it through, or empty.
        policy: Name of the policy; ``DOCKER_CONTENT_TRUST`` where nobody wrote one.
        policy_digest: SHA-256 of the policy.
        gun: The collection that was asked.
        role: The role that the tag was resolved from, or empty.
        tag: The signed tag that was judged, or empty; of a digest without a tag the one that
            satisfied the rule.
        although: Why it is let through although a check would refuse it; empty where none would.
        warnings: What is to be known of the trust data that were judged: that they come from the
            cache, because the trust server did not answer; that the root is the first one seen.
    """

    image: str
    reference: Reference | None
    verdict: Verdict
    code: str = OK
    reasons: tuple[str, ...] = ()
    digest: str = ""
    size: int | None = None
    pinned: str = ""
    signers: tuple[str, ...] = ()
    rule: str = "default"
    mode: str = "enforce"
    exception: str = ""
    policy: str = ""
    policy_digest: str = ""
    gun: str = ""
    role: str = ""
    although: str = ""
    tag: str = ""
    warnings: tuple[Remark, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the image may be used."""
        return self.verdict in {"allow", "warn"}

    def __bool__(self) -> NoReturn:
        raise TypeError("ask for .allowed; a Decision is not a truth value")

    @staticmethod
    def of_no_image(policy: Policy, image: str, error: ContentTrustError) -> Decision:
        """The refusal of what is no image name: no rule can apply to it.

        Args:
            policy: Whose decision it is.
            image: What was written.
            error: What is wrong with it.
        """
        return Decision(
            image=image,
            reference=None,
            verdict="deny",
            code=error.code or "malformed",
            reasons=(shown(error.message or str(error)),),
            policy=policy.name,
            policy_digest=policy.digest,
        )

    def refused(self, code: str, reason: str) -> Decision:
        """This decision turned into a refusal, for a cause that came after it.

        Args:
            code: Its reason code.
            reason: A sentence.
        """
        return dataclasses.replace(
            self,
            verdict="deny",
            code=code,
            reasons=(shown(reason), *self.reasons),
            pinned="",
            exception="",
            although="",
        )

    def to_json(self) -> dict[str, object]:
        """All of it as values that JSON has."""
        facts: dict[str, object] = {name: getattr(self, name) for name in _MEMBERS}
        facts["reference"] = None if self.reference is None else str(self.reference)
        facts["allowed"] = self.allowed
        facts["warnings"] = [remark.to_json() for remark in self.warnings]
        return {name: list(v) if isinstance(v, tuple) else v for name, v in facts.items()}


_MEMBERS = tuple(field.name for field in dataclasses.fields(Decision))
