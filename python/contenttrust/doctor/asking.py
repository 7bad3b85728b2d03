"""How the doctor asks trust servers: exactly as a verification does."""

from __future__ import annotations

from contenttrust.errors import FetchError, MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.http import Response
    from contenttrust.transport.tls import Tls
    from contenttrust.transport.trust_server import TrustServer
    from contenttrust.transport.trust_servers import EndedServer

_ADVICE = {
    "unreachable": "Look at the network, the name, the port and the proxy; --offline asks nobody",
    "server_error": "Look whether a trust server stands behind that address, and at its log",
    "service_ended": "Ask the publishers how their images are signed now, or name another server "
    "in DOCKER_CONTENT_TRUST_SERVER",
}
_FORBIDDEN = "403"
_NO_ACCESS = "Ask who runs that server for access: logging in again gives no more rights"


class Asking:
    """Which trust server speaks of a collection here, and what it says: as a verification asks."""

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        at: datetime,
        url: str | None = None,
        tls: Tls | None = None,
    ) -> None:
        """Take what decides about servers.

        Args:
            env: Environment variables.
            at: Moment of the verification, timezone-aware.
            url: A server that was named, in place of the one that Docker would ask.
            tls: Authorities and a client certificate that were named.
        """
        self._env = env
        self._at = at
        self._url = url
        self._tls = tls
        self._servers: dict[tuple[str, str], TrustServer | EndedServer] = {}

    def url_of(self, gun: str) -> str:
        """The server's URL, without credentials.

        Raises:
            ValueError: The one that is configured can be no trust server's.
        """
        from contenttrust.transport.trust_server import TrustServer  # noqa: PLC0415 - if asked

        return TrustServer(self._configured(gun)).url

    def server_of(self, gun: str) -> TrustServer | EndedServer:
        """The server of a collection; the same one for all collections of a registry.

        Raises:
            TlsError: The certificates that are configured for it cannot be used.
            ValueError: Its URL can be no trust server's.
        """
        from contenttrust.transport.trust_servers import trust_server_of  # noqa: PLC0415 - if asked

        url = self._configured(gun)
        key = (url, gun.partition("/")[0])  # credentials depend on the registry
        if key not in self._servers:
            try:
                self._servers[key] = trust_server_of(
                    gun, env=self._env, now=self._at, url=self._url or None, tls=self._tls
                )
            except MalformedError as error:
                raise ValueError(error.message) from None
        return self._servers[key]

    def ask(self, gun: str) -> Response:
        """What the server of a collection answers to `GET /v2/`.

        Raises:
            FetchError: It does not answer, or lets nobody in.
            ValueError: Its URL can be no trust server's.
        """
        return self.server_of(gun).ping()

    def has_login(self, gun: str) -> bool:
        """Whether credentials are configured for a collection's registry, be they usable or not."""
        try:
            return self._credentials(gun) is not None
        except FetchError:
            return True

    def advice(self, gun: str, error: FetchError) -> str:
        """What to do where the server of a collection gave no answer."""
        if error.code == "tls":
            return self._certificate(gun, error)
        if error.code == "unauthorized":
            return _NO_ACCESS if error.found == _FORBIDDEN else self._login(gun)
        return _ADVICE.get(error.code, "")

    def _configured(self, gun: str) -> str:
        from contenttrust.transport.trust_servers import trust_server_url  # noqa: PLC0415

        return self._url or trust_server_url(gun, env=self._env)

    def _certificate(self, gun: str, error: FetchError) -> str:
        if "://" not in error.message:  # no server has a part in it: a file of ours is the matter
            return "Repair that file, or name another"
        if error.expected == "TLS":  # which it does not speak
            return _ADVICE["server_error"]
        return f"Look at its certificate; {self._authorities(gun)}"

    def _authorities(self, gun: str) -> str:
        """Which authorities count, or where one's own would go."""
        from contenttrust.transport.docker_config import config_directory  # noqa: PLC0415
        from contenttrust.transport.origin import authority_of  # noqa: PLC0415

        if self._tls is None:
            directory = config_directory(self._env) or "$DOCKER_CONFIG"
            host = authority_of(self.url_of(gun))
            return f"a CA of your own goes to {directory}/tls/{host}/ca.crt"
        if self._tls.ca_files:
            return f"it must lead to an authority in {', '.join(self._tls.ca_files)}"
        return "a CA of your own is named with --tls-ca"

    def _credentials(self, gun: str) -> Credentials | None:
        from contenttrust.transport.credentials import credentials_of  # noqa: PLC0415 - rare
        from contenttrust.transport.trust_servers import is_named  # noqa: PLC0415 - if asked

        named = is_named(self._url, env=self._env)
        return credentials_of(gun.partition("/")[0], env=self._env, server_named=named)

    def _login(self, gun: str) -> str:
        registry = gun.partition("/")[0]
        try:
            found = self._credentials(gun)
        except FetchError as error:
            return f"Nothing was sent. Repair what holds the credentials: {error.message}"
        if found is None:
            return f"Log in with 'docker login {registry}': no credentials are kept for it"
        return (
            f"Log in again with 'docker login {registry}', or set NOTARY_AUTH anew: the "
            "credentials that are kept for it were not accepted"
        )
