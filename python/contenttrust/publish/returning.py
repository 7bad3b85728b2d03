"""What comes back with a delegation: a trust server keeps the file of a role that was removed.

As soon as a delegation of that name has enough of the keys that signed the file, it counts again,
with every tag that went with the delegation. A delegation that is made anew begins empty, if a key
of it is here. Where none is, and where a broken one is given back its keys, only what somebody has
been shown comes back.
"""

from __future__ import annotations

from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.publish.authorised import authorities
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import (
    authorities_in,
    authority_in,
    authority_of,
    is_delegation,
)
from contenttrust.publish.metadata import SNAPSHOT, new_snapshot
from contenttrust.publish.part import Part
from contenttrust.publish.tags import digests, with_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft

    Kept = Callable[[str], "bytes | None"]
    Files = Mapping[str, "bytes | None"]

_NAMED = 20
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ContentTrustError)


class ReturningError(PublishError):
    """Something would come back that nobody was shown.

    Attributes:
        tags: Digests of what would be listed again, by role and tag.
        files: What the server has of these roles; None where it has nothing that counts, and their
            keys could sign again.
    """

    def __init__(
        self,
        message: str = "",
        *,
        files: Files | None = None,
        gun: str = "",
        role: str = "",
    ) -> None:
        super().__init__(message, gun=gun, role=role)
        self.files = dict(files or {})
        self.tags = {one: _listed(one, file) for one, file in self.files.items()}


class Returning:
    """A step: what somebody was shown may come back, as it was shown."""

    def __init__(self, files: Files) -> None:
        """Take over what was shown.

        Args:
            files: What `ReturningError` has.
        """
        self._files = files

    def apply(self, draft: Draft) -> None:
        """Let it come back."""
        draft.may_return.update(self._files)


def begin_anew(
    draft: Draft, before: Mapping[str, Authority], kept: Kept, *, in_turns: bool = False
) -> None:
    """See that nothing comes back unseen with what a draft makes or changes.

    Args:
        draft: With all changes.
        before: What `authorities` gave of the collection as it is.
        kept: Gives the file that the server has of a role.
        in_turns: Whether others sign too, so that a key need not be here.

    Raises:
        ReturningError: Something would.
        FetchError: The server did not say what it has.
    """
    back: dict[str, bytes | None] = {}
    for role, file in _counting(draft, before, draft.changed, kept):
        authority = authority_of(draft, role)
        if role in draft.made and (in_turns or draft.can_sign(authority)):
            draft.content(role)
            draft.changed.add(role)
            draft.notes.append(
                f"{role} begins anew: what it listed before it was removed, and would have come "
                f"back with its keys, is not taken over: {_described(role, file)}"
            )
        else:
            back |= _coming_back(authority, file, kept)
    if back and back != draft.may_return:
        raise _refusal(draft, back)


def check_nothing_returns(
    draft: Draft, before: Mapping[str, Authority], uploaded: Collection[str], kept: Kept
) -> None:
    """Refuse a request with which something would come back: it has to begin the role anew.

    Args:
        draft: The collection as it would be then.
        before: What `authorities` gave of the collection as it is.
        uploaded: Roles whose files are replaced.
        kept: Gives the file that the server has of a role.

    Raises:
        ReturningError: Something would.
        FetchError: The server did not say what it has.
    """
    back: dict[str, bytes | None] = {}
    for role, file in _counting(draft, before, uploaded, kept):
        back |= _coming_back(authority_of(draft, role), file, kept)
    if back:
        raise _refusal(draft, back)


def _counting(
    draft: Draft, before: Mapping[str, Authority], uploaded: Collection[str], kept: Kept
) -> list[tuple[str, bytes]]:
    """Roles that do not count now, and will with the file that the server has of them."""
    if draft.is_new:  # the server has nothing
        return []
    # A snapshot that is signed here has what it had, and what is signed now; others may have more.
    is_ours = draft.can_sign(authority_in(draft.root, SNAPSHOT))
    in_snapshot = (draft.snapshot or new_snapshot())["meta"]
    found = []
    for role, authority in authorities(draft).items():
        is_other = role not in draft.files and authority != before.get(role)
        if role in uploaded or not (role in draft.made or is_other):
            continue
        if is_ours and role not in in_snapshot:
            continue
        file = kept(role)
        if file is not None and _counts(authority, file):
            found.append((role, file))
    return found


def _counts(authority: Authority, file: bytes) -> bool:
    try:
        done = Part.of_file(authority.role, file).signed_by(authority)
    except _UNREADABLE:
        return True  # others may read it less strictly
    return len(done) >= authority.threshold


def _coming_back(authority: Authority, file: bytes, kept: Kept) -> dict[str, bytes | None]:
    """What comes back with the file of a role; nothing where it lists neither tag nor role."""
    back = dict(_with_those_below(authority, file, kept))
    return back if len(back) > 1 or _listed(authority.role, file) else {}


def _with_those_below(
    authority: Authority, file: bytes, kept: Kept
) -> Iterator[tuple[str, bytes | None]]:
    """The file of a role, and those of its delegations that count with it."""
    yield authority.role, file
    try:
        below = list(authorities_in(Part.of_file(authority.role, file).document))
    except _UNREADABLE as error:
        raise _unreadable(authority.role) from error
    for one in below:
        is_below = is_delegation(one.role) and one.role.startswith(f"{authority.role}/")
        other = kept(one.role) if is_below else None
        if other is not None and _counts(one, other):
            yield from _with_those_below(one, other, kept)
        else:
            yield one.role, None


def _listed(role: str, file: bytes | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        return digests(Part.of_file(role, file).document["targets"])
    except _UNREADABLE as error:
        raise _unreadable(role) from error


def _unreadable(role: str) -> PublishError:
    return PublishError(
        f"what the server has of {role}, which was removed, cannot be read, and would perhaps come "
        "back: nothing was published. Have the server's keeper look at it, or choose another name",
        role=role,
    )


def _refusal(draft: Draft, back: Files) -> ReturningError:
    role = next(iter(back))
    listed = "; ".join(f"{one} lists {_described(one, file)}" for one, file in back.items())
    if role in draft.made:
        way = (
            f"Do it where a key of {role} is, or in a signing request (contenttrust "
            "signing-request prepare), so that it begins anew; or let `contenttrust signer add` ask"
        )
    else:
        witness = command("witness", draft.gun, role)
        way = f"Stage a witness of it too, which shows it ({witness}), or give it other keys"
    return ReturningError(
        f"with its keys, what the server had kept of {role} would count again: {listed}. Nothing "
        f"was published. {way}",
        files=back,
        gun=draft.gun,
        role=role,
    )


def _described(role: str, file: bytes | None) -> str:
    try:
        listed = _listed(role, file)
    except PublishError:
        return "what cannot be read"
    names = [with_digest(tag, digest) for tag, digest in listed.items()]
    more = len(names) - _NAMED
    return (", ".join(names[:_NAMED]) or "no tag") + (f" and {more} more" if more > 0 else "")
