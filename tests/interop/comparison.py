"""The same question to docker and to us, with and without memory, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from interop.daemon import Daemon
from interop.environment import client_env, docker_config
from interop.readers import Verdict, pulled, verified
from interop.trust_stack import TrustStack

REFUSED = None
"""In place of a label: no image may be used."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What docker says in one state of a collection, by tag.

    Attributes:
        pulls: Label of the image that a tag gives, or `REFUSED`.
        warm: The same where a reader that was there in every state before answers otherwise.
        codes: Our reason codes, where a step names them.
        differs: Tags that we alone refuse, with our reason code: a row of the page on differences.
            With `--compatible` we say what docker says.
        warm_differs: Tags that we alone refuse, and only where we remember what went before; no
            switch changes that.
    """

    pulls: Mapping[str, str | None]
    warm: Mapping[str, str | None] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)
    warm_differs: Mapping[str, str] = field(default_factory=dict)


class Readers:
    """Docker and us, each with a directory that is kept and with fresh ones."""

    def __init__(
        self,
        folder: Path,
        images: TrustStack,
        trust: TrustStack,
        *,
        url: str | None = None,
        auth: str | None = None,
    ) -> None:
        """Readers that have not seen anything yet.

        Args:
            folder: For their directories.
            images: The stack with registry and dockerd.
            trust: The stack with the trust server, or the authority of `url`.
            url: A trust server beside the stacks.
            auth: Credentials, as `user:password`.
        """
        self._folder = folder
        self._images = images
        self._daemon = Daemon(images.docker_host)
        self._trust = trust
        self.url = url or trust.url
        self._hosts = [] if url is None else [url.removeprefix("https://")]
        self._auth = auth
        self._numbers = count()
        self.warm_docker = self.fresh()
        self.warm_ours = self.fresh()

    def fresh(self) -> dict[str, str]:
        """The environment of a reader that knows nothing but whom to ask."""
        folder = self._folder / f"reader-{next(self._numbers)}"
        docker_config(folder, self._images, self._trust, *self._hosts, auth=self._auth)
        return client_env(folder, self._images, self.url)

    def compare(self, gun: str, expected: Expected, digests: Mapping[str, str]) -> None:
        """Ask both, cold and warm, and hold them to what is expected.

        Args:
            gun: Name of the collection.
            expected: What docker says.
            digests: Digest of each image by its label.
        """
        tags = list(expected.pulls)
        names = [f"{gun}:{tag}" for tag in tags]
        with ThreadPoolExecutor(2) as pool:
            theirs = pool.submit(self._ask_docker, gun, names)
            ours = pool.submit(self._ask_us, names, compatible=bool(expected.differs))
            docker_cold, docker_warm = theirs.result()
            cold, warm, *compatible = ours.result()

        labels_warm = {**expected.pulls, **expected.warm}
        differs_warm = {**expected.differs, **expected.warm_differs}
        for memory, labels, differs, docker, us in (
            ("without memory", expected.pulls, expected.differs, docker_cold, cold),
            ("with memory", labels_warm, differs_warm, docker_warm, warm),
        ):
            for tag, their, our in zip(tags, docker, us, strict=True):
                told = f"{gun}:{tag} {memory}: docker {their}, we {our}"
                label = labels[tag]
                assert their.digest == (None if label is REFUSED else digests[label]), told
                if tag in differs:
                    assert (our.digest, our.code) == (None, differs[tag]), told
                else:
                    assert our.digest == their.digest, told
                    assert our.code == expected.codes.get(tag, our.code), told
        for as_docker in compatible:
            assert [verdict.digest for verdict in as_docker] == [
                verdict.digest for verdict in docker_cold
            ], compatible

    def _ask_docker(self, gun: str, names: Sequence[str]) -> tuple[list[Verdict], list[Verdict]]:
        cold = []
        for name in names:
            self._daemon.drop_images(gun)
            cold.append(pulled(self.fresh(), name))
        return cold, [pulled(self.warm_docker, name) for name in names]

    def _ask_us(self, names: Sequence[str], *, compatible: bool) -> list[list[Verdict]]:
        answers = [verified(self.fresh(), names), verified(self.warm_ours, names)]
        if compatible:
            answers.append(verified(self.fresh(), names, "--compatible"))
        return answers
