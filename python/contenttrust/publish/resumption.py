"""Bringing a removal of a signer that was interrupted to its end, with what was agreed then.

Since then others may have stopped to vouch for what is signed again: that is looked at anew. What
was released since is not the signer's, and is not taken back. Who signed a version last may have
built upon what others released and revoked: so it is also asked who vouches for what would change.
"""

from __future__ import annotations

from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.publish import changes
from contenttrust.publish.agreed import Agreed
from contenttrust.publish.commands import command
from contenttrust.publish.current import version_in
from contenttrust.publish.delegations import Authority
from contenttrust.publish.metadata import TARGETS, message_of, new_targets, signed_part
from contenttrust.publish.part import Part
from contenttrust.publish.returning import described
from contenttrust.publish.signers import holders
from contenttrust.publish.tags import digests, enumerated, with_digest
from contenttrust.publish.taken_back import in_targets, take_back
from contenttrust.publish.vouched import RELEASES, unvouched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.removal_record import Begun
    from contenttrust.publish.sign import Keyring
    from contenttrust.publish.signers import RemovedSigner

_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ContentTrustError)


class Resumption:
    """A step: signs `targets/releases` as it was agreed, if it is broken, or takes tags back.

    Attributes:
        changes: What that changes of what the server has, in words; empty where nothing is known to
            change.
    """

    def __init__(
        self, removal: RemovedSigner, begun: Begun, keyring: Keyring, *, revoke: bool
    ) -> None:
        """Go on with a removal.

        Args:
            removal: Is given what comes of it.
            begun: What was agreed.
            keyring: Who signs.
            revoke: Whether tags that nobody else lists are taken back, where they were to stay
                released then.
        """
        self._begun = begun
        removal.key_ids, removal.lost = list(begun.key_ids), dict(begun.lost)
        removal.agreed = self._agreed = Agreed(begun.document, keyring)
        listed = {} if begun.document is None else digests(begun.document["targets"])
        self._was_to_stay = set(listed.items())  # what was taken back then, others release again
        self._removal = removal
        self._revoke = revoke
        self._told: set[tuple[str, str]] | None = None
        self.changes = ""

    def apply(self, draft: Draft) -> None:
        """Sign what was agreed, but for what is taken back.

        Raises:
            PublishError: Others have changed meanwhile what would be told, or taken back; or have
                perhaps released or revoked something since.
        """
        removal, agreed = self._removal, self._agreed
        if agreed.document is not None and RELEASES in draft.broken.keys() - draft.roles.keys():
            self._look_at_served(draft, agreed.document)
        else:
            self._tell_missing(draft)
        agreed.leave_out(())  # of what an attempt before has taken back, others may decide anew
        agreed.apply(draft)
        removal.still_in = {
            role: held for role, held in holders(draft, removal.key_ids) if role != RELEASES
        }
        found = digests(unvouched(draft, removal.still_in))
        if RELEASES in draft.changed and not self._revoke:
            self._check_not_taken_back(found, draft)
        revokes = self._was_to_stay if self._revoke else set()
        back = {tag: one for tag, one in found.items() if (tag, one) in revokes}
        in_others = in_targets(back, draft)
        self._keep_to({*found.items(), *in_others.items()}, draft)
        removal.revoked, removal.revoked_in_targets = back, in_others
        removal.unvouched = {tag: one for tag, one in found.items() if tag not in back}
        agreed.leave_out(back)
        take_back(draft, back)

    def _check_not_taken_back(self, found: Mapping[str, str], draft: Draft) -> None:
        """Refuse to release again what others listed when it was agreed, and nobody does now.

        Raises:
            PublishError: There is such a tag.
        """
        if since := sorted(found.items() - self._begun.unvouched.items()):
            told = enumerated([with_digest(tag, one) for tag, one in since])
            name = self._removal.name
            back = command("signer", "remove", "--revoke", name, draft.gun)
            add = _listing_again(draft, *since[0]) or "contenttrust addhash"
            raise PublishError(
                f"the removal of {name}, begun at {self._begun.begun}, is not brought to its end: "
                f"others listed {told} then, and nobody does now: it may have been taken back. "
                f"Nothing was published. Take back what nobody else lists ({back}), or let a "
                f"signer who stays list what is to be released, in a role of their own alone "
                f"({add}), then remove {name} again",
                gun=draft.gun,
                role=RELEASES,
                found=told,
            )

    def _tell_missing(self, draft: Draft) -> None:
        """Note what was to stay released, where the role was published since without it.

        An earlier run may have done that, which took tags back and was interrupted then. What would
        be taken back now is nothing to sign again.
        """
        document = self._begun.document or new_targets()
        listed = digests(draft.roles.get(RELEASES, new_targets())["targets"])
        gone = digests(document["targets"]).items() - listed.items()
        if self._revoke:
            gone -= digests(unvouched(draft, self._doubtful(draft), document)).items()
        if gone:
            told = enumerated([with_digest(tag, one) for tag, one in sorted(gone)])
            draft.notes.append(
                f"{RELEASES} was published since the removal of {self._removal.name} began at "
                f"{self._begun.begun}, by others or by an earlier run, and does not list what was "
                f"to stay released: {told}. Sign again what should be pulled"
            )

    def _doubtful(self, draft: Draft) -> list[str]:
        return [role for role, _ in holders(draft, self._begun.key_ids) if role != RELEASES]

    def _look_at_served(self, draft: Draft, document: Document) -> None:
        """See that only the signer has published since; what is not taken over is noted.

        Raises:
            PublishError: Others have, or that cannot be told.
        """
        file = draft.served(RELEASES)
        self.changes = differs = _differences(file, document)
        if not differs:
            return
        has = "nothing" if file is None else described(RELEASES, file)
        name, begun = self._removal.name, self._begun.begun
        if file is None or not self._is_the_signers(draft, file, document):
            sign = command("sign", f"{draft.gun}:TAG") or "contenttrust sign"
            raise PublishError(
                f"the removal of {name}, begun at {begun}, is not brought to its end: {RELEASES} "
                f"was published since, and it cannot be told that only {name} did so. The server "
                f"has {has}, which nobody has verified here; signed as it was shown then, that "
                f"would change: {differs}. Nothing was published. Let a signer who stays sign all "
                f"that is to be released ({sign}), then remove {name} again",
                gun=draft.gun,
                role=RELEASES,
                found=has,
            )
        draft.notes.append(
            f"{RELEASES} is signed as it was shown at {begun}; the server had {has}, which nobody "
            f"has verified here. That changes: {differs}"
        )

    def _is_the_signers(self, draft: Draft, file: bytes, document: Document) -> bool:
        """Whether a file is what was served then, or made since by nobody but the signer."""
        if 0 < version_in(file) <= document["version"]:
            return True
        return self._only_the_signer_signed(draft, file) and self._only_the_signer_changed(
            draft, file, document
        )

    def _only_the_signer_changed(self, draft: Draft, file: bytes, document: Document) -> bool:
        """Whether no tag goes that others vouch for, and none comes back that others took away.

        A signer who stays may have released the one and revoked the other before the signer's last
        version. What is listed otherwise is given back only what others vouch for.
        """
        doubtful = self._doubtful(draft)
        try:
            served = signed_part(file)
            now, then = served["targets"], document["targets"]
            vouched = now.keys() - unvouched(draft, doubtful, served).keys()
            alone = unvouched(draft, doubtful, document).keys() | (then.keys() - now.keys())
            given = [message_of(one) for one in served["delegations"]["roles"]]
            back = [one for one in document["delegations"]["roles"] if message_of(one) not in given]
        except _UNREADABLE:
            return False
        return not (back or _other(now, then) & vouched or _other(then, now) & alone)

    def _only_the_signer_signed(self, draft: Draft, file: bytes) -> bool:
        removed = {*self._begun.key_ids, *self._begun.known_as}
        known = {**draft.root["keys"], **draft.roles[TARGETS]["delegations"]["keys"]}
        try:
            part = Part.of_served(RELEASES, file)
            others = {one["keyid"] for one in part.signatures} - removed
            if not part.signatures or others - known.keys():
                return False
            return not part.signed_by(Authority(RELEASES, {one: known[one] for one in others}, 1))
        except _UNREADABLE:
            return False

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


def _listing_again(draft: Draft, tag: str, digest: str) -> str:
    """How a signer vouches for a tag; `sign` would begin a broken `targets/releases` anew."""
    size, role = draft.roles[RELEASES]["targets"][tag].get("length"), f"{TARGETS}/SIGNER"
    if not digest or size is None:  # of which no signer can list the same
        return ""
    sha256 = digest.removeprefix("sha256:")
    words = ("addhash", "-p", "-r", role, "--sha256", sha256, draft.gun, "--", tag, str(size))
    return command(*words)


def _other(targets: Document, than: Document) -> set[str]:
    """The names of targets that are missing, or listed otherwise, among others."""
    return {
        name
        for name, meta in targets.items()
        if name not in than or message_of(meta) != message_of(than[name])
    }


def _differences(file: bytes | None, document: Document) -> str:
    """How what was shown differs from what a server has, in words."""
    if file is None:
        return "what, is not known"
    try:
        return "; ".join(changes.between(signed_part(file), document))
    except _UNREADABLE:
        return "what, is not known"
