"""Credentials for the trust server of a registry, found where Docker and Notary find them.

In this order, and nowhere else; never in the current directory:

1. ``NOTARY_AUTH``, base64 of ``user:password``, as for the notary client. It names no server, so
   it counts only where the user named one: else any image's name would send it to a stranger.
2. ``DOCKER_AUTH_CONFIG``, the `auths` of a configuration as JSON, as for Docker since 28.3.
3. ``$DOCKER_CONFIG/config.json`` or ``~/.docker/config.json``: the registry's program in
   `credHelpers`, else the one in `credsStore`, else the registry's entry in `auths`.
4. Where that file says nothing of credentials, Docker's default store, if it is installed.

The registry's credentials are used, whatever its trust server is called; Docker Hub's are kept
under ``https://index.docker.io/v1/``. A `registrytoken` is not meant for trust servers.

Source: docker CLI 28.2.2 and 28.5.2 (`cli/trust/trust.go`, `cli/command/registry.go`,
`cli/config/`), notary 0.7.0 `cmd/notary/tuf.go`. Docker goes on without credentials where one of
these is broken; here that is an error, because what follows would look like a wrong password.
"""

from __future__ import annotations

from contenttrust.errors import CredentialsError, UnauthorizedError, shown
from contenttrust.transport import remark
from contenttrust.transport.docker_config import (
    DockerConfig,
    check_names,
    parse_config,
    read_config,
    text_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

_DOCKER_HUB = "https://index.docker.io/v1/"
_DOCKER_HUB_HOSTS = ("docker.io", "index.docker.io")
_IDENTITY = "<token>"
_MEMBERS = ("auth", "username", "password", "identitytoken", "registrytoken")


class Credentials:
    """A user name with a password, or an identity token. Immutable; the secret is never shown.

    Attributes:
        username: Without a colon; for an identity token it may be ``<token>``.
        secret: The password or the identity token.
        identity_token: Whether the secret is an identity token (OAuth2: a refresh token).
    """

    __slots__ = ("identity_token", "secret", "username")

    username: str
    secret: str
    identity_token: bool

    def __init__(self, username: str, secret: str, *, identity_token: bool = False) -> None:
        """Take a user name and a secret.

        Raises:
            ValueError: One of them is empty, or cannot be sent to a server.
        """
        if not username or not secret:
            raise ValueError("a user name and a secret are needed")
        if not identity_token and (":" in username or not username.isprintable()):
            raise ValueError("a user name has no colons and no control characters")
        if not (_is_text(username) and _is_text(secret)):
            raise ValueError("a user name or a secret is no text: it cannot be written as UTF-8")
        values = {"username": username, "secret": secret, "identity_token": identity_token}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("Credentials are immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("Credentials are immutable")

    def __repr__(self) -> str:
        return f"Credentials({self.username!r}, identity_token={self.identity_token})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are neither copied nor written down")


def credentials_of(
    host: str, *, env: Mapping[str, str], gun: str = "", server_named: bool = False
) -> Credentials | None:
    """Find the credentials of a registry; this may run a program, so ask only when challenged.

    Args:
        host: Of the registry, with its port, as in the name of the collection.
        env: Environment variables, also those of a program that keeps credentials.
        gun: Name of the collection, for messages.
        server_named: Whether the user named the trust server; only then `NOTARY_AUTH` counts.

    Returns:
        None where nothing is kept for that registry.

    Raises:
        CredentialsError: What should hold the credentials is broken or ambiguous.
    """
    try:
        return _credentials(host, env, server_named=server_named)
    except UnauthorizedError as error:
        reason = error.message
    # Raised here, so that it brings no exception along that may hold a secret.
    raise CredentialsError(reason, gun=gun)


def _credentials(host: str, env: Mapping[str, str], *, server_named: bool) -> Credentials | None:
    # Of collections whose names need not name a host. It must not go to whom an image names.
    if server_named and (text := env.get("NOTARY_AUTH")):
        username, password = _user_and_password(text, "NOTARY_AUTH")
        return _made(username, password.strip(), "NOTARY_AUTH")
    key = _key_of(host)
    if text := env.get("DOCKER_AUTH_CONFIG"):
        entry = _variable(text).entry_of(key)
        if entry is not None:
            return _of_entry(entry, "DOCKER_AUTH_CONFIG")
    config = read_config(env)
    if config.is_empty:
        return _of_default_store(key, env)
    if store := config.store_of(key):
        return _of_store(store, key, env)
    return _of_auths(config, key)


def _key_of(host: str) -> str:
    """What configurations call a registry."""
    if host in _DOCKER_HUB_HOSTS:
        return _DOCKER_HUB
    # A line break would be a second line for the program that keeps credentials.
    if not host or not host.isascii() or not host.isprintable() or " " in host:
        raise UnauthorizedError(f"no registry can be called {shown(host)!r}")
    return host


def _variable(text: str) -> DockerConfig:
    """DOCKER_AUTH_CONFIG, which may hold `auths` and nothing else."""
    place = "DOCKER_AUTH_CONFIG"
    sections = parse_config(text.encode(errors="surrogateescape"), place)
    if set(sections) - {"auths"}:
        raise UnauthorizedError(f"{place} may hold auths only: put the rest into config.json")
    return DockerConfig(sections, place=place)


def _of_auths(config: DockerConfig, key: str) -> Credentials | None:
    """The registry's own entry, else one under a key as old versions of Docker wrote it."""
    place = f"{config.place}: the entry for {shown(key)} in auths"
    entry = config.entry_of(key)
    if entry is not None:
        return _of_entry(entry, place)
    found = {
        (login.username, login.secret, login.identity_token): login
        for login in (_of_entry(entry, place) for entry in config.legacy_entries_of(key))
        if login is not None
    }
    if len(found) > 1:
        raise UnauthorizedError(f"{config.place} has different credentials for {shown(key)}")
    return next(iter(found.values()), None)


def _of_entry(entry: dict[str, object], place: str) -> Credentials | None:
    check_names(entry, _MEMBERS, place)
    auth, username, password, identity, _ = (
        text_of(entry.get(name), f"{place}: {name}") for name in _MEMBERS
    )
    if auth:
        username, password = _user_and_password(auth, place)
        password = password.strip("\0")  # as Docker does
    if identity:
        return _made(username or _IDENTITY, identity, place, identity_token=True)
    if not username and not password:
        return None
    return _made(username, password, place)


def _of_store(store: str, key: str, env: Mapping[str, str]) -> Credentials | None:
    from contenttrust.transport.credential_store import ask  # noqa: PLC0415 - few have one

    answer = ask(store, key, env=env)
    if answer is None:
        return None
    place = f"the credential store docker-credential-{store}"
    return _made(*answer, place, identity_token=answer[0] == _IDENTITY)


def _of_default_store(key: str, env: Mapping[str, str]) -> Credentials | None:
    """What Docker's default store keeps, where it is installed.

    Nobody has configured it, so one that does not work is no error: many machines have the program
    without the desktop session that it needs. Source: docker CLI, `DetectDefaultStore`.
    """
    from contenttrust.transport import credential_store  # noqa: PLC0415 - see above

    store = "pass" if credential_store.on_path("pass", env=env) else "secretservice"
    if credential_store.credential_program(store, env=env) is None:
        return None
    try:
        return _of_store(store, key, env)
    except UnauthorizedError as error:
        remark.warn(__name__, f"going on without credentials: {shown(error.message)}")
        return None


def _user_and_password(text: str, place: str) -> tuple[str, str]:
    plain = _decoded(text)
    # Raised here, not where it was found: a decoder's exception holds the text.
    if plain is None:
        raise UnauthorizedError(f"{place} is not base64 of user:password")
    username, colon, password = plain.partition(":")
    if not colon or not username:
        raise UnauthorizedError(f"{place} is base64, but not of user:password")
    return username, password


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # which holds the text: it goes no further
        return False
    return True


def _decoded(text: str) -> str | None:
    from base64 import b64decode  # noqa: PLC0415 - only those who were asked pay for it

    try:  # line breaks are what Go's decoder passes over, too
        return b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode()
    except ValueError:
        return None


def _made(username: str, secret: str, place: str, *, identity_token: bool = False) -> Credentials:
    reason = ""
    try:
        return Credentials(username, secret, identity_token=identity_token)
    except ValueError as error:
        reason = str(error)
    raise UnauthorizedError(f"{place}: {reason}")
