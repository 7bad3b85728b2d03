"""Private keys: where they are kept, who opens them, and who signs without giving them away."""

from __future__ import annotations

from contenttrust.keys.entry import KeyEntry
from contenttrust.keys.passphrase import (
    EnvironmentPassphrases,
    GivenPassphrase,
    KeyringPassphrases,
    PassphraseChain,
    PassphraseRequest,
    Passphrases,
    PassphraseSource,
)
from contenttrust.keys.signer import Signer, signer_at, signers_from_entry_points
from contenttrust.keys.store import KeyStore

__all__ = [
    "EnvironmentPassphrases",
    "GivenPassphrase",
    "KeyEntry",
    "KeyStore",
    "KeyringPassphrases",
    "PassphraseChain",
    "PassphraseRequest",
    "PassphraseSource",
    "Passphrases",
    "Signer",
    "signer_at",
    "signers_from_entry_points",
]
