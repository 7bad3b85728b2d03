"""Staging changes of a collection: what needs no trust server and no key."""

from __future__ import annotations

import contextlib
import json

from contenttrust import clock
from contenttrust.errors import (
    ContentTrustError,
    MalformedError,
    PublishError,
    TrustDirectoryError,
    shown,
)
from contenttrust.publish.changelist import Change, Changelist
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import is_delegation
from contenttrust.publish.metadata import TARGETS, key_value, target_meta
from contenttrust.publish.tags import check_name
from contenttrust.publish.uploads import SERVED
from contenttrust.transport import docker_cache, remark
from contenttrust.transport.cache import TrustDirectory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from contenttrust._core import Instant, PublicKey
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.uploads import Uploads

EVERY_PATH = ("",)
"""Paths of a delegation that may speak of everything."""


class Staging:
    """What is staged for one collection, in a trust directory that docker and notary share."""

    def __init__(
        self,
        gun: str,
        *,
        trust_dir: str | os.PathLike[str] | None = None,
        now: datetime | None = None,
    ) -> None:
        """Stage changes of a collection.

        Args:
            gun: Globally unique name, taken literally.
            trust_dir: Docker's trust directory. Default: where Docker has it.
            now: The present moment, timezone-aware. Default: the system clock.

        Raises:
            MalformedError: Nothing can be kept under that name in a trust directory.
            TypeError: The name is no text.
        """
        check_text(gun, "the name of a collection")
        if not docker_cache.may_stage(gun):
            raise MalformedError(
                f"files of {shown(gun)} could be taken for those of another collection: what is "
                "published from here needs another name",
                gun=gun,
            )
        self.gun = gun
        self.trust_dir = (
            TrustDirectory.default() if trust_dir is None else TrustDirectory(trust_dir)
        )
        self._now = now
        self._changelist = Changelist(self.trust_dir, gun)
        self._own: tuple[Change, ...] = ()  # staged here, and not seen to be published yet

    @property
    def moment(self) -> Instant:
        """The present moment."""
        return clock.moment_or_now(self._now)

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
            ValueError: A name, size, digest or role is none.
            MalformedError: `custom` has no canonical form.
        """
        check_name(name)
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
        """Take staged changes away, unless somebody is publishing.

        Args:
            numbers: Their places in `changes`. Default: all, also those that cannot be read.

        Raises:
            ValueError: There is no change of such a number.
            StagedChangeError: A change cannot be read, and numbers were given.
            TrustDirectoryError: The changelist cannot be read or written.
            PublishError: Somebody is publishing, perhaps what is staged.
        """
        with self._unpublished():
            self._reset(numbers)

    @contextlib.contextmanager
    def _unpublished(self) -> Iterator[None]:
        """Hold the collection; who publishes is not waited for: nothing would be staged then."""
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self.trust_dir.locked(self.gun, "publish", patience=0))
            except TrustDirectoryError as error:
                if not isinstance(error.__cause__, TimeoutError):
                    raise
                status = command("status", self.gun)
                raise PublishError(
                    f"somebody is publishing {shown(self.gun)}, perhaps with what is staged: "
                    f"nothing was reset. See what is staged once that has ended ({status})",
                    gun=self.gun,
                ) from error
            yield

    def _reset(self, numbers: Sequence[int] | None) -> None:
        if numbers is None:
            names = self._changelist.names()
        else:
            staged = self.changes()
            wrong = [number for number in numbers if not 0 <= number < len(staged)]
            if wrong:
                raise ValueError(f"there is no staged change {wrong[0]}")
            names = tuple(staged[number].file for number in numbers)
        self._changelist.remove(names)
        self._own = tuple(one for one in self._own if one.file not in names)

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
        self._own += self._changelist.add(changes, now=self.moment)


@contextlib.contextmanager
def stays(staged: Sequence[object], uploads: Uploads | None = None) -> Iterator[None]:
    """Say of what is staged that a failure or an interruption leaves it so.

    Args:
        staged: What is.
        uploads: Where it goes; what was sent may be published although it is staged still.
    """
    count = f"{len(staged)} staged change{'s' if len(staged) > 1 else ''}"
    stay = f"{count} {'stay' if len(staged) > 1 else 'stays'}"
    told = f"{stay} so: `contenttrust publish` tries again, `contenttrust reset` forgets"
    try:
        yield
    except ContentTrustError as error:
        if uploads is not None:
            error.upload = uploads.outcome
        if staged:
            error.message += f"; {_though_sent(count, stay, uploads) or told}"
        raise
    except KeyboardInterrupt:
        if staged and (sent := _though_sent(count, stay, uploads)):
            remark.warn(__name__, sent)
        raise


def _though_sent(count: str, stay: str, uploads: Uploads | None) -> str:
    """What to know of staged changes that may be published; empty where they are not."""
    if uploads is None or not uploads.may_count:
        return ""
    state = f"{stay} staged, though perhaps published already"
    if uploads.outcome == SERVED:  # some may have left the changelist
        state = f"of {count}, what stays staged is published already"
    return (
        f"{state}: `contenttrust publish` asks the server for it first, and applies again only "
        "what was not published; `contenttrust reset` forgets it here, and takes nothing back"
    )


def check_text(given: object, what: str) -> None:
    """Refuse what is no text where a text was meant.

    Args:
        given: As the caller gave it.
        what: What it should be.

    Raises:
        TypeError: It is no text.
    """
    if not isinstance(given, str):
        raise TypeError(f"{what} is a text, not {given!r}")


def _as_notary_writes(key: PublicKey) -> Document:
    value = key_value(key)
    keyval = value["keyval"]
    return {
        "keytype": value["keytype"],
        "keyval": {"public": keyval["public"], "private": keyval["private"]},
    }
