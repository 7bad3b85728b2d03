"""A trust directory that notary and we use in turns, and readers of what is published from it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from contenttrust import _core, load
from contenttrust.errors import NoTrustDataError
from contenttrust.publish.asking import ask
from interop.hands import Hand, Notary, Ours
from interop.our_publisher import OurPublisher
from interop.processes import Ran, run
from interop.publisher import Publisher
from interop.trust_stack import TrustStack


def digest(label: str) -> str:
    """Of an image that nobody needs to have."""
    return hashlib.sha256(label.encode()).hexdigest()


def canonical(certificate: Path) -> str:
    """Id of the key in a certificate, as key files and `delegation list` have it."""
    return _core.PublicKey.read(certificate.read_bytes()).canonical_key_id


class Shared:
    """A trust directory that both use, and new readers of what they publish."""

    def __init__(self, folder: Path, stack: TrustStack, repository: str) -> None:
        """Nobody has made the collection yet."""
        self.stack = stack
        self.publisher = Publisher(folder, stack)
        self.ours = OurPublisher(self.publisher.config / "trust", stack)
        self.hands: dict[str, Hand] = {
            "notary": Notary(self.publisher, repository),
            "ours": Ours(self.publisher, repository, self.ours),
        }
        self.gun = self.hands["notary"].gun

    def served(self, role: str) -> dict[str, Any]:
        """The file of a role as the server has it, neither judged nor kept."""
        file = ask(self.ours.server, self.gun, role, limit=1_000_000)
        assert isinstance(file, bytes), file
        document: dict[str, Any] = json.loads(file)
        return document

    def listed(self) -> dict[str, str]:
        """Tags and digests, as a new reader of ours and a new notary agree on."""
        with tempfile.TemporaryDirectory() as empty:
            repository = load(self.gun, source=self.ours.server, trust_dir=empty)
        assert repository.degraded == ()
        found = {}
        for role in repository.roles:
            for tag in repository.role_tags(role):
                found[tag.name] = tag.digest.removeprefix("sha256:")
        told = self._new_notary("list").succeeded().out
        rows = [line.split() for line in told.splitlines() if "    targets" in line]
        theirs = {row[0]: row[1] for row in rows}
        assert theirs == found, told
        return found

    def is_gone(self) -> bool:
        """Whether there is no such collection, as both new readers agree."""
        theirs = "does not have trust data" in self._new_notary("list").said
        with tempfile.TemporaryDirectory() as empty:
            try:
                load(self.gun, source=self.ours.server, trust_dir=empty)
                found = False
            except NoTrustDataError:
                found = True
        assert theirs == found
        return found

    def _new_notary(self, *words: str) -> Ran:
        with tempfile.TemporaryDirectory() as empty:
            server = ["-s", self.stack.url, "--tlscacert", str(self.stack.authority)]
            command = ["notary", *server, "-d", empty, *words, self.gun]
            return run(command, self.publisher.env)
