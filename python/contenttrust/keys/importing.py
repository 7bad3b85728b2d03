"""Keys from files: ``notary key import`` and ``docker trust key load``, and where they differ.

Both keep a PEM block that has a ``path`` header encrypted as it is, and take the last part of the
path for its name; both encrypt a plain one anew, with a passphrase that is asked for. The role is
the block's header, else the one that was named, else ``delegation``. Of encrypted blocks without a
``path`` the passphrase is asked for. Notary refuses them; docker 28 asks, says that they were
imported, and stores nothing. Where a file is taken as a whole, blocks with a ``path`` are opened
too: what the path says is proved then.

Docker loads whatever a file says that it is. Whoever sends a signer's key could so send a root key
with it, and the next collection would begin under that: `load_file` takes keys of signers alone.

Source: notary 0.7.0 `trustmanager/keys.go`; docker CLI 28.2.2 `cli/command/trust/key_load.go`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from contenttrust._core import KeyFile, PrivateKey
from contenttrust.errors import (
    ContentTrustError,
    InputNeededError,
    KeyFileError,
    KeyStoreError,
    PassphraseError,
    shown,
)
from contenttrust.keys import folder, pem
from contenttrust.keys.entry import (
    LEGACY_FOLDERS,
    ROLES_OF_ONE_COLLECTION,
    TOP_LEVEL_ROLES,
    KeyEntry,
    gun_for,
    is_key_id,
)
from contenttrust.keys.keeping import KeptOtherwiseError, check_file, may_replace
from contenttrust.keys.public_file import check_name
from contenttrust.transport import chosen_file, remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    key_id: str
    role: str
    gun: str
    key: PrivateKey | None  # None: it was not opened
    data: bytes = b""  # in which it stays under its passphrase; empty: it gets a new one


def import_file(
    store: KeyStore,
    path: str | os.PathLike[str],
    *,
    role: str = "",
    gun: str = "",
    check: Callable[[str, str], None] | None = None,
) -> Imported:
    """Import all keys of a file, as ``notary key import`` does.

    Args:
        store: Where to.
        path: Of the file.
        role: Of keys whose block names none; default: ``delegation``.
        gun: Of ``targets`` and ``snapshot`` keys whose block names none.
        check: Is called with the role and the collection of each key before one is kept; what it
            raises ends it. A block that cannot be opened, or whose key is here otherwise, ends it
            then too; else it is passed over beside others.

    Raises:
        KeyFileError: None of its blocks is a key that can be imported.
        KeyStoreError: The file cannot be read, a key could not be kept, is here already for
            another role, or its file here is damaged.
        PassphraseError: Its passphrase was wrong too often, or a key is here already under
            another passphrase.
        InputNeededError: A passphrase is needed, and nobody can be asked.

    What fails leaves none of the keys behind, or names those that are here in its message.
    """
    found = KeyFile.parse_all(_contents(path))
    role = role or DEFAULT_ROLE
    if check is not None:
        _check_roles(found, role, gun, check)
    return _import(store, found, role, gun, is_whole=check is not None)


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
    path = os.fspath(path)
    check_name(name, of=path)
    _check_mode(path)
    contents = _contents(path)
    try:
        found = KeyFile.parse_all(contents)
    except KeyFileError as error:
        raise KeyFileError(
            f"provided file {shown(path)} is not a supported private key - to add a signer's "
            f"public key use contenttrust signer add --key: {error.message}"
        ) from error

    def check(role: str, _: str) -> None:
        if role in TOP_LEVEL_ROLES:
            import shlex  # noqa: PLC0415 - only where something is suggested

            raise KeyFileError(
                f"{shown(path)} holds a key that names itself a {role} key, and what is loaded are "
                "keys of signers: nothing was loaded. In the key file of a signer it has no "
                "business; whoever knows it as a key of their own brings it in by contenttrust key "
                f"import {shlex.quote(shown(path))}",
                role=role,
                expected="a signer's key",
                found=f"a {role} key",
            )

    _check_roles(found, name, "", check)
    return _import(store, found, name, "", is_whole=True)


def _check_roles(
    found: Sequence[KeyFile], role: str, gun: str, check: Callable[[str, str], None]
) -> None:
    for one in found:
        check(one.role or role, _gun_of(one) or gun)


def _import(
    store: KeyStore, found: Sequence[KeyFile], role: str, gun: str, *, is_whole: bool
) -> Imported:
    """Keep the keys of a file once all is known of each: what fails before that keeps none.

    Args:
        store: Where to.
        found: The blocks of the file.
        role: Of blocks that name none.
        gun: Of blocks that name none.
        is_whole: Whether every block is opened, and one that cannot be, or whose key is here
            otherwise, ends it; else it is passed over.
    """
    blocks: dict[str, _Block] = {}
    skipped: list[str] = []
    for number, one in enumerate(found, 1):
        try:
            block = _prepared(store, one, role, gun, is_opened=is_whole)
            _check(store, block, blocks.get(block.key_id, block))
            blocks[block.key_id] = block
        except (  # noqa: PERF203
            KeyFileError, PassphraseError, InputNeededError, KeptOtherwiseError
        ) as error:  # fmt: skip
            told = f"block {number} ({shown(one.label)}): {error.message}"
            if is_whole and len(found) > 1:
                error.message = f"{told}; no key of the file was imported"
                raise
            if len(found) == 1 and not isinstance(error, KeyFileError):
                raise
            skipped.append(told)
    entries: list[KeyEntry] = []
    for block in blocks.values():
        try:
            entries.append(_keep(store, block))
        except BaseException as error:  # noqa: PERF203
            tell_kept(error, entries)
            raise
    if not entries:
        reasons = "; ".join(skipped) or "there is no key in it"
        raise KeyFileError(f"failed to import all keys: {reasons}")
    return Imported(entries=tuple(entries), skipped=tuple(skipped))


def _prepared(store: KeyStore, found: KeyFile, role: str, gun: str, *, is_opened: bool) -> _Block:
    """What a block says of itself, with what was named for blocks that do not; opened.

    One with a ``path`` is opened only where `is_opened`.

    Raises:
        KeyFileError: It cannot be imported.
        PassphraseError: Its passphrase was wrong too often.
        InputNeededError: Its passphrase is needed, and nobody can be asked.
    """
    role = found.role or role
    name = found.path.rpartition("/")[2]
    gun = _gun_of(found) or gun
    if role in ROLES_OF_ONE_COLLECTION and not gun:
        raise KeyFileError(
            f"invalid key pem block: a {shown(role)} key without a gun, nobody knows what "
            "collection it belongs to: name it with --gun",
            role=role,
        )
    gun = gun_for(role, gun)
    if found.is_encrypted and name:
        key_id = name.partition("_")[0]
        if not is_key_id(key_id):
            raise KeyFileError(f"its path header ends in no key id: {shown(found.path)}", role=role)
        # Of what else stands there only how the key is encrypted, in the old way: whose key it is,
        # no header that we do not know says to a program that does.
        old = {name: found.headers.get(name, "") for name in ("Proc-Type", "DEK-Info")}
        headers = {**old, "role": role, "gun": gun}
        data = pem.with_headers(found.pem, headers)
        opened = _opened(store, found, role, gun, key_id) if is_opened else None
        if opened is not None and opened.key_id != key_id:
            raise KeyFileError(
                f"it holds another key than its path header says: {opened.key_id}",
                role=role,
                expected=key_id,
                found=opened.key_id,
            )
        return _Block(key_id, role, gun, opened, data)
    key = _opened(store, found, role, gun)
    return _Block(key.key_id, role, gun, key)


def _opened(store: KeyStore, found: KeyFile, role: str, gun: str, key_id: str = "") -> PrivateKey:
    if not found.is_encrypted:
        return PrivateKey.decode(found.pem)
    asked = KeyEntry(
        key_id=key_id,
        role=role if role in TOP_LEVEL_ROLES else "encrypted",
        gun=gun,
        path="",
        is_encrypted=True,
        rounds=None,
    )
    return store.decode(found.pem, asked)


def _check(store: KeyStore, block: _Block, first: _Block) -> None:
    """Refuse what could not be kept, before anything is.

    Args:
        store: Where to.
        block: What is to be kept.
        first: The first block of the file with this key.

    Raises:
        KeptOtherwiseError: It is here already and differs, or is kept elsewhere.
        KeyStoreError: It is here for another role, or comes twice; or its file here is damaged, or
            that of the addresses.
    """
    if (block.role, block.gun, block.data) != (first.role, first.gun, first.data):
        raise KeyStoreError(
            f"the file holds the key {block.key_id} twice and not alike, for {shown(first.role)} "
            f"and for {shown(block.role)}: nothing was imported",
            role=block.role,
        )
    here = store.find(block.key_id)
    if here is not None and here.problem:
        raise KeyStoreError(
            f"{shown(here.path)}, which is in the key store already, cannot be used: "
            f"{here.problem}; nothing was imported. Move it away, then import again",
            role=block.role,
        )
    check_file(store, block.key_id, block.role, block.gun)
    if here is not None and block.data:
        _check_same(store, block)


def _check_same(store: KeyStore, block: _Block) -> None:
    """Refuse an encrypted block, unless it becomes the very file that is in the store.

    Raises:
        KeptOtherwiseError: It does not.
    """
    _, place = store.existing(block.key_id)
    try:
        before, _ = store.folder.read(place)
    except OSError as error:
        store.folder.fail(error)
    try:
        may_replace(block.key_id, before, block.data, None, store.folder.where(place))
    except KeyStoreError as error:
        raise KeptOtherwiseError(error.message, role=block.role) from error


def _gun_of(found: KeyFile) -> str:
    """The collection that a block names: an older notary's export has it in its path."""
    first, _, rest = found.path.rpartition("/")[0].strip("/").partition("/")
    return (rest if first == LEGACY_FOLDERS[1] else "") or found.gun


def _keep(store: KeyStore, block: _Block) -> KeyEntry:
    if block.data or block.key is None:

        def check() -> None:
            check_file(store, block.key_id, block.role, block.gun)

        return store.keep(block.key_id, block.data, None, block.key, check=check)
    return store.add(block.key, role=block.role, gun=block.gun)


def tell_kept(error: BaseException, entries: Sequence[KeyEntry]) -> None:
    """Say which keys are here although others could not be kept.

    Args:
        error: Why; its message says it, or a warning.
        entries: The keys that are.
    """
    if not entries:
        return
    told = ", ".join(f"{entry.key_id} for {shown(entry.role)}" for entry in entries)
    kept = f"in the key store now: {told}"
    if isinstance(error, ContentTrustError):
        error.message += f"; {kept}"
    else:
        remark.warn(__name__, kept)


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
