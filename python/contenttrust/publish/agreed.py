"""What `targets/releases` is to list, as somebody has seen it: nothing else is signed anew.

Whoever may release can publish until the server knows that it may not. So what came after the look
is not signed: the server first hears whose key is gone, and refuses it from then on; after that the
role is signed as it was seen.
"""

from __future__ import annotations

import copy

from contenttrust.publish import changes, delegations
from contenttrust.publish.delegations import authority_of
from contenttrust.publish.metadata import new_targets
from contenttrust.publish.vouched import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.sign import Keyring


class Agreed:
    """Signs `targets/releases` as it was seen, if it is broken now; once it has been seen.

    Attributes:
        document: What it is to list; None where there is no such role. Its version is that of what
            was served last while the signer could release.
        seen: What it listed when somebody saw it.
    """

    def __init__(
        self, document: Document | None, keyring: Keyring, *, file: bytes | None = None
    ) -> None:
        """Take over what somebody has seen.

        Args:
            document: What the role is to list.
            keyring: Who signs.
            file: What was served then.
        """
        self._keyring = keyring
        self._file = file
        self.document = document
        self.seen = document

    @classmethod
    def of(cls, draft: Draft, keyring: Keyring) -> Agreed:
        """Look at it.

        Args:
            draft: With what is to be published, shown to somebody.
            keyring: Who signs.
        """
        shown = copy.deepcopy(draft.roles.get(RELEASES))
        return cls(shown, keyring, file=draft.files.get(RELEASES))

    def leave_out(self, tags: Collection[str]) -> None:
        """Of what was seen, some tags are not to be listed."""
        if self.seen is not None and self.document is not None:
            left = {tag: one for tag, one in self.seen["targets"].items() if tag not in tags}
            self.document = {**self.document, "targets": left}

    def follow(self, draft: Draft) -> None:
        """Note which version is served now, however it came about."""
        if self.document is not None and RELEASES in draft.roles:
            self.document = {**self.document, "version": draft.roles[RELEASES]["version"]}

    def is_served(self, draft: Draft) -> bool:
        """Whether nobody has published the role since."""
        return draft.files.get(RELEASES) == self._file

    def differences(self, draft: Draft) -> list[str]:
        """How the role differs from what was seen, in words."""
        now = draft.roles.get(RELEASES) or draft.broken.get(RELEASES) or new_targets()
        return changes.between(self.seen or new_targets(), now)

    def is_ours(self, draft: Draft) -> bool:
        """Whether there is something to sign so, and a key to sign it with is here."""
        if self.document is None or RELEASES not in set(delegations.below(draft)):
            return False
        return self._keyring.holds(authority_of(draft, RELEASES))

    def apply(self, draft: Draft) -> None:
        """Have it signed so, if it is broken and a key is here."""
        if self.document is None or RELEASES in draft.roles or not self.is_ours(draft):
            return
        content = draft.begin(RELEASES)
        content |= {**self.document, "version": content["version"]}
        draft.changed.add(RELEASES)
        draft.agreed.add(RELEASES)
