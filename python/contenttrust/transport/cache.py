"""What is remembered between runs: Docker's trust directory, and our own record beside it.

Docker's files (`tuf/<gun>/metadata/`) are read, and written as a courtesy. Those who write them
honour no lock and may lower versions, so the authority is a record of our own, one a collection,
which is locked, replaced atomically and never lowered.
"""

from __future__ import annotations

import contextlib
import os

from contenttrust import _core
from contenttrust.errors import (
    RecordError,
    TrustDirectoryError,
    VerificationError,
    shown,
)
from contenttrust.transport import docker_cache, files, permissions
from contenttrust.transport.docker_config import config_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import NoReturn

    from contenttrust._core import State

_RECORDS = "contenttrust"
_RECORD_LIMIT = 64 * 1024 * 1024
_PATIENCE = 30.0  # seconds; a lock is held for milliseconds, and by who hangs for ever
_SECOND = 1_000_000_000
# A record's modification time says when a server was asked only if its fraction of a second is
# this: other writes and copies leave another one, and coarse file systems none.
_ASKED = 271_828_000


class TrustDirectory:
    """A trust directory: Docker's cache and private keys, and our records.

    Safe to use from several threads and processes at once.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Use a trust directory, which is made when something is first written.

        Args:
            path: Such as ``~/.docker/trust``.

        Raises:
            ValueError: No directory is named.
            TypeError: It is named by something else than a text or a path.
        """
        self._path = files.directory_name(path)

    @classmethod
    def default(cls, env: Mapping[str, str] | None = None) -> TrustDirectory:
        """The trust directory that Docker uses.

        Args:
            env: Environment variables; default: the process's own.

        Returns:
            ``$DOCKER_CONFIG/trust``, or ``~/.docker/trust``. An empty variable counts as unset.

        Raises:
            TrustDirectoryError: Neither variable is set, and the user has no home directory.
        """
        config = config_directory(os.environ if env is None else env)
        if config is None:
            raise TrustDirectoryError(
                "there is no home directory to look for the trust directory in: set HOME or "
                "DOCKER_CONFIG, or name the trust directory",
                expected="a home directory",
            )
        return cls(f"{config}/trust")

    def __fspath__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"TrustDirectory({self._path!r})"

    @property
    def path(self) -> str:
        """Where it is."""
        return self._path

    def cached(self, gun: str) -> dict[str, bytes]:
        """The metadata files that Docker's cache holds of a collection.

        Args:
            gun: Name of the collection.

        Returns:
            Bytes by role; empty where nothing is cached. A file over its role's limit is cut one
            byte behind it, so that whoever judges it sees that it is too long.

        Raises:
            MalformedError: The name of the collection is no path inside the directory.
            TrustDirectoryError: Something there cannot be read, or others may have written it.
        """
        try:
            with files.opened(self._open()) as top:
                return docker_cache.read(top, gun)
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._fail(gun, "what is cached", error)

    def damaged_root(self, gun: str, cause: str) -> RecordError:
        """The refusal of a cached root that cannot be read, where no record stands beside it.

        Args:
            gun: Name of the collection.
            cause: What is wrong with it.
        """
        where = shown(f"{self._path}/tuf/{gun}/metadata/root.json")
        advice = "move it away only with a pin or a root of the publisher in its place"
        message = f"the cached root {where} is damaged: {cause}; {advice}"
        return RecordError(message, gun=gun, role="root")

    def state(self, gun: str) -> State | None:
        """What our record remembers of a collection.

        Args:
            gun: Name of the collection.

        Returns:
            None where there is no record.

        Raises:
            RecordError: The record is damaged or speaks of another collection. It is never taken
                for absent: that would bring back trust on first use.
            TrustDirectoryError: It cannot be read, or others may have written it.
        """
        try:
            with (
                files.opened(self._open()) as top,
                files.opened(files.open_below(top, [_RECORDS])) as records,
            ):
                return self._read_record(records, gun)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._fail(gun, "the record", error)

    def remember(
        self,
        gun: str,
        state: State,
        documents: Mapping[str, bytes],
        *,
        base: State | None = None,
    ) -> bool:
        """Write down what a verification accepted, if nobody else was here meanwhile.

        Args:
            gun: Name of the collection.
            state: What to remember.
            documents: The files that were accepted, by role, for Docker's cache.
            base: The record that the verification started from; `state` follows from it.

        Returns:
            Whether `state` stands in the record now. If not, another process has changed the record
            and nothing was written: what it accepted was not known to this verification, so that
            has to be repeated from there.

        Raises:
            RecordError: The record that stands there is damaged.
            TrustDirectoryError: The record could not be written, or somebody else held its lock for
                30 seconds; the old one stands.
        """
        if state.gun != gun:
            msg = f"a state of {state.gun} cannot be remembered for {gun}"
            raise ValueError(msg)
        try:
            with (
                files.opened(self._open(make=True)) as top,
                files.opened(files.open_below(top, [_RECORDS], make=True)) as records,
                files.locked(records, f"{_record(gun)}.lock", patience=_PATIENCE),
            ):
                old = self._read_record(records, gun)
                if old not in (None, base, state):
                    return False
                if state != old:
                    files.replace(records, f"{_record(gun)}.json", state.to_json().encode())
                if old is None:
                    os.fsync(top)  # the directory of records may be as new as the record
                docker_cache.write(top, gun, documents)
                return True
        except OSError as error:
            self._fail(gun, "the record", error)

    def asked(self, gun: str, *, now: float | None = None) -> float | None:
        """When a server last said what is new of a collection.

        Args:
            gun: Name of the collection.
            now: The present moment, in POSIX seconds. Default: the caller compares by itself, and
                takes a moment ahead of its own for none.

        Returns:
            POSIX seconds; None where no server was asked since the record was written, where there
            is no record, or where the moment lies ahead of `now`.

        Raises:
            TrustDirectoryError: The record cannot be read, or others may have written it.
        """
        with self._opened_record(gun) as record:
            seconds, mark = divmod(0 if record is None else os.fstat(record).st_mtime_ns, _SECOND)
            ahead = now is not None and seconds > now
            return float(seconds) if mark == _ASKED and not ahead else None

    def mark_asked(self, gun: str, when: float) -> None:
        """Note that a server was asked, and that the record holds what it answered.

        The note is a convenience: it is the record's modification time, is not synchronised, and
        where that cannot be set, or the record is replaced meanwhile, there is none.

        Args:
            gun: Name of the collection.
            when: The moment before the server was asked, in POSIX seconds; cut to whole ones.

        Raises:
            TrustDirectoryError: The record cannot be opened, or others may have written it.
        """
        moment = int(when // 1) * _SECOND + _ASKED
        with self._opened_record(gun) as record:
            if record is not None and os.fstat(record).st_mtime_ns != moment:
                with contextlib.suppress(OSError):
                    os.utime(record, ns=(moment, moment))

    @contextlib.contextmanager
    def opened(self, *, make: bool = False) -> Iterator[int]:
        """The directory itself, open for who keeps other files of Docker's in it.

        Args:
            make: Whether to make it when it is missing.

        Raises:
            FileNotFoundError: It is missing.
            OSError: It cannot be opened, or others may exchange what stands in it.
        """
        with files.opened(self._open(make=make)) as top:
            yield top

    @contextlib.contextmanager
    def locked(self, gun: str, purpose: str, *, patience: float = 30.0) -> Iterator[None]:
        """Hold a collection for one purpose; others wait, as long as they use this class.

        Args:
            gun: Name of the collection.
            purpose: A word, such as ``publish``.
            patience: Seconds to wait for who holds it.

        Raises:
            TrustDirectoryError: It cannot be locked, or somebody else held it all that time.
        """
        with contextlib.ExitStack() as stack:
            try:
                top = stack.enter_context(files.opened(self._open(make=True)))
                below = files.open_below(top, [_RECORDS], make=True)
                records = stack.enter_context(files.opened(below))
                name = f"{_record(gun)}.{purpose}.lock"
                stack.enter_context(files.locked(records, name, patience=patience))
            except OSError as error:
                self._fail(gun, f"the lock for {purpose}", error)
            yield

    def forget(self, gun: str) -> None:
        """Take the record of a collection away, because its user deletes all that is known of it.

        Args:
            gun: Name of the collection.

        Raises:
            TrustDirectoryError: It cannot be removed.
        """
        try:
            with (
                files.opened(self._open()) as top,
                files.opened(files.open_below(top, [_RECORDS])) as records,
                files.locked(records, f"{_record(gun)}.lock", patience=_PATIENCE),
            ):
                os.unlink(f"{_record(gun)}.json", dir_fd=records)
                os.fsync(records)
        except FileNotFoundError:
            return
        except OSError as error:
            self._fail(gun, "the record", error)

    @contextlib.contextmanager
    def _opened_record(self, gun: str) -> Iterator[int | None]:
        """The descriptor of a collection's record, or None where there is none."""
        with contextlib.ExitStack() as stack:
            record: int | None = None
            try:
                top = stack.enter_context(files.opened(self._open()))
                records = stack.enter_context(files.opened(files.open_below(top, [_RECORDS])))
                permissions.check_private(os.fstat(records), _RECORDS)
                opened = files.open_regular(records, f"{_record(gun)}.json", private=True)
                record = stack.enter_context(files.opened(opened))
            except FileNotFoundError:
                pass
            except OSError as error:
                self._fail(gun, "the record", error)
            yield record

    def _open(self, *, make: bool = False) -> int:
        """Open the trust directory, unless others may take away what stands in it.

        Whoever can rename the records away brings trust on first use back.
        """
        permissions.check_way(self._path)
        descriptor = files.open_directory(self._path, make=make)
        try:
            files.check_stays(descriptor, self._path)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _read_record(self, records: int, gun: str) -> State | None:
        permissions.check_private(os.fstat(records), _RECORDS)
        try:
            data = files.read(records, f"{_record(gun)}.json", _RECORD_LIMIT, private=True)
        except FileNotFoundError:
            return None
        try:
            state = _core.State.from_json(data.decode())
        except (VerificationError, ValueError) as error:
            cause = getattr(error, "message", "") or "it is no text"
            raise self._damaged(gun, cause) from error
        if state.gun != gun:
            raise self._damaged(gun, f"it speaks of {state.gun}")
        return state

    def _damaged(self, gun: str, cause: str) -> RecordError:
        where = shown(f"{self._path}/{_RECORDS}/{_record(gun)}.json")
        return RecordError(f"the record {where} is damaged: {cause}", gun=gun, role="root")

    def _fail(self, gun: str, what: str, error: OSError) -> NoReturn:
        name = f" ({error.filename})" if isinstance(error.filename, str) else ""
        cause = shown(f"{error.strerror or error}{name}")
        message = f"{what} in the trust directory {shown(self._path)}: {cause}"
        wanted = permissions.lacking(error)
        raise TrustDirectoryError(message, gun=gun, expected=wanted) from error


def was_only_made(cached: Mapping[str, bytes]) -> bool:
    """Whether a cache may hold a first root that was made there and never published.

    What a server has ever had comes with its timestamp, or with the root alone.
    """
    return {"root", "targets"} <= cached.keys() and "timestamp" not in cached


def _record(gun: str) -> str:
    """File name of a collection's record, without its ending: the same for every possible name."""
    return _core.sha256(gun.encode())  # hashlib would load a second libcrypto
