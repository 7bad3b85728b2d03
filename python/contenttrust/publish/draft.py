"""A collection being edited: its documents, and the changes that are applied to them.

A change that is there already changes nothing: the same changes may be applied again to what
others, or we ourselves, have published meanwhile.

Source: notary `client/helpers.go`, `tuf/tuf.go`.
"""

from __future__ import annotations

from contenttrust.errors import (
    ContentTrustError,
    MalformedError,
    PublicKeyError,
    PublishError,
    StagedChangeError,
    shown,
)
from contenttrust.publish import delegations, staged_data
from contenttrust.publish.begun_anew import known_of, listed_before
from contenttrust.publish.metadata import (
    BASE_ROLES,
    ROOT,
    SNAPSHOT,
    TARGETS,
    as_notary_keeps_it,
    key_value,
    message_of,
    new_targets,
    target_meta,
)
from contenttrust.publish.strict_json import members
from contenttrust.publish.tags import check_name, named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from contenttrust._core import Instant, PublicKey
    from contenttrust.publish.changelist import Change
    from contenttrust.publish.metadata import Document

    class Step(Protocol):
        """Something that changes a draft, any number of times."""

        def apply(self, draft: Draft) -> None:
            """Change it."""
else:
    Step = object

# How a change can fail to be applied: MalformedError is of a key or of `custom` in its data.
_REFUSED = (PublishError, MalformedError, PublicKeyError, ValueError, KeyError, TypeError)


class Draft:
    """The documents of one collection, and which of them have to be signed.

    Attributes:
        gun: Name of the collection.
        root, snapshot: Their documents; there may be no snapshot of ours.
        roles: `targets` and the delegations that verified, by name.
        broken: Delegations that did not verify, by name; of some the content is known all the same.
        was_broken: The same before anything was changed.
        files: The files that the documents were read from.
        unverified: What the server has of the delegations that did not verify; a stranger may have
            written it.
        verified: Gives the files that were verified here last, by role.
        changed: Roles to be signed; `targets` of a new collection always.
        is_new: Whether the server has nothing yet.
        notes: What a publisher should know of what was, or could not be, done.
        witnessed: Roles that are signed anew as they are; for each, whether it was broken.
        agreed: Roles that are signed, or removed, as somebody was shown them.
        purged: Roles that are signed anew because they delegated to a key that is purged.
        signed_next: Roles that may lose their signatures, for they are signed in the publication
            that follows at once.
        made: Delegations that were made, also those that had been removed before.
        may_return: What somebody was shown of what comes back with a delegation, by role.
        returning: Files that the server has kept and that count again as they are, by role.
        known: Of roles that did not count: the last version that the server had or was verified
            here, before anything was published.
        asked: When the server was asked for these.
        staged: Roles that staged changes list targets in, or take them out of.
    """

    def __init__(  # noqa: PLR0913 - one keyword a fact
        self,
        gun: str,
        documents: Mapping[str, Document],
        *,
        broken: Mapping[str, Document | None] | None = None,
        files: Mapping[str, bytes] | None = None,
        is_new: bool = False,
        can_sign: Callable[[delegations.Authority], bool] = lambda _: True,
        last_version: Callable[[str], int] = lambda _: 0,
        verified: Callable[[], Mapping[str, bytes]] = dict,
        unverified: Mapping[str, bytes] | None = None,
    ) -> None:
        """Start from documents that were verified, which are not changed.

        Args:
            gun: Name of the collection.
            documents: Signed parts by role.
            broken: Delegations that did not verify, with their content where it is known.
            files: The files that the documents were read from.
            is_new: Whether the server has nothing yet.
            can_sign: Whether a key is here of those who may sign a role.
            last_version: The version of a delegation without a document that was published once.
            verified: Gives the files that were verified here last, by role.
            unverified: What the server has of the delegations that did not verify.
        """
        self.gun = gun
        self.root = documents[ROOT]
        self.snapshot = documents.get(SNAPSHOT)
        self.roles = {
            name: as_notary_keeps_it(signed)
            for name, signed in documents.items()
            if name not in BASE_ROLES or name == TARGETS
        }
        self.broken = dict(broken or {})
        self.was_broken = frozenset(self.broken)
        self.changed: set[str] = {TARGETS} if is_new else set()
        self.is_new = is_new
        self.notes: list[str] = []
        self.witnessed: dict[str, bool] = {}
        self.agreed: set[str] = set()
        self.purged: set[str] = set()
        self.signed_next: set[str] = set()
        self.made: set[str] = set()
        self.may_return: dict[str, bytes | None] = {}
        self.returning: dict[str, bytes] = {}
        self.known: dict[str, int] = {}
        self.asked: Instant | None = None
        self.staged: set[str] = set()
        self.can_sign = can_sign
        self.files = dict(files or {})
        self._last_version = last_version
        self.verified = verified
        self.unverified = dict(unverified or {})

    def apply(self, change: Change) -> None:
        """Apply one staged change.

        Raises:
            StagedChangeError: It cannot be applied, with the name of its file.
        """
        try:
            self._apply(change)
        except _REFUSED as error:
            cause = error.message if isinstance(error, ContentTrustError) else str(error)
            what = f"{change.action} {change.type} {shown(change.path or change.role)}"
            file = f" ({shown(change.file)})" if change.file else ""
            raise StagedChangeError(
                f"the staged change {what}{file} cannot be applied: {cause}; nothing was published",
                gun=self.gun,
                role=change.role,
                subject=change.path,
            ) from error

    def _apply(self, change: Change) -> None:
        if change.role == ROOT:
            if (change.type, change.action) != ("role", "create"):
                raise ValueError(f"{change.action} of a {change.type} is no change of root")
            given = members(change.data or b"")
            self.replace_keys(staged_data.text(given, "role"), staged_data.keys(given, "keys"))
        elif change.role.removesuffix("/*") == TARGETS or delegations.is_delegation(
            change.role.removesuffix("/*")
        ):
            if change.type == "target":
                self._target(change)
            elif change.type == "witness":
                self.witness(change.role)
            elif change.type == "delegation":
                delegations.apply(self, change)
            else:
                raise ValueError(f"a {change.type} is no change of {shown(change.role)}")
        else:
            raise ValueError(f"{shown(change.role)} is no role whose content can be changed")

    def _target(self, change: Change) -> None:
        self.staged.add(change.role)
        if change.action == "create":
            self.add_targets(change.role, {change.path: checked_meta(members(change.data or b""))})
        elif change.action == "delete":
            if change.path not in self.listed(change.role):
                self.notes.append(
                    f"{change.role} does not list {named(change.path)}: there was nothing to remove"
                )
            self.remove_target(change.role, change.path)
        else:
            raise ValueError("a target is created or deleted, not updated")

    def add_targets(self, role: str, metas: Mapping[str, Document]) -> None:
        """List targets in a role.

        Args:
            role: `targets` or a delegation.
            metas: What `target_meta` gives, by name.

        Raises:
            PublishError: The role does not exist, or may not list one of them.
        """
        allowed = tuple(delegations.paths_of(self, role))
        for name in metas:
            try:
                check_name(name)
            except ValueError as error:
                raise PublishError(str(error), role=role) from None
            if not name.startswith(allowed):
                prefixes = ", ".join(map(shown, allowed)) or "none"
                raise PublishError(
                    f"{role} may not list {shown(name)}: the paths it may speak of are {prefixes}",
                    role=role,
                    subject=name,
                )
        listed = self.content(role)["targets"]
        new = {name: meta for name, meta in metas.items() if not _same(listed.get(name), meta)}
        if new:
            listed.update(new)
            self.changed.add(role)

    def remove_target(self, role: str, name: str) -> None:
        """Take a target out of a role; one that is not there is as good as taken out.

        A broken role that lists it begins anew: signed again as it was, it would list it still.

        Raises:
            PublishError: The role does not exist.
        """
        delegations.authority_of(self, role)
        if name in self.listed(role):
            self.content(role)["targets"].pop(name, None)
            self.changed.add(role)

    def witness(self, role: str) -> None:
        """Have a role signed anew as it stands.

        Raises:
            PublishError: It does not exist, or nobody who may speak for it has signed what is
                there, and it is not known from before.
        """
        authority = delegations.authority_of(self, role)
        is_broken = role not in self.roles
        if is_broken:
            if role not in self.broken:
                raise PublishError(
                    f"{role} was never published: there is nothing to witness", role=role
                )
            if not delegations.is_signable(authority):
                raise PublishError(
                    f"{role} has fewer keys than its threshold of {authority.threshold}: add keys "
                    "first",
                    role=role,
                )
            known = self.broken[role]
            if known is None:
                raise PublishError(
                    f"what the server has as {role} is signed by none of its keys, and was never "
                    "verified here: to sign it would vouch for what a stranger may have written. "
                    "Add its targets anew",
                    role=role,
                )
            self.roles[role] = as_notary_keeps_it(known)
        self.witnessed.setdefault(role, is_broken)
        self.changed.add(role)

    def replace_keys(self, role: str, keys: list[PublicKey], threshold: int = 0) -> None:
        """Give a top-level role other keys.

        Args:
            role: Its name.
            keys: All its keys.
            threshold: How many of them must sign; 0 leaves that as it is.

        Raises:
            PublishError: It is no top-level role, or fewer keys are given than must sign.
        """
        if role not in BASE_ROLES or not keys:
            raise PublishError(f"{shown(role)} is no role whose keys stand in root", role=role)
        roles = {name: dict(value) for name, value in self.root["roles"].items()}
        old = roles[role]["keyids"] or []
        new = list(dict.fromkeys(key.key_id for key in keys))
        wanted = threshold or roles[role]["threshold"]
        if wanted > len({key.canonical_key_id for key in keys}):
            raise PublishError(
                f"{role} asks for {wanted} signatures: give it as many keys, or another threshold",
                role=role,
            )
        if set(old) == set(new) and wanted == roles[role]["threshold"]:
            return
        roles[role] |= {"keyids": new, "threshold": wanted}
        held = {**self.root["keys"], **{key.key_id: key_value(key) for key in keys}}
        used = {one for value in roles.values() for one in value["keyids"] or []}
        # The certificates of former root keys stay, as Notary has it.
        gone = set() if role == ROOT else set(old) - used
        self.root = {
            **self.root,
            "keys": {one: value for one, value in held.items() if one not in gone},
            "roles": roles,
        }
        self.changed.add(ROOT)
        if role == TARGETS:
            self.changed.add(TARGETS)

    def content(self, role: str) -> Document:
        """The document of a role that will be changed; an empty one where there is none yet.

        What a broken role listed is not taken over: it may have been revoked together with the keys
        that signed it. Who wants to keep it witnesses the role first.
        """
        if role in self.roles:
            return self.roles[role]
        if role in self.broken:
            self.notes.append(
                f"{role} was broken, and begins anew: what it listed before is not taken over"
                f" ({listed_before(self, role)})"
            )
        return self.begin(role)

    def begin(self, role: str) -> Document:
        """An empty document of a role, whose versions go on."""
        self.roles[role] = {**new_targets(), "version": self._last_version(role)}
        return self.roles[role]

    def listed(self, role: str) -> set[str]:
        """The names that a role lists; a broken one, when it counts again as it was."""
        if role in self.roles or role not in self.broken:
            return set(self.roles.get(role, new_targets())["targets"])
        return {name for names, _ in known_of(self, role) for name in names}

    def served(self, role: str) -> bytes | None:
        """What the server has of a broken role, which may be what was verified here last."""
        return self.unverified.get(role) or self.verified().get(role)

    def forget(self, role: str) -> None:
        """Drop the document of a delegation and of those below it."""
        for name in [*self.roles, *self.broken]:
            if name == role or name.startswith(f"{role}/"):
                self.roles.pop(name, None)
                self.broken.pop(name, None)
                self.witnessed.pop(name, None)
                self.changed.discard(name)


class Targets:
    """Many targets that are added at once, without a staged change for each."""

    def __init__(self, role: str, metas: Mapping[str, Document]) -> None:
        self.role = role
        self.metas = metas

    def apply(self, draft: Draft) -> None:
        """Add them; see `Draft.add_targets`."""
        draft.add_targets(self.role, self.metas)


def checked_meta(meta: Document) -> Document:
    """What a staged change says of a target, if it says what a target has.

    Raises:
        ValueError: It does not.
        MalformedError: What the publisher added has no canonical form.
    """
    import base64  # noqa: PLC0415 - loaded with the changelist anyway

    unknown = set(meta) - {"hashes", "length", "custom"}
    if unknown or not isinstance(meta.get("hashes"), dict):
        raise ValueError("it says of the target what no target has")
    hashes = {}
    for name, text in meta["hashes"].items():
        if name not in {"sha256", "sha512"} or not isinstance(text, str):
            raise ValueError(f"{shown(str(name))} is no digest that is known")
        hashes[name] = base64.b64decode(text, validate=True).hex()
    custom = meta.get("custom")
    return target_meta(
        meta.get("length", -1),
        **hashes,
        custom=None if custom is None else staged_data.encoded(custom),
    )


def _same(one: Document | None, other: Document) -> bool:
    if one != other:
        return False
    # For Python 1 equals true, which are different values of `custom`.
    return "custom" not in other or message_of(one) == message_of(other)
