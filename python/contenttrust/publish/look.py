"""A look at a collection before anything is published, for questions that hold up nobody.

Whoever is asked takes a while. So the question is asked before a publication begins, and what was
answered is held against what the server has then.
"""

from __future__ import annotations

from contenttrust.publish.current import broken_of, documents_of
from contenttrust.publish.delegations import authority_of
from contenttrust.publish.draft import Draft
from contenttrust.publish.sign import Keyring
from contenttrust.publish.witnessed import AsShown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contenttrust.publish.changelist import Change
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.draft import Step
    from contenttrust.publish.witnessed import Witnessed


def look(collection: Collection, keyring: Keyring) -> Draft | None:
    """What the server has now; None where it has nothing.

    Raises:
        VerificationError: It is not what it should be.
        FetchError: The server did not answer, or the trust directory cannot be used.
    """
    judge = collection.judge()
    current = judge.look()
    if current is None:
        return None
    return Draft(
        collection.gun,
        documents_of(current),
        broken=broken_of(current),
        files=current.documents,
        can_sign=keyring.holds,
        last_version=judge.last_version,
        verified=lambda: collection.trust_dir.cached(collection.gun),
        unverified=current.unverified,
    )


def open_keys(collection: Collection, keyring: Keyring, draft: Draft) -> None:
    """Open the keys that will sign what is changed, so that passphrases are typed before.

    Raises:
        KeyStoreError: A key cannot be opened.
    """
    for role in sorted(draft.changed):
        for key_id in keyring.held(authority_of(draft, role)):
            collection.keys.open(key_id)


def shown_to(
    confirm: Callable[[Sequence[Witnessed]], None],
    collection: Collection,
    staged: Sequence[Change],
    more: Sequence[Step] = (),
) -> AsShown:
    """Show somebody what witnessed roles will list, before anybody is held up.

    Args:
        confirm: As for `Collection.publish`.
        collection: The collection.
        staged: What is staged for it.
        more: What else will be changed.

    Returns:
        A last step for the publication, which keeps to that.
    """
    as_shown = AsShown(confirm)
    if any(change.type == "witness" for change in staged):
        seen = look(collection, Keyring(collection.keys))
        if seen is not None:  # else it is new, and has nothing from others
            for step in (*staged, *more, as_shown):
                step.apply(seen)
    return as_shown
