"""What can go wrong, as one tree of exceptions that explain themselves.

``VerificationError`` means "do not trust", ``FetchError`` "could not tell", ``PolicyError``
"trusted, but not wanted", ``KeyStoreError`` "the keys are not usable", ``PublishError`` "the change
is not published". The codes are a closed list that the engine shares.
"""

from __future__ import annotations

import enum


class ErrorCode(str, enum.Enum):
    """Every reason code, in the order of the engine's list.

    Each is equal to its text, as errors, batches and JSON documents have it:
    ``refusal.code == ErrorCode.NOT_SIGNED`` and ``refusal.code == "not_signed"`` mean the same.
    """

    NO_TRUST_DATA = "no_trust_data"
    NOT_SIGNED = "not_signed"
    TAG_UNUSABLE = "tag_unusable"
    ROLE_BROKEN = "role_broken"
    MALFORMED = "malformed"
    LIMIT_EXCEEDED = "limit_exceeded"
    WRONG_TYPE = "wrong_type"
    KEY_ID = "key_id"
    SIGNATURE = "signature"
    THRESHOLD = "threshold"
    HASH = "hash"
    LENGTH = "length"
    MISSING_ROLE = "missing_role"
    EXPIRED = "expired"
    TOO_OLD = "too_old"
    VERSION = "version"
    ROLLBACK = "rollback"
    ROOT_CHAIN = "root_chain"
    ROOT_CERTIFICATE = "root_certificate"
    ANCHOR_MISMATCH = "anchor_mismatch"
    ANCHOR_CONFLICT = "anchor_conflict"
    ROLE_NAME = "role_name"
    DIGEST_MISMATCH = "digest_mismatch"
    POLICY = "policy"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    TLS = "tls"
    SERVICE_ENDED = "service_ended"

    __str__ = str.__str__  # the text also where it is printed, on every version of Python


def shown(text: str) -> str:
    """`text` as it may be printed: whatever could deceive a reader is escaped, surrogates too."""
    if text.isascii() and text.isprintable():
        return text
    from contenttrust._core import printable  # noqa: PLC0415 - only when something is shown

    return printable(text.encode(errors="backslashreplace").decode())


class ContentTrustError(Exception):
    """Anything that this package refuses or cannot do.

    Attributes:
        code: Reason code as text, as in ``ErrorCode``; empty where the list has no word for it.
        message: The cause, in the words of whoever found it.
        gun: Name of the collection, or empty.
        role: Metadata role that the check concerned, or empty.
        expected: What the check asked for, or empty.
        found: What it found instead, or empty.
        subject: Tag or image that was asked for, or empty.
        upload: What became of what was sent: `refused`, `unknown`, `accepted`, `served`; or empty.
        kept_keys: Canonical ids of new keys that stay, as what they signed was sent.
    """

    code: str = ""
    upload: str = ""
    kept_keys: tuple[str, ...] = ()

    def __init__(  # noqa: PLR0913 - one keyword a fact
        self,
        message: str = "",
        *,
        gun: str = "",
        role: str = "",
        expected: str = "",
        found: str = "",
        subject: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.gun = gun
        self.role = role
        self.expected = expected
        self.found = found
        self.subject = subject

    def explain(self) -> str:
        """What happened, what it means and what to do next, in at most three sentences."""
        from contenttrust import explanations  # noqa: PLC0415 - texts are loaded when shown

        return explanations.explain(self)

    def __str__(self) -> str:
        """Docker's line where Docker has one, the cause, then what to do next; on one line."""
        from contenttrust import explanations  # noqa: PLC0415 - texts are loaded when shown

        return explanations.line(self)

    def __repr__(self) -> str:
        facts = {name: getattr(self, name) for name in ("code", "gun", "role", "subject")}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in facts.items() if v)})"

    def __reduce__(self) -> tuple[type[ContentTrustError], tuple[str], dict[str, object]]:
        # Exception's own way would forget the keyword arguments.
        return type(self), (self.message,), self.__dict__


class VerificationError(ContentTrustError):
    """A check refused: do not trust."""


class FetchError(ContentTrustError):
    """The bytes could not be had: nothing is known."""


class PolicyError(ContentTrustError):
    """The trust data is right, but it is not what was asked for."""

    code = "policy"


class KeyStoreError(ContentTrustError):
    """A private key could not be found, opened or kept."""


class KeyFileError(KeyStoreError):
    """A key file is not one, or asks for more work than the limits allow."""


class PassphraseError(KeyStoreError):
    """The passphrase is wrong or the file damaged: nobody can tell which."""


class NoKeyError(KeyStoreError):
    """A private key is wanted that is not here."""


class InputNeededError(KeyStoreError):
    """A passphrase or an answer is needed, and nobody may or can be asked for it."""


class PublishError(ContentTrustError):
    """A change could not be made or published; what was staged is still there."""


class RejectedError(PublishError):
    """The trust server refused what was published."""


class ConflictError(PublishError):
    """Others published meanwhile, and went on doing so at every new try."""


class StagedChangeError(PublishError):
    """A staged change cannot be read or applied."""


class NoTrustDataError(VerificationError):
    """There is no root metadata: the collection is not signed here."""

    code = "no_trust_data"


class NotSignedError(VerificationError):
    """The tag is in none of the roles that may release it."""

    code = "not_signed"


class TagUnusableError(VerificationError):
    """The tag is signed, but without a digest that names an image."""

    code = "tag_unusable"


class RoleBrokenError(VerificationError):
    """A role of higher precedence is broken, so the tag cannot be resolved safely."""

    code = "role_broken"


class MalformedError(VerificationError):
    """A document or a name is not what its format says."""

    code = "malformed"


class RecordError(MalformedError):
    """The record of what was trusted before is damaged; without it, first use would be repeated."""


class PublicKeyError(MalformedError):
    """A public key that was handed in is not one that could verify anything."""


class LimitExceededError(VerificationError):
    """A document asks for more work than the limits allow."""

    code = "limit_exceeded"


class WrongTypeError(VerificationError):
    """A document's ``_type`` is not that of its role."""

    code = "wrong_type"


class KeyIdError(VerificationError):
    """A key id is not the digest of its key, or names no key."""

    code = "key_id"


class SignatureError(VerificationError):
    """No valid signature by a key of the role (TUF 1.0 §5.3-5.6, arbitrary software attack)."""

    code = "signature"


class ThresholdError(VerificationError):
    """Fewer keys signed than the role asks for, or it asks for an impossible number."""

    code = "threshold"


class HashError(VerificationError):
    """A document is not the one that its parent names (TUF 1.0 §5.5-5.6, mix-and-match attack)."""

    code = "hash"


class LengthError(VerificationError):
    """A document has not the length that its parent names."""

    code = "length"


class MissingRoleError(VerificationError):
    """Signed metadata names a role or a file that is not there."""

    code = "missing_role"


class ExpiredError(VerificationError):
    """The metadata is past its expiry (TUF 1.0 §5.3-5.6, freeze attack)."""

    code = "expired"


class TooOldError(VerificationError):
    """The metadata is older than the caller's requirements allow."""

    code = "too_old"


class VersionError(VerificationError):
    """The version is not a positive integer, or not the one that its parent names."""

    code = "version"


class RollbackError(VerificationError):
    """The metadata is older than what was trusted before (TUF 1.0 §5.4-5.6, rollback attack)."""

    code = "rollback"


class RootChainError(VerificationError):
    """The new root does not follow from the trusted one (TUF 1.0 §5.3)."""

    code = "root_chain"


class RootCertificateError(VerificationError):
    """No certificate of the root is valid for this collection."""

    code = "root_certificate"


class AnchorMismatchError(VerificationError):
    """The first root is not the one that the anchor asks for."""

    code = "anchor_mismatch"


class AnchorConflictError(VerificationError):
    """The anchor and what is remembered of the collection contradict each other."""

    code = "anchor_conflict"


class RoleNameError(VerificationError):
    """A delegation has a name that no role may have."""

    code = "role_name"


class DigestMismatchError(VerificationError):
    """The tag is signed for another digest than the one asked for."""

    code = "digest_mismatch"


class UnreachableError(FetchError):
    """The source did not answer."""

    code = "unreachable"


class NotCachedError(UnreachableError):
    """Nobody was to be asked, and the trust directory has not cached what is needed."""


class ServerError(FetchError):
    """The source answered, but with something that is no metadata file."""

    code = "server_error"


class UnauthorizedError(FetchError):
    """The source wants other credentials."""

    code = "unauthorized"


class CredentialsError(UnauthorizedError):
    """What should hold our credentials is broken, so that none were sent."""


class TlsError(FetchError):
    """No trustworthy connection to the source."""

    code = "tls"


class ImageLookupError(FetchError):
    """Which image a name stands for could not be found out; the message says what to do.

    Its code is that of the cause where the list has one.
    """


class ServiceEndedError(FetchError):
    """The trust server is known to be shut down for good."""

    code = "service_ended"


class TrustDirectoryError(FetchError):
    """What is remembered of a collection could not be read or written safely."""

    code = "unreachable"


_classes: dict[str, type[ContentTrustError]] = {
    error.code: error
    for base in (VerificationError, FetchError, ContentTrustError)
    for error in base.__subclasses__()
    if error.code and error is not TrustDirectoryError
}


def refusal(  # noqa: PLR0913 - one keyword a fact
    code: str,
    *,
    gun: str = "",
    role: str = "",
    message: str = "",
    expected: str = "",
    found: str = "",
    subject: str = "",
) -> ContentTrustError:
    """Build the exception that stands for one reason code; the engine's bindings raise it.

    Args:
        code: One of ``ErrorCode``'s values.
        gun: Name of the collection.
        role: Metadata role that the check concerned.
        message: The cause, with strangers' text already made visible.
        expected: What the check asked for.
        found: What it found instead.
        subject: Tag or image that was asked for.

    Raises:
        KeyError: The code is not on the closed list.
    """
    error = _classes[code]
    return error(message, gun=gun, role=role, expected=expected, found=found, subject=subject)
