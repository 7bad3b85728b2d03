"""Whether staged changes are in what was published, so that they need not wait any longer.

A signing request says which staged changes it was made from. Who made it may have named others: a
revocation that is forgotten here would never be published. And other programs take changes out of
the changelist: `docker trust sign` empties it, whoever has staged them.
"""

from __future__ import annotations

from contenttrust.errors import PublishError, StagedChangeError, shown
from contenttrust.publish import delegations
from contenttrust.publish.draft import Draft
from contenttrust.publish.metadata import message_of, new_targets, signed_part
from contenttrust.publish.uploads import SERVED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from contenttrust.publish.changelist import Change
    from contenttrust.publish.publication import Published


def are_contained(
    names: Collection[str],
    staged: Sequence[Change],
    gun: str,
    documents: Mapping[str, bytes],
    anew: Collection[str],
) -> bool:
    """Whether some staged changes would change nothing any more, nor be missed by others.

    Args:
        names: Of the files of these changes.
        staged: All that is staged, in its order.
        gun: Name of the collection.
        documents: Its files by role, as they are published or to be.
        anew: Roles that were signed anew in it, by whoever has published it.

    Returns:
        Whether they are the first of all, change nothing of what was published when they are
        applied to it in their order, and witness only what was signed anew.
    """
    first = staged[: sum(change.file in names for change in staged)]
    if any(change.file not in names for change in first):
        # What lies before them would be applied to something else than they were.
        return False
    return _change_nothing(first, gun, documents, anew)


def check_not_taken(own: Sequence[Change], staged: Sequence[Change], published: Published) -> None:
    """See that what somebody has staged was published, by whomever.

    Args:
        own: What they staged, with the names of its files.
        staged: What was in the changelist when it was published.
        published: The publication.

    Raises:
        PublishError: Something was taken from the changelist, and is not in what was published.
    """
    published_now = {change.file for change in staged}
    taken = [change for change in own if change.file not in published_now]
    # By the moments in their names; of the same moment, what was taken came first.
    in_order = sorted([*taken, *staged], key=lambda change: change.file.partition("_")[0])
    gun, documents = published.gun, published.documents
    if not taken or _change_nothing(in_order, gun, documents, published.versions):
        return
    first, more = taken[0], len(taken) - 1
    error = PublishError(
        f"somebody has taken what was staged ({first.action} {first.type} "
        f"{shown(first.path or first.role)}{f' and {more} more' if more else ''}) from the "
        f"changelist of {published.gun} before it was published, as docker trust sign does, and "
        "what is published does not show it: do it again"
        + ("; what else was staged is published" if staged else ""),
        gun=published.gun,
        role=first.role,
        subject=first.path,
    )
    error.upload = SERVED if published.versions else ""
    raise error


def _change_nothing(
    changes: Sequence[Change], gun: str, documents: Mapping[str, bytes], anew: Collection[str]
) -> bool:
    """Whether changes change nothing any more, in their order, and witness what is signed anew."""
    if any(one.type == "witness" and one.role not in anew for one in changes):
        return False
    before, after = _draft(gun, documents), _draft(gun, documents)
    # What does not count may list a target still, and is signed again with it by a witness.
    unseen = set(delegations.below(before)) - before.roles.keys()
    removals = (one for one in changes if (one.type, one.action) == ("target", "delete"))
    if any(one.role in unseen for one in removals):
        return False
    try:
        for change in changes:
            change.apply(after)
    except StagedChangeError:
        return False
    return _content(before, after.made) == _content(after, after.made)


def _draft(gun: str, documents: Mapping[str, bytes]) -> Draft:
    return Draft(gun, {role: signed_part(file) for role, file in documents.items()})


def _content(draft: Draft, made: Collection[str]) -> dict[str, bytes]:
    """Documents in the canonical form, because for Python 1 equals true.

    Of a role that was made anew only what it lists: that it begins with nothing is the same as its
    having no document.
    """
    found = {"root": draft.root, **draft.roles}
    for role in set(made) & set(delegations.below(draft)):
        document = draft.roles.get(role) or new_targets()
        found[role] = {name: document[name] for name in ("targets", "delegations")}
    return {role: message_of(one) for role, one in found.items()}
