"""What a key file tells without its passphrase: whose key it is, for which role, and how kept."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, replace

from contenttrust._core import KeyFile
from contenttrust.errors import KeyFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

EXTENSION = ".key"
ROLES_OF_ONE_COLLECTION = ("targets", "snapshot", "timestamp")
"""Roles whose keys belong to one collection; root keys and signers' keys serve many."""
TOP_LEVEL_ROLES = ("root", *ROLES_OF_ONE_COLLECTION)
"""Roles whose keys root names."""
RESERVED_NAMES = (*TOP_LEVEL_ROLES, "releases")
"""What no signer is called: the file of a signer's key names it where others name a role."""
LEGACY_FOLDERS = ("root_keys", "tuf_keys")
"""Where notary before 0.4 kept keys, as ``tuf_keys/<gun>/<key id>_<role>.key``."""

_KEY_ID = re.compile(r"[0-9a-f]{64}")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """One key of a key store, as its file's name and headers describe it.

    Attributes:
        key_id: Canonical key id that the file is named by; that it holds this key is proved when
            it is opened.
        role: ``root``, ``targets``, ``snapshot``, a signer's name, ``delegation``, or empty.
        gun: Collection that a ``targets`` or ``snapshot`` key belongs to, or empty.
        path: Where it is: a file, or the address of a signer that keeps the key itself.
        is_encrypted: Whether a passphrase is needed to open it.
        rounds: Rounds of key derivation that stand between a thief and the key, or None.
        problem: Why it cannot be opened; empty where nothing speaks against it.
        findings: What is not as it should be, although the key can be used.
    """

    key_id: str
    role: str
    gun: str
    path: str
    is_encrypted: bool
    rounds: int | None
    problem: str = ""
    findings: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[bool, str, str, str, str]:
        """Sorts entries as ``notary key list`` does: root keys, then by collection and role."""
        return self.role != "root", self.gun, self.role, self.key_id, self.path


def is_key_id(text: str) -> bool:
    """Whether a text is a canonical key id: 64 lower-case hexadecimal digits."""
    return _KEY_ID.fullmatch(text) is not None


def gun_for(role: str, gun: str) -> str:
    """The collection that a key file names: only some roles' keys belong to one."""
    return gun if role in ROLES_OF_ONE_COLLECTION else ""


def describe(
    contents: bytes, status: os.stat_result, *, path: str, below: Sequence[str] = ()
) -> KeyEntry:
    """Describe a key file.

    Args:
        contents: Of the file.
        status: Its owner and mode.
        path: Where it is.
        below: Names of the folders between the store and the file; a legacy folder's path names
            the collection, as the file's name then names the role.
    """
    key_id, role, gun = _named(path, below)
    try:
        found = KeyFile.parse(contents)
    except KeyFileError as error:
        return broken(path, str(error.message), below=below)
    return KeyEntry(
        key_id=key_id,
        role=role or found.role,
        gun=gun or found.gun,
        path=path,
        is_encrypted=found.is_encrypted,
        rounds=found.rounds,
        findings=_findings(status, found),
    )


def broken(path: str, problem: str, *, below: Sequence[str] = ()) -> KeyEntry:
    """The entry of a file that cannot be used."""
    key_id, role, gun = _named(path, below)
    return KeyEntry(
        key_id=key_id,
        role=role,
        gun=gun,
        path=path,
        is_encrypted=False,
        rounds=None,
        problem=problem,
    )


def one_a_key(entries: Iterable[KeyEntry]) -> list[KeyEntry]:
    """The entry of the file that counts of each key; every other is one of its findings.

    Args:
        entries: Of files, in the order of `KeyFolder.places`: the one that counts comes first.
    """
    found: dict[str, KeyEntry] = {}
    for entry in entries:
        name = entry.key_id if is_key_id(entry.key_id) else entry.path
        first = found.get(name)
        if first is None:
            found[name] = entry
            continue
        told = (
            f"named for the same key: {entry.path}, which is not used here, and which docker and "
            "notary put in this file's place when they next run: move it away"
        )
        found[name] = replace(first, findings=(*first.findings, told))
    return list(found.values())


def _named(path: str, below: Sequence[str]) -> tuple[str, str, str]:
    """What the place of a file says: key id, role, collection."""
    stem = path.rpartition("/")[2].removesuffix(EXTENSION)
    if not below:
        return stem, "", ""
    key_id, _, role = stem.partition("_")
    return key_id, role or ("root" if below[0] == LEGACY_FOLDERS[0] else ""), "/".join(below[1:])


def _findings(status: os.stat_result, found: KeyFile) -> tuple[str, ...]:
    findings = []
    if status.st_mode & _OTHERS:
        mode = f"mode {stat.S_IMODE(status.st_mode):04o}"
        findings.append(f"readable or writable by others ({mode})")
    if status.st_nlink > 1:
        findings.append("a hard link: it has another name too")
    if not found.is_encrypted:
        findings.append("not encrypted: whoever reads the file has the key")
    return tuple(findings)
