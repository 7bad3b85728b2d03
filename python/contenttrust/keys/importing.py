"""Keys from files: ``notary key import`` and ``docker trust key load``, and where they differ.

Both keep a PEM block that has a ``path`` header encrypted as it is, and take the last part of the
path for its name; both encrypt a plain one anew, with a passphrase that is asked for. The role is
the block's header, else the one that was named, else ``delegation``. Of encrypted blocks without a
``path`` the passphrase is asked for. Notary refuses them; docker 28 asks, says that they were
imported, and stores nothing.

Docker loads whatever a file says that it is. Whoever sends a signer's key could so send a root key
with it, and the next collection would begin under that: `load_file` takes keys of signers alone.

Source: notary 0.7.0 `trustmanager/keys.go`; docker CLI 28.2.2 `cli/command/trust/key_load.go`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from contenttrust._core import KeyFile, PrivateKey
from contenttrust.errors import KeyFileError, KeyStoreError, shown
from contenttrust.keys import folder, pem
from contenttrust.keys.entry import (
    LEGACY_FOLDERS,
    ROLES_OF_ONE_COLLECTION,
    TOP_LEVEL_ROLES,
    KeyEntry,
    gun_for,
    is_key_id,
)
from contenttrust.keys.public_file import check_name
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust.keys.store import KeyStore

DEFAULT_ROLE = "delegation"
"""Role of a key that nobody named one for, as notary has it."""
DEFAULT_NAME = "signer"
"""Name of a signer that nobody named, as docker has it."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the blocks of a file.

    Attributes:
        entries: Keys that are in the store now.
        skipped: Why a block was passed over, one text a block.
    """

    entries: tuple[KeyEntry, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """One block of a file, and what it will be in the store."""

    found: KeyFile
    role: str
    gun: str
    key_id: str  # empty until it is opened


def import_file(
    store: KeyStore,
    path: str | os.PathLike[str],
    *,
    role: str = "",
    gun: str = "",
    check: Callable[[str], None] | None = None,
) -> Imported:
    """Import all keys of a file, as ``notary key import`` does.

    Args:
        store: Where to.
        path: Of the file.
        role: Of keys whose block names none; default: ``delegation``.
        gun: Of ``targets`` and ``snapshot`` keys whose block names none.
        check: Is called with the role of each key before one is kept; what it raises ends it.

    Raises:
        KeyFileError: None of its blocks is a key that can be imported.
        KeyStoreError: The file cannot be read, a key could not be kept, or is here already for
            another role.
        PassphraseError: Its passphrase was wrong too often, or a key is here already under
            another passphrase.
        InputNeededError: A passphrase is needed, and nobody can be asked.
    """
    return _import(store, _contents(path), role or DEFAULT_ROLE, gun, check)


def load_file(
    store: KeyStore, path: str | os.PathLike[str], *, name: str = DEFAULT_NAME
) -> Imported:
    """Load a signer's key, as ``docker trust key load`` does.

    Args:
        store: Where to.
        path: Of the file, which others may neither read nor write.
        name: Of the signer, for a key whose block names no role.

    Raises:
        KeyStoreError: The name is none, others may read the file, it cannot be read, or a key
            could not be kept, or is here already for another role.
        KeyFileError: It holds no private key, or one of root, targets, snapshot or timestamp.
        PassphraseError: Its passphrase was wrong too often, or the key is here already under
            another passphrase.
        InputNeededError: A passphrase is needed, and nobody can be asked.
    """
    check_name(name)
    path = os.fspath(path)
    _check_mode(path)
    contents = _contents(path)
    try:
        KeyFile.parse_all(contents)
    except KeyFileError as error:
        raise KeyFileError(
            f"provided file {shown(path)} is not a supported private key - to add a signer's "
            f"public key use contenttrust signer add --key: {error.message}"
        ) from error

    def check(role: str) -> None:
        if role in TOP_LEVEL_ROLES:
            raise KeyFileError(
                f"{shown(path)} holds a key that names itself a {role} key, and what is loaded are "
                "keys of signers: nothing was loaded. In the key file of a signer it has no "
                "business; whoever knows it as a key of their own brings it in by contenttrust key "
                f"import {shown(path)}",
                role=role,
                expected="a signer's key",
                found=f"a {role} key",
            )

    return _import(store, contents, name, "", check)


def _import(
    store: KeyStore, contents: bytes, role: str, gun: str, check: Callable[[str], None] | None
) -> Imported:
    blocks: list[_Block] = []
    skipped: list[str] = []
    for number, found in enumerate(KeyFile.parse_all(contents), 1):
        if check is not None:
            check(found.role or role)
        try:
            blocks.append(_prepared(found, role, gun))
        except KeyFileError as error:
            skipped.append(f"block {number} ({shown(found.label)}): {error.message}")
    entries: list[KeyEntry] = []
    for block in blocks:
        try:
            entries.append(_keep(store, block))
        except KeyFileError as error:  # noqa: PERF203
            skipped.append(str(error.message))
    if not entries:
        reasons = "; ".join(skipped) or "there is no key in it"
        raise KeyFileError(f"failed to import all keys: {reasons}")
    return Imported(entries=tuple(entries), skipped=tuple(skipped))


def _prepared(found: KeyFile, role: str, gun: str) -> _Block:
    """What a block says of itself, with what was named for blocks that do not.

    Raises:
        KeyFileError: It cannot be imported.
    """
    role = found.role or role
    folders, _, name = found.path.rpartition("/")
    gun = _gun_of(folders) or found.gun or gun
    if role in ROLES_OF_ONE_COLLECTION and not gun:
        raise KeyFileError(
            f"invalid key pem block: a {shown(role)} key without a gun, nobody knows what "
            "collection it belongs to: name it with --gun",
            role=role,
        )
    gun = gun_for(role, gun)
    key_id = ""
    if found.is_encrypted and name:
        key_id = name.partition("_")[0]
        if not is_key_id(key_id):
            raise KeyFileError(f"its path header ends in no key id: {shown(found.path)}", role=role)
    return _Block(found, role, gun, key_id)


def _gun_of(folders: str) -> str:
    """The collection that the path of an older notary's export names."""
    first, _, rest = folders.strip("/").partition("/")
    return rest if first == LEGACY_FOLDERS[1] else ""


def _keep(store: KeyStore, block: _Block) -> KeyEntry:
    contents = block.found.pem
    if block.key_id:
        # What else stands there says how the key is encrypted, in the old way.
        headers = {**block.found.headers, "role": block.role, "gun": block.gun, "path": ""}
        return store.keep(block.key_id, pem.with_headers(contents, headers), None)
    if block.found.is_encrypted:
        is_signers = block.role not in TOP_LEVEL_ROLES
        asked = KeyEntry(
            key_id="",
            role="encrypted" if is_signers else block.role,
            gun=block.gun,
            path="",
            is_encrypted=True,
            rounds=None,
        )
        key = store.decode(contents, asked)
    else:
        key = PrivateKey.decode(contents)
    return store.add(key, role=block.role, gun=block.gun)


def _contents(path: str | os.PathLike[str]) -> bytes:
    try:
        return chosen_file.read(path, limit=folder.LIMIT)
    except OSError as error:
        raise KeyStoreError(f"{shown(os.fspath(path))}: {error.strerror}") from error
    except chosen_file.ChosenFileError as error:
        raise KeyStoreError(f"{shown(os.fspath(path))}: {error}") from error


def _check_mode(path: str) -> None:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - importing pathlib costs milliseconds
    except OSError as error:
        raise KeyStoreError(f"refusing to load key from {shown(path)}: {error.strerror}") from error
    if mode & _OTHERS:
        raise KeyStoreError(
            f"refusing to load key from {shown(path)}: private key file {shown(path)} must not be "
            "readable or writable by others: chmod 600; where it cannot be changed, load a copy "
            f"(install -m 600 {shown(path)} COPY)"
        )
