"""What verification found of one image: all that a policy may look at."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from contenttrust.errors import ContentTrustError
    from contenttrust.model import SignedTag, Signer
    from contenttrust.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one image. Immutable, and made without any policy in mind.

    Attributes:
        reference: The image that was asked for.
        gun: Name of the collection that was asked: that of the image, or of what it mirrors.
        tag: The signed tag, None where there is none.
        error: Why there is none.
        signatures: Every role that lists this very tag with this very digest, each with the
            canonical ids of those of its keys that really signed.
        expires: When the metadata of each role ends, timezone-aware.
        cached_for: Seconds since the trust server was last asked; 0 where it answered just now.
        now: The moment to judge by, timezone-aware.
        spki: SHA-256 of the SubjectPublicKeyInfo of keys, by canonical id; what a policy needs that
            names keys so.
        lapsed: Of those keys, by role, the ones whose certificates are not valid at `now`, so that
            ``cert-expiry: enforce`` does not count them; None where nobody has looked.
    """

    reference: Reference
    gun: str
    tag: SignedTag | None = None
    error: ContentTrustError | None = None
    signatures: tuple[Signer, ...] = ()
    expires: Mapping[str, datetime] = field(default_factory=dict)
    cached_for: float = 0.0
    now: datetime
    spki: Mapping[str, str] = field(default_factory=dict)
    lapsed: Mapping[str, tuple[str, ...]] | None = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now needs a time zone")
        if (self.tag is None) == (self.error is None):
            raise ValueError("either the tag is known, or why it is not")

    def __bool__(self) -> bool:
        raise TypeError("Facts are no verdict; evaluate a policy on them")
