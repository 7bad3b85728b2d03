"""What a trust server says to whoever writes: published, refused, or no answer.

Source: notary 0.7.0 `server/handlers/default.go` (``AtomicUpdate``, ``Delete``, ``RotateKey``),
`server/errors/errors.go`; the answers are those of docker's registry API, `{"errors": […]}`.
"""

from __future__ import annotations

from contenttrust.errors import ContentTrustError, FetchError, RejectedError, ServerError
from contenttrust.transport.excerpt import excerpt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.transport.http import Response

WRITE = "push,pull"
"""What a token must allow to publish, and to ask for a server's key: as docker asks."""
EVERYTHING = "*"
"""What it must allow to delete a collection, and to have a server make a new key."""
ANSWER_LIMIT = 65_536
SECONDS = 600.0
"""How long one request may take: a large collection is uploaded, and then judged by the server."""
SILENCE = 120
"""Seconds without a byte after which a server is given up that is judging what it was sent."""

MAY_PUBLISH = "an account that may publish"
VERDICT = "a trust server's verdict"
"""What was expected: who writes needs other advice than who reads."""

UPLOAD, DELETION, KEY = "upload", "deletion", "key"
"""What a server is asked for."""
REFUSED = "refused"
"""What became of an upload of which it is certain that it was not published."""

_OK = 200
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
# No verdict of a trust server about what was sent, but certainly not published.
_UNHEARD = {
    _NOT_FOUND: "it takes no uploads, so it is no trust server, or its address lacks a part",
    413: "what was sent is too large for it, or for what stands before it: ask who runs it",
}
_REFUSALS = range(400, 500)
_TIMES_OUT = frozenset({408, 425, 429})
_UNKNOWN = {
    UPLOAD: "; whether it was published is not known: look at what the server has now",
    DELETION: "; whether it was deleted is not known: delete it again",
    KEY: "",  # a key that nobody names does no harm
}
# Codes of uploads that do not follow on what the server has, most often as somebody was faster.
_NOT_NEXT = frozenset({"VERSION", "INVALID_UPDATE"})


def answered(  # noqa: PLR0913 - one keyword a fact
    response: Response | FetchError, *, url: str, gun: str, anonymous: bool, kind: str, sent: bool
) -> bytes | None:
    """What an answer brings.

    Args:
        response: Of a server that was asked to change something, or for a key.
        url: Of the server.
        gun: Name of the collection.
        anonymous: Whether the server got no credentials, because there were none.
        kind: What it was asked for: `UPLOAD`, `DELETION` or `KEY`.
        sent: Whether the server may have done that although no answer came.

    Returns:
        The body; None where the server has no such thing, which is no answer to an upload.

    Raises:
        RejectedError: The server refused; ``found`` is its own code, such as ``VERSION``.
        FetchError: It did not answer as a trust server does; ``upload`` is `REFUSED` where it is
            certain that nothing was published.
    """
    if isinstance(response, FetchError):
        if sent:
            response.message += _UNKNOWN[kind]
        elif kind == UPLOAD:
            response.upload = REFUSED
        raise response
    status = response.status
    if status == _OK:
        return response.body
    if status == _NOT_FOUND and kind != UPLOAD:
        return None
    raise _refusal(response, url=url, gun=gun, anonymous=anonymous, kind=kind)


def no_key(answer: bytes | None, *, url: str, gun: str, role: str) -> ServerError:
    """The refusal of what is no key of a server: nothing, or far more than any key."""
    message, found = f"{url} gives no key for {role}", str(_NOT_FOUND)
    if answer is not None:
        message += f": its answer has more than {ANSWER_LIMIT:,} bytes"
        found = ""
    return ServerError(message, gun=gun, role=role, expected=VERDICT, found=found)


def expected(error: ContentTrustError) -> str:
    """What a failure asks for when it was not reading that failed."""
    from contenttrust.errors import CredentialsError, UnauthorizedError  # noqa: PLC0415 - rare

    if isinstance(error, UnauthorizedError) and not isinstance(error, CredentialsError):
        return MAY_PUBLISH
    return VERDICT if isinstance(error, ServerError) else error.expected


def _refusal(
    response: Response, *, url: str, gun: str, anonymous: bool, kind: str
) -> ContentTrustError:
    from contenttrust.errors import UnauthorizedError  # noqa: PLC0415 - rare
    from contenttrust.transport.auth import DENIED, refused_by  # noqa: PLC0415 - rare

    status = response.status
    if status == _FORBIDDEN:
        message = f"{DENIED} by {url} ({status})"
        return UnauthorizedError(message, gun=gun, found=str(status))
    if status == _UNAUTHORIZED:
        message = refused_by(url, status, sent=not anonymous)
        return UnauthorizedError(message, gun=gun, found=str(status))
    code, words = _told(response.body)
    if status in _UNHEARD:
        message = f"{url}: {_UNHEARD[status]} ({status}{f': {words}' if words else ''})"
        unheard = ServerError(message, gun=gun, found=str(status))
        unheard.upload = REFUSED if kind == UPLOAD else ""
        return unheard
    if status in _REFUSALS and status not in _TIMES_OUT:
        message = f"{url} refuses it: {words or f'it answers with status {status}'}"
        if code in _NOT_NEXT:
            message += "; others may have published meanwhile: publish again"
        return RejectedError(message, gun=gun, found=code or str(status))
    message = f"{url}: it answers with status {status}{_UNKNOWN[kind]}"
    return ServerError(message, gun=gun, found=str(status))


def _told(body: bytes) -> tuple[str, str]:
    """The code of the first error in an answer, and the server's words for it."""
    from contenttrust.transport.docker_config import json_object  # noqa: PLC0415 - rare

    members, _ = json_object(body)
    errors = members.get("errors")
    if not isinstance(errors, list) or not errors or not isinstance(errors[0], dict):
        return "", ""
    first = errors[0]
    code, message = first.get("code"), first.get("message")
    words = [message] if isinstance(message, str) else []
    detail = first.get("detail")
    if isinstance(detail, dict):
        cause = detail.get("Error")
        told = cause.get("Msg") if isinstance(cause, dict) else None
        words += [text for text in (detail.get("Name"), told) if isinstance(text, str)]
    elif isinstance(detail, str):
        words.append(detail)
    return excerpt(code) if isinstance(code, str) else "", excerpt(": ".join(words))
