"""What is let through for a while although a rule refuses it: by whom, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.policy.patterns import Pattern, PatternError, TagPattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta

_DIGEST_LENGTH = len("sha256:") + 64

RELAXED = frozenset({"policy", "no_trust_data", "not_signed", "role_broken", "expired", "too_old"})
"""The codes that an exception can set aside. Never a pin, a rollback, or data that were altered."""
UNANSWERED = frozenset({"unreachable", "server_error", "unauthorized", "tls", "service_ended"})
"""The codes that one for a digest sets aside too: nobody can change what a digest names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """An exception of a policy. Immutable.

    Attributes:
        id: What it is called in every decision that it makes.
        pattern: The images it is for.
        tag: Their tags, or None.
        digest: The digest it is for, or empty: then it is for tags.
        owner: Who answers for it.
        reason: Why it is there.
        expires: When it ends, timezone-aware.
        created: When it begins, or None.
        ticket: Where more is written, or empty.
    """

    id: str
    pattern: Pattern
    tag: TagPattern | None
    digest: str
    owner: str
    reason: str
    expires: datetime
    created: datetime | None = None
    ticket: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "owner", "reason"):
            if not getattr(self, name).strip():
                raise ValueError(f"an exception without {name}")
        if (self.tag is None) == (not self.digest):
            raise ValueError("an exception is for a tag or for a digest: name:tag or name@sha256:…")
        if self.expires.tzinfo is None or (self.created and self.created.tzinfo is None):
            raise ValueError("a moment needs a time zone")
        if self.created is not None and self.created >= self.expires:
            raise ValueError("an exception ends after it begins")

    @staticmethod
    def target(text: str) -> tuple[Pattern, TagPattern | None, str]:
        """What an exception is for, from ``name:tag`` or ``name@sha256:…``.

        Raises:
            PatternError: It is neither.
        """
        name, at, digest = text.partition("@")
        if at:
            if len(digest) != _DIGEST_LENGTH or not digest.startswith("sha256:") or (
                set(digest.removeprefix("sha256:")) - set("0123456789abcdef")
            ):  # fmt: skip
                raise PatternError(
                    f"{text[:120]!a}: a digest is 'sha256:' and 64 hexadecimal digits"
                )
            return Pattern.parse(name), None, digest
        start = name.rfind("/") + 1
        last, colon, tag = name[start:].partition(":")
        if not colon:
            raise PatternError(f"{text[:120]!a}: an exception is for a tag or a digest: write "
                               "name:tag or name@sha256:…")  # fmt: skip
        return Pattern.parse(name[:start] + last), TagPattern.parse(tag), ""

    def matches(self, gun: str, tag: str | None, digest: str | None) -> bool:
        """Whether it is for an image."""
        if self.pattern.specificity(gun) is None:
            return False
        if self.digest:
            return digest == self.digest
        return self.tag is not None and tag is not None and self.tag.matches(tag)

    def out_of_force(self, now: datetime, longest: timedelta) -> str:
        """Why it does not count at a moment; empty where it does."""
        if now >= self.expires:
            return f"the exception {self.id} has expired on {self.expires:%Y-%m-%d %H:%M} UTC"
        if self.created is not None and now < self.created:
            return f"the exception {self.id} begins on {self.created:%Y-%m-%d}"
        if self.expires - now > longest:
            return f"the exception {self.id} ends too late: at most {longest.days} days are allowed"
        return ""

    def sets_aside(self, code: str) -> bool:
        """Whether it may let through what was refused for this reason."""
        return code in RELAXED or (bool(self.digest) and code in UNANSWERED)

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {
            "id": self.id,
            "match": self.pattern.text,
            "tag": None if self.tag is None else self.tag.text,
            "digest": self.digest,
            "owner": self.owner,
            "reason": self.reason,
            "expires": self.expires.isoformat(),
            "created": None if self.created is None else self.created.isoformat(),
            "ticket": self.ticket,
        }
