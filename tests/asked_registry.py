"""A registry of the tests, asked for an image: what it was asked, and how that failed."""

from __future__ import annotations

import pytest

from contenttrust.errors import FetchError, ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import Registry
from contenttrust.transport.tls import Tls
from servers import HttpsServer
from servers.registry import name_of


def reference(server: HttpsServer, version: str = ":1", *, host: str = "localhost") -> Reference:
    """An image of a server."""
    return Reference.parse(name_of(server, version, host=host))


def registry(
    server: HttpsServer, *, tls: Tls | None = None, credentials: object = None
) -> Registry:
    """Who asks that server."""
    return Registry(f"localhost:{server.port}", tls=tls, credentials=credentials)


def failure(
    asker: Registry, name: Reference, kind: type[ImageLookupError] = ImageLookupError
) -> ImageLookupError:
    """How asking fails: with an error of that very kind, which brings no secret along."""
    with pytest.raises(ImageLookupError) as caught:
        asker.manifest(name)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or isinstance(caught.value.__context__, FetchError)
    return caught.value


def asked(server: HttpsServer) -> list[str]:
    """The paths that it was asked for."""
    return [seen.path for seen in server.requests]
