"""Signing a role: with every key of it that is here, and never with fewer than it asks for.

Source: notary `tuf/signed/sign.go`.
"""

from __future__ import annotations

import base64

from contenttrust.errors import NoKeyError, PublishError, shown
from contenttrust.publish.delegations import Authority, authority_in, distinct_keys
from contenttrust.publish.metadata import BASE_ROLES, ROOT, canonical_id, envelope, message_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from contenttrust.keys.store import KeyStore
    from contenttrust.publish.metadata import Document


class Keyring:
    """The keys of a store, found by what metadata says of them. For one publication."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._held: dict[str, str] = {}  # canonical id by metadata id; empty where it is not here

    def holds(self, authority: Authority) -> bool:
        """Whether at least one key of a role is here."""
        return bool(self.held(authority))

    def held(self, authority: Authority) -> list[str]:
        """Canonical ids of the keys of a role that are here."""
        found = (self._canonical(one, key) for one, key in authority.keys.items())
        return sorted({one for one in found if one})

    def forget(self) -> None:
        """Look again for keys that were not here."""
        self._held = {one: held for one, held in self._held.items() if held}

    def signed(
        self,
        signed: Document,
        authorities: Sequence[Authority],
        *,
        optional: Iterable[Authority] = (),
    ) -> bytes:
        """The file of a document, signed for one or more roles.

        Args:
            signed: The document.
            authorities: Each of them must reach its threshold with the keys that are here.
            optional: Keys that sign too where they are here.

        Raises:
            NoKeyError: None of the keys of a role is here, or not enough; says who must sign.
            KeyStoreError: A key cannot be opened.
        """
        for authority in authorities:
            self._check(authority)
        message = message_of(signed)
        signatures = [one for _, one in self.signatures(message, (*authorities, *optional))]
        return envelope(message, signatures)

    def signatures(
        self, message: bytes, authorities: Sequence[Authority], *, without: Collection[str] = ()
    ) -> list[tuple[str, Document]]:
        """Signatures by every key of some roles that is here.

        Args:
            message: What is signed.
            authorities: The roles.
            without: Canonical ids of keys that are not to sign.

        Returns:
            For each its key's canonical id, and the signature as a file has it.

        Raises:
            KeyStoreError: A key cannot be opened.
        """
        found: dict[str, tuple[str, Document]] = {}
        for authority in authorities:
            for key_id, key in authority.keys.items():
                canonical = self._canonical(key_id, key)
                if canonical and key_id not in found and canonical not in without:
                    signer = self._store.open(canonical)
                    signature = {
                        "keyid": key_id,
                        "method": signer.method,
                        "sig": base64.b64encode(signer.sign(message)).decode(),
                    }
                    found[key_id] = canonical, signature
        return list(found.values())

    def check_meant(
        self, authority: Authority, *, gun: str, known: Collection[str] | None = None
    ) -> None:
        """Refuse to sign for a role with a key that is kept here for another.

        Args:
            authority: Who is to sign, by the word of a stranger.
            gun: The collection, by the same word.
            known: Metadata ids of the keys that are known to be the role's; others must be kept
                here for this very role and collection. Default: keys that are kept for no
                top-level role, as those of delegations are, may sign.

        Raises:
            PublishError: A root, targets or snapshot key is to sign as another role, or for
                another collection.
        """
        for key_id, key in authority.keys.items():
            canonical = self._canonical(key_id, key)
            entry = self._store.find(canonical) if canonical else None
            if entry is None:
                continue
            is_known = known is None or key_id in known
            if entry.role not in BASE_ROLES and is_known:
                continue
            if entry.role != authority.role or entry.gun not in ({"", gun} if is_known else {gun}):
                kept = shown(entry.role) or "unnamed"
                whose = f" of {shown(entry.gun)}" if entry.gun else ""
                raise PublishError(
                    f"the key {canonical} is kept here as the {kept} key{whose}: it does not "
                    f"sign as {authority.role} of {gun}",
                    gun=gun,
                    role=authority.role,
                )

    def _check(self, authority: Authority) -> None:
        here = {self._canonical(one, key) for one, key in authority.keys.items()} - {""}
        if len(here) >= authority.threshold:
            return
        absent = [one for one, key in authority.keys.items() if not self._canonical(one, key)]
        wanted = ", ".join(sorted(canonical_id(authority.keys[one]) or one for one in absent))
        keys = distinct_keys(authority)
        few = len(keys) < authority.threshold
        if not here:
            message = (
                f"could not find necessary signing keys for {authority.role}, at least one of "
                f"these keys must be available: {wanted or 'the role has no key'}"
            )
        elif few:
            message = (
                f"{authority.role} needs the signatures of {authority.threshold} keys, and has "
                f"only {len(keys)}: one that is named twice is one. Nobody can sign it until it "
                "gets more keys or a lower threshold; nothing was published"
            )
        else:
            message = (
                f"{authority.role} needs the signatures of {authority.threshold} keys, and "
                f"{len(here)} of them are here: {authority.threshold - len(here)} of these must "
                f"still sign: {wanted}; a server refuses incomplete signatures, so nothing was "
                "published"
            )
        if authority.threshold > 1 and not few:
            message += f". {_in_turns(authority.role)}"
        raise NoKeyError(
            message + "".join(self._damaged(authority.keys[one]) for one in absent),
            role=authority.role,
            expected=wanted,
            found=", ".join(sorted(here)),
        )

    def _damaged(self, key: Document) -> str:
        """That a key is not counted as being here because its file cannot be used."""
        canonical = canonical_id(key)
        entry = self._store.find(canonical) if canonical else None
        return f"; {shown(entry.path)}: {entry.problem}" if entry and entry.problem else ""

    def _canonical(self, key_id: str, key: Document) -> str:
        """Canonical id of a key that is here; else empty."""
        if key_id not in self._held:
            canonical = canonical_id(key)
            entry = self._store.find(canonical) if canonical else None
            self._held[key_id] = canonical if entry is not None and not entry.problem else ""
        return self._held[key_id]


def root_authorities(root: Document, previous: Document | None) -> list[Authority]:
    """Who must sign a root: its own keys, and those of the one before where they differ."""
    now = authority_in(root, ROOT)
    if previous is None:
        return [now]
    before = authority_in(previous, ROOT)
    return [now] if before == now else [now, before]


def _in_turns(role: str) -> str:
    """How the keys of several people come together, which no single machine has."""
    if role == ROOT:
        return (
            "Where they are kept apart, they sign a request one after the other: contenttrust "
            "signing-request rotate --key CERTIFICATE GUN root FILE"
        )
    return (
        "Where they are kept apart, they sign a request one after the other: stage the change "
        "(contenttrust addhash, remove, delegation remove; witness signs a role anew as it is), "
        "then contenttrust signing-request prepare GUN FILE"
    )
