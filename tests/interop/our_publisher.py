"""A publisher with our own package, in a trust directory that the original clients share."""

from __future__ import annotations

from pathlib import Path

from contenttrust import _core
from contenttrust.keys import KeyStore, PassphraseRequest
from contenttrust.publish import Collection
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from interop.publisher import PASSPHRASE
from interop.trust_stack import TrustStack

ROUNDS = 2_048
"""As docker has them: the tests wait less."""


class _Passphrases:
    """The passphrase that the original clients are given too."""

    def give(self, request: PassphraseRequest) -> _core.Secret:
        return _core.Secret(PASSPHRASE.encode())


class OurPublisher:
    """Publishes from a trust directory, with the keys that are in it."""

    def __init__(self, trust_dir: Path, stack: TrustStack) -> None:
        """Use a trust directory and the trust server of a stack."""
        self.trust_dir = trust_dir
        self.keys = KeyStore(trust_dir, passphrases=_Passphrases(), rounds=ROUNDS)
        self.server = TrustServer(stack.url, tls=Tls(ca_files=(str(stack.authority),)))

    def collection(self, gun: str) -> Collection:
        """A collection to be edited; with keys that others have made meanwhile."""
        return Collection(gun, keys=self.keys, sink=self.server, trust_dir=self.trust_dir)

    def key(self, role: str, gun: str = "") -> _core.PublicKey:
        """A new key, as its public half; keys of top-level roles but root are a collection's."""
        entry = self.keys.generate("ecdsa", role=role, gun=gun)
        key = self.keys.open(entry.key_id)
        return _core.PublicKey.of(key.key_type, key.public)
