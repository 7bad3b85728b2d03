"""Rotation of keys: a new root that names other keys for a role.

Source: notary `client/client.go` (``RotateKey``, ``oldKeysForLegacyClientSupport``).
"""

from __future__ import annotations

import copy
from dataclasses import replace

from contenttrust import _core
from contenttrust.errors import ContentTrustError, NoKeyError, PublishError, shown
from contenttrust.publish import changes, named_keys
from contenttrust.publish.asking import ROOT_LIMIT, ask
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import Authority, authority_in
from contenttrust.publish.draft import Draft
from contenttrust.publish.initialisation import certified, check_certificates, server_key
from contenttrust.publish.look import look
from contenttrust.publish.metadata import (
    BASE_ROLES,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    public_key,
    signed_part,
)
from contenttrust.publish.sign import Keyring
from contenttrust.publish.signers import holders
from contenttrust.publish.uploads import Uploads
from contenttrust.transport import remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Collection as Held

    from contenttrust._core import PublicKey
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.publication import Published
    from contenttrust.publish.request import SigningRequest


def rotate(
    collection: Collection,
    role: str,
    *,
    server_managed: bool,
    key_ids: Sequence[str],
    legacy: int,
) -> Published:
    """Give a role other keys; see `Collection.rotate_key`."""
    check(collection, role, server_managed=server_managed, key_ids=key_ids)
    uploads = Uploads(collection.sink)
    made = () if key_ids or server_managed else (_made(collection, role),)
    try:
        if server_managed:
            keys = [server_key(uploads.rotate_key(collection.gun, role))]
        else:
            keys = _local_keys(collection, role, made or key_ids)
        replacement = Replacement(role, keys, server_managed=server_managed)
        older = _older_root_keys(collection, legacy)
        with collection.trust_dir.locked(collection.gun, "publish"):
            done = collection.publication(uploads).run([replacement], legacy=older)
    except BaseException as error:
        if uploads.was_sent:
            _tell_kept(error, collection.gun, role, made)
        else:
            for key_id in made:
                collection.keys.remove(key_id)  # nobody has seen it
        raise
    new = {key.canonical_key_id for key in keys}
    return replace(
        done,
        replaced=tuple(_still_here(collection, replacement, keys)),
        recertified=tuple(sorted(replacement.before & new)),
        still_in=_still_in(done, replacement.before - new),
    )


def check(
    collection: Collection, role: str, *, server_managed: bool, key_ids: Sequence[str]
) -> None:
    """Open the root keys, which sign in any case, before a key is made or anything is held up.

    Args:
        collection: Whose role it is.
        role: Which.
        server_managed: As for `rotate`.
        key_ids: As for `rotate`; or the files of these keys, before they are imported.

    Raises:
        PublishError: The role's keys cannot be rotated so.
        NoKeyError: The root keys are not here; says where else it can be done.
        KeyStoreError: One cannot be opened.
    """
    _check(role, server_managed=server_managed, key_ids=key_ids)
    keyring = Keyring(collection.keys)
    seen = look(collection, keyring)
    if seen is None:
        return
    authority = authority_in(seen.root, ROOT)
    held = keyring.held(authority)
    if len(held) < authority.threshold:
        ids = sorted({public_key(key).canonical_key_id for key in authority.keys.values()})
        file = "NEW.crt" if role == ROOT else "KEY.pub"  # a root key is known by a certificate
        keys = ["--server-managed"] if server_managed else ["--key", file]
        prepare = command("signing-request", "rotate", *keys, seen.gun, role, "FILE")
        raise NoKeyError(
            f"a rotation is signed by {authority.threshold} of the root keys of {seen.gun}, and "
            f"{len(held)} are here of: {', '.join(ids)}. Where the root keys are kept elsewhere, "
            f"they sign a request: {prepare}",
            gun=seen.gun,
            role=ROOT,
            expected=", ".join(ids),
        )
    for key_id in held:
        collection.keys.open(key_id)


def _made(collection: Collection, role: str) -> str:
    owner = "" if role == ROOT else collection.gun
    return collection.keys.generate("ecdsa", role=role, gun=owner).key_id


def _tell_kept(error: BaseException, gun: str, role: str, made: Sequence[str]) -> None:
    """Say that a key stays which the server may have been given, and how it is gone on with."""
    for key_id in made:
        again = command("key", "rotate", "--key", key_id, gun, role)
        kept = (
            f"the new {role} key {key_id} stays in the key store: it is needed if the server has "
            f"what it signed; else go on with it ({again})"
        )
        if isinstance(error, ContentTrustError):
            error.message += f"; {kept}"
            error.kept_keys = (*error.kept_keys, key_id)
        else:
            remark.warn(__name__, kept)


def prepare(  # noqa: PLR0913 - one keyword a fact
    collection: Collection,
    role: str,
    keys: Sequence[PublicKey],
    *,
    threshold: int,
    legacy: int,
    server_managed: bool,
) -> SigningRequest:
    """A new root for its keys to sign; nothing is published.

    Args:
        collection: Whose root it is.
        role: Whose keys they will be.
        keys: All its keys; those of root in their certificates. They may be elsewhere.
        threshold: How many of them must sign; 0 leaves that as it is.
        legacy: As for `Collection.rotate_key`.
        server_managed: Whether the server makes and holds the key. Of what it does not hold when
            the request is published it makes no timestamp, and refuses it.

    Raises:
        ContentTrustError: As for `Collection.publish`; or the keys cannot be the role's.
    """
    _check(role, server_managed=server_managed, key_ids=[key.key_id for key in keys])
    if role not in {ROOT, TARGETS} and threshold > 1:
        raise PublishError("only root and targets may be signed by several people", role=role)
    if server_managed:
        keys = [server_key(collection.sink.rotate_key(collection.gun, role))]
    _refuse_keys_of_others(collection, role, keys)
    if role == ROOT:
        check_certificates(keys, threshold or 1, gun=collection.gun)
    replacement = Replacement(role, keys, threshold, server_managed=server_managed)
    older = _older_root_keys(collection, legacy)
    with collection.trust_dir.locked(collection.gun, "publish"):
        return collection.publication().prepare([replacement], legacy=older)


def _refuse_keys_of_others(collection: Collection, role: str, keys: Sequence[PublicKey]) -> None:
    """Refuse a key that is somebody else's by its file, or by the key store, which would sign."""
    for key in keys:
        entry = collection.keys.find(key.canonical_key_id)
        if entry is not None and not entry.problem and entry.role in BASE_ROLES:
            named_keys.check_given(collection, entry.role, entry.gun, role=role)
        if key.role not in {"", role}:
            gun = collection.gun
            owner = () if role == ROOT else ("--gun", gun)
            make = command("key", "generate", "--role", role, *owner)
            export = "certificate" if role == ROOT else "public"
            raise PublishError(
                f"the file of the key {key.canonical_key_id} names it for {shown(key.role)}, not "
                f"for {role}: as a key of {role} it could sign all that {role} may. Make one for "
                f"{role} ({make}), and name what `contenttrust key {export}` writes of it",
                gun=gun,
                role=role,
                expected=f"a key of {role}",
                found=f"a key of {shown(key.role)}",
            )


class Replacement:
    """Names other keys for a top-level role, and refuses to sign with them what nobody has seen.

    Attributes:
        replaced: The keys that went and that no top-level role has any more, by metadata id.
        before: Canonical ids of the keys that the role had.
    """

    def __init__(
        self,
        role: str,
        keys: Sequence[PublicKey],
        threshold: int = 0,
        *,
        server_managed: bool = False,
    ) -> None:
        self._role = role
        self._server_managed = server_managed
        self._threshold = threshold
        self._keys = list(keys)
        self._seen: Document | None = None
        self.replaced: dict[str, PublicKey] = {}
        self.before: set[str] = set()

    def apply(self, draft: Draft) -> None:
        """Name them; see `Draft.replace_keys`.

        Raises:
            PublishError: They are the role's keys; or when it is applied again, its document says
                something else. Whoever holds the old key may have written that.
        """
        present = authority_in(draft.root, self._role)
        new = {key.key_id for key in self._keys}
        if self._seen is None:
            self._refuse_present(draft, present)
            self._seen = self._document(draft)
        elif present.keys.keys() != new:  # else what others have published came after the rotation
            self._refuse_changed(draft, self._seen)
        for key_id, value in present.keys.items():
            if key_id not in new:
                self.replaced[key_id] = public_key(value)
                self.before.add(self.replaced[key_id].canonical_key_id)
        draft.replace_keys(self._role, self._keys, self._threshold)
        still = {key_id for one in draft.root["roles"].values() for key_id in one["keyids"] or []}
        self.replaced = {one: key for one, key in self.replaced.items() if one not in still}

    def _refuse_present(self, draft: Draft, present: Authority) -> None:
        """Refuse keys that are the role's already; of root only in the very same certificates."""
        new = {key.key_id for key in self._keys}
        same = present.keys.keys() == new
        if self._role != ROOT and not same:
            before = {public_key(value).canonical_key_id for value in present.keys.values()}
            same = before == {key.canonical_key_id for key in self._keys}
        if same and self._threshold in {0, present.threshold}:
            ids = ", ".join(sorted(key.canonical_key_id for key in self._keys))
            way = "Name another key; `contenttrust key rotate` without one makes one"
            if self._server_managed:
                way = "The server was asked for a new one: ask whoever runs it why it gives none"
            elif self._role == ROOT:
                way = (
                    "Name another key in its certificate, or, to renew root, a new certificate of "
                    "the same key (contenttrust key certificate)"
                )
            raise PublishError(
                f"{ids} is the {self._role} key of {draft.gun} already: nothing would be rotated. "
                f"{way}",
                gun=draft.gun,
                role=self._role,
                expected="another key",
                found=ids,
            )

    def _document(self, draft: Draft) -> Document | None:
        """A copy of what the new keys are going to sign; for other roles nothing of substance."""
        if self._role == ROOT:
            return copy.deepcopy(draft.root)
        return copy.deepcopy(draft.roles[TARGETS]) if self._role == TARGETS else {}

    def _refuse_changed(self, draft: Draft, seen: Document) -> None:
        changed = changes.between(seen, self._document(draft) or {})
        if changed:
            what = "; ".join(changed)
            raise PublishError(
                f"somebody published {self._role} of {draft.gun} while its key was being rotated: "
                f"{what}. Whoever holds the old key may have done so, and the new key would sign "
                "it, so nothing was rotated: look at it, then rotate again",
                gun=draft.gun,
                role=self._role,
                found=what,
            )


def _check(role: str, *, server_managed: bool, key_ids: Sequence[str]) -> None:
    if role not in BASE_ROLES:
        raise PublishError(
            f"notary does not currently permit rotating the {shown(role)} key: only those of "
            f"{', '.join(sorted(BASE_ROLES))} stand in root",
            role=role,
        )
    if server_managed and role not in {TIMESTAMP, SNAPSHOT}:
        raise PublishError(f"notary does not permit the server managing the {role} key", role=role)
    if not server_managed and role == TIMESTAMP:
        raise PublishError(f"notary does not permit the client managing the {role} key", role=role)
    if server_managed and key_ids:
        raise PublishError("the server makes its own keys: none can be given to it", role=role)


def _local_keys(collection: Collection, role: str, key_ids: Sequence[str]) -> list[PublicKey]:
    keys, gun = collection.keys, collection.gun
    named_keys.check(collection, key_ids, role)
    found = []
    for key_id in key_ids:
        signer = keys.open(key_id)
        found.append(
            certified(signer, gun, collection.moment)
            if role == ROOT
            else _core.PublicKey.of(signer.key_type, signer.public)
        )
    return found


def _older_root_keys(collection: Collection, count: int) -> Callable[[int], Sequence[Authority]]:
    """Root keys of older roots, which may sign a new one for clients that know only those."""

    def older(version: int) -> Sequence[Authority]:
        # The one just before signs in any case. Old roots are believed no further than this: only
        # root keys that are here are made to sign.
        authorities = []
        for old in range(max(1, version - 1 - count), version - 1):
            answer = ask(collection.sink, collection.gun, f"{old}.{ROOT}", limit=ROOT_LIMIT)
            if isinstance(answer, ContentTrustError):
                raise answer
            if answer is not None:
                authorities.append(Authority(ROOT, _ours_in(collection, answer, old), 0))
        return authorities

    return older


def _ours_in(collection: Collection, root: bytes, version: int) -> dict[str, Document]:
    """The keys of an old root that are here, by metadata id.

    Raises:
        PublishError: It is none.
    """
    try:
        keys = authority_in(signed_part(root), ROOT).keys
        return {one: key for one, key in keys.items() if _is_ours(collection, key)}
    except (ContentTrustError, KeyError, TypeError, AttributeError) as error:
        raise PublishError(
            f"what the server has as root {version} of {collection.gun} is none, so that its keys "
            "are not known: nothing was rotated. Ask its keeper, or ask for fewer old roots "
            "(--legacy)",
            gun=collection.gun,
            role=ROOT,
        ) from error


def _is_ours(collection: Collection, value: dict[str, object]) -> bool:
    entry = collection.keys.find(public_key(value).canonical_key_id)
    return entry is not None and entry.role == ROOT


def _still_here(
    collection: Collection, replacement: Replacement, keys: Sequence[PublicKey]
) -> list[str]:
    """Canonical ids of the replaced keys that the store has.

    Notary removes them. Others may need them: another collection, a delegation, a reader that has
    to be shown who signed the old root. Only who holds them knows, and a key that is gone stays
    gone.
    """
    used = {key.canonical_key_id for key in keys}
    old = {key.canonical_key_id for key in replacement.replaced.values()} - used
    return sorted(one for one in old if collection.keys.find(one) is not None)


def _still_in(done: Published, key_ids: Held[str]) -> Mapping[str, tuple[str, ...]]:
    """Which roles name replaced keys still, by the metadata: whoever has the keys can sign them."""
    documents = {role: signed_part(file) for role, file in done.documents.items()}
    found = holders(Draft(done.gun, documents), key_ids)
    return {role: tuple(held) for role, held in found}
