"""Runs libcurl transfers in parallel, with poll(2) to wait for their sockets.

libcurl's own select(2) does not see descriptors above 1023, which a busy server process has.
"""

from __future__ import annotations

import contextlib
import select
import time

from contenttrust.transport.libcurl import pycurl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EVENTS = {
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}


class Multi:
    """A set of transfers and the connections that are kept between them. For one thread."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watched: set[int] = set()
        self._due: float | None = None  # when libcurl wants to be called, whatever else happens
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def run(
        self, transfers: Sequence[pycurl.Curl], *, connections: int
    ) -> Iterator[tuple[pycurl.Curl, int, str]]:
        """Run transfers to their end.

        Args:
            transfers: Prepared handles, each of them once.
            connections: How many to one host at the same time; other transfers wait.

        Yields:
            Each handle when its transfer has ended, with libcurl's code (0: good) and words.
        """
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, connections)
        running: dict[pycurl.Curl, None] = {}
        try:
            for transfer in transfers:
                self._multi.add_handle(transfer)
                running[transfer] = None
            while running:
                self._step()
                for transfer, code, words in self._ended():
                    self._multi.remove_handle(transfer)
                    del running[transfer]
                    yield transfer, code, words
        finally:  # after a KeyboardInterrupt libcurl must not write into handles that are gone
            for transfer in running:
                self._multi.remove_handle(transfer)

    def close(self) -> None:
        """Close the connections."""
        self._multi.close()

    def _step(self) -> None:
        """Wait for something to happen, and let libcurl act on it."""
        for descriptor, events in self._poll.poll(self._patience()):
            if descriptor in self._watched:  # else an earlier one of this round closed it
                self._multi.socket_action(descriptor, _mask(events))
        # A moment, not a span: a server that sends a byte now and then must not put it off.
        if self._due is not None and self._due <= time.monotonic():
            self._due = None  # libcurl sets it anew if it wants to be called again
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _patience(self) -> float | None:
        """How many milliseconds may be waited."""
        if self._due is None:
            return None
        return max(0.0, (self._due - time.monotonic()) * 1000)

    def _ended(self) -> list[tuple[pycurl.Curl, int, str]]:
        ended: list[tuple[pycurl.Curl, int, str]] = []
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            ended += [(transfer, 0, "") for transfer in good]
            ended += [(transfer, code, words) for transfer, code, words in bad]
        return ended

    def _watch(self, event: int, descriptor: int, multi: object, data: object) -> None:
        del multi, data
        if event == pycurl.POLL_REMOVE:
            self._watched.discard(descriptor)
            with contextlib.suppress(KeyError, ValueError):
                self._poll.unregister(descriptor)
        elif event in _EVENTS:
            self._watched.add(descriptor)
            self._poll.register(descriptor, _EVENTS[event])

    def _set_timer(self, milliseconds: int) -> None:
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _mask(events: int) -> int:
    mask = 0
    if events & (select.POLLIN | select.POLLHUP):
        mask |= pycurl.CSELECT_IN
    if events & select.POLLOUT:
        mask |= pycurl.CSELECT_OUT
    if events & (select.POLLERR | select.POLLNVAL):
        mask |= pycurl.CSELECT_ERR
    return mask
