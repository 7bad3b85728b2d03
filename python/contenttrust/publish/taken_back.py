"""Tags that leave `targets/releases`, and what `targets` lists under the same names.

What `targets/releases` does not list is pulled as `targets` lists it.
"""

from __future__ import annotations

from contenttrust.publish.begun_anew import known_of
from contenttrust.publish.metadata import TARGETS
from contenttrust.publish.tags import digests
from contenttrust.publish.vouched import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from contenttrust.publish.draft import Draft


def take_back(draft: Draft, tags: Iterable[str]) -> None:
    """Take tags out of `targets/releases`, and of `targets`, which would be pulled then.

    Args:
        draft: The collection.
        tags: Which.
    """
    for tag in tags:
        # What is signed in the publication that follows is not signed in this one.
        if RELEASES in draft.roles and RELEASES not in draft.signed_next:
            draft.remove_target(RELEASES, tag)
        draft.remove_target(TARGETS, tag)


def in_targets(tags: Collection[str], draft: Draft) -> dict[str, str]:
    """Digests of what `targets` lists under some names."""
    listed = draft.roles[TARGETS]["targets"]
    return digests({tag: listed[tag] for tag in tags if tag in listed})


def without_releases(draft: Draft) -> tuple[dict[str, str], dict[str, str]]:
    """What `targets/releases` lists and `targets` does not, and what that lists otherwise, by tag.

    Both with digests: those that are lost, and those that are pulled then. Of a broken role it is
    all that is known.
    """
    if RELEASES in draft.roles:
        known = [digests(draft.roles[RELEASES]["targets"])]
    else:
        known = (
            [listed for listed, _ in known_of(draft, RELEASES)] if RELEASES in draft.broken else []
        )
    listed = {tag: one for its in known for tag, one in its.items()}
    then = in_targets(listed, draft)
    lost = {tag: one for tag, one in listed.items() if tag not in then}
    otherwise = {
        tag: one for tag, one in then.items() if any(its.get(tag, one) != one for its in known)
    }
    return lost, otherwise
