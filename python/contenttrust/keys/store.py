"""The key store: the folder ``private`` of a trust directory, as docker and notary have it.

Each key is a file ``<canonical key id>.key``: PEM with the headers ``role`` and ``gun``, encrypted
with a passphrase. Both programs open what is written here, and the reverse. Of Ed25519 keys they
open the files, but take none for root or as a signer's. A file never takes the place of a
different key.
"""

from __future__ import annotations

import threading

from contenttrust import _core
from contenttrust._core import PrivateKey
from contenttrust.errors import KeyFileError, KeyStoreError, NoKeyError, PassphraseError, shown
from contenttrust.keys import folder
from contenttrust.keys.addresses import SignerAddresses, kept_at, signer_of
from contenttrust.keys.entry import EXTENSION, KeyEntry, broken, describe, is_key_id, one_a_key
from contenttrust.keys.keeping import (
    check_address,
    check_file,
    checked_gun,
    checked_rounds,
    may_replace,
    no_key,
    opened,
    opens,
    tell,
    warn_of_ed25519,
)
from contenttrust.keys.passphrase import PassphraseRequest
from contenttrust.keys.signer import signer_at
from contenttrust.transport import files, remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from contenttrust._core import Secret
    from contenttrust.keys.passphrase import Passphrases
    from contenttrust.keys.signer import Signer

PRIVATE = "private"
"""Name of the key store in a trust directory."""
ROUNDS = 600_000
"""Rounds of key derivation of what is written here; docker's own files have 2,048."""
ALGORITHMS = ("ecdsa", "ecdsa-p384", "ed25519", "rsa")
"""What keys can be generated for."""


class KeyStore:
    """The private keys of a trust directory.

    Safe to use from several threads and processes at once. Keys that were opened stay open as long
    as the store lives.
    """

    def __init__(
        self,
        trust_dir: str | os.PathLike[str],
        *,
        passphrases: Passphrases,
        rounds: int = ROUNDS,
        forbid_dumps: bool = False,
    ) -> None:
        """Use the keys of a trust directory, which is made when a key is first written.

        Args:
            trust_dir: Such as ``~/.docker/trust``.
            passphrases: Who is asked for passphrases.
            rounds: Rounds of key derivation for what is written; at least docker's 2,048.
            forbid_dumps: Whether to forbid core images of this process, and its being traced, once
                a passphrase is first asked for. The command line does.

        Raises:
            ValueError: The rounds are fewer than docker's, or no directory is named.
            TypeError: The directory is named by something else than a text or a path.
        """
        self.folder = folder.KeyFolder(f"{files.directory_name(trust_dir)}/{PRIVATE}")
        self.rounds = checked_rounds(rounds)
        self._addresses = SignerAddresses(self.folder)
        self._passphrases = passphrases
        self._forbid_dumps = forbid_dumps
        self._opened: dict[str, Signer] = {}
        self._attached: dict[str, KeyEntry] = {}
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"KeyStore({self.folder.path!r})"

    def entries(self) -> tuple[KeyEntry, ...]:
        """All keys, in the order of ``notary key list``; damaged files too, each with its problem.

        Where several files are named for a key, it is that of the one that counts.

        Raises:
            KeyStoreError: The folder cannot be read.
        """
        entries = one_a_key(self._read(place)[0] for place in self.folder.places())
        entries += [*self._addresses.entries(), *self._attached.values()]
        return tuple(sorted(entries, key=lambda entry: entry.order))

    def find(self, key_id: str) -> KeyEntry | None:
        """The entry of a key, or None.

        Args:
            key_id: Canonical key id: lower-case hexadecimal digits.

        Raises:
            KeyStoreError: The folder cannot be read.
        """
        if key_id in self._attached:
            return self._attached[key_id]
        place = self.place_of(key_id)
        return self._addresses.find(key_id) if place is None else self._read(place)[0]

    def open(self, key_id: str) -> Signer:
        """Open a key; somebody who types its passphrase may be wrong twice.

        Args:
            key_id: Canonical key id.

        Raises:
            NoKeyError: It is not here.
            KeyFileError: Its file is damaged, or holds another key.
            InputNeededError: Its passphrase is needed, and nobody can be asked.
            PassphraseError: The passphrase was wrong too often, or the file is damaged.
            KeyStoreError: The file cannot be read.
        """
        with self._lock:
            if key_id not in self._opened:
                place = self.place_of(key_id)
                elsewhere = self._addresses.find(key_id) if place is None else None
                self._before_secrets()
                if elsewhere is None:
                    self._opened[key_id] = self.open_file(key_id)[0]
                else:
                    self._opened[key_id] = signer_of(elsewhere, self._passphrases)
            return self._opened[key_id]

    def add(self, key: PrivateKey, *, role: str, gun: str = "") -> KeyEntry:
        """Keep a key, encrypted with a passphrase that is asked for.

        Args:
            key: The key.
            role: ``root``, ``targets``, ``snapshot``, ``delegation``, or a signer's name.
            gun: Collection that a ``targets`` or ``snapshot`` key belongs to; others have none.

        Returns:
            Its entry. A key that is here already under this passphrase stays as it is; if it is
            kept for another signer, it changes hands with a warning.

        Raises:
            KeyFileError: Another key stands in its place.
            PassphraseError: A key with its id is here under another passphrase, or the new
                passphrase is empty.
            InputNeededError: A passphrase is needed, and nobody can be asked.
            KeyStoreError: It could not be written, is kept elsewhere, or is here for another role,
                and one of the two is root, targets, snapshot or timestamp.
        """
        gun = checked_gun(role, gun)
        return self._add(key, role, gun, lambda: check_file(self, key.key_id, role, gun))

    def generate(self, algorithm: str = "ecdsa", *, role: str, gun: str = "") -> KeyEntry:
        """Make a key and keep it; see `add`.

        Args:
            algorithm: ``ecdsa`` (P-256), ``ecdsa-p384``, ``rsa`` (3072 bits), or ``ed25519``,
                of which docker and notary know little.
            role: See `add`.
            gun: See `add`.

        Raises:
            ValueError: The algorithm is none of these.
        """
        if algorithm not in ALGORITHMS:
            raise ValueError(f"no algorithm {algorithm!r}: there are {', '.join(ALGORITHMS)}")
        gun = checked_gun(role, gun)
        self._before_secrets()
        return self._add(PrivateKey.generate(algorithm), role, gun, str)  # it can be nowhere yet

    def _add(self, key: PrivateKey, role: str, gun: str, check: Callable[[], str]) -> KeyEntry:
        told = [check()]  # before anybody types, and once nobody else can write
        warn_of_ed25519(key)
        secret = self.ask_new(role=role, gun=gun, key_id=key.key_id)
        data = key.encode(secret, role=role, gun=gun, rounds=self.rounds)
        entry = self.keep(key.key_id, data, secret, key, check=lambda: told.append(check()))
        tell(told[-1])
        return entry

    def attach(self, signer: Signer, *, role: str, gun: str = "", where: str = "") -> KeyEntry:
        """Count a signer who keeps the key itself among the keys, as long as the store lives.

        Args:
            signer: Such as `signer_at` gives.
            role: See `add`.
            gun: See `add`.
            where: Its address.
        """
        entry = kept_at(where, signer.key_id, role, checked_gun(role, gun))
        with self._lock:
            self._attached[signer.key_id] = entry
            self._opened[signer.key_id] = signer
        return entry

    def remember(self, address: str, *, role: str, gun: str = "") -> KeyEntry:
        """Count a key that is kept elsewhere among the keys from now on.

        Args:
            address: Such as ``hsm:2?label=release``; see `signer_at`.
            role: See `add`.
            gun: See `add`.

        Raises:
            NoKeyError: Nobody knows the address.
            KeyStoreError: The key cannot be had or is in a file here, the address could not be
                written, or as for `add`.
            InputNeededError: A PIN is needed, and nobody can be asked.
        """
        gun = checked_gun(role, gun, address)
        self._before_secrets()
        signer = signer_at(address, self._passphrases)
        entry = kept_at(address, signer.key_id, role, gun)
        told: list[str] = []

        def check() -> None:
            told.append(check_address(self, entry.key_id, role, gun))

        self._addresses.keep(entry, check)
        with self._lock:
            self._attached.pop(entry.key_id, None)
            self._opened[entry.key_id] = signer
        tell(*told)
        return entry

    def remove(self, key_id: str) -> KeyEntry:
        """Remove every file that is named for a key; without a backup the key is lost.

        Of a key that is kept elsewhere the address is forgotten.

        Returns:
            What its entry was.

        Raises:
            NoKeyError: It is not here.
            KeyStoreError: It could not be removed.
        """
        elsewhere = self._addresses.find(key_id) if self.place_of(key_id) is None else None
        if elsewhere is not None:
            entry = elsewhere
            self._addresses.forget(key_id)
        else:
            entry, _ = self.existing(key_id)
            with self.folder.writing() as top:
                # The one that counts goes last: where another cannot be removed, all is as before.
                for place in reversed(self.folder.places_of(key_id)):
                    folder.remove(top, place)
        with self._lock:
            self._opened.pop(key_id, None)
        return entry

    def change_passphrase(
        self, key_id: str, *, passphrases: Passphrases | None = None, rounds: int | None = None
    ) -> KeyEntry:
        """Encrypt a key's file anew; a crash leaves the old file or the new one.

        Another file that is named for it stays under its passphrase: see `others_of`.

        Args:
            key_id: Canonical key id.
            passphrases: Who is asked for the new passphrase; default: who is asked for the old.
            rounds: Rounds of key derivation; default: those of the store.

        Raises:
            NoKeyError: It is not here.
            KeyFileError: Its file is damaged, or holds another key.
            InputNeededError: A passphrase is needed, and nobody can be asked.
            PassphraseError: The old passphrase was wrong too often, or the new one is empty.
            KeyStoreError: The file changed meanwhile, or could not be written.
        """
        entry, place = self.existing(key_id)
        key, before = self.open_file(key_id)
        secret = self.ask_new(role=entry.role, gun=entry.gun, key_id=key_id, asked=passphrases)
        data = key.encode(
            secret, role=entry.role, gun=entry.gun, rounds=checked_rounds(rounds or self.rounds)
        )
        with self.folder.writing() as top:
            if folder.read_at(top, place) != before:
                raise KeyStoreError(
                    f"{shown(entry.path)} was changed by somebody else meanwhile: nothing was done"
                )
            folder.put(top, place, data, opens(key_id, secret))
        return self._read(place)[0]

    def ask_new(
        self, *, role: str, gun: str, key_id: str, asked: Passphrases | None = None
    ) -> Secret:
        """Ask for the passphrase of a key that will be kept."""
        self._before_secrets()
        request = PassphraseRequest(role=role, gun=gun, key_id=key_id, is_new=True)
        secret = (asked or self._passphrases).give(request)
        if not len(secret):
            raise PassphraseError(f"an empty passphrase would not protect {request}", role=role)
        return secret

    def keep(
        self, key_id: str, data: bytes, secret: Secret | None, key: PrivateKey | None = None,
        *, check: Callable[[], None] | None = None,
    ) -> KeyEntry:  # fmt: skip
        """Put an encoded key in place, unless that would take the place of a different one.

        Args:
            key_id: Canonical key id.
            data: Contents of its file.
            secret: Its passphrase; None: nobody knows it, so that only what is written is compared.
            key: The key, if it is to stay open.
            check: Called when nobody else can write a key any more; what it raises ends it.
        """
        place = self.place_of(key_id) or (f"{key_id}{EXTENSION}",)
        with self.folder.writing() as top:
            if check is not None:
                check()
            before = folder.read_at(top, place)
            if before is None or may_replace(
                key_id, before, data, secret, self.folder.where(place)
            ):
                folder.put(top, place, data, opens(key_id, secret, data))
        if key is not None:
            with self._lock:
                self._opened[key_id] = key
        return self._read(place)[0]

    def existing(self, key_id: str) -> tuple[KeyEntry, tuple[str, ...]]:
        """The entry of a key file and its place.

        Raises:
            NoKeyError: It is not here.
        """
        place = self.place_of(key_id)
        if place is None:
            raise no_key(key_id, self.find(key_id))
        return self._read(place)[0], place

    def entry_at(self, place: tuple[str, ...]) -> KeyEntry:
        """The entry of the file at a place; its problem is told where it has one."""
        return self._read(place)[0]

    def open_file(self, key_id: str) -> tuple[PrivateKey, bytes]:
        """Open a key's file anew, and say what was in it; see `open`."""
        place = self.place_of(key_id)
        if place is None:
            raise no_key(key_id)
        entry, contents = self._read(place)
        if entry.problem:
            raise KeyFileError(f"{shown(entry.path)}: {entry.problem}", role=entry.role)
        for finding in entry.findings:
            remark.warn(__name__, f"{shown(entry.path)}: {finding}")
        key = self.decode(contents, entry)
        if key.key_id != key_id:
            raise KeyFileError(
                f"{shown(entry.path)} holds another key than its name says: {key.key_id}",
                role=entry.role,
                expected=key_id,
                found=key.key_id,
            )
        return key, contents

    def decode(self, contents: bytes, entry: KeyEntry) -> PrivateKey:
        """Open the contents of a key file, asking for its passphrase where it has one."""
        self._before_secrets()
        return opened(contents, entry, self._passphrases)

    def place_of(self, key_id: str) -> tuple[str, ...] | None:
        """Where a key's file is in the folder; None: nowhere."""
        if not is_key_id(key_id):
            raise NoKeyError(f"invalid key ID provided: {shown(key_id)}", expected=key_id)
        return next(iter(self.folder.places_of(key_id)), None)

    def others_of(self, key_id: str) -> tuple[str, ...]:
        """Paths of more files that are named for a key, in notary's legacy folders: not opened.

        Docker and notary put such a file in the place of the one that counts when they next run.
        """
        return tuple(self.folder.where(place) for place in self.folder.places_of(key_id)[1:])

    def _read(self, place: tuple[str, ...]) -> tuple[KeyEntry, bytes]:
        path, below = self.folder.where(place), place[:-1]
        try:
            contents, status = self.folder.read(place)
        except OSError as error:
            return broken(path, error.strerror or str(error), below=below), b""
        return describe(contents, status, path=path, below=below), contents

    def _before_secrets(self) -> None:
        if self._forbid_dumps:
            _core.forbid_dumps()
            self._forbid_dumps = False
