"""Who we are to one server: credentials, and the tokens that they brought."""

from __future__ import annotations

import time

from contenttrust.errors import FetchError, UnauthorizedError
from contenttrust.transport.deadline import VISIT_SECONDS
from contenttrust.transport.origin import authority_of, origin_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.errors import ContentTrustError
    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.http import Client, Request, Response

PULL = "pull"
"""What a token must allow that is asked for to read."""

_AUTHORIZATION = "Authorization:"
_UNAUTHORIZED = 401
# A server may ask who we are with every file. For as long as a visit lasts at most, credentials are
# looked up once, which may run a program, and tokens asked for as often as honest servers need.
_TOKENS = 3


class Access:
    """Answers a server's challenges. For one thread at a time.

    A token is kept for the collection and the actions that it was asked for: what may write is
    never shown where reading was meant, nor the reverse.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | Callable[[], Credentials | None] | None,
        *,
        name: str = "",
        kind: str = "the trust server",
    ) -> None:
        """Prepare; nothing is looked up before a server asks.

        Args:
            url: Of the server, whose challenges alone are answered.
            credentials: What to answer, or a function that finds it then.
            name: What this server is called in messages; default: its URL.
            kind: What such servers are called there.
        """
        self._url = url
        self._name = name or url
        self._kind = kind
        self._credentials = credentials
        self._authorization: dict[tuple[str, str], str] = {}  # by collection and actions
        self._nobody: set[str] = set()  # collections that are asked for without credentials
        self._found: Credentials | FetchError | None = None
        self._found_at = -VISIT_SECONDS
        self._answered: dict[tuple[str, str], list[float]] = {}  # when challenges were

    def send(
        self,
        gun: str,
        requests: list[Request],
        how: Callable[[list[Request]], list[Response | FetchError]],
        *,
        client: Client,
        actions: str = PULL,
    ) -> list[Response | FetchError]:
        """Send requests; where the server asks who we are, answer it once and send them again.

        Args:
            gun: Name of the collection, or of what else a token is for; or empty.
            requests: What to send. Their ``Authorization`` is written here.
            how: Sends them.
            client: Whom a token server is asked through.
            actions: What a token must allow, such as ``push,pull``.
        """
        known = self._authorization.get((gun, actions)) or self._authorization.get(("", ""))
        responses = how(_with_authorization(requests, known))
        refused = [i for i, response in enumerate(responses) if _status(response) == _UNAUTHORIZED]
        if not refused:
            return responses
        at = refused[0]
        value = self._authorization_for(gun, actions, requests[at], responses[at], client)
        if isinstance(value, FetchError):
            for i in refused:
                responses[i] = _renamed(value, gun, requests[i].role)
            return responses
        repeated = how(_with_authorization([requests[i] for i in refused], value))
        for i, response in zip(refused, repeated, strict=True):
            responses[i] = response
        return responses

    def is_anonymous(self, gun: str) -> bool:
        """Whether a server that asked got no credentials, because there were none."""
        return gun in self._nobody

    def hide_secrets(self, error: ContentTrustError) -> None:
        """Keep what the server was told out of what is said of its answer."""
        credentials = self._found if callable(self._credentials) else self._credentials
        if credentials or self._authorization:
            from contenttrust.transport.redaction import redact, secrets_of  # noqa: PLC0415 - rare

            secrets = secrets_of(credentials, self._authorization.values())
            redact(error, secrets, own=authority_of(self._url))

    def _authorization_for(
        self,
        gun: str,
        actions: str,
        request: Request,
        refusal: Response | FetchError,
        client: Client,
    ) -> str | FetchError:
        """What the server's challenge asks for; kept for the next requests."""
        from contenttrust.transport.auth import authorization, challenge_of  # noqa: PLC0415 - rare

        if isinstance(refusal, FetchError):
            return refusal
        if not request.plain and not self._is_own(refusal.url):  # plain, no redirect is followed
            return UnauthorizedError(
                f"{self._name} redirects to another server, which asks for credentials: it gets "
                "none"
            )
        challenge = challenge_of(refusal.headers.get("www-authenticate", ""))
        if challenge is None:
            return UnauthorizedError(f"{self._name} answers 401 and offers no way to log in")
        if not self._may_answer(gun, actions):
            return UnauthorizedError(
                f"{self._name} asks again and again who we are, and takes no answer for long"
            )
        credentials = self._known_credentials()
        if isinstance(credentials, FetchError):
            return credentials
        if credentials is None:
            self._nobody.add(gun)
        else:
            self._nobody.discard(gun)
        value = authorization(
            client,
            challenge,
            scopes=[f"repository:{gun}:{actions}"] if gun else [],
            credentials=credentials,
            server_url=self._url,
            gun=gun,
            whom=self._kind,
        )
        if isinstance(value, str):
            place = ("", "") if challenge.scheme == "basic" else (gun, actions)
            self._authorization[place] = value
        return value

    def _may_answer(self, gun: str, actions: str) -> bool:
        """Whether a challenge is one of the few that are answered; it counts then."""
        now = time.monotonic()
        recent = [at for at in self._answered.get((gun, actions), ()) if now - at < VISIT_SECONDS]
        if len(recent) >= _TOKENS:
            return False
        self._answered[gun, actions] = [*recent, now]
        return True

    def _known_credentials(self) -> Credentials | FetchError | None:
        """Who we are, or why that cannot be found out."""
        if not callable(self._credentials):
            return self._credentials
        if time.monotonic() - self._found_at >= VISIT_SECONDS:
            try:
                self._found = self._credentials()
            except FetchError as error:
                self._found = error
            self._found_at = time.monotonic()
        return self._found

    def _is_own(self, url: str) -> bool:
        try:
            return origin_of(url) == origin_of(self._url)
        except ValueError:
            return False


def _with_authorization(requests: list[Request], value: str | None) -> list[Request]:
    for request in requests:
        others = [line for line in request.headers if not line.startswith(_AUTHORIZATION)]
        request.headers = (*others, *([] if value is None else [f"{_AUTHORIZATION} {value}"]))
    return requests


def _status(response: Response | FetchError) -> int:
    return 0 if isinstance(response, FetchError) else response.status


def _renamed(error: FetchError, gun: str, role: str) -> FetchError:
    """The same error, as what one file of a collection met with."""
    return type(error)(
        error.message, gun=gun, role=role, expected=error.expected, found=error.found
    )
