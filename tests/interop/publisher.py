"""A publisher with the original clients: one trust directory that docker and notary share."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path

from interop.environment import client_env, docker_config
from interop.images import Registry
from interop.parts import docker
from interop.processes import Ran, run
from interop.trust_stack import TrustStack

PASSPHRASE = "a passphrase for tests"
PASSPHRASES = {
    "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": PASSPHRASE,
    "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": PASSPHRASE,
    "NOTARY_ROOT_PASSPHRASE": PASSPHRASE,
    "NOTARY_TARGETS_PASSPHRASE": PASSPHRASE,
    "NOTARY_SNAPSHOT_PASSPHRASE": PASSPHRASE,
    "NOTARY_DELEGATION_PASSPHRASE": PASSPHRASE,
}


class Publisher:
    """Holds all keys of the collections that it makes."""

    def __init__(
        self,
        folder: Path,
        images: TrustStack,
        *,
        trust: TrustStack | None = None,
        auth: str | None = None,
    ) -> None:
        """A publisher without keys.

        Args:
            folder: For its keys and configuration.
            images: The stack with registry and dockerd.
            trust: The stack with the trust server. Default: the same.
            auth: Credentials, as `user:password`.
        """
        folder.mkdir(parents=True)
        trust = trust or images
        self.folder = folder
        self.config = docker_config(folder / "docker", images, trust, auth=auth)
        self.registry = Registry(images.registry)
        self.env = {**client_env(self.config, images, trust.url), **PASSPHRASES}
        if auth is not None:
            self.env["NOTARY_AUTH"] = base64.b64encode(auth.encode()).decode()
        self._trust = trust

    def docker(self, *arguments: str, trust: bool = True, stdin: str = "") -> Ran:
        """Run a docker command that must succeed."""
        env = {**self.env, "DOCKER_CONTENT_TRUST": "1" if trust else "0"}
        return run([docker() or "docker", *arguments], env, stdin=stdin).succeeded()

    def notary(self, *arguments: str, stdin: str = "") -> Ran:
        """Run a notary command that must succeed."""
        return run([*self.notary_at(self.env), *arguments], self.env, stdin=stdin).succeeded()

    def notary_at(self, env: Mapping[str, str], *, url: str | None = None) -> list[str]:
        """How notary is started to share the trust directory of a docker environment.

        Args:
            env: The environment, as `client_env` makes it.
            url: Of the trust server. Default: where this publisher publishes.
        """
        trust_dir = f"{env['DOCKER_CONFIG']}/trust"
        server = ["-s", url or self._trust.url, "--tlscacert", str(self._trust.authority)]
        return ["notary", *server, "-d", trust_dir]

    def forget(self) -> None:
        """Lose all keys and everything cached, as another publisher."""
        shutil.rmtree(self.config / "trust")
