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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust._core import PrivateKey, PublicKey, Secret
    from contenttrust.keys import backup
    from contenttrust.keys.exporting import export
    from contenttrust.keys.importing import Imported, import_file, load_file
    from contenttrust.keys.public_file import (
        generate_for_signer,
        public_key,
        remember_for_signer,
        write_public_key,
    )
    from contenttrust.keys.terminal import TerminalPassphrases

__all__ = [
    "EnvironmentPassphrases",
    "GivenPassphrase",
    "Imported",
    "KeyEntry",
    "KeyStore",
    "KeyringPassphrases",
    "PassphraseChain",
    "PassphraseRequest",
    "PassphraseSource",
    "Passphrases",
    "PrivateKey",
    "PublicKey",
    "Secret",
    "Signer",
    "TerminalPassphrases",
    "backup",
    "export",
    "generate_for_signer",
    "import_file",
    "load_file",
    "public_key",
    "remember_for_signer",
    "signer_at",
    "signers_from_entry_points",
    "write_public_key",
]

_HOMES = {
    "contenttrust._core": "PrivateKey PublicKey Secret",
    "contenttrust.keys.exporting": "export",
    "contenttrust.keys.importing": "Imported import_file load_file",
    "contenttrust.keys.public_file": (
        "generate_for_signer public_key remember_for_signer write_public_key"
    ),
    "contenttrust.keys.terminal": "TerminalPassphrases",
}


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 - who signs needs none of these

    if name == "backup":
        return import_module("contenttrust.keys.backup")
    home = next((home for home, names in _HOMES.items() if name in names.split()), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
