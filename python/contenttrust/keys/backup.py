"""One encrypted archive of keys, and the proof that it can be restored.

The archive is sealed with a passphrase of its own; the keys inside keep theirs, so that a copy of
it alone opens nothing. What is restored takes no different key's place, nor that of an address, and
nothing is written before everything that is to be restored was found to be right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from contenttrust._core import KeyFile, PublicKey, canonical_json, seal, unseal
from contenttrust.errors import (
    InputNeededError,
    KeyFileError,
    KeyStoreError,
    MalformedError,
    NoKeyError,
    PassphraseError,
    PublicKeyError,
    shown,
)
from contenttrust.keys import folder
from contenttrust.keys.entry import EXTENSION, KeyEntry, gun_for, is_key_id
from contenttrust.keys.exporting import places_by_key
from contenttrust.keys.keeping import check_file, opened, opens
from contenttrust.keys.passphrase import TRIES, PassphraseRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from contenttrust.keys.passphrase import Passphrases
    from contenttrust.keys.store import KeyStore

LIMIT = 16 * 1024 * 1024
"""Bytes of an archive: ten thousand keys."""

_FOR_THE_SEAL = 64 * 1024
"""Bytes that a sealed archive of that length has more than its contents, and some."""
_FORMAT = "contenttrust key backup 1"
_ONE_FOR_EACH_BYTE = "latin-1"
"""How a key file stands in an archive: headers and what is around a block may have any bytes."""
_SEALED = b"contenttrust sealed "
_WHAT = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUpKey:
    """A key in an archive.

    Attributes:
        key_id: Canonical key id.
        role: As its file says.
        gun: As its file says.
        pem: Contents of its file.
    """

    key_id: str
    role: str
    gun: str
    pem: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restoration did.

    Attributes:
        added: Keys that were not here.
        kept: Keys that were here already, in the same words.
    """

    added: tuple[KeyEntry, ...]
    kept: tuple[KeyEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of an archive found.

    Attributes:
        keys: All keys in it.
        opened: Ids of those whose passphrase was given, and which are what they claim to be.
        problems: Why a key cannot be relied on, by its id.
        root_keys: Canonical ids of the published root's keys, if a root was given.
        root_threshold: How many of them must sign.
    """

    keys: tuple[BackedUpKey, ...]
    opened: tuple[str, ...]
    problems: dict[str, str]
    root_keys: tuple[str, ...] = ()
    root_threshold: int = 0

    @property
    def root_matches(self) -> bool:
        """Whether enough of the published root's keys were opened to sign its successor."""
        return len(set(self.root_keys) & set(self.opened)) >= max(self.root_threshold, 1)


def backup(store: KeyStore, *, passphrases: Passphrases, key_ids: Collection[str] = ()) -> bytes:
    """Seal keys into one archive.

    Args:
        store: The keys.
        passphrases: Who is asked for the archive's new passphrase.
        key_ids: Only these; default: all, of which none may be damaged.

    Raises:
        NoKeyError: A key is not here, or there are none.
        KeyFileError: A key file is damaged.
        KeyStoreError: A file cannot be read.
        PassphraseError: The passphrase is empty.
        InputNeededError: A passphrase is needed, and nobody can be asked.
    """
    wanted = {key_id: store.existing(key_id)[1] for key_id in key_ids} or places_by_key(store)
    if not wanted:
        raise NoKeyError("there are no keys to back up")
    keys = []
    for key_id, place in sorted(wanted.items()):
        entry = store.entry_at(place)
        if entry.problem or not is_key_id(key_id):
            problem = entry.problem or "its name is no key id"
            raise KeyFileError(
                f"{shown(entry.path)}: {problem}; name the keys that are to be backed up"
            )
        pem = store.folder.read(place)[0].decode(_ONE_FOR_EACH_BYTE)
        keys.append({"key_id": key_id, "role": entry.role, "gun": entry.gun, "pem": pem})
    contents = json.dumps({"format": _FORMAT, "keys": keys}, sort_keys=True).encode()
    if len(contents) > LIMIT - _FOR_THE_SEAL:  # before anybody is asked
        raise KeyStoreError(
            f"an archive of these keys would take more than the {LIMIT:,} bytes that are restored: "
            "name some of the keys, and make several archives"
        )
    secret = passphrases.give(PassphraseRequest(role="", what=_WHAT, is_new=True))
    if not len(secret):
        raise PassphraseError("an empty passphrase would not protect the backup")
    sealed = seal(contents, secret)
    if unseal(sealed, secret) != contents or len(_keys_of(contents)) != len(keys):
        raise KeyStoreError("the archive does not open again: nothing was written")
    return sealed


def restore(
    store: KeyStore, archive: bytes, *, passphrases: Passphrases, key_ids: Collection[str] = ()
) -> Restored:
    """Put the keys of an archive into a store.

    Args:
        store: Where to.
        archive: What `backup` made.
        passphrases: Who is asked for the archive's passphrase.
        key_ids: Only these; default: all.

    Raises:
        KeyFileError: It is no archive of ours.
        NoKeyError: A key that was named is not in it.
        PassphraseError: The passphrase was wrong too often, or the archive is damaged.
        KeyStoreError: Another file has the place of one of its keys, or one is kept elsewhere and
            its address is here: nothing was restored.
        InputNeededError: A passphrase is needed, and nobody can be asked.
    """
    keys = read(archive, passphrases=passphrases)
    absent = sorted(set(key_ids) - {key.key_id for key in keys})
    if absent:
        raise NoKeyError(
            f"the backup does not hold {shown(', '.join(absent))}: nothing was restored",
            expected=", ".join(absent),
            found=", ".join(key.key_id for key in keys),
        )
    return put_back(store, [key for key in keys if not key_ids or key.key_id in key_ids])


def put_back(store: KeyStore, keys: Sequence[BackedUpKey]) -> Restored:
    """Put the keys of an archive that is open into a store; see `restore`."""
    fresh: list[BackedUpKey] = []
    kept: list[KeyEntry] = []
    differing: list[tuple[BackedUpKey, str]] = []
    elsewhere: list[tuple[BackedUpKey, str]] = []
    with store.folder.writing() as top:
        for key in keys:
            place = store.place_of(key.key_id)
            if place is None:
                try:
                    check_file(store, key.key_id, key.role, gun_for(key.role, key.gun))
                    fresh.append(key)
                except KeyStoreError as error:
                    elsewhere.append((key, error.message))
            elif folder.read_at(top, place) == key.pem:
                kept.append(store.entry_at(place))
            else:
                differing.append((key, store.folder.where(place)))
        if differing or elsewhere:
            raise _in_the_way(differing, elsewhere, fresh, kept)
        for key in fresh:
            name = (f"{key.key_id}{EXTENSION}",)
            folder.put(top, name, key.pem, opens(key.key_id, None, key.pem))
    added = tuple(store.entry_at((f"{key.key_id}{EXTENSION}",)) for key in fresh)
    return Restored(added=added, kept=tuple(kept))


def _in_the_way(
    differing: Sequence[tuple[BackedUpKey, str]],
    elsewhere: Sequence[tuple[BackedUpKey, str]],
    fresh: Sequence[BackedUpKey],
    kept: Sequence[KeyEntry],
) -> KeyStoreError:
    """What is here in place of keys, and how to go on with each of them as it is."""
    others = ". Every other key that was wanted is here already" if kept else ""
    if fresh:
        only = " ".join(f"--key {key.key_id}" for key in fresh)
        way = f"contenttrust key restore {only} FILE"
        others = f". To keep what is here and restore the others: {way}"
    told = list(dict.fromkeys(why for _, why in elsewhere))
    if differing:
        where = ", ".join(shown(path) for _, path in differing)
        told.append(
            f"here already, and not as the backup has it: {where}. It may be the same key under a "
            "passphrase that was changed since (contenttrust key passwd). A key file is never "
            "written over: to have the backup's, move the file away first"
        )
    keys = [key for key, _ in (*elsewhere, *differing)]
    return KeyStoreError(
        f"{'; '.join(told)}; nothing was restored{others}",
        role=keys[0].role,
        found=", ".join(key.key_id for key in keys),
    )


def check(
    archive: bytes,
    *,
    passphrases: Passphrases,
    key_passphrases: Passphrases | None = None,
    root: bytes | None = None,
) -> Checked:
    """Prove that an archive can be restored and that its keys can sign. Nothing is written.

    Args:
        archive: What `backup` made.
        passphrases: Who is asked for the archive's passphrase.
        key_passphrases: Who is asked for the keys'; default: the same.
        root: The published root document, verified by the caller.

    Raises:
        KeyFileError: It is no archive of ours.
        PassphraseError: The archive's passphrase was wrong too often, or it is damaged.
        MalformedError: The root is no root document.
        InputNeededError: The archive's passphrase is needed, and nobody can be asked.
    """
    keys = read(archive, passphrases=passphrases)
    root_keys, threshold = _root_keys(root) if root is not None else ((), 0)
    proved: list[str] = []
    problems: dict[str, str] = {}
    for key in keys:
        try:
            _prove(key, key_passphrases or passphrases)
            proved.append(key.key_id)
        except (KeyFileError, PassphraseError, InputNeededError) as error:  # noqa: PERF203
            problems[key.key_id] = error.message
    return Checked(
        keys=keys,
        opened=tuple(proved),
        problems=problems,
        root_keys=root_keys,
        root_threshold=threshold,
    )


def read(archive: bytes, *, passphrases: Passphrases) -> tuple[BackedUpKey, ...]:
    """The keys of an archive, still encrypted.

    Raises:
        KeyFileError: It is no archive of ours.
        PassphraseError: The passphrase was wrong too often, or the archive is damaged.
        InputNeededError: A passphrase is needed, and nobody can be asked.
    """
    if not archive.startswith(_SEALED):  # before anybody is asked
        raise KeyFileError("this is no sealed archive")
    for attempt in range(TRIES):
        secret = passphrases.give(PassphraseRequest(role="", what=_WHAT, attempt=attempt))
        try:
            return _keys_of(unseal(archive, secret))
        except PassphraseError as error:
            wrong = error
    raise PassphraseError(
        f"no passphrase out of {TRIES} opened the backup, or it is damaged"
    ) from wrong


def _prove(key: BackedUpKey, passphrases: Passphrases) -> None:
    found = KeyFile.parse(key.pem)
    entry = KeyEntry(
        key_id=key.key_id,
        role=key.role,
        gun=key.gun,
        path="",
        is_encrypted=found.is_encrypted,
        rounds=found.rounds,
    )
    key_id = opened(key.pem, entry, passphrases).key_id
    if key_id != key.key_id:
        raise KeyFileError(f"it holds another key: {key_id}", found=key_id)


def _keys_of(contents: bytes) -> tuple[BackedUpKey, ...]:
    try:
        document = json.loads(
            canonical_json(contents), strict=False
        )  # canonical JSON has raw newlines
        if document["format"] != _FORMAT:
            raise KeyFileError(f"the backup has another format: {document['format']!r}")
        keys = tuple(_key_of(**key) for key in document["keys"])
    except (MalformedError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyFileError("what was sealed is no key backup of contenttrust") from error
    if len({key.key_id for key in keys}) != len(keys):
        raise KeyFileError("the backup holds a key twice")
    return keys


def _key_of(*, key_id: str, role: str, gun: str, pem: str) -> BackedUpKey:
    if not all(isinstance(one, str) for one in (key_id, role, gun)) or not is_key_id(key_id):
        raise KeyFileError(f"the backup holds a key that is none: {shown(str(key_id))}")
    contents = pem.encode(_ONE_FOR_EACH_BYTE)
    KeyFile.parse(contents)
    return BackedUpKey(key_id=key_id, role=role, gun=gun, pem=contents)


def _root_keys(root: bytes) -> tuple[tuple[str, ...], int]:
    try:
        signed = json.loads(canonical_json(root))["signed"]
        role = signed["roles"]["root"]
        keys = [signed["keys"][key_id] for key_id in role["keyids"]]
        return tuple(sorted({_canonical_id(key) for key in keys})), int(role["threshold"])
    except (ValueError, TypeError, KeyError, PublicKeyError) as error:
        raise MalformedError("this is no root document", role="root") from error


def _canonical_id(key: dict[str, dict[str, str]]) -> str:
    import base64  # noqa: PLC0415 - rarely needed

    public = base64.b64decode(key["keyval"]["public"], validate=True)
    return PublicKey.of(str(key["keytype"]), public).canonical_key_id


__all__ = ["BackedUpKey", "Checked", "Restored", "backup", "check", "put_back", "read", "restore"]
