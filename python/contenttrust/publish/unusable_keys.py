"""Key files that cannot be used: without them another key would begin a collection, unasked."""

from __future__ import annotations

from contenttrust.errors import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contenttrust.keys import KeyEntry


def unusable_keys(entries: Iterable[KeyEntry], may_be: Callable[[str], bool]) -> str:
    """The damaged files that may hold a key which is looked for, each with its problem.

    Args:
        entries: Of a key store.
        may_be: Whether a key of a role is looked for; that of most damaged files is empty, as
            nobody knows it.
    """
    return "; ".join(
        f"{shown(one.path)} ({shown(one.problem)})"
        for one in entries
        if one.problem and not one.gun and may_be(one.role)
    )
