"""A registry asked over the network: OCI's distribution API, as far as small documents go.

A registry is not trusted. What it says of a digest is compared with the bytes that it sent, and
only what was computed from them is given on.

**Registries on this machine.** Docker holds registries at loopback addresses for insecure by
nature, and so does this module: for ``localhost``, ``127.0.0.0/8`` and ``[::1]``, as written in the
image's name, certificates are not checked, and where https cannot be spoken because nobody answers
it, http is, with a password if the registry asks for one. That is decided by the first answer and
kept. For every other host there is https with
a certificate that an authority vouches for, or nothing. One thing is stricter than in Docker: a
token server is asked over https in any case.

Source: OCI distribution-spec 1.1 "Pulling manifests", "Pulling blobs"; distribution
`docs/spec/auth/token.md`; moby 28 `registry/service_v2.go`, `registry/config.go`
(``isSecureIndex``).
"""

from __future__ import annotations

from typing import TypeVar

from contenttrust._core import sha256
from contenttrust.errors import (
    CredentialsError,
    FetchError,
    ImageLookupError,
    ServerError,
    TlsError,
    UnauthorizedError,
    UnreachableError,
)
from contenttrust.reference import Reference
from contenttrust.registry import manifest as manifests
from contenttrust.transport import auth, deadline
from contenttrust.transport.access import Access
from contenttrust.transport.excerpt import excerpt
from contenttrust.transport.http import Request, Response
from contenttrust.transport.origin import authority_of, host_of, is_loopback
from contenttrust.transport.shared_client import SharedClient
from contenttrust.transport.tls import DISTRUSTED, Tls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.registry.manifest import Descriptor, Manifest
    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.http import Client

_Found = TypeVar("_Found")
MANIFEST_LIMIT = 4 * 1024 * 1024
"""Bytes of a manifest; what registries store, too."""
BLOB_LIMIT = 4 * 1024 * 1024
"""Bytes of a blob; those of layers are not meant to be had here."""
DOCKER_HUB = "docker.io"
_DOCKER_HUB_HOST = "registry-1.docker.io"
_ACCEPT = f"Accept: {', '.join((*manifests.IMAGE_TYPES, *manifests.INDEX_TYPES))}"
_OK = 200
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_TOO_MANY = "429"
_REDIRECTS = range(300, 400)


class NoImageError(ImageLookupError):
    """The registry has no image of that name.

    This is "could not tell" and no refusal: a registry's word is signed by nobody, may come from a
    mirror that lags behind, and is what many say to those who may not read. Nothing was checked
    that could be refused, and the next answer may be another.
    """


class Registry:
    """Tells which image a name stands for.

    Connections and tokens are kept for the object's life. Safe to use from several threads, which
    take turns, and in a forked process, which connects anew.
    """

    def __init__(
        self,
        domain: str,
        *,
        tls: Tls | None = None,
        credentials: Credentials | Callable[[], Credentials | None] | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Name a registry; nothing is sent before the first manifest is asked for.

        Args:
            domain: As in images' names, with the port where one is written there.
            tls: Certificates; default: the system's authorities, and for loopback hosts none.
            credentials: What to answer when the registry asks who we are; or a function that finds
                it then, and may raise a `FetchError`. What it found is kept for two minutes.
            timeout: Seconds that one manifest may take from the request to the last byte.

        Raises:
            ValueError: The domain is no host, or certificates are not to be checked although it is
                not on this machine.
        """
        self.domain = domain
        self._host = _DOCKER_HUB_HOST if domain == DOCKER_HUB else domain
        self._url = f"https://{self._host}"
        if authority_of(self._url) != self._host:
            raise ValueError(f"{domain!a} is no host of a registry")
        is_local = is_loopback(host_of(self._url))
        tls = Tls(verify=not is_local) if tls is None else tls
        if not tls.verify and not is_local:
            raise ValueError("the certificate check can be switched off for loopback hosts only")
        self._access = Access(self._url, credentials, name=self._host, kind="the registry")
        self._client = SharedClient(tls=tls, timeout=timeout)
        self._follows = tls.verify and tls.cert_file is None
        self._may_be_plain = is_local  # until the first answer over https
        self._plain = False

    @property
    def url(self) -> str:
        """Where it is; on this machine the scheme may turn out to be another."""
        return self._url

    def __repr__(self) -> str:
        return f"Registry({self.domain!r})"

    def manifest(self, reference: Reference) -> Manifest:
        """What a name stands for at this moment; for an index that is the index itself.

        Args:
            reference: With a tag, or with a digest: then the tag does not count, as in Docker.

        Returns:
            The document, whose digest was computed here, and is the one asked for.

        Raises:
            NoImageError: The registry has no such image.
            ImageLookupError: There was no answer, or none that can be believed.
            ValueError: The image is another registry's.

        Source: OCI distribution-spec 1.1, "Pulling manifests".
        """
        if reference.domain != self.domain:
            raise ValueError(f"{reference} is no image of {self.domain}")
        version = reference.digest or reference.tag
        url = f"{self._url}/v2/{reference.path}/manifests/{version}"
        request = Request(url, MANIFEST_LIMIT, headers=(_ACCEPT,))
        return self._asked(request, reference, self._judged)

    def blob(self, reference: Reference, descriptor: Descriptor) -> bytes:
        """What a manifest names beside itself, such as its configuration, by its digest.

        Registries may send whoever asks for it to another host, over https, which gets no
        credentials. Where its certificate goes unchecked, or we have one to show, no such way is
        followed.

        Args:
            reference: The manifest, or another image of its repository.
            descriptor: As the manifest has it.

        Returns:
            The bytes, whose digest and size are those of the descriptor.

        Raises:
            NoImageError: The registry has the manifest only.
            ImageLookupError: See `manifest`; or it would be longer than `BLOB_LIMIT`.
            ValueError: The image is another registry's.

        Source: OCI distribution-spec 1.1, "Pulling blobs".
        """
        if reference.domain != self.domain:
            raise ValueError(f"{reference} is no image of {self.domain}")
        named = Reference(reference.domain, reference.path, tag=None, digest=descriptor.digest)
        if descriptor.size > BLOB_LIMIT:
            cause = f"it would have {descriptor.size} bytes, and no more than {BLOB_LIMIT} are read"
            raise self._told(self._refused(named, cause), named)

        def judged(response: Response, named: Reference) -> bytes:
            return self._blob(response, named, descriptor)

        url = f"{self._url}/v2/{named.path}/blobs/{named.digest}"
        return self._asked(Request(url, descriptor.size), named, judged)

    def child(self, reference: Reference, descriptor: Descriptor) -> Manifest:
        """A child of an index, by its digest.

        Args:
            reference: The index, or another image of its repository.
            descriptor: Of the child, as the index has it.

        Raises:
            NoImageError: The registry has the index only.
            ImageLookupError: See `manifest`; or the child is not what the index says of it.
        """
        named = Reference(reference.domain, reference.path, tag=None, digest=descriptor.digest)
        child = self.manifest(named)
        said = (descriptor.size, descriptor.media_type)
        found = (child.size, child.media_type)
        if said != found:
            cause = f"the index has {child.digest} with another size or type: ask who pushed it"
            raise self._told(self._refused(named, cause, f"{said}", f"{found}"), named)
        return child

    def _asked(
        self, request: Request, reference: Reference, judge: Callable[[Response, Reference], _Found]
    ) -> _Found:
        """What an answer brings, if it can be believed."""
        try:
            with self._client.held(reference.gun, until=deadline.end()) as client:
                return judge(self._answer(client, reference, request), reference)
        except FetchError as error:
            reason = self._told(error, reference)
        # Raised here, so that it brings no exception along that may hold a secret.
        raise reason

    def _answer(self, client: Client, reference: Reference, request: Request) -> Response:
        """The answer, after the registry was told who we are if it asked."""

        def send(requests: list[Request]) -> list[Response | FetchError]:
            return [self._sent(client, request) for request in requests]

        request.plain = self._plain
        (answer,) = self._access.send(reference.path, [request], send, client=client)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def _sent(self, client: Client, request: Request) -> Response | FetchError:
        """The answer over https, or without TLS where that is allowed and nobody speaks it."""
        (answer,) = client.get([request])
        if isinstance(answer, FetchError) and self._may_be_plain and _is_without_tls(answer):
            request.plain = True
            (plain,) = client.get([request])
            if isinstance(plain, Response):
                answer, self._plain = plain, True
        if isinstance(answer, Response):
            self._may_be_plain = False
        return answer

    def _judged(self, response: Response, reference: Reference) -> Manifest:
        """The document of an answer, if it is the one that was asked for."""
        self._check(response, reference)
        if len(response.body) > MANIFEST_LIMIT:
            raise self._refused(reference, f"it is longer than {MANIFEST_LIMIT} bytes")
        try:
            manifest = manifests.read(response.body, response.headers.get("content-type", ""))
        except manifests.DocumentError as error:
            raise self._refused(reference, f"it {error}") from None
        told = response.headers.get("docker-content-digest")
        for digest, whose in ((reference.digest, "was asked for"), (told, "the registry names")):
            if digest is not None and digest != manifest.digest:
                cause = f"its digest is {manifest.digest}, and {whose} {excerpt(digest)}"
                raise self._refused(reference, cause, digest, manifest.digest)
        return manifest

    def _blob(self, response: Response, named: Reference, descriptor: Descriptor) -> bytes:
        """The bytes of an answer, if they are those that were asked for."""
        self._check(response, named)
        size = len(response.body)
        if size != descriptor.size:  # of what is longer only one byte more was read
            said, found = f"{descriptor.size}", f"more than {size - 1}"
            found = found if size > descriptor.size else f"{size}"
            raise self._refused(named, f"it has {found} bytes instead of {said}", said, found)
        digest = f"sha256:{sha256(response.body)}"
        if digest != descriptor.digest:
            cause = f"its digest is {digest}"
            raise self._refused(named, cause, descriptor.digest, digest)
        return response.body

    def _check(self, response: Response, reference: Reference) -> None:
        """Whether there is a document, and as it was asked for."""
        self._check_status(response, reference)
        encoding = response.headers.get("content-encoding") or "identity"
        if encoding.lower() != "identity":
            cause = f"it is encoded as {excerpt(encoding)}, which was not asked for"
            raise self._refused(reference, cause)

    def _check_status(self, response: Response, reference: Reference) -> None:
        status = response.status
        if status == _OK:
            return
        if status == _NOT_FOUND:
            name = reference.path + (
                f"@{reference.digest}" if reference.digest else f":{reference.tag}"
            )
            raise NoImageError(f"{self._host} has no image {name}: check the name, or push it")
        if status == _UNAUTHORIZED:
            sent = not self._access.is_anonymous(reference.path)
            raise UnauthorizedError(auth.refused_by(self._host, status, sent=sent))
        if status == _FORBIDDEN:
            raise UnauthorizedError(f"{auth.DENIED} by {self._host} ({status})")
        cause = f"it answers with status {status}"
        if status in _REDIRECTS and not self._follows:
            cause += ", and a registry whose certificate goes unchecked, or that is shown one of "
            cause += "ours, is not followed elsewhere"
        raise ServerError(f"{self._host}: {cause}", found=str(status))

    def _refused(
        self, reference: Reference, cause: str, expected: str = "", found: str = ""
    ) -> ServerError:
        message = f"{self._host}: what it sent as {reference.familiar} is not used: {cause}"
        return ServerError(message, expected=expected, found=found)

    def _told(self, error: FetchError, reference: Reference) -> ImageLookupError:
        """An error in words that fit a registry, with what to do, and without our secrets."""
        advice = self._advice(error)
        told = type(error) if isinstance(error, ImageLookupError) else ImageLookupError
        reason = told(
            f"{error.message}: {advice}" if advice else error.message,
            gun=reference.gun,
            expected=error.expected,
            found=error.found,
            subject=reference.digest or reference.tag or "",
        )
        reason.code = error.code or ServerError.code
        self._access.hide_secrets(reason)
        return reason

    def _advice(self, error: FetchError) -> str:
        login = "docker login" if self.domain == DOCKER_HUB else f"docker login {self.domain}"
        message = error.message
        if isinstance(error, CredentialsError):
            advice = "repair it, no credentials were sent"
        elif isinstance(error, UnauthorizedError):
            advice = f"log in with '{login}', with an account that may read it"
        elif message.startswith(f"https://{self._host}: {DISTRUSTED}"):  # not who it redirects to
            advice = f"what vouches for it goes to /etc/docker/certs.d/{self._host}/ca.crt"
        elif error.found == _TOO_MANY:
            advice = f"it limits how much it is asked: wait, or log in with '{login}'"
        elif isinstance(error, UnreachableError):
            advice = "check the image's name and the connection"
        else:
            advice = ""
        return advice


def _is_without_tls(error: FetchError) -> bool:
    """Whether https led to nobody who speaks TLS; a certificate that is wrong is another matter."""
    return isinstance(error, UnreachableError) or (
        isinstance(error, TlsError) and error.expected == "TLS"
    )
