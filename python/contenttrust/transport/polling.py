"""Runs libcurl transfers in parallel, with poll(2) to wait for their sockets.

libcurl's own select(2) does not see descriptors above 1023, which a busy server process has.
"""

from __future__ import annotations

import contextlib
import select
import time
from itertools import islice

from contenttrust.transport.callbacks import Callbacks
from contenttrust.transport.libcurl import pycurl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EVENTS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}


# Each transfer under way may hold a socket and a thread that resolves a name: a collection names as
# many files as it likes, and a server may redirect each of them to a host of its own.
_AT_ONCE = 16


# Of runs that were broken off: to free one waits for a name that is being resolved.
_abandoned: list[pycurl.CurlMulti] = []


class Multi:
    """A set of transfers and the connections that are kept between them. For one thread."""

    def __init__(self) -> None:
        """Make an empty set."""
        # Apart from us, so that libcurl's callbacks do not keep us, and connections, alive.
        self._sockets = sockets = _Sockets()
        self._callbacks = Callbacks()
        watch = self._callbacks.guarded(sockets.watch, failed=None)
        set_timer = self._callbacks.guarded(sockets.set_timer, failed=None)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, set_timer)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, _AT_ONCE)
        self._multi.setopt(pycurl.M_MAXCONNECTS, _AT_ONCE)
        self._shares = False

    def run(
        self, transfers: Iterable[pycurl.Curl], *, connections: int
    ) -> Iterator[tuple[pycurl.Curl, int, str]]:
        """Run transfers to their end.

        One begins when it can be served: its deadline counts from then on, so that a slow server
        with many files is not given up for those that wait.

        Args:
            transfers: Prepared handles, each of them once; taken when its turn has come.
            connections: How many to one host at the same time. Where requests share a connection
                (HTTP/2) more of them are under way.

        Yields:
            Each handle when its transfer has ended, with libcurl's code (0: good) and words.
        """
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, connections)
        waiting = iter(transfers)
        running: dict[pycurl.Curl, None] = {}
        try:
            while self._fill(running, waiting, connections):
                self._step()
                for transfer, code, words in self._ended():
                    with self._callbacks:
                        self._multi.remove_handle(transfer)
                        del running[transfer]
                    self._shares = _version(transfer) == pycurl.CURL_HTTP_VERSION_2_0
                    yield transfer, code, words
        except BaseException:
            if running:
                _abandoned.append(self._multi)
            raise
        finally:  # after a KeyboardInterrupt libcurl must not write into handles that are gone
            with self._callbacks:
                for transfer in running:
                    self._multi.remove_handle(transfer)

    def close(self) -> None:
        """Close the connections."""
        if self._multi not in _abandoned:
            with self._callbacks:
                self._multi.close()

    def _fill(
        self,
        running: dict[pycurl.Curl, None],
        waiting: Iterator[pycurl.Curl],
        connections: int,
    ) -> bool:
        """Let the next transfers begin; whether any is under way."""
        room = (_AT_ONCE if self._shares else connections) - len(running)
        for transfer in islice(waiting, max(0, room)):
            with self._callbacks:
                self._multi.add_handle(transfer)
                running[transfer] = None
        return bool(running)

    def _step(self) -> None:
        """Wait for something to happen, and let libcurl act on it."""
        sockets = self._sockets
        for descriptor, events in sockets.wait():
            if sockets.is_watched(descriptor):  # else an earlier one of this round closed it
                with self._callbacks:
                    self._multi.socket_action(descriptor, _mask(events))
        if sockets.take_timer():
            with self._callbacks:
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _ended(self) -> list[tuple[pycurl.Curl, int, str]]:
        ended: list[tuple[pycurl.Curl, int, str]] = []
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            ended += [(transfer, 0, "") for transfer in good]
            ended += [(transfer, code, words) for transfer, code, words in bad]
        return ended


class _Sockets:
    """What libcurl waits for: sockets, and a moment."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watched: set[int] = set()
        self._due: float | None = None

    def watch(self, event: int, descriptor: int, multi: object, data: object) -> None:
        """Libcurl's word on a socket: what to wait for, or that it is gone."""
        del multi, data
        if event == pycurl.POLL_REMOVE:
            self._watched.discard(descriptor)
            with contextlib.suppress(KeyError, ValueError):
                self._poll.unregister(descriptor)
        elif event in _EVENTS:
            self._watched.add(descriptor)
            self._poll.register(descriptor, _EVENTS[event])

    def is_watched(self, descriptor: int) -> bool:
        """Whether libcurl still waits for a socket."""
        return descriptor in self._watched

    def set_timer(self, milliseconds: int) -> None:
        """Libcurl's word on when it wants to be called, whatever else happens; -1: never.

        Kept as a moment: a server that sends a byte now and then must not put it off.
        """
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def take_timer(self) -> bool:
        """Whether that moment has come; libcurl sets another one if it wants one."""
        if self._due is None or self._due > time.monotonic():
            return False
        self._due = None
        return True

    def wait(self) -> list[tuple[int, int]]:
        """Wait for a socket or for that moment; descriptors with what happened to them."""
        if self._due is None:
            return self._poll.poll()
        return self._poll.poll(max(0.0, (self._due - time.monotonic()) * 1000))


def _version(transfer: pycurl.Curl) -> int:
    return int(transfer.getinfo_raw(pycurl.INFO_HTTP_VERSION))  # type: ignore[no-untyped-call]


def _mask(events: int) -> int:
    mask = 0
    if events & (select.POLLIN | select.POLLHUP):
        mask |= pycurl.CSELECT_IN
    if events & select.POLLOUT:
        mask |= pycurl.CSELECT_OUT
    if events & (select.POLLERR | select.POLLNVAL):
        mask |= pycurl.CSELECT_ERR
    return mask
