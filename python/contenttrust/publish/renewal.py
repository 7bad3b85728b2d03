"""Signing anew what has expired or soon will."""

from __future__ import annotations

from contenttrust.errors import PublishError
from contenttrust.publish.commands import renewing_root
from contenttrust.publish.delegations import authority_in, authority_of
from contenttrust.publish.metadata import ROOT, SNAPSHOT, TIMESTAMP, is_soon

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust._core import Instant
    from contenttrust.publish.draft import Draft


class Renewal:
    """Marks what ends soon, as far as keys are here; what cannot be renewed is noted."""

    def __init__(self, days: int, roles: Sequence[str] | None, now: Instant) -> None:
        """Renew roles.

        Args:
            days: What counts as soon.
            roles: Only these; None: all.
            now: The present moment.
        """
        self._days = days
        self._roles = roles
        self._now = now

    def apply(self, draft: Draft) -> None:
        """Mark the roles.

        Raises:
            PublishError: A role that was named is not there, or is the server's.
        """
        documents = {ROOT: draft.root, **draft.roles}
        if draft.snapshot is not None:
            documents[SNAPSHOT] = draft.snapshot
        for role in self._roles or ():
            if role not in documents:
                cause = "is renewed by the server" if role == TIMESTAMP else "is not there"
                raise PublishError(f"{role} {cause}", gun=draft.gun, role=role)
        for role, signed in documents.items():
            wanted = self._roles is None or role in self._roles
            if not wanted or not is_soon(signed, self._now, days=self._days):
                continue
            base = role in {ROOT, SNAPSHOT}
            authority = authority_in(draft.root, role) if base else authority_of(draft, role)
            if draft.can_sign(authority):
                draft.changed.add(role)
            elif role != SNAPSHOT:  # the server renews the one whose key it holds
                way = f": {renewing_root(draft.gun)}" if role == ROOT else ""
                draft.notes.append(
                    f"{role} ends soon, and none of its keys is here to renew it{way}"
                )
