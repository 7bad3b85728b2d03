"""Keys that are kept elsewhere, as an HSM does: the store remembers their addresses, in one file.

The file stands beside the key files, where only we may write, and holds nothing secret. What it
says is proved when a key is opened: the signer must be the one with the key id.
"""

from __future__ import annotations

import contextlib
import json

from contenttrust._core import canonical_json
from contenttrust.errors import KeyFileError, KeyStoreError, VerificationError, shown
from contenttrust.keys import folder
from contenttrust.keys.entry import KeyEntry, broken, gun_for, is_key_id
from contenttrust.keys.signer import signer_at
from contenttrust.transport import permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contenttrust.keys.folder import KeyFolder
    from contenttrust.keys.passphrase import Passphrases
    from contenttrust.keys.signer import Signer

NAME = "signers.json"

_FORMAT = "contenttrust signers 1"
_MEMBERS = ("key_id", "role", "gun", "address")


class SignerAddresses:
    """The addresses in a key store's folder."""

    def __init__(self, keys: KeyFolder) -> None:
        self._folder = keys

    def entries(self) -> tuple[KeyEntry, ...]:
        """All of them; a file that cannot be used is one entry with its problem."""
        path = self._folder.where((NAME,))
        try:
            return self._read()
        except OSError as error:
            return (broken(path, error.strerror or str(error)),)
        except KeyFileError as error:
            return (broken(path, error.message),)

    def find(self, key_id: str) -> KeyEntry | None:
        """The entry of a key, or None."""
        found = (entry for entry in self.entries() if entry.key_id == key_id)
        return next((entry for entry in found if not entry.problem), None)

    def check(self) -> None:
        """Refuse addresses that cannot be read: of which keys they are, nobody knows then.

        Raises:
            KeyStoreError: The file of them cannot be used.
        """
        for entry in self.entries():
            if entry.problem:
                raise KeyStoreError(
                    "whether a key is kept elsewhere nobody can tell, so that none comes in as a "
                    f"file: {shown(entry.path)}: {entry.problem}"
                )

    def keep(self, entry: KeyEntry, check: Callable[[], None] | None = None) -> None:
        """Remember an address; one that the key had before is forgotten.

        Args:
            entry: Of the key.
            check: As for `KeyStore.keep`.

        Raises:
            KeyFileError: The file is damaged; it is left as it is.
            KeyStoreError: Others may write it too, or it could not be written.
        """
        self._change([entry], entry.key_id, check)

    def forget(self, key_id: str) -> None:
        """Forget an address; the key stays where it is.

        Raises:
            KeyFileError: The file is damaged; it is left as it is.
            KeyStoreError: Others may write it too, or it could not be written.
        """
        self._change([], key_id)

    def _change(
        self, added: Sequence[KeyEntry], key_id: str, check: Callable[[], None] | None = None
    ) -> None:
        with self._folder.writing() as top:
            if check is not None:
                check()
            after = (*(entry for entry in self._read() if entry.key_id != key_id), *added)

            def proof(written: bytes) -> None:
                with contextlib.suppress(KeyFileError):
                    if _parsed(written) == after:
                        return
                raise KeyStoreError(f"{NAME} is not what was written: the old one stays")

            folder.put(top, (NAME,), _written(after), proof)

    def _read(self) -> tuple[KeyEntry, ...]:
        try:
            contents, status = self._folder.read((NAME,))
        except FileNotFoundError:
            return ()
        permissions.check_private(status, NAME)
        return _parsed(contents)


def kept_at(address: str, key_id: str, role: str, gun: str) -> KeyEntry:
    """The entry of a key that is kept elsewhere."""
    return KeyEntry(
        key_id=key_id, role=role, gun=gun, path=address, is_encrypted=False, rounds=None
    )


def signer_of(entry: KeyEntry, passphrases: Passphrases) -> Signer:
    """The signer at an address that was remembered.

    Raises:
        NoKeyError: Nobody knows the address any more.
        KeyStoreError: The key cannot be had, or is another one.
        InputNeededError: A PIN is needed, and nobody can be asked.
    """
    signer = signer_at(entry.path, passphrases)
    if signer.key_id != entry.key_id:
        raise KeyStoreError(
            f"at {shown(entry.path)} there is another key than before: {signer.key_id}",
            role=entry.role,
            expected=entry.key_id,
            found=signer.key_id,
        )
    return signer


def _written(entries: Sequence[KeyEntry]) -> bytes:
    signers = [
        {"key_id": entry.key_id, "role": entry.role, "gun": entry.gun, "address": entry.path}
        for entry in entries
    ]
    return json.dumps({"format": _FORMAT, "signers": signers}, indent=2).encode() + b"\n"


def _parsed(contents: bytes) -> tuple[KeyEntry, ...]:
    try:
        # Canonical JSON has control characters as they are.
        document = json.loads(canonical_json(contents), strict=False)
        if document["format"] != _FORMAT:
            raise KeyFileError(f"another format: {shown(str(document['format']))}")
        return tuple(_entry(*(signer[name] for name in _MEMBERS)) for signer in document["signers"])
    except (VerificationError, ValueError, TypeError, KeyError) as error:
        raise KeyFileError(
            f"{NAME} is damaged: move it away, then load the keys of your signers anew"
        ) from error


def _entry(key_id: str, role: str, gun: str, address: str) -> KeyEntry:
    if not all(isinstance(one, str) for one in (key_id, role, gun, address)):
        raise TypeError("a member of a signer is no text")
    if not is_key_id(key_id) or gun != gun_for(role, gun) or ":" not in address:
        raise ValueError("no signer")
    return kept_at(address, key_id, role, gun)
