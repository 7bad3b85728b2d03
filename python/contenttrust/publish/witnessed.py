"""Roles that are witnessed: shown before they are signed anew, and signed as they were shown.

Whoever witnesses a role answers for all that it lists. What a broken role lists may be the last
that a key published before it was taken out: nobody who may speak for the role has signed it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from contenttrust.errors import PublishError
from contenttrust.publish import changes
from contenttrust.publish.delegations import paths_of
from contenttrust.publish.tags import digests, enumerated, with_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """A role that is about to be signed anew as it is.

    Attributes:
        role: Its name.
        is_broken: Whether it does not count now, as when too few of its present keys have signed
            it; what it lists is known only because it was valid here before.
        tags: Digests of what it lists, by tag.
        delegations: Names of those that it makes.
        outside: Tags among them that the role's paths leave out: they count once it gets others.
    """

    role: str
    is_broken: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    delegations: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


def refuse_broken(witnessed: Sequence[Witnessed]) -> None:
    """Let nobody answer unasked for what a broken role lists.

    Raises:
        PublishError: Roles are broken; names what they list.
    """
    broken = [one for one in witnessed if one.is_broken]
    if not broken:
        return
    first, *more = broken
    raise PublishError(
        f"{first.role} is broken: it does not count now, and whoever witnesses it answers for what "
        f"it listed when it was valid here ({_listed(first)})"
        f"{''.join(f'; so is {one.role} ({_listed(one)})' for one in more)}. Nothing was signed: "
        "look at that, then agree to it (`confirm` of `Collection.publish`)",
        role=first.role,
    )


def _listed(one: Witnessed) -> str:
    listed = [with_digest(tag, digest) for tag, digest in one.tags.items()]
    listed += [f"the delegation {name}" for name in one.delegations]
    return enumerated(listed) or "no tag"


class AsShown:
    """A last step: shows what witnessed roles list, once; then nothing else is signed for them."""

    def __init__(self, confirm: Callable[[Sequence[Witnessed]], None]) -> None:
        """Show it to somebody.

        Args:
            confirm: Is given the witnessed roles, if there are any; what it raises ends it all.
        """
        self._confirm = confirm
        self._seen: dict[str, Document] | None = None
        self._broken: set[str] = set()

    def apply(self, draft: Draft) -> None:
        """Show the roles, or see that they are what was shown.

        Raises:
            PublishError: They are not.
        """
        broken = {role for role, is_broken in draft.witnessed.items() if is_broken}
        if self._seen is None:
            self._seen = {role: copy.deepcopy(draft.roles[role]) for role in draft.witnessed}
            self._broken = broken
            if self._seen:
                self._confirm([_of(draft, role) for role in sorted(self._seen)])
            return
        for role in draft.witnessed:
            if role not in self._seen:
                found = ["it was not witnessed then"]
            else:
                found = changes.between(self._seen[role], draft.roles[role])
                found += ["it is broken now"] if role in broken - self._broken else []
            if found:
                raise PublishError(
                    f"{role} of {draft.gun} is not any more what was shown: {'; '.join(found)}. It "
                    "would be witnessed unseen, so nothing was signed: look at it again",
                    gun=draft.gun,
                    role=role,
                    found="; ".join(found),
                )


def _of(draft: Draft, role: str) -> Witnessed:
    document = draft.roles[role]
    paths = tuple(paths_of(draft, role))
    return Witnessed(
        role=role,
        is_broken=draft.witnessed[role],
        tags=digests(document["targets"]),
        delegations=tuple(sorted(one["name"] for one in document["delegations"]["roles"])),
        outside=tuple(sorted(tag for tag in document["targets"] if not tag.startswith(paths))),
    )
