"""Which registry an image's name names, and how it is reached: Docker's rules.

Source: moby 28 `registry/service_v2.go`, `registry/registry.go` (``newTLSConfig``), `registry/
config.go`; docker CLI 28 `cli/command/registry.go`.
"""

from __future__ import annotations

import os

from contenttrust.errors import FetchError, ImageLookupError
from contenttrust.registry.client import DOCKER_HUB, Registry
from contenttrust.transport.credentials import credentials_of
from contenttrust.transport.origin import host_of, is_loopback
from contenttrust.transport.tls import Tls, tls_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.reference import Reference
    from contenttrust.transport.credentials import Credentials

CERTIFICATES = "/etc/docker/certs.d"


def registry_of(  # noqa: PLR0913 - the rules of Docker that may be overruled
    reference: Reference,
    *,
    env: Mapping[str, str] | None = None,
    tls: Tls | None = None,
    credentials: Credentials | None = None,
    certificates: str = CERTIFICATES,
    timeout: float = 30.0,
) -> Registry:
    """The registry of an image, ready to be asked.

    Args:
        reference: The image; ``docker.io`` is asked at ``registry-1.docker.io``.
        env: Environment variables, which say where Docker keeps credentials; default: the
            process's own. `NOTARY_AUTH` is for trust servers and does not count.
        tls: Certificates, where they were named; else those in a folder of `certificates` with the
            registry's name: ``*.crt`` beside the system's authorities, and the first ``X.cert``
            with its ``X.key``. Docker reads none for Docker Hub and for registries at loopback
            addresses, whose certificates it does not check.
        credentials: Where they were named; else they are looked up where Docker keeps them when the
            registry asks for them.
        certificates: Where Docker keeps certificates of registries.
        timeout: Seconds that one manifest may take.

    Raises:
        ImageLookupError: The name begins with no host that could be asked, or the certificates for
            it cannot be used.
    """
    domain = reference.domain
    env = os.environ if env is None else env

    def kept() -> Credentials | None:
        return credentials_of(domain, env=env, gun=reference.gun)

    try:
        if tls is None and domain != DOCKER_HUB and not is_loopback(host_of(f"https://{domain}")):
            tls = tls_in(f"{certificates}/{domain}")
        answer = kept if credentials is None else credentials
        return Registry(domain, tls=tls, credentials=answer, timeout=timeout)
    except ValueError:
        message = f"{reference} begins with no host that could be asked: check the name"
        code = "unreachable"
    except FetchError as error:
        message, code = error.message, error.code
    reason = ImageLookupError(message, gun=reference.gun)
    reason.code = code
    raise reason
