"""What comes back with a delegation: a trust server keeps the file of a role that was removed.

As soon as a delegation of that name has enough of the keys that signed the file, it counts again,
with every tag that went with the delegation. A delegation that is made anew begins empty, if a key
of it is here. Where none is, and where a broken one is given back its keys, only what somebody has
been shown comes back.
"""

from __future__ import annotations

from contenttrust._core import sha256
from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.publish.authorised import authorities
from contenttrust.publish.commands import command
from contenttrust.publish.current import version_in
from contenttrust.publish.delegations import (
    authorities_in,
    authority_of,
    is_delegation,
    is_signable,
)
from contenttrust.publish.metadata import new_snapshot
from contenttrust.publish.part import Part
from contenttrust.publish.tags import digest_of, digests, enumerated, with_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    from contenttrust._core import Instant
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document

    class Keeper(Protocol):
        """What is known of files that nothing need name any more; a `Judge` is one."""

        def kept(self, roles: Collection[str]) -> dict[str, list[bytes]]:
            """The files that a server has of some roles."""

        def known(self, role: str) -> list[bytes]:
            """The files of a role that are known here, whatever the server says now."""

        def verified_version(self, role: str) -> int:
            """The version of a role that was verified here last, or 0."""

        @property
        def moment(self) -> Instant:
            """The present moment."""

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
        self.tags = {one: listed_in(one, file) for one, file in self.files.items()}


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
    if a key of it is here; and what is known here counts as kept.

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
    found = _Found(draft, before, keeper)
    for role, files in found.of_changed(draft.changed).items():
        authority = authority_of(draft, role)
        # A key alone begins nothing anew where more must sign: `check_returned` sees the rest.
        begins = in_turns or authority.threshold == 1
        was_there = bool(files) or (
            begins and (role in listed or keeper.verified_version(role) > 0)
        )
        if role in draft.made and was_there and (in_turns or draft.can_sign(authority)):
            draft.content(role)
            draft.changed.add(role)
            draft.notes.append(
                f"{role} begins anew: what it listed before it was removed"
                + (
                    ", and would have come back with its keys, is not taken over: "
                    + described(role, files[0])
                    if files
                    else " is not taken over, whatever the server has kept"
                )
            )
        else:
            back |= found.coming_back(role, files)
    if back and back != draft.may_return:
        raise _refusal(draft, before, back)


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
    found = _Found(draft, before, keeper)
    for role, files in found.of_changed(uploaded).items():
        back |= found.coming_back(role, files)
    if back:
        raise _refusal(draft, before, back)


def _listed_in_snapshot(draft: Draft) -> Mapping[str, Document]:
    found: Mapping[str, Document] = (draft.snapshot or new_snapshot())["meta"]
    return found


def not_counting(
    draft: Draft, before: Mapping[str, Authority], uploaded: Collection[str]
) -> list[str]:
    """Roles that do not count now, and may with what the server has of them."""
    return [
        role
        for role, authority in authorities(draft).items()
        if role not in uploaded
        and is_signable(authority)  # or nothing counts
        and (role in draft.made or (role not in draft.files and authority != before.get(role)))
    ]


class _Found:
    """What there is of roles that do not count now: at the server, or known here."""

    def __init__(self, draft: Draft, before: Mapping[str, Authority], keeper: Keeper) -> None:
        self._draft, self._before, self._keeper = draft, before, keeper
        self._kept: dict[str, list[bytes]] = {}

    def of_changed(self, uploaded: Collection[str]) -> dict[str, list[bytes]]:
        """Roles that do not count now, with the files with which they will, if there are any."""
        draft, keeper = self._draft, self._keeper
        asked = not_counting(draft, self._before, uploaded)
        draft.asked = keeper.moment
        of_these = [] if draft.is_new else asked  # of a new one the server has nothing
        found = self._counting([authority_of(draft, role) for role in of_these])
        draft.known = {
            role: max([keeper.verified_version(role), *map(version_in, self._kept.get(role, ()))])
            for role in asked
        }
        return found

    def _counting(self, authorities: Sequence[Authority]) -> dict[str, list[bytes]]:
        """The files that count by some authorities; what is known here only if none is later."""
        kept = self._keeper.kept([one.role for one in authorities]) if authorities else {}
        self._kept |= kept
        found = {}
        for one in authorities:
            files = _counting(one, kept[one.role])
            latest = self._latest_known(one)
            if latest and all(0 < version_in(file) < version_in(latest) for file in files):
                files.append(latest)
            found[one.role] = files
        return found

    def _latest_known(self, authority: Authority) -> bytes:
        """What is known here of a role, and counts by an authority; but for what counted before."""
        known = _counting(authority, self._keeper.known(authority.role))
        before = self._before.get(authority.role)
        if before is not None and authority.role not in self._draft.made:
            known = [file for file in known if not _counts(before, file)]
        return max(known, key=version_in, default=b"")

    def coming_back(self, role: str, files: list[bytes]) -> dict[str, bytes | None]:
        """What comes back with the file of a role; nothing where it lists neither tag nor role."""
        if not files:
            self._check_not_hidden(role)
            return {}
        file = _only(role, files)
        try:
            back = dict(self._with_those_below(authority_of(self._draft, role), file))
            comes = len(back) > 1 or bool(listed_in(role, file))
        except _UnreadableError as error:
            error.message += f". {_way_out(self._draft, self._before, [role])}"
            raise
        self._draft.returning |= {
            one: its for one, its in back.items() if its is not None and its in self._kept[one]
        }
        return back if comes else {}

    def _with_those_below(
        self, authority: Authority, file: bytes
    ) -> Iterator[tuple[str, bytes | None]]:
        """The file of a role, and those of its delegations that count with it."""
        yield authority.role, file
        start = f"{authority.role}/"
        try:
            below = list(authorities_in(Part.of_served(authority.role, file).document))
            inside = [one for one in below if one.role.startswith(start)]
            asked = [one for one in inside if is_delegation(one.role)]
        except _UNREADABLE as error:
            raise _unreadable(authority.role) from error
        files = self._counting(asked)
        for one in below:
            if counting := files.get(one.role):
                yield from self._with_those_below(one, _only(one.role, counting))
            else:
                yield one.role, None

    def _check_not_hidden(self, role: str) -> None:
        """Refuse where the snapshot lists a file of a role that nobody here has seen.

        Raises:
            PublishError: It does.
        """
        draft = self._draft
        listed = _listed_in_snapshot(draft).get(role)
        files = (*self._kept[role], *self._keeper.known(role))
        if listed is None or digest_of(listed) in {f"sha256:{sha256(one)}" for one in files}:
            return
        raise PublishError(
            f"the server does not give what it has of {role}: the snapshot lists a file of it, and "
            "nobody here knows what that lists. It would perhaps come back with the role's keys, "
            f"so nothing was published. {_way_out(draft, self._before, [role])}",
            gun=draft.gun,
            role=role,
        )


def _counting(authority: Authority, files: Iterable[bytes]) -> list[bytes]:
    return [file for file in files if _counts(authority, file)]


def _only(role: str, files: list[bytes]) -> bytes:
    """The only file with which a role will count.

    Raises:
        PublishError: There are several.
    """
    if len(files) > 1:
        raise PublishError(
            f"there are two files of {role}, which was removed: what the server has by its name "
            "and by what its snapshot lists differs, or it has another than is known here. Either "
            "would perhaps come back with the role's keys, so nothing was published: have the "
            "server's keeper look at it",
            role=role,
        )
    return files[0]


def _counts(authority: Authority, file: bytes) -> bool:
    try:
        if b"\\" not in file and not any(one.encode() in file for one in authority.keys):
            return False  # nothing of this size is parsed in vain
        part = Part.of_served(authority.role, file)
        part.signatures = [one for one in part.signatures if one["keyid"] in authority.keys]
        return bool(part.signatures) and len(part.signed_by(authority)) >= authority.threshold
    except _UNREADABLE:
        return True  # others may read it less strictly


def listed_in(role: str, file: bytes | None) -> dict[str, str]:
    """Digests of the tags that a file of a role lists.

    Raises:
        PublishError: It cannot be read.
    """
    if file is None:
        return {}
    try:
        return digests(Part.of_served(role, file).document.get("targets") or {})
    except _UNREADABLE as error:
        raise _unreadable(role) from error


class _UnreadableError(PublishError):
    """What the server has kept cannot be read."""


def _unreadable(role: str) -> PublishError:
    return _UnreadableError(
        f"what the server has kept of {role} cannot be read, and would perhaps come back: nothing "
        "was published. Have the server's keeper look at it",
        role=role,
    )


def _refusal(draft: Draft, before: Collection[str], back: Files) -> ReturningError:
    roles = [role for role in back if role in draft.known]
    listed = "; ".join(f"{one} lists {described(one, file)}" for one, file in back.items())
    return ReturningError(
        f"with its keys, what the server had kept of {' and '.join(roles)} would count again: "
        f"{listed}. Nothing was published. {_way_out(draft, before, roles)}",
        files=back,
        gun=draft.gun,
        role=roles[0],
    )


def _way_out(draft: Draft, before: Collection[str], roles: Sequence[str]) -> str:
    """How nothing comes back, or only what was shown: what is there already does not begin anew.

    Who gives a broken role its keys again may want what it lists.
    """
    above = {role: role.rpartition("/")[0] for role in roles}
    there = [role for role in roles if role in before and role not in draft.made]
    made = [
        role
        for role in roles
        if role in draft.made or (role not in before and above[role] in draft.files)
    ]
    ways = []
    if made:
        ways.append(
            f"Make {' and '.join(made)} where a key of it is, or in a signing request "
            "(contenttrust signing-request prepare), so that it begins anew; or let `contenttrust "
            "signer add` ask"
        )
    for role in there:
        witness = command("witness", draft.gun, role)
        remove = command("delegation", "remove", "-p", draft.gun, role)
        ways.append(
            f"{role} is there already, and broken: stage a witness of it too, which shows it "
            f"({witness}); or have it signed first with a key that it has, or removed ({remove}), "
            "so that it begins anew"
        )
    for role in roles:
        if role not in (*made, *there):
            remove = command("delegation", "remove", draft.gun, role)
            ways.append(
                f"{role} counts again with {above[role]}: stage after that that it is removed "
                f"({remove}); made again later, it begins anew"
            )
    return ". ".join(ways)


def described(role: str, file: bytes | None) -> str:
    """What a file of a role lists, in words."""
    try:
        listed = listed_in(role, file)
    except PublishError:
        return "what cannot be read"
    return enumerated([with_digest(tag, digest) for tag, digest in listed.items()]) or "no tag"
