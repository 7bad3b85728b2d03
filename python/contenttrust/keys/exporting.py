"""Keys to a file, as ``notary key export`` writes them: encrypted as they are, with their place."""

from __future__ import annotations

from contenttrust._core import KeyFile
from contenttrust.errors import KeyFileError, KeyStoreError, NoKeyError, shown
from contenttrust.keys import folder, pem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from contenttrust.keys.store import KeyStore


def export(store: KeyStore, *, key_ids: Collection[str] = (), guns: Collection[str] = ()) -> bytes:
    """The key files of a store as one text of PEM blocks, which `import_file` and notary read.

    Args:
        store: The keys.
        key_ids: Only these; a key that is not here is refused.
        guns: Only those of these collections.

    Raises:
        KeyStoreError: Both were named, a file is damaged or cannot be read, or the text would be
            more than is imported.
        NoKeyError: A key is not here.
    """
    if key_ids and guns:
        raise KeyStoreError("Only the --gun or --key flag may be provided, not a mix of the two")
    written: list[bytes] = []
    for key_id in key_ids:
        _, place = store.existing(key_id)
        written += _blocks(store, place)
    if not key_ids:
        for place in places_by_key(store).values():
            if not guns or store.entry_at(place).gun in guns:
                written += _blocks(store, place)
        if guns and not written:
            raise NoKeyError(f"there is no key of {shown(', '.join(guns))} here")
    return _importable(b"".join(written))


def places_by_key(store: KeyStore) -> dict[str, tuple[str, ...]]:
    """Where the key files are, by what they are called: of several of one key the first counts.

    Raises:
        KeyStoreError: The folder or a file cannot be read.
    """
    found: dict[str, tuple[str, ...]] = {}
    for place in store.folder.places():
        found.setdefault(store.entry_at(place).key_id, place)
    return found


def _importable(data: bytes) -> bytes:
    """An export, unless nobody could import it here."""
    why = f"it would be longer than {folder.LIMIT:,} bytes" if len(data) > folder.LIMIT else ""
    try:
        KeyFile.parse_all(data)  # which knows how many blocks a file may have
    except KeyFileError as error:
        why = why or error.message
    if data and why:
        raise KeyStoreError(
            f"these keys would be more than key import takes of one file: {why}. Export some at a "
            "time (--gun, --key), or back them all up (contenttrust key backup FILE)"
        )
    return data


def _blocks(store: KeyStore, place: tuple[str, ...]) -> list[bytes]:
    entry = store.entry_at(place)
    if entry.problem:
        raise KeyStoreError(f"{shown(entry.path)}: {entry.problem}", role=entry.role)
    contents, _ = store.folder.read(place)
    said = {"role": entry.role, "gun": entry.gun, "path": entry.key_id}
    try:
        return [
            pem.with_headers(found.pem, {**found.headers, **said})
            for found in KeyFile.parse_all(contents)
        ]
    except KeyFileError as error:
        # Its name is among the headers too.
        error.message = f"{shown(entry.path)} cannot be exported: {error.message}"
        raise
