"""Changes that wait to be published: Notary's changelist, one file a change.

A change is `<trust dir>/tuf/<gun>/changelist/<20 digits of ns>_<uuid>.change`. Notary reads every
file of that folder, in the order of the names, so that half a file would stop it: what is new is
written beside the folder, and moved into it when it is whole.

Source: notary `client/changelist/`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import re
from dataclasses import dataclass

from contenttrust.errors import StagedChangeError, TrustDirectoryError, shown
from contenttrust.publish.strict_json import members
from contenttrust.transport import files, permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import NoReturn

    from contenttrust._core import Instant
    from contenttrust.publish.draft import Draft
    from contenttrust.transport.cache import TrustDirectory

ACTIONS = ("create", "update", "delete")
TYPES = ("target", "delegation", "witness", "role")

_FOLDER = "changelist"
_LIMIT = 64 * 1024 * 1024
_OURS = re.compile(r"(\d{20})_[0-9a-f-]{36}\.change")
_NEW = re.compile(r"\.(\d{20})_[0-9a-f-]{36}\.change\.new")
_HOUR_NS = 3_600 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One staged change.

    Attributes:
        action: One of `ACTIONS`.
        role: Whose document is changed: `root`, `targets`, a delegation, or `targets/*`.
        type: One of `TYPES`.
        path: Name of the target or of the top-level role; empty for others.
        data: What is added, as JSON; None where there is nothing to say.
        file: Name of its file; empty while it has none.
    """

    action: str
    role: str
    type: str
    path: str = ""
    data: bytes | None = None
    file: str = ""

    def apply(self, draft: Draft) -> None:
        """Apply it; see `Draft.apply`."""
        draft.apply(self)

    def encoded(self) -> bytes:
        """Its file, as Notary writes it."""
        data = None if self.data is None else base64.b64encode(self.data).decode()
        values = {
            "action": self.action,
            "role": self.role,
            "type": self.type,
            "path": self.path,
            "data": data,
        }
        return json.dumps(values, separators=(",", ":")).encode()

    @classmethod
    def decoded(cls, document: bytes, file: str) -> Change:
        """Read a change.

        Raises:
            ValueError: It is none; the message says why.
        """
        if len(document) > _LIMIT:
            raise ValueError("it is too long")
        found = members(document)
        texts = {}
        for name in ("action", "role", "type", "path"):
            text = found.get(name, "")
            if not isinstance(text, str):
                raise ValueError(f"its member {name} is no text")  # noqa: TRY004
            texts[name] = text
        unknown = sorted(set(found) - {*texts, "data"})
        if unknown:
            raise ValueError(f"it has a member {unknown[0]!a}, which no change has")
        if texts["action"] not in ACTIONS:
            raise ValueError(f"the action {texts['action']!a} is not known")
        if texts["type"] not in TYPES:
            raise ValueError(f"the type {texts['type']!a} is not known")
        return cls(**texts, data=_bytes(found.get("data")), file=file)


class Changelist:
    """The staged changes of one collection.

    Adding needs no lock: names do not collide, and what is added while a publication runs stays
    for the next one.
    """

    def __init__(self, trust_dir: TrustDirectory, gun: str) -> None:
        """Use the changelist in a trust directory; it is made when something is staged."""
        self._directory = trust_dir
        self._gun = gun
        self.path = f"{trust_dir.path}/tuf/{gun}/{_FOLDER}"

    def __repr__(self) -> str:
        return f"Changelist({self.path!r})"

    def read(self) -> tuple[Change, ...]:
        """Every staged change, in the order in which they are applied.

        Raises:
            StagedChangeError: One of them cannot be read: none is then.
            TrustDirectoryError: The folder cannot be read, or others may have written it.
        """
        with self._opened() as folder:
            names = [] if folder is None else self._names(folder)
            return tuple(self._read(folder, name) for name in names if folder is not None)

    def add(self, changes: Sequence[Change], *, now: Instant) -> tuple[Change, ...]:
        """Stage changes behind those that are staged already.

        Args:
            changes: In the order in which they are to be applied.
            now: The present moment, for the names.

        Returns:
            The changes with the names of their files.

        Raises:
            TrustDirectoryError: They could not be written. Those that were stay staged.
        """
        with self._opened(make=True) as folder, self._beside() as beside:
            if folder is None:
                return ()
            last = max(
                (int(found[1]) for found in map(_OURS.fullmatch, self._names(folder)) if found),
                default=0,
            )
            moment = max(now.seconds * 1_000_000_000 + now.nanoseconds, last + 1)
            added = []
            try:
                for index, change in enumerate(changes):
                    name = f"{moment + index:020}_{_uuid()}.change"
                    files.place(beside, folder, name, change.encoded())
                    added.append(_named(change, name))
                os.fsync(folder)
            except OSError as error:
                self._fail(error)
            return tuple(added)

    def names(self) -> tuple[str, ...]:
        """Names of the files that stand in the changelist, whatever is in them.

        Raises:
            TrustDirectoryError: The folder cannot be read.
        """
        with self._opened() as folder:
            return () if folder is None else tuple(self._names(folder))

    def remove(self, names: Iterable[str], *, now: Instant | None = None) -> None:
        """Take changes away, once they are published or no longer wanted.

        Args:
            names: Of their files; those that are gone already are passed over.
            now: The present moment, to clear away what a crash of long ago left beside the folder.

        Raises:
            TrustDirectoryError: One of them cannot be removed.
        """
        with self._opened() as folder:
            if folder is None:
                return
            try:
                for name in names:
                    files.check_name(name)
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=folder)
                os.fsync(folder)
            except OSError as error:
                self._fail(error)
        if now is not None:
            self._clear_away(now)

    def _clear_away(self, now: Instant) -> None:
        long_ago = now.seconds * 1_000_000_000 - _HOUR_NS
        with self._beside() as beside, contextlib.suppress(OSError):
            for name, _ in files.names(beside):
                left = _NEW.fullmatch(name)
                if left and int(left[1]) < long_ago:
                    os.unlink(name, dir_fd=beside)

    def _read(self, folder: int, name: str) -> Change:
        try:
            return Change.decoded(files.read(folder, name, _LIMIT, private=True), name)
        except OSError as error:
            cause = f"cannot be read: {shown(error.strerror or str(error))}"
        except ValueError as error:
            cause = f"is none that can be applied: {shown(str(error))}"
        where = shown(f"{self.path}/{name}")
        raise StagedChangeError(
            f"the staged change {where} {cause}; nothing was published. Reset it, or move the file "
            "away",
            gun=self._gun,
        )

    def _names(self, folder: int) -> list[str]:
        return [name for name, is_directory in files.names(folder) if not is_directory]

    @contextlib.contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[int | None]:
        """The folder, or None where nothing was ever staged."""
        with contextlib.ExitStack() as stack:
            folder: int | None = None
            try:
                folder = self._open(stack, [_FOLDER], make=make)
            except FileNotFoundError:
                pass
            except OSError as error:
                self._fail(error)
            yield folder

    @contextlib.contextmanager
    def _beside(self) -> Iterator[int]:
        with contextlib.ExitStack() as stack:
            try:
                beside = self._open(stack, [], make=True)
            except OSError as error:
                self._fail(error)
            yield beside

    def _open(self, stack: contextlib.ExitStack, below: list[str], *, make: bool) -> int:
        top = stack.enter_context(self._directory.opened(make=make))
        way = ["tuf", *self._gun.split("/"), *below]
        descriptor = files.open_below(top, way, make=make, stays=True)
        return stack.enter_context(files.opened(descriptor))

    def _fail(self, error: OSError) -> NoReturn:
        cause = shown(error.strerror or str(error))
        message = f"the staged changes in {shown(self.path)}: {cause}"
        wanted = permissions.lacking(error)
        raise TrustDirectoryError(message, gun=self._gun, expected=wanted) from error


def _named(change: Change, file: str) -> Change:
    return Change(
        action=change.action,
        role=change.role,
        type=change.type,
        path=change.path,
        data=change.data,
        file=file,
    )


def _bytes(data: object) -> bytes | None:
    if data is None:
        return None
    if not isinstance(data, str):
        raise ValueError("its data are no base64 text")  # noqa: TRY004
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError("its data are no base64 text") from error


def _uuid() -> str:
    import uuid  # noqa: PLC0415 - only when something is staged

    return str(uuid.uuid4())
