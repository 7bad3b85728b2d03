"""Answering a server's challenge: a bearer token from its token server, or Basic authentication.

Source: distribution `docs/spec/auth/token.md` and `oauth.md`, RFC 9110 §11, RFC 6750 §2.1; docker
CLI 28.2.2 with distribution 2.8 `registry/client/auth/session.go`.

Which token server is asked is the server's word: its challenge names the realm, and the registry's
credentials go there. So it is in Docker, and so it must be, as registries keep their token servers
elsewhere. What limits it: the word came over TLS from the server that was meant, the realm is
https, no redirect takes the credentials further, and the token goes to that server alone.
"""

from __future__ import annotations

from contenttrust.errors import (
    CredentialsError,
    FetchError,
    ServerError,
    UnauthorizedError,
)
from contenttrust.transport.excerpt import excerpt
from contenttrust.transport.origin import origin_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.http import Client, Response

_HEADER_LIMIT = 16_384
_ANSWER_LIMIT = 65_536
_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
# The identity tokens in Docker's configuration were issued to this client, and a token server may
# insist that who brings one is who it was issued to (RFC 6749 §10.4).
_CLIENT_ID = "docker"


NO_CREDENTIALS = "no credentials are known"
"""How the message begins where nothing was sent, because there was nothing; texts go by it."""
REFUSED = "the credentials are refused"
"""How it begins where something was sent."""
DENIED = "access is denied"
"""How it begins where the server knows who asks, or does not care, and says no."""


class Challenge:
    """What a server asks for. Immutable.

    Attributes:
        scheme: ``bearer`` or ``basic``.
        realm: For bearer the URL of the token server, not judged yet; for basic a text.
        service: Name of the server as its token server knows it, or empty.
        scope: What the refused request would have needed, or empty.
    """

    __slots__ = ("realm", "scheme", "scope", "service")

    scheme: str
    realm: str
    service: str
    scope: str

    def __init__(self, scheme: str, realm: str, *, service: str = "", scope: str = "") -> None:
        values = {"scheme": scheme, "realm": realm, "service": service, "scope": scope}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Challenge is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Challenge is immutable")

    def __repr__(self) -> str:
        # Without the realm: a URL may hold a password.
        return f"Challenge({self.scheme!r}, service={self.service!r}, scope={self.scope!r})"


def challenge_of(header: str) -> Challenge | None:
    """Choose the challenge to answer: the first bearer with a realm, else the first basic.

    Args:
        header: Of ``WWW-Authenticate``; several challenges, and several such headers, are joined
            by commas.

    Returns:
        None where there is none that could be answered.
    """
    usable = [
        Challenge(
            scheme,
            parameters.get("realm", ""),
            service=parameters.get("service", ""),
            scope=parameters.get("scope", ""),
        )
        for scheme, parameters in _challenges(header)
        if scheme == "basic" or (scheme == "bearer" and parameters.get("realm"))
    ]
    return max(usable, key=lambda challenge: challenge.scheme == "bearer", default=None)


def authorization(  # noqa: PLR0913 - one keyword a fact
    client: Client,
    challenge: Challenge,
    *,
    scopes: Sequence[str],
    credentials: Credentials | None,
    server_url: str,
    gun: str,
    whom: str = "the trust server",
) -> str | FetchError:
    """Get what the next request to a server needs in its ``Authorization`` header.

    Args:
        client: Whom the token server is asked through.
        challenge: Of the server at `server_url` itself: a challenge from where it redirected to
            must not be answered.
        scopes: What is needed, such as ``repository:docker.io/library/alpine:pull``. Empty: what
            the challenge names.
        credentials: Of the registry, or None to ask for what everybody gets.
        server_url: The server that asks; what is returned is for its origin alone.
        gun: Name of the collection, for messages.
        whom: What servers like the one that asks are called in messages.

    Returns:
        The header's value, or why there is none.
    """
    if challenge.scheme == "basic":
        value: str | FetchError = _basic(credentials, server_url, whom)
    else:
        needed = scopes or challenge.scope.split()
        value = _bearer(client, challenge, needed, credentials, server_url=server_url, whom=whom)
    if isinstance(value, FetchError):
        value.gun = gun
    return value


def refused_by(whom: str, status: int, *, sent: bool) -> str:
    """What the status 401, or a like one, says of the credentials, if any were sent."""
    if sent:
        return f"{REFUSED} by {whom} ({status})"
    return f"{NO_CREDENTIALS}, and {whom} answers {status}"


def _challenges(header: str) -> list[tuple[str, dict[str, str]]]:
    """Schemes in lower case with their parameters; a scheme with one twice is left out."""
    found: list[tuple[str, dict[str, str]]] = []
    doubtful = set()
    words = _words(header)
    at, may_begin = 0, True  # a scheme stands at the beginning or behind a comma
    while at < len(words):
        word, follows = words[at].lower(), words[at + 1 : at + 2]
        at += 1
        if word == ",":
            may_begin = True
            continue
        if follows != ["="]:  # a scheme; elsewhere, what schemes unknown to us say after theirs
            if may_begin:
                found.append((word, {}))
        elif found:
            at += 1
            value = words[at] if at < len(words) and words[at] != "," else ""
            at += value != ""
            if word in found[-1][1]:
                doubtful.add(len(found) - 1)
            found[-1][1][word] = value
        else:
            return []
        may_begin = False
    return [challenge for number, challenge in enumerate(found) if number not in doubtful]


def _words(header: str) -> list[str]:
    """What a header consists of: commas, equals signs, words, and quoted strings unquoted."""
    # The standard library's lexer knows quotations and escapes. urllib.request has a splitter for
    # this very kind of header, but importing that takes longer than importing libcurl.
    import shlex  # noqa: PLC0415 - only those who were challenged pay for it

    if len(header) > _HEADER_LIMIT:
        return []
    lexer = shlex.shlex(header, posix=True)
    lexer.commenters = ""
    lexer.quotes = '"'
    lexer.wordchars = "".join(char for char in _VISIBLE if char not in '",=\\')
    try:
        return list(lexer)
    except ValueError:  # a quotation without end
        return []


def _basic(credentials: Credentials | None, server_url: str, whom: str) -> str | FetchError:
    from base64 import b64encode  # noqa: PLC0415 - see above

    if not server_url.lower().startswith("https://"):
        return UnauthorizedError("a password is sent over https only")
    if credentials is None:
        return UnauthorizedError(f"{NO_CREDENTIALS}, and {whom} asks for a password")
    if credentials.identity_token:
        return CredentialsError(f"{whom} asks for a password, and only an identity token is known")
    plain = f"{credentials.username}:{credentials.secret}"
    return f"Basic {b64encode(plain.encode()).decode()}"


def _bearer(  # noqa: PLR0913 - see above
    client: Client,
    challenge: Challenge,
    scopes: Sequence[str],
    credentials: Credentials | None,
    *,
    server_url: str,
    whom: str,
) -> str | FetchError:
    host = _host_of(challenge.realm, whom)
    if isinstance(host, FetchError):
        return host
    certified = _is_same(challenge.realm, server_url)
    answer = _asked(client, challenge, scopes, credentials, certified=certified)
    if isinstance(answer, FetchError):
        return type(answer)(
            f"asking for a token: {answer.message}",
            role=answer.role,
            expected=answer.expected,
            found=answer.found,
        )
    token = _token(answer, host, credentials)
    return token if isinstance(token, FetchError) else f"Bearer {token}"


def _host_of(realm: str, whom: str) -> str | FetchError:
    """The token server's host for messages; or why the realm is none that may be asked."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - see above

    malformed = f"{whom} names a token server whose URL is malformed"
    # Characters that two readers of URLs may read differently are not needed in one.
    if not set(realm) <= set(_VISIBLE) - set('"<>\\^`{|}'):
        return UnauthorizedError(malformed)
    try:
        url = urlsplit(realm)
        port = url.port
    except ValueError:
        return UnauthorizedError(malformed)
    if url.scheme != "https" or not url.hostname:
        return UnauthorizedError(
            f"{whom} names a token server that is not reached by https",
            expected="https",
            found=excerpt(url.scheme) or "no scheme",
        )
    if "@" in url.netloc:
        return UnauthorizedError(f"{whom} names a user in the URL of its token server")
    return excerpt(url.hostname if port is None else f"{url.hostname}:{port}")


def _is_same(realm: str, server_url: str) -> bool:
    """Whether the token server is the very server that asks, for which our certificate is meant."""
    try:
        return origin_of(realm) == origin_of(server_url)
    except ValueError:
        return False


def _asked(
    client: Client,
    challenge: Challenge,
    scopes: Sequence[str],
    credentials: Credentials | None,
    *,
    certified: bool,
) -> Response | FetchError:
    """The token server's answer: to a form for an identity token, else to a GET."""
    from urllib.parse import urlencode  # noqa: PLC0415 - see above

    from contenttrust.transport.http import Request  # noqa: PLC0415 - the client has loaded it

    url = challenge.realm.partition("#")[0]
    if credentials is not None and credentials.identity_token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": credentials.secret,
            "service": challenge.service,
            "scope": " ".join(scopes),
            "client_id": _CLIENT_ID,
        }
        return client.post(Request(url, _ANSWER_LIMIT, certified=certified), form)
    login = None
    query = [("scope", scope) for scope in scopes]
    if challenge.service:
        query.append(("service", challenge.service))
    if credentials is not None:
        query.insert(0, ("account", credentials.username))
        login = f"{credentials.username}:{credentials.secret}"
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query)
    request = Request(url, _ANSWER_LIMIT, credentials=login, certified=certified)
    return client.get([request])[0]


def _token(answer: Response, host: str, credentials: Credentials | None) -> str | FetchError:
    """The token in an answer. What else a token server writes may repeat a secret: not shown."""
    refusals = {401, 403}
    if credentials is not None and credentials.identity_token:
        refusals.add(400)  # OAuth2's `invalid_grant`: the identity token has expired
    if answer.status in refusals:
        whom = f"the token server {host}"
        return UnauthorizedError(refused_by(whom, answer.status, sent=credentials is not None))
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - success in HTTP
        message = f"the token server {host} answers with status {answer.status}"
        return ServerError(message, found=str(answer.status))
    if len(answer.body) > _ANSWER_LIMIT:
        return ServerError(f"the token server {host} answers with more than {_ANSWER_LIMIT} bytes")
    from contenttrust.transport.docker_config import json_object  # noqa: PLC0415 - see above

    members, _ = json_object(answer.body)
    token = _text(members, "access_token") or _text(members, "token")
    if not token or not set(token) <= set(_VISIBLE):
        return ServerError(f"the token server {host} gave no token")
    return token


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""
