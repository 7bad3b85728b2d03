"""Keeps secrets that a server was told out of what is said of its answers.

A server may repeat a password or a token where we quote it: as the name of an encoding, as the host
that it redirects to. Quoted parts may be cut, split by dots, or in the other case.
"""

from __future__ import annotations

from base64 import b64encode
from itertools import groupby

from contenttrust.errors import FetchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from contenttrust.errors import ContentTrustError
    from contenttrust.transport.credentials import Credentials

_HIDDEN = "***"
_TELLING = 8  # so many characters of a secret in a row are no accident
_LEAST = 4  # what is shorter would be found in any text, and so be told by what is hidden


def redact(error: ContentTrustError, secrets: Iterable[str], *, own: str) -> None:
    """Hide secrets in what an error says.

    Args:
        error: Is changed.
        secrets: What must not be shown.
        own: Host and port of the server that was named; they are shown in any case.
    """
    secrets = [secret for secret in secrets if len(secret) >= _LEAST]
    if secrets:
        parts = error.message.split(own)
        error.message = own.join(hidden(part, secrets) for part in parts)
        error.expected = hidden(error.expected, secrets)
        error.found = hidden(error.found, secrets)


def secrets_of(
    credentials: Credentials | FetchError | None, authorizations: Iterable[str]
) -> list[str]:
    """What a server was told.

    Args:
        credentials: Who we are, where that was found; a user's name is no secret.
        authorizations: Values of ``Authorization`` headers.
    """
    secrets = [value.partition(" ")[2] for value in authorizations]
    if credentials is not None and not isinstance(credentials, FetchError):
        login = f"{credentials.username}:{credentials.secret}"
        secrets += [credentials.secret, b64encode(login.encode()).decode()]
    return secrets


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text in which no telling part of a secret can be read.

    Args:
        text: To be shown.
        secrets: Each of four characters or more.
    """
    covered = bytearray(len(text))
    places = [at for at, char in enumerate(text) if char.isascii() and char.isalnum()]
    letters = _letters(text)
    for secret in secrets:
        at = text.find(secret)  # one of signs alone has no letters
        if at >= 0:
            covered[at : at + len(secret)] = b"\1" * len(secret)
        sought = _letters(secret)
        size = min(_TELLING, len(sought))
        for start in range(len(letters) - size + 1 if size >= _LEAST else 0):
            if letters[start : start + size] in sought:
                first, last = places[start], places[start + size - 1]
                covered[first : last + 1] = b"\1" * (last + 1 - first)
    pieces = groupby(zip(text, covered, strict=True), key=lambda pair: pair[1])
    return "".join(
        _HIDDEN if is_covered else "".join(char for char, _ in piece)
        for is_covered, piece in pieces
    )


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalnum()).lower()
