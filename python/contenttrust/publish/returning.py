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
from contenttrust.publish.tags import digests, enumerated, with_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from typing import Protocol

    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document

    class Keeper(Protocol):
        """What is known of files that nothing need name any more; a `Judge` is one."""

        def kept(self, roles: Collection[str]) -> dict[str, list[bytes]]:
            """The files that a server has of some roles."""

        def knows(self, role: str) -> bool:
            """Whether a role was ever verified here."""

    Kept = Callable[[Collection[str]], dict[str, list[bytes]]]
    Files = Mapping[str, "bytes | None"]

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
    draft: Draft, before: Mapping[str, Authority], keeper: Keeper, *, in_turns: bool = False
) -> None:
    """See that nothing comes back unseen with what a draft makes or changes.

    A server need not say what it has. So a role that was there before begins anew whatever it says,
    if a key of it is here.

    Args:
        draft: With all changes.
        before: What `authorities` gave of the collection as it is.
        keeper: Says what the server has.
        in_turns: Whether others sign too, so that a key need not be here.

    Raises:
        ReturningError: Something would.
        FetchError: The server did not say what it has.
    """
    back: dict[str, bytes | None] = {}
    listed = _listed_in_snapshot(draft)
    for role, files in _looked_up(draft, before, draft.changed, keeper.kept).items():
        authority = authority_of(draft, role)
        # A key alone begins nothing anew where more must sign: `check_returned` sees the rest.
        begins = in_turns or authority.threshold == 1
        was_there = bool(files) or (begins and (role in listed or keeper.knows(role)))
        if role in draft.made and was_there and (in_turns or draft.can_sign(authority)):
            draft.content(role)
            draft.changed.add(role)
            draft.notes.append(
                f"{role} begins anew: what it listed before it was removed"
                + (
                    ", and would have come back with its keys, is not taken over: "
                    + _described(role, files[0])
                    if files
                    else " is not taken over, whatever the server has kept"
                )
            )
        elif files:
            back |= _coming_back(authority, _only(role, files), keeper.kept)
    if back and back != draft.may_return:
        raise _refusal(draft, back)


def check_nothing_returns(
    draft: Draft, before: Mapping[str, Authority], uploaded: Collection[str], keeper: Keeper
) -> None:
    """Refuse a request with which something would come back: it has to begin the role anew.

    Args:
        draft: The collection as it would be then.
        before: What `authorities` gave of the collection as it is.
        uploaded: Roles whose files are replaced.
        keeper: Says what the server has.

    Raises:
        ReturningError: Something would.
        FetchError: The server did not say what it has.
    """
    back: dict[str, bytes | None] = {}
    for role, files in _looked_up(draft, before, uploaded, keeper.kept).items():
        if files:
            back |= _coming_back(authority_of(draft, role), _only(role, files), keeper.kept)
    if back:
        raise _refusal(draft, back)


def check_returned(
    draft: Draft,
    before: Mapping[str, Authority],
    uploaded: Collection[str],
    served: Mapping[str, bytes],
) -> None:
    """See that nothing has come back unseen: what a server says it has is one thing.

    Args:
        draft: As it was published.
        before: What `authorities` gave of the collection as it was.
        uploaded: Roles whose files were replaced.
        served: The verified files as they were read back.

    Raises:
        PublishError: Something has; names it.
    """
    unseen = tuple(f"{role}/" for role in _not_counting(draft, before, uploaded))
    for role, file in served.items():
        if not f"{role}/".startswith(unseen) or draft.may_return.get(role) == file:
            continue
        if _listed(role, file) or any(authorities_in(Part.of_served(role, file).document)):
            revoke = command("delegation", "remove", draft.gun, role, "-p")
            raise PublishError(
                f"{draft.gun} is published, but the server serves of {role} what nobody was shown: "
                f"{_described(role, file)}. It counts with the keys that {role} has now. Look at "
                f"it; if it is wrong, take the role away again ({revoke}), or revoke the tags",
                gun=draft.gun,
                role=role,
                found=_described(role, file),
            )


def _listed_in_snapshot(draft: Draft) -> Mapping[str, Document]:
    found: Mapping[str, Document] = (draft.snapshot or new_snapshot())["meta"]
    return found


def _not_counting(
    draft: Draft, before: Mapping[str, Authority], uploaded: Collection[str]
) -> list[str]:
    """Roles that do not count now, and may with what the server has of them."""
    return [
        role
        for role, authority in authorities(draft).items()
        if role not in uploaded
        and len(authority.keys) >= authority.threshold  # or nothing counts
        and (role in draft.made or (role not in draft.files and authority != before.get(role)))
    ]


def _looked_up(
    draft: Draft, before: Mapping[str, Authority], uploaded: Collection[str], kept: Kept
) -> dict[str, list[bytes]]:
    """Roles that do not count now, with the files with which they will, if the server has any."""
    if draft.is_new:  # the server has nothing
        return {}
    # A snapshot that is signed here has what it had, and what is signed now; others may have more.
    is_ours = draft.can_sign(authority_in(draft.root, SNAPSHOT))
    listed = _listed_in_snapshot(draft)
    asked = [
        role for role in _not_counting(draft, before, uploaded) if role in listed or not is_ours
    ]
    return {
        role: _counting(authority_of(draft, role), files)
        for role, files in (kept(asked) if asked else {}).items()
    }


def _counting(authority: Authority, files: Iterable[bytes]) -> list[bytes]:
    return [file for file in files if _counts(authority, file)]


def _only(role: str, files: list[bytes]) -> bytes:
    """The only file with which a role will count.

    Raises:
        PublishError: There are several.
    """
    if len(files) > 1:
        raise PublishError(
            f"the server has two files of {role}, which was removed: one by its name, another by "
            "what its snapshot lists. Either would perhaps come back with the role's keys, so "
            "nothing was published: have the server's keeper look at it",
            role=role,
        )
    return files[0]


def _counts(authority: Authority, file: bytes) -> bool:
    if b"\\" not in file and not any(one.encode() in file for one in authority.keys):
        return False  # nothing of this size is parsed in vain
    try:
        part = Part.of_served(authority.role, file)
        part.signatures = [one for one in part.signatures if one["keyid"] in authority.keys]
        return bool(part.signatures) and len(part.signed_by(authority)) >= authority.threshold
    except _UNREADABLE:
        return True  # others may read it less strictly


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
        below = list(authorities_in(Part.of_served(authority.role, file).document))
    except _UNREADABLE as error:
        raise _unreadable(authority.role) from error
    start = f"{authority.role}/"
    files = kept(
        [one.role for one in below if is_delegation(one.role) and one.role.startswith(start)]
    )
    for one in below:
        counting = _counting(one, files.get(one.role, ()))
        if counting:
            yield from _with_those_below(one, _only(one.role, counting), kept)
        else:
            yield one.role, None


def _listed(role: str, file: bytes | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        return digests(Part.of_served(role, file).document.get("targets") or {})
    except _UNREADABLE as error:
        raise _unreadable(role) from error


def _unreadable(role: str) -> PublishError:
    return PublishError(
        f"what the server has of {role}, which was removed, cannot be read, and would perhaps come "
        f"back: nothing was published. Make {role} where a key of it is, or in a signing request "
        "(contenttrust delegation add, then contenttrust signing-request prepare): it begins anew "
        "then; or have the server's keeper look at it",
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
    return enumerated([with_digest(tag, digest) for tag, digest in listed.items()]) or "no tag"
