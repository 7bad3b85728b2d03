"""One client for whoever may be used by several threads, and in forked processes."""

from __future__ import annotations

import contextlib
import os
from _thread import allocate_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Iterator

    from contenttrust.transport.http import Client
    from contenttrust.transport.tls import Tls


class SharedClient:
    """Connections that threads use in turns, and that a forked process does not touch."""

    def __init__(self, *, tls: Tls, timeout: float) -> None:
        """Prepare; see `Client` for the arguments."""
        self._tls = tls
        self._timeout = timeout
        self._by_process: dict[int, tuple[LockType, Client]] = {}

    @contextlib.contextmanager
    def held(self, gun: str, *, until: float) -> Iterator[Client]:
        """Have the client for one thread alone, as long as the block lasts.

        Args:
            gun: Name of the collection, for messages.
            until: Moment on the monotonic clock at which nothing is waited for any more.
        """
        lock, client = self._own()
        with lock:
            client.gun = gun
            client.until = until
            yield client

    def _own(self) -> tuple[LockType, Client]:
        process = os.getpid()
        if process not in self._by_process:
            from contenttrust.transport.http import Client  # noqa: PLC0415 - when used

            # Closing what was inherited would say goodbye in the parent's name: it is kept. Its
            # lock may be held by a thread that was not inherited.
            _inherited.extend(self._by_process.values())
            made = (allocate_lock(), Client(tls=self._tls, timeout=self._timeout))
            self._by_process.setdefault(process, made)  # of threads that come at once, one wins
        return self._by_process[process]


_inherited: list[object] = []
