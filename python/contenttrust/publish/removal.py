"""Removing a signer: shown and asked first, published then, and held against what is read back."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace

from contenttrust.errors import ContentTrustError, PublishError, TrustDirectoryError
from contenttrust.publish import changes, delegations
from contenttrust.publish.commands import command
from contenttrust.publish.draft import Draft
from contenttrust.publish.look import look, open_keys
from contenttrust.publish.metadata import signed_part, text_of
from contenttrust.publish.removal_record import Begun, RemovalRecord
from contenttrust.publish.resumption import Resumption
from contenttrust.publish.sign import Keyring
from contenttrust.publish.signers import RemovedSigner, check_name, role_of
from contenttrust.publish.tags import digests, enumerated, named, with_digest
from contenttrust.publish.uploads import NOT_PUBLISHED, published
from contenttrust.publish.vouched import RELEASES, unvouched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Collection as Held

    from contenttrust.publish.collection import Collection
    from contenttrust.publish.publication import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What came of removing a signer.

    Attributes:
        published: The publication; its `repository` no longer has the signer.
        key_ids: Canonical ids of the keys that went.
        lost: Digests of the tags that lost this signer's signature, by tag.
        signed_again: Roles that were signed anew with the keys that stay.
        unreleased: Tags that can no longer be pulled, because the last signer went.
        pulled_as: Digests that tags are pulled by from now on, because the last signer went and
            `targets` lists them otherwise, by tag.
        still_in: Canonical ids of keys that went from the signer and `targets/releases`, by the
            other roles that they may sign still.
        unvouched: Digests of the tags that stay released though neither `targets` nor another
            signer lists them, by tag.
        revoked: Digests of the tags that were taken back for that reason, by tag.
        revoked_in_targets: Digests that `targets` listed under the same names, by tag: they are
            taken back too, or they would be pulled instead.
    """

    published: Published
    key_ids: tuple[str, ...]
    lost: Mapping[str, str]
    signed_again: tuple[str, ...]
    unreleased: tuple[str, ...] = ()
    still_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unvouched: Mapping[str, str] = field(default_factory=dict)
    revoked: Mapping[str, str] = field(default_factory=dict)
    pulled_as: Mapping[str, str] = field(default_factory=dict)
    revoked_in_targets: Mapping[str, str] = field(default_factory=dict)


def remove_signer(  # noqa: PLR0913 - one keyword a decision
    collection: Collection,
    name: str,
    *,
    force: bool = False,
    revoke: bool = False,
    confirm: Callable[[Mapping[str, str]], None] = lambda _: None,
    confirm_last: Callable[[Mapping[str, str], Mapping[str, str]], None] | None = None,
    resume: Callable[[str, Mapping[str, str]], None] = lambda *_: None,
    resume_over: Callable[[str], None] = lambda _: None,
) -> Removed:
    """Take a signer away for good: the delegation, its keys, and what rests on its signature.

    What the others release stays released: it is signed anew where the signer's signature was
    needed. Afterwards the server is asked whether all this is so. A key is the same key bare and
    in any certificate. Other delegations may name it too: they are told, and left as they are.

    Where an earlier run in this trust directory has taken the signer away and was interrupted, this
    one brings it to its end: `targets/releases`, if it is broken, is signed as it was shown then;
    not if it was valid here since in a later version, nor if the server has a later one that others
    than the signer have signed, or whose signatures cannot be told, or in which a tag is new that
    others vouch for, or one is missing; nor, without `revoke`, if others listed a tag then that
    nobody lists now: then what was shown is perhaps no longer right, and the message says what
    would change. Where it is certain that nothing was published, the next run
    begins afresh.

    Args:
        collection: The repository.
        name: Of the signer.
        force: Whether to remove also the last signer, and with it every tag that is released; and
            a signer whose key another signer or the repository has too; it leaves
            `targets/releases` then, and stays in their roles.
        revoke: Whether tags that nobody else lists with that digest are taken out of
            `targets/releases`, and out of `targets`, in the same publication; where an interrupted
            removal is brought to its end, only those that it was to leave released.
        confirm: Is given the digests of the tags that stay released though nobody else lists them,
            by tag, before anything is published; what it raises ends the removal.
        confirm_last: Is given, where the last signer is to go without `force`, the digests of the
            tags that can no longer be pulled then, and the digests of those that are then pulled as
            `targets` lists them otherwise, by tag; what it raises ends the removal. Default: the
            last signer is not removed.
        resume: Is given when the interrupted removal began, and the digests of the tags that are
            signed again as they were then, by tag, before that; what it raises leaves all as it is.
            Tags that nobody else lists are taken back or confirmed as at the first run.
        resume_over: Is given, before `resume`, what that changes of what the server has, in words,
            if anything; what it raises leaves all as it is.

    Raises:
        ValueError: No signer can have that name.
        PublishError: There is no such signer; or a role would have too few keys or signatures
            left, or a key is not this signer's only: then the message says what to do first; or
            meanwhile more was released that nobody else vouches for.
        ContentTrustError: As for `Collection.publish`.
    """
    check_name(name, is_removed=True)
    keyring = Keyring(collection.keys)
    removal = RemovedSigner(
        name, keyring, force=force, revoke=revoke, confirm=confirm, confirm_last=confirm_last
    )
    record = RemovalRecord(collection.trust_dir, collection.gun, name)
    seen = look(collection, keyring)
    sound = set[str]()
    if seen is not None:
        begun = None if role_of(name) in set(delegations.below(seen)) else record.read()
        if begun is not None and not _is_outdated(collection, begun, seen):
            was_broken = RELEASES in seen.broken
            resumption = Resumption(removal, begun, keyring, revoke=revoke)
            resumption.apply(seen)
            if was_broken and removal.agreed is not None and removal.agreed.document is not None:
                if resumption.changes:
                    resume_over(resumption.changes)
                resume(begun.begun, digests(removal.agreed.document["targets"]))
                if removal.unvouched:
                    confirm(removal.unvouched)
            open_keys(collection, keyring, seen)
            with collection.trust_dir.locked(collection.gun, "publish"):
                done = _resumed(collection, removal, resumption, record, was_broken=was_broken)
            return _removed(removal, done)
        if begun is not None:
            record.forget()
        sound = set(seen.roles)
        removal.apply(seen)
        open_keys(collection, keyring, seen)
    with collection.trust_dir.locked(collection.gun, "publish"):
        done = _taken_away(collection, removal, record)
        with published(collection.gun, done.versions):
            if any(one.role == RELEASES for one in done.repository.degraded):
                done = _released_as_agreed(collection, removal, done)
            if any(one.role == role_of(name) for one in done.repository.signers):
                told = f"{name} is still a signer of {collection.gun}"
                raise PublishError(told, gun=collection.gun)
            removal.check(done.documents)
            _check_sound(done, removal, sound)
            record.forget()  # what follows is to be looked at, and cannot be signed away
            _check_released(done, removal)
            _check_vouched(done, removal)
    return _removed(removal, done)


def _removed(removal: RemovedSigner, done: Published) -> Removed:
    return Removed(
        published=done,
        key_ids=tuple(removal.key_ids),
        lost=removal.lost,
        signed_again=tuple(removal.signed_again),
        unreleased=tuple(removal.unreleased),
        still_in={role: tuple(key_ids) for role, key_ids in removal.still_in.items()},
        unvouched=removal.unvouched,
        revoked=removal.revoked,
        pulled_as=removal.pulled_as,
        revoked_in_targets=removal.revoked_in_targets,
    )


class _Noted:
    """A step: the removal, of which is kept what was agreed, for who has to bring it to its end.

    It is kept anew whenever others were faster, with the version that they published; not once the
    signer is gone: another run may have kept here what it had published.

    Attributes:
        is_kept: Whether that was done, and the signer has not gone since without this run.
    """

    def __init__(self, record: RemovalRecord, removal: RemovedSigner, moment: str) -> None:
        self._record, self._removal, self._moment = record, removal, moment
        self.is_kept = False

    def apply(self, draft: Draft) -> None:
        """Remove the signer, and keep what was agreed, before anything is published."""
        removal = self._removal
        was_there = role_of(removal.name) in set(delegations.below(draft))
        self.is_kept = self.is_kept and was_there
        removal.apply(draft)
        if was_there:
            self._record.write(
                Begun(
                    begun=self._moment,
                    key_ids=tuple(removal.key_ids),
                    known_as=tuple(sorted(removal.known_as)),
                    lost=removal.lost,
                    document=None if removal.agreed is None else removal.agreed.document,
                    unvouched=removal.unvouched,
                )
            )
            self.is_kept = True


def _taken_away(collection: Collection, removal: RemovedSigner, record: RemovalRecord) -> Published:
    """Take the signer away; where certainly nothing was published, what was kept is forgotten.

    What another run has kept is not forgotten by one that has published nothing.
    """
    noted = _Noted(record, removal, text_of(collection.moment))
    try:
        return collection.publication().run([noted])
    except ContentTrustError as error:
        if noted.is_kept and error.upload in NOT_PUBLISHED:
            with contextlib.suppress(TrustDirectoryError):
                record.forget()
        raise


def _is_outdated(collection: Collection, begun: Begun, seen: Draft) -> bool:
    """Whether the role that is to be signed as it was shown was valid here in a later version.

    Docker may have seen that, in the cache that it shares with us. Then the removal came to its
    end, whoever ended it, and what is released has changed since.
    """
    if RELEASES not in seen.broken or begun.document is None:
        return False
    known = collection.judge().verified_version(RELEASES)
    return bool(known > begun.document["version"])


def _resumed(
    collection: Collection,
    removal: RemovedSigner,
    resumption: Resumption,
    record: RemovalRecord,
    *,
    was_broken: bool,
) -> Published:
    """Bring a removal to its end that took the signer away and was interrupted then.

    Raises:
        PublishError: `targets/releases` is broken still, or has a key of the signer; or meanwhile
            something changed that nobody was shown.
    """
    done = collection.publication().run([resumption])
    with published(collection.gun, done.versions):
        removal.check(done.documents)
        if RELEASES in done.versions:
            removal.signed_again = [RELEASES]
        _check_sound(done, removal, {RELEASES})
        if was_broken:
            _check_released(done, removal)
            _check_vouched(done, removal)
        record.forget()
    return done


def _released_as_agreed(
    collection: Collection, removal: RemovedSigner, done: Published
) -> Published:
    """Sign `targets/releases` as it was shown, now that the server refuses the key that is gone."""
    if removal.agreed is None:
        return done
    try:
        after = collection.publication().run([removal.agreed])
    except ContentTrustError as error:
        is_broken = error.upload in NOT_PUBLISHED
        state = (_broken if is_broken else _perhaps_broken)(removal, done, RELEASES)
        error.message = f"{state}. The cause: {error.message}"
        raise
    if RELEASES in after.versions:
        removal.signed_again = [RELEASES]
    return replace(
        after,
        versions={**done.versions, **after.versions},
        attempts=done.attempts,
        notes=(*done.notes, *after.notes),
    )


def _check_sound(done: Published, removal: RemovedSigner, sound: Held[str]) -> None:
    """See that no role is broken now that was sound before.

    Raises:
        PublishError: One is; says what to do.
    """
    for notice in done.repository.degraded:
        if notice.role in sound or notice.role in removal.signed_again:
            raise PublishError(
                _broken(removal, done, notice.role),
                gun=done.gun,
                role=notice.role,
                found=notice.message,
            )


def _check_released(done: Published, removal: RemovedSigner) -> None:
    """See that what is released is what was shown, whoever has signed it meanwhile.

    A signer who stays may have built upon what the removed one published: that is right in every
    signature, and nobody has seen it.

    Raises:
        PublishError: It is not; says what differs.
    """
    file = done.documents.get(RELEASES)
    if file is None or removal.agreed is None or removal.agreed.document is None:
        return
    differs = changes.between(removal.agreed.document, signed_part(file))
    if differs:
        raise PublishError(
            f"{removal.name} is removed from {done.gun}, but {RELEASES} lists something else than "
            f"was shown: {'; '.join(differs)}. It was published while {removal.name} was being "
            "removed: look at it, and revoke or sign again what is wrong",
            gun=done.gun,
            role=RELEASES,
        )


def _check_vouched(done: Published, removal: RemovedSigner) -> None:
    """See that others list what was shown so, and not what was taken back.

    Who publishes only in a role of their own holds up nobody.

    Raises:
        PublishError: They do not; says what differs.
    """
    if removal.agreed is None or removal.agreed.seen is None or RELEASES not in done.documents:
        return
    after = Draft(done.gun, {role: signed_part(file) for role, file in done.documents.items()})
    found = digests(unvouched(after, removal.still_in, removal.agreed.seen))
    alone = found.items() - {*removal.unvouched.items(), *removal.revoked.items()}
    vouched = removal.revoked.items() - found.items()
    if alone or vouched:
        differs = [
            f"nobody else lists {told} any more, which stays released" for told in _told(alone)
        ]
        differs += [f"somebody lists {told}, which is revoked" for told in _told(vouched)]
        raise PublishError(
            f"{removal.name} is removed from {done.gun}, but others published in their own roles "
            f"while {removal.name} was being removed: {'; '.join(differs)}. Look at it, and revoke "
            "or sign again what is wrong",
            gun=done.gun,
            role=RELEASES,
        )


def _told(tags: Iterable[tuple[str, str]]) -> list[str]:
    return [with_digest(tag, digest) for tag, digest in sorted(tags)]


def _broken(removal: RemovedSigner, done: Published, role: str) -> str:
    """The state after a removal that left a role without enough signatures, and the way out."""
    gun, agreed = done.gun, removal.agreed
    document = None if agreed is None else agreed.document
    after = Draft(gun, {one: signed_part(file) for one, file in done.documents.items()})
    if agreed is not None and role == RELEASES and agreed.is_ours(after):
        again = command("signer", "remove", removal.name, gun)
        return (
            f"{removal.name} is removed from {gun}, but {role} is broken: nothing that it lists "
            f"counts until it is signed as it was shown. The same again on this machine ({again}) "
            "does that, and brings the removal to its end"
        )
    if role != RELEASES or document is None:
        what = "what it listed"
    else:
        what = enumerated([named(tag) for tag in sorted(document["targets"])])
    return (
        f"{removal.name} is removed from {gun}, but {role} is broken: it was published meanwhile "
        "without the signatures that it needs now, and nothing that it lists counts until a signer "
        f"whose key it has signs anew: {what} (contenttrust sign, on the machine with that key). "
        f"Sign what was shown, not what {removal.name} published"
    )


def _perhaps_broken(removal: RemovedSigner, done: Published, role: str) -> str:
    """The state after a removal whose second publication was sent, and the way to its end."""
    gun = done.gun
    again = command("signer", "remove", removal.name, gun)
    return (
        f"{removal.name} is removed from {gun}; {role}, which that left broken, was sent signed as "
        f"it was shown, and may be published: the same again on this machine ({again}) looks, and "
        "brings the removal to its end"
    )
