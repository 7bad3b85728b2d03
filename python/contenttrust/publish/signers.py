"""Adding a signer to a draft, and removing one so that nothing rests on its signature any more."""

from __future__ import annotations

import base64
import json

from contenttrust import _core
from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.publish import delegations
from contenttrust.publish.delegations import Authority, authority_of
from contenttrust.publish.metadata import TARGETS, message_of, public_key, signed_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contenttrust._core import PublicKey
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.sign import Keyring

RELEASES = f"{TARGETS}/releases"


def role_of(signer: str) -> str:
    """The delegation of a signer."""
    return f"{TARGETS}/{signer}"


class SignerAdded:
    """Gives a signer a delegation, and its keys a say in what is released."""

    def __init__(self, name: str, keys: Sequence[PublicKey]) -> None:
        self._name = name
        self._keys = list(keys)

    def apply(self, draft: Draft) -> None:
        """Add the signer; one that is there already gets more keys."""
        for role in (role_of(self._name), RELEASES):
            delegations.create(draft, role, self._keys, [""], 1)


class RemovedSigner:
    """Takes a signer's delegation and keys away, and has signed anew what needs it.

    Attributes:
        key_ids: Canonical ids of the keys that go.
        lost: Digests of the tags that lose the signature, by tag.
        signed_again: Roles that are signed with the keys that stay.
        unreleased: Tags that nobody releases any more.
    """

    def __init__(self, name: str, keyring: Keyring, *, force: bool) -> None:
        self._name = name
        self._keyring = keyring
        self._force = force
        self.key_ids: list[str] = []
        self.lost: dict[str, str] = {}
        self.signed_again: list[str] = []
        self.unreleased: list[str] = []

    def apply(self, draft: Draft) -> None:
        """Remove the signer.

        Raises:
            PublishError: There is none of that name, or it cannot be removed yet.
        """
        role = role_of(self._name)
        if role not in set(delegations.below(draft)):
            if self.key_ids:
                return  # an attempt before this one has removed it
            raise PublishError(f"no signer {self._name} for repository {draft.gun}", role=role)
        gone = authority_of(draft, role).keys
        self.key_ids = [public_key(value).canonical_key_id for value in gone.values()]
        document = draft.roles.get(role)
        self.lost = {} if document is None else dict(_digests(document["targets"]))
        self.signed_again, self.unreleased = [], []
        delegations.delete(draft, role)
        self._keyring.forget()
        shared = {
            one
            for name in delegations.below(draft)
            if name != RELEASES
            for one in authority_of(draft, name).keys
        }
        if RELEASES in set(delegations.below(draft)):
            self._release_without(draft, [one for one in gone if one not in shared])

    def _release_without(self, draft: Draft, key_ids: Sequence[str]) -> None:
        before = authority_of(draft, RELEASES)
        left = {one: key for one, key in before.keys.items() if one not in key_ids}
        if len(left) == len(before.keys):
            return
        if len(left) < before.threshold:
            self._without_signers(draft, before, left)
            return
        after = Authority(RELEASES, left, before.threshold)
        delegations.update(draft, RELEASES, remove_keys=key_ids)
        if RELEASES not in draft.roles:
            return  # nothing was released yet
        if self._keyring.holds(after):
            draft.changed.add(RELEASES)
            self.signed_again.append(RELEASES)
        elif len(set(_valid(draft, after))) < after.threshold:
            who = ", ".join(sorted(public_key(key).canonical_key_id for key in left.values()))
            raise PublishError(
                f"what {RELEASES} lists is signed by {self._name} only, and none of the keys that "
                f"stay is here: first let one of them sign it ({who}: contenttrust witness "
                f"{draft.gun} {RELEASES} -p), then remove {self._name}; nothing was removed",
                gun=draft.gun,
                role=RELEASES,
            )

    def _without_signers(
        self, draft: Draft, before: Authority, left: dict[str, dict[str, object]]
    ) -> None:
        if not self._force or left:
            raise PublishError(
                f"{RELEASES} needs the signatures of {before.threshold} keys, and without "
                f"{self._name} {len(left)} would be left: every tag that it lists would be lost. "
                "First add another signer and let it sign, or remove the last signer with --force, "
                "which revokes those tags; nothing was removed",
                gun=draft.gun,
                role=RELEASES,
            )
        document = draft.roles.get(RELEASES)
        listed = set() if document is None else set(document["targets"])
        self.unreleased = sorted(listed - set(draft.roles[TARGETS]["targets"]))
        delegations.delete(draft, RELEASES)


def _digests(targets: dict[str, dict[str, dict[str, str]]]) -> Iterator[tuple[str, str]]:
    for tag, meta in sorted(targets.items()):
        for name, digest in sorted(meta["hashes"].items())[:1]:
            yield tag, f"{name}:{base64.b64decode(digest).hex()}"


def _valid(draft: Draft, authority: Authority) -> Iterator[str]:
    """Canonical ids of the keys that have signed what is served of a role now."""
    file = draft.files.get(authority.role)
    if file is None:
        return
    message = message_of(signed_part(file))
    for entry in json.loads(file)["signatures"]:
        value = authority.keys.get(entry["keyid"])
        if value is None:
            continue
        key = public_key(value)
        try:
            signature = base64.b64decode(entry["sig"], validate=True)
            valid = _core.verify_signature(key.public, signature, message, entry["method"])
        except (ContentTrustError, ValueError):
            continue
        if valid:
            yield key.canonical_key_id
