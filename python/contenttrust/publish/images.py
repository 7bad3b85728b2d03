"""What `docker trust` does with image repositories: sign and revoke tags, add and remove signers.

A signer is a delegation `targets/<name>`; what may be pulled is what `targets/releases` lists, and
`targets` where that does not. Nothing here is staged: what others have staged stays as it is.

Source: docker CLI 28, `cli/command/trust/`, `cli/trust/trust.go` (``GetSignableRoles``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contenttrust.errors import NoKeyError, NotSignedError, PublishError
from contenttrust.publish import delegations, first_signer, initialisation
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import authority_of, is_signable
from contenttrust.publish.look import look
from contenttrust.publish.metadata import BASE_ROLES, TARGETS, signed_part
from contenttrust.publish.removal import Removed, remove_signer
from contenttrust.publish.returning import Returning, ReturningError
from contenttrust.publish.sign import Keyring
from contenttrust.publish.signed_tags import TagsSigned
from contenttrust.publish.signers import SignerAdded, check_name
from contenttrust.publish.tags import child_digest, digests, named
from contenttrust.publish.vouched import RELEASES
from contenttrust.transport import remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from contenttrust._core import PublicKey, Signer
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.publication import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What came of signing tags.

    Attributes:
        published: The publication.
        roles: Who lists it now, by tag; nobody an image of an index that no role here may list.
        initialized: Whether the repository was made for it.
        signer: Name of the signer that was made with it, or empty.
        replaced: Digests that tags had in these roles before, by tag; only those that changed.
    """

    published: Published
    roles: Mapping[str, tuple[str, ...]]
    initialized: bool = False
    signer: str = ""
    replaced: Mapping[str, frozenset[str]] = field(default_factory=dict)


def sign(  # noqa: PLR0913 - one keyword a fact
    collection: Collection,
    tags: Mapping[str, Document],
    *,
    signer: str | None = None,
    again: bool = False,
    asked: Iterable[str] | None = None,
    may_begin: Callable[[], None] = lambda: None,
) -> Signed:
    """Sign each tag by every first-level delegation whose key is here and that may list it.

    Where there are no delegations, `targets` lists them.

    A repository that is not signed yet is made as Docker does: with a root key, a repository key,
    a snapshot that the server signs, and a signer, if one is named or only one has a key here.

    Args:
        collection: The repository.
        tags: What `target_meta` gives of the manifests, by tag.
        signer: Name of the first signer of a new repository; its key is made if it is not here. Of
            one that is signed already it must be a signer whose key is here.
        again: Whether roles that list them already are signed anew, as by ``docker push``.
        asked: Names of those that must be signed, else no tag is. The others are images of an
            index: where a role may not list them it is noted. Default: whatever is not named as
            such images are.
        may_begin: Is called before a repository is begun that the server does not have; what it
            raises ends it.

    Raises:
        ValueError: No signer can have that name.
        NoKeyError: There are delegations, and the keys of none that may list a tag are here: no tag
            is signed; or a new repository's first signer has several keys here.
        PublishError: The signer that was named would not sign.
        ContentTrustError: As for `Collection.publish`.
    """
    if signer is not None:
        check_name(signer)
    steps: list[SignerAdded | TagsSigned] = []
    first = not initialisation.is_published(collection.sink, collection.gun)
    name = ""
    if first:
        may_begin()
        name, key_id = first_signer.chosen(collection, signer)
        _initialize(collection)
        if name:
            key = first_signer.public_key(collection, name, key_id)
            steps.append(SignerAdded(name, [key]))
    signing = TagsSigned(tags, Keyring(collection.keys), again=again, signer=signer, asked=asked)
    done = collection.publish_steps([*steps, signing])
    return Signed(
        published=done,
        roles=signing.roles,
        initialized=first,
        signer=name,
        replaced={tag: frozenset(before) for tag, before in signing.replaced.items()},
    )


def revoke(collection: Collection, tags: Sequence[str] | None = None) -> Published:
    """Take signatures away: from every role that lists the tags and whose keys are here.

    What then remains is noted; it is never a signature that would let a tag be pulled. A broken
    role that lists one begins anew.

    Args:
        collection: The repository.
        tags: Which; a digest means the image of an index that was signed by it. Default: all.

    Raises:
        NotSignedError: A tag is not signed, or there is none at all.
        NoKeyError: A role whose keys are not here lists a tag, so that it could be pulled still.
        ContentTrustError: As for `Collection.publish`.
    """
    return collection.publish_steps([_Revocation(tags, Keyring(collection.keys))])


def listed(collection: Collection) -> Mapping[str, set[str]]:
    """What any role lists: names with their digests.

    Raises:
        ContentTrustError: What the server has cannot be verified, or it did not answer.
    """
    seen = look(collection, Keyring(collection.keys))
    return _listed(() if seen is None else seen.roles.values())


def listed_in(done: Published) -> Mapping[str, set[str]]:
    """What any role lists after a publication: names with their digests."""
    return _listed(
        signed_part(file)
        for role, file in done.documents.items()
        if role == TARGETS or role not in BASE_ROLES
    )


def _listed(documents: Iterable[Document]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for document in documents:
        for name, digest in digests(document["targets"]).items():
            found.setdefault(name, set()).add(digest)
    return found


def add_signer(
    collection: Collection,
    name: str,
    keys: Sequence[PublicKey],
    *,
    confirm: Callable[[Mapping[str, Mapping[str, str]]], None] | None = None,
    may_begin: Callable[[], None] = lambda: None,
) -> Published:
    """Let somebody sign tags; a repository that is not signed yet is made first.

    A trust server keeps what a signer who was removed had signed, and the same key makes it count
    again. Where such a key is here, the role begins anew without it.

    Args:
        collection: The repository.
        name: Of the signer.
        keys: The signer's public keys.
        confirm: Is given, where no such key is here, the digests of the tags that come back, by
            role and tag, before anything is published; what it raises ends it. Default: nothing
            comes back, and no signer is added.
        may_begin: As for `sign`.

    Raises:
        ValueError: No signer can have that name, or no key was given.
        ReturningError: Something would come back, and there is no `confirm`; or what comes back is
            not any more what was shown.
        ContentTrustError: As for `Collection.publish`.
    """
    check_name(name)
    if not keys:
        raise ValueError("path to a public key must be provided using the `--key` flag")
    if not initialisation.is_published(collection.sink, collection.gun):
        may_begin()
        _initialize(collection)
    adding = SignerAdded(name, keys)
    try:
        return collection.publish_steps([adding])
    except ReturningError as back:
        if confirm is None:
            raise
        confirm(back.tags)
        return collection.publish_steps([adding, Returning(back.files)])


def signers(collection: Collection) -> tuple[Signer, ...]:
    """Who signs tags of the repository.

    Raises:
        PublishError: It is not signed.
        ContentTrustError: What the server has cannot be verified.
    """
    current = collection.judge().look()
    if current is None:
        raise PublishError(f"no signatures or cannot access {collection.gun}", gun=collection.gun)
    return current.repository.signers


class _Revocation:
    """Takes tags out of every role that lists them."""

    def __init__(self, tags: Sequence[str] | None, keyring: Keyring) -> None:
        self._tags = tags
        self._keyring = keyring
        self._seen: set[str] = set()

    def apply(self, draft: Draft) -> None:
        listed = {role: draft.listed(role) for role in (TARGETS, *delegations.below(draft))}
        everything = set().union(*listed.values())
        by_digest = {name: digest for name in everything if (digest := child_digest(name))}
        asked = everything if self._tags is None else set(self._tags)
        tags = everything & asked | {name for name, one in by_digest.items() if one in asked}
        absent = sorted(asked - everything - {*by_digest.values()} - self._seen)
        if absent:
            raise NotSignedError(
                f"No valid trust data for {named(absent[0])}", gun=draft.gun, subject=absent[0]
            )
        if not tags and not self._seen:
            raise NotSignedError("no signed tags to remove", gun=draft.gun)
        self._seen |= asked  # when it is applied again, some may be gone already
        self._keyring.forget()
        kept = {role: names & tags for role, names in listed.items() if names & tags}
        for role in [role for role in kept if self._may_sign(draft, role)]:
            for name in kept.pop(role):
                draft.remove_target(role, name)
        for role, names in kept.items():
            # What only a signer lists is not released; what these list would be pulled still, or
            # once somebody witnesses it. Who gives a role the keys that it lacks is asked.
            decides = role in {TARGETS, RELEASES} and is_signable(authority_of(draft, role))
            if decides or not draft.changed:
                raise _would_stay(draft, role, min(names))
            left = ", ".join(map(named, sorted(names)))
            draft.notes.append(f"{role} lists {left} still: {_why(draft, role)}")

    def _may_sign(self, draft: Draft, role: str) -> bool:
        authority = authority_of(draft, role)
        return is_signable(authority) and self._keyring.holds(authority)


def _would_stay(draft: Draft, role: str, name: str) -> NoKeyError:
    """That a role lists a tag which nobody here can take out of it."""
    if role in draft.roles:
        told = f"signed by {role}, and {_why(draft, role)}: it would stay signed"
        way = ""
    else:
        told = (
            f"listed by {role}, which is broken, and {_why(draft, role)}: it would be signed again "
            "with the role"
        )
        remove = command("delegation", "remove", "-p", draft.gun, role)
        can_be_signed = is_signable(authority_of(draft, role))
        way = ". Revoke it where one is" if can_be_signed else f". To remove that role: {remove}"
    message = f"{named(name)} is {told}, so nothing was revoked{way}"
    return NoKeyError(message, gun=draft.gun, role=role, subject=name)


def _why(draft: Draft, role: str) -> str:
    """Why nobody here can take a tag out of a role."""
    if is_signable(authority_of(draft, role)):
        return "none of its keys is here"
    return "it has too few keys to be signed"


def _initialize(collection: Collection) -> None:
    """Make a repository as Docker does, unless an attempt before this one has made it."""
    if not initialisation.is_made(collection.trust_dir, collection.gun):
        # Before anybody types a passphrase: the name may be a slip.
        remark.warn(__name__, f"{collection.gun} has no trust data: a new collection is begun")
        collection.initialize()


__all__ = [
    "Removed",
    "ReturningError",
    "Signed",
    "add_signer",
    "check_name",
    "listed",
    "listed_in",
    "remove_signer",
    "revoke",
    "sign",
    "signers",
]
