"""Whether something may be published: by the authorities that the collection will have.

What is there already must still be signed by enough of those whom the new documents name: a reader
refuses it else, and root or targets takes the whole collection with it.

A request names those who sign its documents, so that they can sign without any network. Who made
it may have named others. What counts is what root and the delegators say: those of the request
where they are signed by whom the published ones name, the published ones else.
"""

from __future__ import annotations

from contenttrust import _core
from contenttrust.errors import PublishError, RejectedError
from contenttrust.publish.delegations import authority_in, authority_of, below
from contenttrust.publish.metadata import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    message_of,
    public_key,
    signed_part,
)
from contenttrust.publish.part import Part
from contenttrust.publish.sign import root_authorities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from contenttrust.errors import ContentTrustError
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.request import SigningRequest


def is_published(upload: Mapping[str, bytes], served: Mapping[str, bytes]) -> bool:
    """Whether the server has all of a request already, whoever of its signers has signed it.

    Args:
        upload: The files of the request, by role.
        served: What the server has, verified.
    """
    return all(
        role in served and message_of(signed_part(served[role])) == message_of(signed_part(file))
        for role, file in upload.items()
    )


def tell_new_keys(failure: ContentTrustError, root: Document, before: Document | None) -> None:
    """Say of what a server refused which keys it was asked to sign with: it may not have them.

    A request names the key that the server gave when it was prepared.

    Args:
        failure: The refusal.
        root: The root that was sent.
        before: The root that the server has, if any.
    """
    for role in (TIMESTAMP, SNAPSHOT):
        old = {} if before is None else authority_in(before, role).keys
        new = sorted(authority_in(root, role).keys.keys() - old.keys())
        if new and isinstance(failure, RejectedError):
            elsewhere = ", or publish it on the machine that has that key" * (role == SNAPSHOT)
            failure.message += (
                f". The server signs with the {role} key of this request ({', '.join(new)}) only "
                f"if it has that: prepare the request anew for one that it has{elsewhere}"
            )


def check_base(request: SigningRequest, documents: Mapping[str, bytes]) -> None:
    """Refuse a request that was made from something else than what the server has now.

    Args:
        request: To be published.
        documents: What the server has, verified; without what it signs itself.

    Raises:
        PublishError: Others have published since, or a new collection would lack a document.
    """
    now = {role: _core.sha256(file) for role, file in documents.items()}
    if now != dict(request.base):
        differs = sorted(set(now.items()) ^ set(request.base.items()))
        raise PublishError(
            f"{request.gun} was published by others since the request was prepared: prepare it "
            "anew from what the server has now, and have that signed",
            gun=request.gun,
            role=differs[0][0],
        )
    brought = {*documents, *request.files, *(part.role for part in request.parts)}
    for role in (ROOT, TARGETS):
        if role not in brought:
            raise PublishError(
                f"the request has no {role}, and {request.gun} is not published yet: prepare it "
                "anew",
                gun=request.gun,
                role=role,
            )


def check_signatures(request: SigningRequest, draft: Draft, before: Mapping[str, Document]) -> None:
    """Refuse a request whose documents are not signed by whom the collection names.

    Args:
        request: To be published.
        draft: The collection as it would be then.
        before: The verified documents that the server has, by role.

    Raises:
        PublishError: A document belongs to no role that there will be, does not follow upon the
            published one, or too few of the keys of its role have signed it.
    """
    for part in (*request.ready(), *request.parts):
        _check_version(part, before, gun=request.gun)
        for authority in _authorities(part.role, draft, before):
            done = part.signed_by(authority)
            if len(done) < authority.threshold:
                raise PublishError(
                    f"{part.role} of the request is signed by {len(done)} of the keys that "
                    f"{request.gun} names for it, and needs {authority.threshold}, whatever the "
                    "request says itself: nothing was published; find out who made it, and "
                    "prepare it anew",
                    gun=request.gun,
                    role=part.role,
                    expected=str(authority.threshold),
                    found=str(len(done)),
                )
            if not part.authorities and len(done) < len(part.signatures):
                raise PublishError(
                    f"{part.role} of the request has signatures that are wrong or by keys that "
                    "are not its role's: nothing was published; prepare it anew",
                    gun=request.gun,
                    role=part.role,
                )


def authorities(draft: Draft) -> dict[str, Authority]:
    """Who signs targets and each delegation below it, by what a draft says now."""
    return {role: authority_of(draft, role) for role in (TARGETS, *below(draft))}


def check_what_stays(
    draft: Draft,
    before: Mapping[str, Authority],
    files: Mapping[str, bytes],
    uploaded: Collection[str],
) -> None:
    """Refuse what would take a verified role its signatures by naming others for it.

    A role that was broken before may stay so, and one that gets fewer keys than must sign has been
    given up by those who sign its delegator: that is told when it is done. One may be signed next.

    Args:
        draft: The collection as it would be then.
        before: What `authorities` gave of the collection as it is; what is the same still stands.
        files: The verified files that are there.
        uploaded: Roles whose files are replaced, and judged elsewhere.

    Raises:
        PublishError: A file that stays would not be signed by enough keys any more.
    """
    for role, authority in authorities(draft).items():
        if role in uploaded or role not in files or authority == before.get(role):
            continue
        if role in draft.signed_next:
            continue
        held = {public_key(key).canonical_key_id for key in authority.keys.values()}
        done = Part.of_served(role, files[role]).signed_by(authority)
        if len(done) >= authority.threshold or len(held) < authority.threshold:
            continue
        who = ", ".join(sorted(held - done))
        raise PublishError(
            f"{role} of {draft.gun} as it is would no longer be valid: of the keys that are named "
            f"for it from then on, {len(done)} have signed it, and {authority.threshold} must. "
            f"Have it signed in the same publication or request by one of {who} (stage "
            f"`contenttrust witness {draft.gun} {role}` too)"
            + ("" if role == TARGETS else ", or remove the delegation altogether")
            + "; nothing was published",
            gun=draft.gun,
            role=role,
            expected=str(authority.threshold),
            found=str(len(done)),
        )


def _authorities(role: str, draft: Draft, before: Mapping[str, Document]) -> list[Authority]:
    if role == ROOT:
        return root_authorities(draft.root, before.get(ROOT))
    return [authority_of(draft, role)]


def _check_version(part: Part, before: Mapping[str, Document], *, gun: str) -> None:
    if part.role not in before:
        return
    follows, found = before[part.role]["version"] + 1, part.document["version"]
    if found != follows:
        raise PublishError(
            f"{part.role} of the request has version {found}, and {follows} follows upon what is "
            "published: nothing was published; prepare it anew",
            gun=gun,
            role=part.role,
            expected=str(follows),
            found=str(found),
        )
