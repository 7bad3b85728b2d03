"""Whether staged changes are in what was published, so that they need not wait any longer.

A signing request says which staged changes it was made from. Who made it may have named others: a
revocation that is forgotten here would never be published.
"""

from __future__ import annotations

from contenttrust.errors import StagedChangeError
from contenttrust.publish.draft import Draft
from contenttrust.publish.metadata import message_of, signed_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from contenttrust.publish.changelist import Change
    from contenttrust.publish.publication import Published


def are_contained(names: Collection[str], staged: Sequence[Change], published: Published) -> bool:
    """Whether some staged changes would change nothing any more, nor be missed by others.

    Args:
        names: Of the files of these changes.
        staged: All that is staged, in its order.
        published: What was published.

    Returns:
        Whether they are the first of all, change nothing of what was published when they are
        applied to it in their order, and witness only what was signed anew.
    """
    first = staged[: sum(change.file in names for change in staged)]
    if any(change.file not in names for change in first):
        # What lies before them would be applied to something else than they were.
        return False
    if any(one.type == "witness" and one.role not in published.versions for one in first):
        return False
    before, after = _draft(published), _draft(published)
    try:
        for change in first:
            change.apply(after)
    except StagedChangeError:
        return False
    return _content(before) == _content(after)


def _draft(published: Published) -> Draft:
    documents = {role: signed_part(file) for role, file in published.documents.items()}
    return Draft(published.gun, documents)


def _content(draft: Draft) -> dict[str, bytes]:
    # In the canonical form, because for Python 1 equals true.
    return {role: message_of(one) for role, one in (("root", draft.root), *draft.roles.items())}
