"""The environment that docker is run in, and that we must be at home in too."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path

from interop.trust_stack import TrustStack


def docker_config(
    folder: Path, images: TrustStack, trust: TrustStack, *hosts: str, auth: str | None = None
) -> Path:
    """A configuration directory of docker that trusts the stacks' authority.

    Args:
        folder: Is made.
        images: The stack with the registry.
        trust: The stack with the trust server.
        hosts: More trust servers with certificates of that stack.
        auth: Credentials for the registry, as `user:password`.
    """
    for host in (trust.host, *hosts):
        place = folder / "tls" / host
        place.mkdir(parents=True)
        shutil.copy(trust.authority, place)
    if auth is not None:
        log_in(folder, images, auth)
    folder.chmod(0o700)
    return folder


def log_in(folder: Path, images: TrustStack, auth: str) -> None:
    """Write credentials for the registry, `user:password`, as `docker login` does."""
    encoded = base64.b64encode(auth.encode()).decode()
    config = {"auths": {images.registry: {"auth": encoded}}}
    (folder / "config.json").write_text(json.dumps(config))


def client_env(config: Path, images: TrustStack, url: str) -> dict[str, str]:
    """The environment in which docker checks content trust.

    Args:
        config: A directory that `docker_config` made.
        images: The stack with the registry and dockerd.
        url: Of the trust server.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(config),
        "DOCKER_CONFIG": str(config),
        "DOCKER_HOST": images.docker_host,
        "DOCKER_CONTENT_TRUST": "1",
        "DOCKER_CONTENT_TRUST_SERVER": url,
    }
