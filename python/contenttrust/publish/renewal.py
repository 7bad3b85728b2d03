"""Signing anew what has expired or soon will."""

from __future__ import annotations

from contenttrust.errors import PublishError
from contenttrust.publish.commands import command, renewing_root
from contenttrust.publish.delegations import authority_in, authority_of, is_signable
from contenttrust.publish.metadata import ROOT, SNAPSHOT, TIMESTAMP, is_soon

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust._core import Instant
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.sign import Keyring


class Renewal:
    """Marks what ends soon, as far as keys are here; what cannot be renewed is noted."""

    def __init__(
        self, days: int, roles: Sequence[str] | None, now: Instant, keyring: Keyring
    ) -> None:
        """Renew roles.

        Args:
            days: What counts as soon.
            roles: Only these; None: all.
            now: The present moment.
            keyring: Who signs.
        """
        self._days = days
        self._roles = roles
        self._now = now
        self._keyring = keyring

    def apply(self, draft: Draft) -> None:
        """Mark the roles.

        Raises:
            PublishError: A role that was named is not there, or broken, or is the server's.
        """
        documents = {ROOT: draft.root, **draft.roles}
        if draft.snapshot is not None:
            documents[SNAPSHOT] = draft.snapshot
        for role in self._roles or ():
            if role in draft.broken:
                raise PublishError(_broken(draft, role), gun=draft.gun, role=role)
            if role not in documents:
                cause = "is renewed by the server" if role == TIMESTAMP else "is not there"
                raise PublishError(f"{role} {cause}", gun=draft.gun, role=role)
        if self._roles is None:
            draft.notes += [_broken(draft, role) for role in sorted(draft.broken)]
        for role, signed in documents.items():
            wanted = self._roles is None or role in self._roles
            if not wanted or not is_soon(signed, self._now, days=self._days):
                continue
            base = role in {ROOT, SNAPSHOT}
            authority = authority_in(draft.root, role) if base else authority_of(draft, role)
            held = len(self._keyring.held(authority))
            if held >= authority.threshold:
                draft.changed.add(role)
            elif role == ROOT and is_soon(signed, self._now):
                continue  # every publication tells that
            elif role != SNAPSHOT:  # the server renews the one whose key it holds
                draft.notes.append(f"{role} ends soon, and {_absent(draft, authority, held)}")


def _absent(draft: Draft, authority: Authority, held: int) -> str:
    """That too few keys are here to renew a role, and who does it then."""
    role, wanted = authority.role, authority.threshold
    few = f"only {held} of the {wanted} keys that must sign are" if held else "none of its keys is"
    way = ""
    if role == ROOT:
        way = f": {renewing_root(draft.gun)}"
    elif wanted > 1:
        witness = command("witness", draft.gun, role)
        prepare = command("signing-request", "prepare", draft.gun, "FILE")
        way = f": its signers sign a request in turns ({witness}, then {prepare})"
    return f"{few} here to renew it{way}"


def _broken(draft: Draft, role: str) -> str:
    """That a role does not count, and how it does again."""
    if not is_signable(authority_of(draft, role)):
        add = command("delegation", "add", "-p", draft.gun, role, "KEYFILE")
        remove = command("delegation", "remove", "-p", draft.gun, role)
        way = f"It has too few keys: give it more ({add}), or remove it ({remove})"
    else:
        witness = command("witness", "-p", draft.gun, role)
        way = (
            f"Where a key of it is, have it signed again as it was ({witness}, which shows that), "
            "or what is right (contenttrust sign)"
        )
    return f"{role} is broken, so that nothing it lists counts, and cannot be renewed. {way}"
