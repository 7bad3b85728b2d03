"""One collection being edited: changes are staged, then published together."""

from __future__ import annotations

import json

from contenttrust import clock
from contenttrust.errors import PublishError
from contenttrust.publish import initialisation, rotation
from contenttrust.publish.changelist import Change, Changelist
from contenttrust.publish.current import Judge
from contenttrust.publish.delegations import is_delegation
from contenttrust.publish.draft import Targets
from contenttrust.publish.metadata import TARGETS, key_value, target_meta
from contenttrust.publish.publication import Publication
from contenttrust.publish.renewal import Renewal
from contenttrust.publish.sign import Keyring
from contenttrust.transport.cache import TrustDirectory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from contenttrust._core import Anchor, Instant, PublicKey
    from contenttrust.keys.store import KeyStore
    from contenttrust.publish.draft import Step
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.publication import Published
    from contenttrust.transport.source import Sink

EVERY_PATH = ("",)
"""Paths of a delegation that may speak of everything."""


class Collection:
    """A collection and what is staged for it, in a trust directory that docker and notary share.

    Changes may be staged while another process publishes; publishing itself is done by one process
    at a time.
    """

    def __init__(  # noqa: PLR0913 - the contract's keywords
        self,
        gun: str,
        *,
        keys: KeyStore,
        sink: Sink | None,
        trust_dir: str | os.PathLike[str] | None = None,
        anchor: Anchor | None = None,
        now: datetime | None = None,
    ) -> None:
        """Edit a collection.

        Args:
            gun: Globally unique name, taken literally.
            keys: The private keys.
            sink: The trust server; None where only staging is wanted.
            trust_dir: Docker's trust directory. Default: where Docker has it.
            anchor: Why a first root is believed, as for `contenttrust.load`.
            now: Moment to sign at and to judge expiry by, timezone-aware. Default: the system
                clock.
        """
        self.gun = gun
        self.keys = keys
        self.trust_dir = (
            TrustDirectory.default() if trust_dir is None else TrustDirectory(trust_dir)
        )
        self.anchor = anchor
        self._sink = sink
        self._now = now
        self._changelist = Changelist(self.trust_dir, gun)

    def __repr__(self) -> str:
        return f"Collection({self.gun!r})"

    @property
    def sink(self) -> Sink:
        """The trust server.

        Raises:
            PublishError: None was given.
        """
        if self._sink is None:
            raise PublishError(f"no trust server was named for {self.gun}", gun=self.gun)
        return self._sink

    # --- staging --------------------------------------------------------------

    def add_target(  # noqa: PLR0913 - one keyword a fact
        self,
        name: str,
        *,
        size: int,
        sha256: str = "",
        sha512: str = "",
        roles: Sequence[str] = (TARGETS,),
        custom: bytes | None = None,
    ) -> None:
        """Stage that a target is listed.

        Args:
            name: Of the target; for images the tag.
            size: In bytes; for images of the manifest.
            sha256: Digest in hexadecimal digits.
            sha512: Digest in hexadecimal digits, besides or instead.
            roles: Who lists it.
            custom: JSON of the publisher's own.

        Raises:
            ValueError: A size, digest or role is none.
            MalformedError: `custom` has no canonical form.
        """
        meta = target_meta(size, sha256=sha256, sha512=sha512, custom=custom)
        ordered = {"length": meta["length"], "hashes": meta["hashes"]}
        if "custom" in meta:
            ordered["custom"] = meta["custom"]
        self._stage("create", "target", roles, path=name, data=ordered)

    def remove_target(self, name: str, *, roles: Sequence[str] = (TARGETS,)) -> None:
        """Stage that a target is no longer listed.

        Raises:
            ValueError: A role is none that lists targets.
        """
        self._stage("delete", "target", roles, path=name)

    def add_delegation(
        self,
        role: str,
        *,
        keys: Sequence[PublicKey] = (),
        paths: Sequence[str] = (),
        threshold: int = 1,
    ) -> None:
        """Stage a delegation, or more keys and paths for one that exists.

        Args:
            role: Such as `targets/releases`.
            keys: Who signs it; a new delegation needs some.
            paths: Prefixes of what it may speak of; `EVERY_PATH` for everything.
            threshold: How many of its keys must sign a new delegation; see `set_threshold`.

        Raises:
            ValueError: The role is no delegation, or the threshold is less than 1.
        """
        if threshold < 1:
            raise ValueError(f"a threshold is at least 1, not {threshold}")
        if keys:
            data = {"threshold": threshold, "add_keys": [_as_notary_writes(key) for key in keys]}
            self._stage("create", "delegation", [role], data=data)
        if paths:
            self._stage("create", "delegation", [role], data={"add_paths": list(paths)})

    def set_threshold(self, role: str, threshold: int) -> None:
        """Stage that another number of keys must sign a delegation.

        Raises:
            ValueError: The role is no delegation, or the threshold is less than 1.
        """
        if threshold < 1:
            raise ValueError(f"a threshold is at least 1, not {threshold}")
        self._stage("update", "delegation", [role], data={"threshold": threshold})

    def remove_delegation(
        self,
        role: str,
        *,
        key_ids: Sequence[str] = (),
        paths: Sequence[str] = (),
        every_path: bool = False,
    ) -> None:
        """Stage that a delegation loses keys or paths; without any it is removed altogether.

        Args:
            role: Such as `targets/releases`.
            key_ids: Canonical key ids.
            paths: Prefixes.
            every_path: Whether all of its paths go.

        Raises:
            ValueError: The role is no delegation.
        """
        if not key_ids and not paths and not every_path:
            self._stage("delete", "delegation", [role])
        if every_path:
            self._stage("update", "delegation", [role], data={"clear_paths": True})
        elif paths:
            self._stage("update", "delegation", [role], data={"remove_paths": list(paths)})
        if key_ids:
            self._stage("update", "delegation", [role], data={"remove_keys": list(key_ids)})

    def purge_keys(self, key_ids: Sequence[str]) -> None:
        """Stage that keys are taken out of every delegation.

        Args:
            key_ids: Canonical key ids.
        """
        data = {"remove_keys": list(key_ids)}
        self._stage("update", "delegation", [f"{TARGETS}/*"], data=data)

    def witness(self, roles: Sequence[str]) -> None:
        """Stage that roles are signed anew as they are.

        Raises:
            ValueError: A role is none that lists targets.
        """
        self._stage("update", "witness", roles)

    def changes(self) -> tuple[Change, ...]:
        """What is staged, in the order in which it will be applied.

        Raises:
            StagedChangeError: A change cannot be read.
            TrustDirectoryError: The changelist cannot be read.
        """
        return self._changelist.read()

    def reset(self, numbers: Sequence[int] | None = None) -> None:
        """Take staged changes away.

        Args:
            numbers: Their places in `changes`. Default: all, also those that cannot be read.

        Raises:
            ValueError: There is no change of such a number.
            StagedChangeError: A change cannot be read, and numbers were given.
            TrustDirectoryError: The changelist cannot be read or written.
        """
        if numbers is None:
            names = self._changelist.names()
        else:
            staged = self.changes()
            wrong = [number for number in numbers if not 0 <= number < len(staged)]
            if wrong:
                raise ValueError(f"there is no staged change {wrong[0]}")
            names = tuple(staged[number].file for number in numbers)
        self._changelist.remove(names)

    # --- publishing -----------------------------------------------------------

    def publish(self, *, more: Sequence[Step] = ()) -> Published:
        """Publish what is staged, and see that the server serves it.

        The changes are applied to what the server has at that moment. Only when it serves the
        result are they taken from the changelist.

        Args:
            more: What else is changed, without having been staged.

        Raises:
            StagedChangeError: A change cannot be read or applied.
            KeyStoreError: A key is not here, or cannot be opened.
            PublishError: The server refused, or others were faster every time.
            VerificationError: What the server has is not what it should be.
            FetchError: The server did not answer, or the trust directory cannot be used.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            staged = self.changes()
            done = self.publication().run([*staged, *more])
            self._changelist.remove([one.file for one in staged], now=self.moment)
            return done

    def publish_targets(
        self, targets: Iterable[tuple[str, Document]], *, roles: Sequence[str] = (TARGETS,)
    ) -> Published:
        """Publish many targets at once, with whatever is staged.

        Args:
            targets: Names, each with what `target_meta` gives.
            roles: Who lists them.

        Raises:
            ContentTrustError: As for `publish`.
        """
        metas = dict(targets)
        return self.publish(more=[Targets(role, metas) for role in roles])

    def renew(self, *, days: int = 182, roles: Sequence[str] | None = None) -> Published:
        """Sign anew what has expired or soon will, as far as the keys are here.

        Args:
            days: What counts as soon.
            roles: Only these. Default: all.

        Raises:
            ContentTrustError: As for `publish`.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            return self.publication().run([Renewal(days, roles, self.moment)])

    # --- keys and the whole ---------------------------------------------------

    def initialize(
        self,
        *,
        root_key_ids: Sequence[str] = (),
        root_certificate: PublicKey | None = None,
        server_managed: Sequence[str] = ("timestamp", "snapshot"),
    ) -> None:
        """Make the collection in the trust directory; nothing is published yet.

        Args:
            root_key_ids: Canonical ids of the root keys. Default: the root key that is here, else
                a new one.
            root_certificate: Certificate of the root key. Default: a self-signed one.
            server_managed: Whose keys the server holds: `timestamp`, and perhaps `snapshot`.

        Raises:
            ContentTrustError: It exists already, a key cannot be had, or something cannot be
                written.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            initialisation.initialize(
                self,
                root_key_ids=root_key_ids,
                root_certificate=root_certificate,
                server_managed=server_managed,
            )

    def rotate_key(
        self,
        role: str,
        *,
        server_managed: bool = False,
        key_ids: Sequence[str] = (),
        legacy: int = 0,
    ) -> Published:
        """Give a top-level role other keys, and publish that at once; nothing else is published.

        Args:
            role: `root`, `targets`, `snapshot` or `timestamp`.
            server_managed: Whether the server makes and holds the key: for `timestamp` always.
            key_ids: Canonical ids of the new keys. Default: a new one is made.
            legacy: Number of roots before the last whose keys sign a new root too, for clients
                that know only those.

        Raises:
            ContentTrustError: As for `publish`; or the role's keys cannot be rotated so.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            return rotation.rotate(
                self, role, server_managed=server_managed, key_ids=key_ids, legacy=legacy
            )

    def delete(self, *, remote: bool = False) -> None:
        """Forget the collection and what is staged; the keys stay.

        Args:
            remote: Whether the trust server is to forget it too.

        Raises:
            ContentTrustError: Something could not be removed.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            if remote:
                self.sink.delete(self.gun)
            initialisation.forget(self.trust_dir, self.gun)

    # --- for the modules beside -----------------------------------------------

    @property
    def moment(self) -> Instant:
        """The present moment."""
        return clock.moment_or_now(self._now)

    def judge(self) -> Judge:
        """Who says what the server has."""
        return Judge(
            self.gun, source=self.sink, trust_dir=self.trust_dir, anchor=self.anchor, now=self._now
        )

    def publication(self) -> Publication:
        """A publication of this collection, for who holds the lock."""
        return Publication(
            self.gun,
            keyring=Keyring(self.keys),
            sink=self.sink,
            judge=self.judge(),
            now=self.moment,
            local=lambda: initialisation.local_files(self.trust_dir, self.gun),
        )

    def _stage(
        self, action: str, kind: str, roles: Sequence[str], *, path: str = "", data: object = None
    ) -> None:
        for role in roles:
            wild = role.endswith("/*") and kind == "delegation"
            name = role.removesuffix("/*") if wild else role
            if not (is_delegation(name) or (name == TARGETS and (wild or kind != "delegation"))):
                raise ValueError(f"tuf: invalid role {role}. invalid delegation role name")
        content = None if data is None else json.dumps(data, separators=(",", ":")).encode()
        changes = [
            Change(action=action, role=role, type=kind, path=path, data=content) for role in roles
        ]
        self._changelist.add(changes, now=self.moment)


def _as_notary_writes(key: PublicKey) -> Document:
    value = key_value(key)
    keyval = value["keyval"]
    return {
        "keytype": value["keytype"],
        "keyval": {"public": keyval["public"], "private": keyval["private"]},
    }
