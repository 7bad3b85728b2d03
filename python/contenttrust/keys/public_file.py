"""A signer's new key: the private half in the store, the public one as ``NAME.pub`` to pass on."""

from __future__ import annotations

import os
import re

from contenttrust.errors import KeyStoreError, shown
from contenttrust.keys import pem
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.keys.entry import KeyEntry
    from contenttrust.keys.store import KeyStore

EXTENSION = ".pub"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def check_name(name: str) -> None:
    """Refuse what docker takes for no signer's name.

    Raises:
        KeyStoreError: It is none.
    """
    if not _NAME.fullmatch(name):
        raise KeyStoreError(
            f'key name "{shown(name)}" must start with lowercase alphanumeric characters and can '
            'include "-" or "_" after the first character'
        )


def generate_for_signer(
    store: KeyStore, name: str, *, directory: str = "", algorithm: str = "ecdsa"
) -> tuple[KeyEntry, str]:
    """Make a signer's key and write its public half, as ``docker trust key generate`` does.

    Args:
        store: Keeps the private half.
        name: Of the signer.
        directory: Where ``NAME.pub`` goes; default: the current one.
        algorithm: See `KeyStore.generate`.

    Returns:
        The entry of the key, and the path of the file.

    Raises:
        KeyStoreError: The name is none, the file exists already, or something could not be written.
        InputNeededError: A passphrase is needed, and nobody can be asked.
    """
    path = _free_path(name, directory)
    entry = store.generate(algorithm, role=name)
    return _with_public_half(store, entry, path)


def remember_for_signer(
    store: KeyStore, address: str, name: str, *, directory: str = ""
) -> tuple[KeyEntry, str]:
    """Take a key that is kept elsewhere for a signer's, and write its public half.

    Args:
        store: Remembers the address.
        address: Such as ``hsm:2?label=release``.
        name: Of the signer.
        directory: Where ``NAME.pub`` goes; default: the current one.

    Returns:
        The entry of the key, and the path of the file.

    Raises:
        NoKeyError: Nobody knows the address.
        KeyStoreError: The name is none, the file exists already, the key cannot be had, or
            something could not be written.
        InputNeededError: A PIN is needed, and nobody can be asked.
    """
    path = _free_path(name, directory)
    return _with_public_half(store, store.remember(address, role=name), path)


def _free_path(name: str, directory: str) -> str:
    check_name(name)
    path = os.path.join(directory, f"{name}{EXTENSION}")  # noqa: PTH118
    if not os.path.isdir(directory or "."):  # noqa: PTH112
        raise KeyStoreError(f'public key path does not exist: "{shown(directory)}"')
    if os.path.lexists(path):
        raise KeyStoreError(f'public key file already exists: "{shown(path)}"')
    return path


def _with_public_half(store: KeyStore, entry: KeyEntry, path: str) -> tuple[KeyEntry, str]:
    try:
        create(path, pem.public_key_pem(store.open(entry.key_id).public, entry.role))
    except KeyStoreError as error:
        raise KeyStoreError(
            f"the key {entry.key_id} is in the store, but its public half is not written: "
            f"{error.message}"
        ) from error
    return entry, path


def create(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file of mode 0600 that did not exist, whatever the umask.

    Raises:
        KeyStoreError: It exists, or could not be written.
    """
    path = os.fspath(path)
    try:
        descriptor = os.open(path, _NEW, 0o600)
        try:
            with files.opened(descriptor), open(descriptor, "wb", closefd=False) as file:
                os.fchmod(descriptor, 0o600)
                file.write(data)
                file.flush()
                os.fsync(descriptor)
        except BaseException:
            os.unlink(path)  # noqa: PTH108 - it is ours: it did not exist
            raise
    except OSError as error:
        raise KeyStoreError(f"{shown(path)}: {error.strerror}") from error
