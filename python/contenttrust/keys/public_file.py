"""Public halves of keys, to pass on: a signer's ``NAME.pub``, and that of any key of a store."""

from __future__ import annotations

import errno
import os
import re

from contenttrust._core import PublicKey
from contenttrust.errors import KeyStoreError, MalformedError, PublicKeyError, shown
from contenttrust.keys import pem
from contenttrust.keys.entry import RESERVED_NAMES, TOP_LEVEL_ROLES
from contenttrust.keys.keeping import no_key
from contenttrust.transport import chosen_file, files, presence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.keys.entry import KeyEntry
    from contenttrust.keys.store import KeyStore

EXTENSION = ".pub"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def check_name(name: str, *, of: str = "") -> None:
    """Refuse what docker takes for no signer's name, and what a key file would take for a role.

    Args:
        name: Of the signer.
        of: File or address of a key that is to be the signer's, where there is one.

    Raises:
        KeyStoreError: It is none.
    """
    if name in RESERVED_NAMES:
        way = ""
        if of and name in TOP_LEVEL_ROLES:
            import shlex  # noqa: PLC0415 - only where something is suggested

            owner = "" if name == "root" else " --gun GUN"
            way = (
                f"; a {name} key of your own is brought in by contenttrust key import "
                f"--role {name}{owner} {shlex.quote(shown(of))}"
            )
        raise KeyStoreError(f"{name} is a reserved keyword, use a different signer name{way}")
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
    check_name(name, of=address)
    path = _free_path(name, directory)
    return _with_public_half(store, store.remember(address, role=name), path)


def public_key(store: KeyStore, key_id: str) -> bytes:
    """The public half of a key, as a ``NAME.pub`` has it: PEM, with the key's role in its header.

    Args:
        store: The keys.
        key_id: Canonical key id.

    Raises:
        NoKeyError: It is not here.
        KeyStoreError: It cannot be opened, or its role cannot stand in a header.
    """
    entry = store.find(key_id)
    if entry is None:
        raise no_key(key_id)
    data = _public_half(store, entry)
    if not _is_of(data, key_id):
        raise KeyStoreError(
            f"the role {shown(entry.role)!r} of the key {key_id} cannot stand in a file's header",
            role=entry.role,
        )
    return data


def _is_of(data: bytes, key_id: str) -> bool:
    """Whether this is the public half of a key."""
    try:
        return PublicKey.read(data).canonical_key_id == key_id
    except (PublicKeyError, MalformedError):
        return False


def write_public_key(store: KeyStore, key_id: str, path: str) -> bool:
    """Write the public half of a key to a file, unless something else stands there.

    Args:
        store: The keys.
        key_id: Canonical key id.
        path: Of the file; one that holds just this already stays as it is.

    Returns:
        Whether it was written.

    Raises:
        KeyStoreError: The file holds something else, or could not be written; or as for
            `public_key`.
    """
    before = _content(path)
    if before is None or not _is_of(before, key_id):
        check_free(path)
    data = public_key(store, key_id)
    if before != data:
        create(path, data)
    return before != data


def _content(path: str) -> bytes | None:
    try:
        return chosen_file.read(path)
    except (OSError, ValueError):  # absent, too long, or no plain file
        return None


def _free_path(name: str, directory: str) -> str:
    check_name(name)
    path = os.path.join(directory, f"{name}{EXTENSION}")  # noqa: PTH118
    if not os.path.isdir(directory or "."):  # noqa: PTH112
        raise KeyStoreError(f'public key path does not exist: "{shown(directory)}"')
    if _is_taken(path):
        raise KeyStoreError(f'public key file already exists: "{shown(path)}"')
    check_folder(path)
    return path


def _with_public_half(store: KeyStore, entry: KeyEntry, path: str) -> tuple[KeyEntry, str]:
    try:
        create(path, _public_half(store, entry))
    except KeyStoreError as error:
        raise KeyStoreError(
            f"the key {entry.key_id} is in the store, but its public half is not written: "
            f"{error.message}"
        ) from error
    return entry, path


def _public_half(store: KeyStore, entry: KeyEntry) -> bytes:
    return pem.public_key_pem(store.open(entry.key_id).public, entry.role)


def check_free(path: str | os.PathLike[str]) -> None:
    """Refuse what `create` could not make, before anybody types a passphrase for what it holds.

    Raises:
        KeyStoreError: The file exists, or that cannot be told; or as for `check_folder`.
    """
    if _is_taken(path):
        raise KeyStoreError(f"{shown(os.fspath(path))}: {os.strerror(errno.EEXIST)}")
    check_folder(path)


def check_folder(path: str | os.PathLike[str]) -> None:
    """Refuse a file in whose folder none can be written.

    Raises:
        KeyStoreError: The folder is not there, is none, or takes no file.
    """
    path = os.fspath(path)
    folder = os.path.join(os.path.dirname(path), ".")  # noqa: PTH118, PTH120 - refused if it is none
    try:
        os.stat(folder)  # noqa: PTH116
    except OSError as error:
        raise KeyStoreError(f"{shown(path)}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise KeyStoreError(f"{shown(path)}: no file can be written in that folder")


def _is_taken(path: str | os.PathLike[str]) -> bool:
    try:
        return presence.is_there(path)
    except OSError as error:
        raise KeyStoreError(f"{shown(os.fspath(path))}: {error.strerror}") from error


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
