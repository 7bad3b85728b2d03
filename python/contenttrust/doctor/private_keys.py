"""The private keys of a trust directory: can each be used, how well is it kept, what if it is lost?

No passphrase is asked for: what a key file holds behind it is proved by a backup's check.
"""

from __future__ import annotations

from contenttrust.doctor.finding import Finding
from contenttrust.errors import ContentTrustError, InputNeededError
from contenttrust.keys import KeyStore
from contenttrust.keys.backup_note import backed_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

    from contenttrust.keys import KeyEntry, PassphraseRequest

_CHECK = "keys"
_ROUNDS = 600_000
"""What a new key file of ours has; docker and notary write 2,048."""


class _Nobody:
    """Gives no passphrase."""

    def give(self, request: PassphraseRequest) -> NoReturn:
        raise InputNeededError(f"nobody is asked for the passphrase of {request.key_id}")


def check(trust_dir: str) -> Iterator[Finding]:
    """Look at the key files of a trust directory.

    Args:
        trust_dir: Its path.
    """
    try:
        store = KeyStore(trust_dir, passphrases=_Nobody())
        entries = store.entries()
        files = {store.entry_at(place).path for place in store.folder.places()}
        others = {one.path: store.others_of(one.key_id) for one in entries if one.path in files}
    except (ContentTrustError, OSError) as error:
        # Why, is told beside it, where the directories are looked at.
        cause = error.message if isinstance(error, ContentTrustError) else str(error.strerror)
        yield Finding(
            check=_CHECK, subject=f"{trust_dir}/private", level="note",
            message=f"the private keys were not looked at: {cause}",
        )  # fmt: skip
        return
    if not entries:
        yield Finding(
            check=_CHECK, subject=f"{trust_dir}/private", level="note",
            message="there are no private keys here",
        )  # fmt: skip
        return
    kept = backed_up(trust_dir)
    found: list[Finding] = []
    for entry in entries:
        if entry.path in files:
            found += _looked_at(entry, kept, others.get(entry.path, ()))
        elif entry.problem:
            found.append(_unknown(entry))
        elif entry.role == "root":
            found.append(_elsewhere(entry))
    yield from found
    if files and not any(finding.level in {"warning", "failure"} for finding in found):
        number = f"{len(files)} private key{'s' if len(files) > 1 else ''}"
        yield Finding(
            check=_CHECK, subject=f"{trust_dir}/private", level="ok",
            message=f"{number}, as encrypted files",
        )  # fmt: skip


def _looked_at(entry: KeyEntry, kept: frozenset[str], others: Sequence[str]) -> Iterator[Finding]:
    whose = f"{entry.role or 'delegation'} key"
    if others:
        yield Finding(
            check=_CHECK, subject=entry.path, level="warning",
            message=f"more files are named for this {whose}: {', '.join(others)}. Docker and "
            "notary put such a file in this one's place when they next run",
            advice="Move them away; until then this one is used here",
        )  # fmt: skip
    if entry.problem:
        yield Finding(
            check=_CHECK, subject=entry.path, level="failure",
            message=f"it cannot be used: {entry.problem}",
            advice="Restore it with 'contenttrust key restore'",
        )  # fmt: skip
        return
    if not entry.is_encrypted:
        yield Finding(
            check=_CHECK, subject=entry.path, level="failure",
            message=f"this {whose} is not encrypted: whoever reads the file has the key",
            advice="Give it a passphrase ('contenttrust key passwd'), and exchange the key if "
            "others may have read it",
        )  # fmt: skip
    elif entry.rounds is not None and entry.rounds < _ROUNDS:
        yield Finding(
            check=_CHECK, subject=entry.path, level="note",
            message=f"the passphrase of this {whose} is guarded by {entry.rounds:,} rounds of key "
            f"derivation, as docker and notary write it; {_ROUNDS:,} are good practice",
            advice="'contenttrust key passwd' writes it anew; docker 28 and notary still open it",
        )  # fmt: skip
    if entry.role == "root" and entry.key_id not in kept:
        yield Finding(
            check=_CHECK, subject=entry.path, level="warning",
            message="this root key is in one place only, as far as is known here: without it no "
            "key of its collections can ever be exchanged",
            advice="Make a backup ('contenttrust key backup FILE'), keep it elsewhere, and prove "
            "it ('contenttrust key restore --check FILE')",
        )  # fmt: skip


def _unknown(entry: KeyEntry) -> Finding:
    """Of the file of addresses, which no backup has."""
    return Finding(
        check=_CHECK, subject=entry.path, level="failure",
        message="which keys are kept elsewhere is not known, and none of them is used: "
        f"{entry.problem}",
        advice="No backup made here has this file. Mend what is wrong with it, or move it away and "
        "name the address of each key anew ('contenttrust key load', 'contenttrust key import')",
    )  # fmt: skip


def _elsewhere(entry: KeyEntry) -> Finding:
    """Of a root key of which only the address is here: whatever may be said of a file is not."""
    return Finding(
        check=_CHECK, subject=entry.path, level="note",
        message="this root key is kept elsewhere, so that no backup made here has it: without it "
        "no key of its collections can ever be exchanged",
        advice="Have a copy made by what keeps it, or add a second root key",
    )  # fmt: skip
