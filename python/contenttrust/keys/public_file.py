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
    check_name(name)
    path = os.path.join(directory, f"{name}{EXTENSION}")  # noqa: PTH118
    if not os.path.isdir(directory or "."):  # noqa: PTH112
        raise KeyStoreError(f'public key path does not exist: "{shown(directory)}"')
    if os.path.lexists(path):
        raise KeyStoreError(f'public key file already exists: "{shown(path)}"')
    entry = store.generate(algorithm, role=name)
    try:
        create(path, pem.public_key_pem(store.open(entry.key_id).public, name))
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
