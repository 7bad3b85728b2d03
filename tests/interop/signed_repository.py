"""An image repository that docker and we sign in turns, and readers of what is signed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from contenttrust import TrustedRepository, _core, load
from contenttrust.publish import Collection as OurCollection
from contenttrust.publish import images, target_meta
from interop.collection import Collection
from interop.environment import client_env, docker_config
from interop.our_publisher import OurPublisher
from interop.processes import TIMEOUT_S, Ran, run
from interop.publisher import Publisher
from interop.readers import program, pulled
from interop.trust_stack import TrustStack


class Repository:
    """An image repository, and both who may sign in it."""

    def __init__(self, folder: Path, stack: TrustStack, name: str) -> None:
        """Nobody has signed anything yet."""
        self.stack = stack
        self.publisher = Publisher(folder, stack)
        self.docker = Collection(self.publisher, name)
        self.ours = OurPublisher(self.publisher.config / "trust", stack)
        self.gun = self.docker.gun
        self.folder = folder
        self._readers = 0

    @property
    def collection(self) -> OurCollection:
        """Opened anew each time, as commands do."""
        return self.ours.collection(self.gun)

    def sign(self, who: str, tag: str, label: str) -> None:
        if who == "docker":
            self.docker.push(tag, label)
            return
        made = self.docker.store(label, tag=tag)
        digest = made.digest.removeprefix("sha256:")
        images.sign(self.collection, {tag: target_meta(made.size, sha256=digest)})

    def revoke(self, who: str, tag: str | None = None) -> None:
        """One tag, or without one all of them."""
        if who == "docker":
            self.docker.revoke(tag)
        else:
            name = self.gun if tag is None else f"{self.gun}:{tag}"
            self.commands("revoke", "-y", name).succeeded()

    def add_signer(self, who: str, name: str) -> None:
        if who == "docker":
            self.docker.add_signer(name)
            return
        if not (self.folder / f"{name}.pub").exists():
            self.publisher.docker("trust", "key", "generate", name, "--dir", str(self.folder))
        key = _core.PublicKey.read((self.folder / f"{name}.pub").read_bytes())
        images.add_signer(self.collection, name, [key])

    def commands(self, *words: str) -> Ran:
        """Our program in the same place, with the same passphrases."""
        return run([program(), "--no-input", *words], self.publisher.env, timeout=2 * TIMEOUT_S)

    def reader(self) -> dict[str, str]:
        """The environment of a docker that knows nothing yet."""
        self._readers += 1
        config = docker_config(self.folder / f"reader-{self._readers}", self.stack, self.stack)
        return client_env(config, self.stack, self.stack.url)

    def pulls(self, tag: str) -> str | None:
        """The digest that a new docker pulls, or None; a new reader of ours must agree."""
        verdict = pulled(self.reader(), f"{self.gun}:{tag}")
        tags = self._loaded().tags
        assert (tags[tag].digest if tag in tags else None) == verdict.digest
        return verdict.digest

    def inspected(self) -> str:
        """What docker tells of it."""
        return self.publisher.docker("trust", "inspect", "--pretty", self.gun, trust=False).out

    def versions(self) -> dict[str, int]:
        """Of every role, as a new reader of ours has them."""
        return {name: role.version for name, role in self._loaded().roles.items()}

    def _loaded(self) -> TrustedRepository:
        with tempfile.TemporaryDirectory() as empty:
            return load(self.gun, source=self.ours.server, trust_dir=empty)
