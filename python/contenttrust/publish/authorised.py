"""Whether a request may be published: by the authorities that the collection has, not its own word.

A request names those who sign its documents, so that they can sign without any network. Who made
it may have named others. What counts is what root and the delegators say: those of the request
where they are signed by whom the published ones name, the published ones else.
"""

from __future__ import annotations

from contenttrust import _core
from contenttrust.errors import PublishError
from contenttrust.publish.delegations import authority_of
from contenttrust.publish.metadata import ROOT, TARGETS
from contenttrust.publish.sign import root_authorities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.part import Part
    from contenttrust.publish.request import SigningRequest


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
