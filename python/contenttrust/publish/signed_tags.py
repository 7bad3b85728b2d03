"""Signing tags: each in the roles that docker would sign it in, and what is told of the others.

Source: docker CLI 28, `cli/trust/trust.go` (``GetSignableRoles``), which is asked for one tag.
"""

from __future__ import annotations

from contenttrust.errors import NoKeyError, PublishError, shown
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import authority_of, paths_of
from contenttrust.publish.metadata import TARGETS
from contenttrust.publish.signers import role_of
from contenttrust.publish.tags import child_digest, digests, enumerated, named
from contenttrust.publish.vouched import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.sign import Keyring


class TagsSigned:
    """Signs each tag in every first-level delegation whose key is here and that may list it.

    Attributes:
        roles: These, by tag.
        replaced: Digests that tags had in these roles before, by tag; only those that changed.
    """

    def __init__(
        self,
        tags: Mapping[str, Document],
        keyring: Keyring,
        *,
        again: bool = False,
        signer: str | None = None,
        asked: Iterable[str] | None = None,
    ) -> None:
        self._tags = tags
        if asked is None:
            # Images of an index are signed beside it, and where nobody may list them it is noted.
            asked = [tag for tag in tags if not child_digest(tag)] or list(tags)
        self._asked = list(asked)
        self._keyring = keyring
        self._again = again
        self._signer = signer
        self.roles: dict[str, tuple[str, ...]] = {}
        self.replaced: dict[str, set[str]] = {}

    def apply(self, draft: Draft) -> None:
        """Sign them.

        Raises:
            NoKeyError: No key is here of a role that may list a tag.
            PublishError: The signer that was named would not sign a tag.
        """
        self._keyring.forget()
        paths = self._paths(draft)
        self.roles = {
            tag: tuple(role for role, of_role in paths.items() if tag.startswith(of_role))
            for tag in self._tags
        }
        self._check_signer(draft)
        self._check_signed(draft)
        new = digests(self._tags)
        for role in paths:
            tags = {tag: meta for tag, meta in self._tags.items() if role in self.roles[tag]}
            if not tags:
                continue
            document = draft.roles.get(role)
            for tag, digest in {} if document is None else digests(document["targets"]).items():
                if tag in tags and new[tag] != digest:
                    self.replaced.setdefault(tag, set()).add(digest)
            draft.add_targets(role, tags)
            if self._again:
                draft.changed.add(role)
        draft.notes += [*self._unreleased(draft, paths), *self._unlisted(paths)]

    def _paths(self, draft: Draft) -> dict[str, tuple[str, ...]]:
        """What the roles may list whose keys are here."""
        roles = _first_level(draft)
        if not roles:
            return {TARGETS: ("",)}
        return {
            role: tuple(paths_of(draft, role))
            for role in roles
            if self._keyring.holds(authority_of(draft, role))
        }

    def _check_signed(self, draft: Draft) -> None:
        tag = next((tag for tag in self._asked if not self.roles[tag]), None)
        if tag is None:
            return
        roles = _first_level(draft)
        may = [role for role in roles if tag.startswith(tuple(paths_of(draft, role)))]
        cause = (
            f"a key of one of these must be here: {', '.join(may)}{_in_turns(draft, may)}"
            if may
            else f"{', '.join(roles)} may not list it, for want of a path that it begins with"
        )
        raise NoKeyError(
            f"no valid signing keys for delegation roles: to sign {named(tag)}, {cause}. Nothing "
            "was signed",
            gun=draft.gun,
            subject=tag,
        )

    def _check_signer(self, draft: Draft) -> None:
        """Refuse to sign without the signer who was named: docker signs with all keys it has."""
        signer = self._signer
        if signer is None or all(role_of(signer) in self.roles[tag] for tag in self._asked):
            return
        is_there = role_of(signer) in _first_level(draft)
        add = command("signer", "add", "--key", "FILE", signer, draft.gun)
        cause = "its key is not here, or may not sign these tags" if is_there else f"add it ({add})"
        raise PublishError(
            f"{draft.gun} is signed already, and {signer} would not sign: {cause}. A signer "
            "is named for a new repository; leave it out, and every signer whose key is here "
            "signs. Nothing was signed",
            gun=draft.gun,
            role=role_of(signer),
        )

    def _unreleased(self, draft: Draft, paths: Mapping[str, Sequence[str]]) -> list[str]:
        """That tags are signed, and cannot be pulled; by who has signed them."""
        left: dict[tuple[str, ...], list[str]] = {}
        for tag in self._asked:
            if not {TARGETS, RELEASES} & {*self.roles[tag]}:
                left.setdefault(self.roles[tag], []).append(named(tag))
        if RELEASES in paths:
            cause = f"{RELEASES} may not list it (its paths are {_told(paths[RELEASES])})"
        elif RELEASES in _first_level(draft):
            cause = f"no key of {RELEASES} is here"
        else:
            cause = f"there is no {RELEASES}"
        return [
            f"{tag} is signed by {', '.join(roles)}, but not released: {cause}"
            for roles, tags in left.items()
            for tag in tags
        ]

    def _unlisted(self, paths: Mapping[str, Sequence[str]]) -> list[str]:
        """The images of indexes that are missing in roles which list a tag beside them."""
        left: dict[str, list[str]] = {}
        for role in {role: None for tag in self._asked for role in self.roles[tag]}:
            for tag in self._tags:
                if role not in self.roles[tag] and tag not in self._asked and child_digest(tag):
                    left.setdefault(role, []).append(child_digest(tag))
        return [
            f"{role} may not list the images of an index (its paths are {_told(paths[role])}), "
            f"and does not list {enumerated(found)}"
            for role, found in left.items()
        ]


def _told(paths: Sequence[str]) -> str:
    return ", ".join(map(shown, paths)) or "none"


def _first_level(draft: Draft) -> list[str]:
    return [one["name"] for one in draft.roles[TARGETS]["delegations"]["roles"]]


def _in_turns(draft: Draft, roles: Sequence[str]) -> str:
    """How what needs several signatures is signed."""
    several = [one for one in roles if authority_of(draft, one).threshold > 1]
    if not several:
        return ""
    return (
        f"; {', '.join(several)} needs several signatures, which are given in turns: contenttrust "
        f"addhash -r {several[0]} {draft.gun} TAG SIZE --sha256 DIGEST, then contenttrust "
        f"signing-request prepare {draft.gun} FILE"
    )
