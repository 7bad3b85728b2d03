"""Bringing a removal of a signer that was interrupted to its end, with what was agreed then.

Since then others may have stopped to vouch for what is signed again: that is looked at anew. What
was released since is not the signer's, and is not taken back.
"""

from __future__ import annotations

from contenttrust.errors import PublishError
from contenttrust.publish.agreed import Agreed
from contenttrust.publish.signers import holders
from contenttrust.publish.tags import digests, with_digest
from contenttrust.publish.taken_back import in_targets, take_back
from contenttrust.publish.vouched import RELEASES, unvouched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.removal_record import Begun
    from contenttrust.publish.sign import Keyring
    from contenttrust.publish.signers import RemovedSigner


class Resumption:
    """A step: signs `targets/releases` as it was agreed, if it is broken, or takes tags back."""

    def __init__(
        self, removal: RemovedSigner, begun: Begun, keyring: Keyring, *, revoke: bool
    ) -> None:
        """Go on with a removal.

        Args:
            removal: Is given what comes of it.
            begun: What was agreed.
            keyring: Who signs.
            revoke: Whether tags that nobody else lists are taken back, where they are what was
                listed then.
        """
        removal.key_ids, removal.lost = list(begun.key_ids), dict(begun.lost)
        removal.agreed = self._agreed = Agreed(begun.document, keyring)
        listed = {} if begun.document is None else digests(begun.document["targets"])
        self._listed_then = {*listed.items(), *begun.revoked.items()}
        self._removal = removal
        self._revoke = revoke
        self._told: set[tuple[str, str]] | None = None

    def apply(self, draft: Draft) -> None:
        """Sign what was agreed, but for what is taken back.

        Raises:
            PublishError: Others have changed meanwhile what would be told, or taken back.
        """
        removal, agreed = self._removal, self._agreed
        agreed.leave_out(())  # of what an attempt before has taken back, others may decide anew
        agreed.apply(draft)
        removal.still_in = {
            role: held for role, held in holders(draft, removal.key_ids) if role != RELEASES
        }
        found = digests(unvouched(draft, removal.still_in))
        revokes = self._listed_then if self._revoke else set()
        back = {tag: one for tag, one in found.items() if (tag, one) in revokes}
        in_others = in_targets(back, draft)
        self._keep_to({*found.items(), *in_others.items()}, draft)
        removal.revoked, removal.revoked_in_targets = back, in_others
        removal.unvouched = {tag: one for tag, one in found.items() if tag not in back}
        agreed.leave_out(back)
        take_back(draft, back)

    def _keep_to(self, found: set[tuple[str, str]], draft: Draft) -> None:
        if self._told is None:
            self._told = found
        elif more := sorted(found - self._told):
            told = ", ".join(with_digest(tag, one) for tag, one in more)
            raise PublishError(
                f"while the removal of {self._removal.name} was brought to its end, somebody "
                f"changed who lists {told}. Nobody was shown that, so nothing was published: "
                f"remove {self._removal.name} again",
                gun=draft.gun,
                role=RELEASES,
                found=told,
            )
