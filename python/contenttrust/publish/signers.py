"""Adding a signer to a draft, and removing one so that nothing rests on its signature any more."""

from __future__ import annotations

import re

from contenttrust.errors import MalformedError, PublicKeyError, PublishError
from contenttrust.keys.entry import RESERVED_NAMES
from contenttrust.publish import delegations
from contenttrust.publish.agreed import Agreed
from contenttrust.publish.commands import command, taking_keys_out
from contenttrust.publish.delegations import Authority, authority_of
from contenttrust.publish.metadata import (
    BASE_ROLES,
    TARGETS,
    new_targets,
    public_key,
    signed_part,
)
from contenttrust.publish.part import Part
from contenttrust.publish.tags import digests, with_digest
from contenttrust.publish.taken_back import in_targets, take_back, without_releases
from contenttrust.publish.vouched import RELEASES, unvouched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import NoReturn

    from contenttrust._core import PublicKey
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.sign import Keyring


_SIGNER = re.compile(r"[a-z0-9][a-z0-9_-]*")


def is_name(name: str) -> bool:
    """Whether a signer can be called so, as far as letters go."""
    return _SIGNER.fullmatch(name) is not None


def role_of(signer: str) -> str:
    """The delegation of a signer."""
    return f"{TARGETS}/{signer}"


def check_name(name: str, *, is_removed: bool = False) -> None:
    """Refuse what no signer can be called.

    Args:
        name: Of the signer.
        is_removed: Whether it is named to be removed.

    Raises:
        ValueError: It is none, or reserved.
    """
    if is_removed and role_of(name) == RELEASES:
        raise ValueError(f"{name} is a reserved keyword and cannot be removed")
    if not is_removed and name in RESERVED_NAMES:
        raise ValueError(f"{name} is a reserved keyword, use a different signer name")
    if not is_name(name):
        raise ValueError(
            f'signer name "{name}" must start with lowercase alphanumeric characters and can '
            'include "-" or "_" after the first character'
        )


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

    A key is the same under whatever id: bare, or in any certificate. None of the signer's keys
    signs `targets/releases` afterwards. Where else one of them may sign is told, not changed.

    Attributes:
        name: Of the signer.
        key_ids: Canonical ids of the keys that go.
        known_as: The ids that metadata has for them, bare and in certificates.
        lost: Digests of the tags that lose the signature, by tag.
        signed_again: Roles that are signed with the keys that stay.
        unreleased: Tags that nobody releases any more.
        still_in: Canonical ids of the signer's keys by the roles that they may sign still.
        pulled_as: Digests of the tags that `targets` lists otherwise than the last signer released
            them, by tag.
        unvouched: Digests of the tags that stay released though nobody else lists them, by tag.
        revoked: Digests of the tags that were taken back because nobody else lists them, by tag.
        revoked_in_targets: Digests that `targets` listed under the same names, by tag.
        agreed: What `targets/releases` is to list, as it was shown.
    """

    def __init__(  # noqa: PLR0913 - one keyword a decision
        self,
        name: str,
        keyring: Keyring,
        *,
        force: bool,
        revoke: bool = False,
        confirm: Callable[[Mapping[str, str]], None] = lambda _: None,
        confirm_last: Callable[[Mapping[str, str], Mapping[str, str]], None] | None = None,
    ) -> None:
        self.name = name
        self._keyring = keyring
        self._force = force
        self._revoke = revoke
        self._confirm = confirm
        self._confirm_last = confirm_last
        self._shown_last: set[tuple[str, str]] = set()
        self.agreed: Agreed | None = None
        self.key_ids: list[str] = []
        self.known_as: set[str] = set()
        self.lost: dict[str, str] = {}
        self.signed_again: list[str] = []
        self.unreleased: list[str] = []
        self.pulled_as: dict[str, str] = {}
        self.still_in: dict[str, list[str]] = {}
        self.unvouched: dict[str, str] = {}
        self.revoked: dict[str, str] = {}
        self.revoked_in_targets: dict[str, str] = {}

    def apply(self, draft: Draft) -> None:
        """Remove the signer.

        Raises:
            PublishError: There is none of that name, or it cannot be removed yet; or when it is
                applied again, others release something else than was shown.
        """
        role = role_of(self.name)
        if role in set(delegations.below(draft)):
            keys = authority_of(draft, role).keys
            self.key_ids = sorted({*self.key_ids, *(_same(one, key) for one, key in keys.items())})
            given = draft.roles[TARGETS]["delegations"]["keys"].items()
            self.known_as |= {one for one, key in given if _same(one, key) in self.key_ids}
            document = draft.roles.get(role)
            self.lost = {} if document is None else digests(document["targets"])
            self.signed_again, self.unreleased = [], []
            delegations.delete(draft, role)
        elif not self.key_ids:
            raise PublishError(_no_signer(self.name, draft), role=role)
        # Else an attempt before this one, or somebody else meanwhile, has removed the delegation.
        self._keyring.forget()
        self.still_in = {
            role: held for role, held in holders(draft, self.key_ids) if role != RELEASES
        }
        if self._shared() and not self._force:
            self._refuse_shared(draft)
        if RELEASES in set(delegations.below(draft)):
            self._release_without(draft)
        if self.agreed is None:
            self._agree(draft)
        else:
            self._keep_to(self.agreed, draft)

    def check(self, documents: Mapping[str, bytes]) -> None:
        """See that no key of the signer may release, by what the server has now.

        A signature counts only by a key that the delegation names, under whatever id.

        Raises:
            PublishError: One may.
        """
        given = signed_part(documents[TARGETS])["delegations"]
        for role in given["roles"] or []:
            left = {_same(one, given["keys"].get(one, {})) for one in role["keyids"] or []}
            left &= set(self.key_ids)
            if role["name"] == RELEASES and left:
                raise PublishError(
                    f"{RELEASES} has keys of {self.name} still: {', '.join(sorted(left))}",
                    role=RELEASES,
                )

    def _agree(self, draft: Draft) -> None:
        """Tell what others are about to answer for."""
        found = digests(unvouched(draft, self.still_in))
        self.agreed = Agreed.of(draft, self._keyring)
        if self._revoke:
            self.revoked, self.revoked_in_targets = found, in_targets(found, draft)
            self.agreed.leave_out(found)
            self._take_back(draft)
        else:
            self.unvouched = found
        if self.unvouched:
            self._confirm(self.unvouched)

    def _take_back(self, draft: Draft) -> None:
        take_back(draft, self.revoked)
        if RELEASES in draft.changed:
            self.signed_again = [RELEASES]

    def _keep_to(self, agreed: Agreed, draft: Draft) -> None:
        """Sign nothing that came after it was told; what only the signer wrote stops nothing.

        It is compared before anything is taken back: what others released meanwhile stays.
        """
        signs = RELEASES in draft.changed or bool(self.revoked)
        if signs and not agreed.is_served(draft):
            self._keep_releases(agreed, draft)
        if RELEASES in set(delegations.below(draft)):
            found = digests(unvouched(draft, self.still_in, agreed.seen or new_targets()))
            if more := sorted(found.items() - {*self.revoked.items(), *self.unvouched.items()}):
                told = ", ".join(with_digest(tag, one) for tag, one in more)
                self._refuse_late(draft, f"nobody else lists {told} any more")
            if self._revoke:
                self.revoked = found
                agreed.leave_out(found)
            else:
                self.unvouched = found
        targets = in_targets(self.revoked, draft)
        if more := sorted(targets.items() - self.revoked_in_targets.items()):
            told = ", ".join(with_digest(tag, one) for tag, one in more)
            self._refuse_late(draft, f"somebody published in {TARGETS}: {told}", role=TARGETS)
        agreed.follow(draft)
        self._take_back(draft)

    def _keep_releases(self, agreed: Agreed, draft: Draft) -> None:
        what = "; ".join(agreed.differences(draft))
        authority = authority_of(draft, RELEASES)
        if not _is_valid(draft, authority):
            # The server hears first whose key is gone; `agreed` is signed once it refuses that key.
            draft.changed.discard(RELEASES)
            draft.signed_next.add(RELEASES)
            if what:
                draft.notes.append(
                    f"while {self.name} was being removed, {RELEASES} was published with a key of "
                    f"{self.name}: {what}. It is not taken over"
                )
        elif what:
            self._refuse_late(draft, f"somebody published in {RELEASES}: {what}")

    def _refuse_late(self, draft: Draft, what: str, *, role: str = RELEASES) -> NoReturn:
        look = command("list", "--all-roles", draft.gun)
        raise PublishError(
            f"while {self.name} was being removed, {what}. Nobody was shown that, so nothing was "
            f"removed: look at it ({look}), then remove {self.name} again",
            gun=draft.gun,
            role=role,
            found=what,
        )

    def _shared(self) -> list[str]:
        """The roles that make one of its keys somebody else's too: signers, and those of root."""
        return [role for role in self.still_in if role.count("/") <= 1]

    def _refuse_shared(self, draft: Draft) -> None:
        shared = self._shared()
        plan = "; ".join(taking_keys_out(draft.gun, role, self.still_in[role]) for role in shared)
        raise PublishError(
            f"a key of {self.name} is also a key of {', '.join(shared)}, so that whoever holds it "
            f"could sign still. Take it out there first: {plan}. If others sign with it, let them "
            f"have a key of their own before. Or remove {self.name} with --force: then the key "
            f"leaves {RELEASES}, but may sign {', '.join(shared)} still. Nothing was removed",
            gun=draft.gun,
            role=shared[0],
        )

    def _release_without(self, draft: Draft) -> None:
        before = authority_of(draft, RELEASES)
        same = {one: _same(one, key) for one, key in before.keys.items()}
        left = {one: key for one, key in before.keys.items() if same[one] not in self.key_ids}
        if len(left) == len(before.keys):
            return
        if len({same[one] for one in left}) < before.threshold:
            self._without_signers(draft, before, left)
            return
        after = Authority(RELEASES, left, before.threshold)
        delegations.update(draft, RELEASES, remove_keys=before.keys.keys() - left.keys())
        if RELEASES not in draft.roles:
            return  # nothing was released yet
        if self._keyring.holds(after):
            draft.changed.add(RELEASES)
            self.signed_again = [RELEASES]
        elif not _is_valid(draft, after):
            who = ", ".join(sorted({same[one] for one in left}))
            witness = command("witness", draft.gun, RELEASES, "-p")
            raise PublishError(
                f"what {RELEASES} lists is signed by {self.name} only, and none of the keys that "
                f"stay is here: first let one of them sign it ({who}: {witness}), then "
                f"remove {self.name}; nothing was removed",
                gun=draft.gun,
                role=RELEASES,
            )

    def _without_signers(
        self, draft: Draft, before: Authority, left: dict[str, dict[str, object]]
    ) -> None:
        may_go = self._force or self._confirm_last is not None
        if not may_go or left or self._shared():
            few, way = len({_same(one, key) for one, key in left.items()}), ""
            if few:
                threshold = ("--threshold", str(few), "-p", draft.gun, RELEASES)
                way = f", or lower the threshold ({command('delegation', 'add', *threshold)})"
            elif not self._force:
                way = (
                    ", or remove the last signer with --force, which revokes those tags, or "
                    f"leaves them to what {TARGETS} lists"
                )
            raise PublishError(
                f"{RELEASES} needs the signatures of {before.threshold} keys, and without "
                f"{self.name} {few} would be left: every tag that it lists would be lost. First "
                f"add another signer and let it sign{way}; nothing was removed",
                gun=draft.gun,
                role=RELEASES,
            )
        lost, pulled_as = without_releases(draft)
        if not self._force and self._confirm_last is not None:
            self._ask_last(lost, pulled_as, draft)
        self.unreleased, self.pulled_as = sorted(lost), pulled_as
        draft.agreed.add(RELEASES)
        delegations.delete(draft, RELEASES)

    def _ask_last(
        self, lost: Mapping[str, str], pulled_as: Mapping[str, str], draft: Draft
    ) -> None:
        """Have it confirmed, once, that the last signer goes, and with it what is released.

        Raises:
            PublishError: More is lost than what was shown.
        """
        found = {*lost.items(), *pulled_as.items()}
        if self.agreed is None:  # nobody was asked before
            self._shown_last = found
            assert self._confirm_last is not None  # noqa: S101 -- the caller has seen to it
            self._confirm_last(lost, pulled_as)
        elif more := sorted(found - self._shown_last):
            told = ", ".join(with_digest(tag, one) for tag, one in more)
            raise PublishError(
                f"while {self.name} was being removed, somebody published {told}. Without the last "
                f"signer those tags are lost or change, so nothing was removed: remove {self.name} "
                "again",
                gun=draft.gun,
                role=RELEASES,
                found=told,
            )


def holders(draft: Draft, key_ids: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Every role that names one of some keys, under whatever id, with the canonical ids of those.

    Args:
        draft: The collection.
        key_ids: Canonical ids.
    """
    for role in (*BASE_ROLES, *delegations.below(draft)):
        keys = authority_of(draft, role).keys
        held = {_same(one, key) for one, key in keys.items()} & set(key_ids)
        if held:
            yield role, sorted(held)


def _same(key_id: str, value: Document) -> str:
    """What is alike for one key under all its ids: the canonical id, if it is a key."""
    try:
        return public_key(value).canonical_key_id
    except (PublicKeyError, MalformedError):  # a key that verifies nothing
        return key_id


def _is_valid(draft: Draft, authority: Authority) -> bool:
    """Whether enough keys have signed what is served of a role now."""
    file = draft.files.get(authority.role)
    if file is None:
        return False
    return len(Part.of_served(authority.role, file).signed_by(authority)) >= authority.threshold


def _no_signer(name: str, draft: Draft) -> str:
    text = f"no signer {name} for repository {draft.gun}"
    if RELEASES in draft.broken:
        # What was shown to whoever began the removal is not known any more.
        text += (
            f"; and {RELEASES} lacks signatures that it needs: where a removal was interrupted, "
            "let a signer who stays sign again the tags that were released before it (contenttrust "
            "sign). witness would sign what was released last, perhaps by the removed signer: it "
            "shows that, and asks"
        )
    return text
