"""Connections of the service: never more than a number, and who is silent makes room for who asks.

aiohttp takes as many as come. Each has a file of this process, so whoever only connects could take
all of them, and nothing would be verified any more.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from contextlib import suppress

from aiohttp import web

from contenttrust.gate.service.configuration import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Callable, Sequence
    from typing import NoReturn

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HANDSHAKE_S = 10.0
_PATIENCE_S = 1.0
"""How long a client may always be silent."""
_PAUSE_S = 0.02
_FILES_OF_A_THREAD = 32
_OTHER_FILES = 64


def make_room(most: int, *, threads: int) -> None:
    """Raise this process's limit of open files to what that many connections need.

    Args:
        most: Connections at once.
        threads: Verifications at once, which have files and connections of their own.

    Raises:
        ConfigurationError: The system does not allow it.
    """
    needed = most + threads * _FILES_OF_A_THREAD + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ConfigurationError(
            f"connections: {most} connections and {threads} threads need {needed} open files, and "
            f"the system allows {hard}: raise its limit (ulimit -n), or lower connections"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


class _Connection:
    """One connection, from before its TLS handshake on.

    Attributes:
        request: What is being answered; None between requests.
        served: Whether a request was answered.
        since: When something came of it last, by the clock of the event loop.
    """

    __slots__ = ("_begun", "_socket", "_transport", "request", "served", "since")

    def __init__(
        self,
        accepted: socket.socket,
        handler: web.RequestHandler,
        context: ssl.SSLContext | None,
    ) -> None:
        self._socket = accepted
        self._transport: asyncio.Transport | None = None
        self.request: web.Request | None = None
        self.served = False
        self.since = asyncio.get_running_loop().time()
        self._begun = asyncio.ensure_future(self._begin(handler, context))
        self._begun.add_done_callback(self._close_if_cancelled)

    @property
    def is_open(self) -> bool:
        return self._socket.fileno() >= 0

    @property
    def is_silent(self) -> bool:
        """Whether it is the client's turn: to greet, to ask, or to send the rest of a request."""
        return self.request is None or not self.request.content.is_eof()

    def note(self, request: web.Request | None) -> None:
        """Note a request that has come, or None when it is answered."""
        self.served = self.served or request is None
        self.request = request
        self.since = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Close it, which takes the event loop a turn or two."""
        self._begun.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _begin(self, handler: web.RequestHandler, context: ssl.SSLContext | None) -> None:
        """Greet, and give what comes to the handler."""
        with suppress(OSError):  # by a client that is none; the socket is closed by then
            self._transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: handler,
                self._socket,
                ssl=context,
                ssl_handshake_timeout=None if context is None else _HANDSHAKE_S,
            )

    def _close_if_cancelled(self, begun: asyncio.Task[None]) -> None:
        if begun.cancelled():  # perhaps before anything knew of the socket
            self._socket.close()


class Connections:
    """The connections of one service. Belongs to one event loop."""

    def __init__(self, most: int, *, dropped: Callable[[], None]) -> None:
        """Prepare.

        Args:
            most: Connections at once; one more for each further address that is listened on.
            dropped: Told of each one that is closed for others.
        """
        self._most = most
        self._dropped = dropped
        self._open: dict[web.RequestHandler, _Connection] = {}
        self._ending: _Connection | None = None

    def __len__(self) -> int:
        return sum(one.is_open for one in self._open.values())

    @web.middleware
    async def noting(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note which connections are being answered: these are left alone."""
        one = self._open.get(request.protocol)
        if one is None:  # it was closed meanwhile
            return await handler(request)
        one.note(request)
        try:
            return await handler(request)
        finally:
            one.note(None)

    async def accept(
        self,
        listeners: Sequence[socket.socket],
        server: web.Server,
        context: ssl.SSLContext | None,
    ) -> None:
        """Accept connections, until this is cancelled.

        Args:
            listeners: Sockets that listen. They are closed in the end.
            server: Makes the handler of each connection, and ends what is open in the end.
            context: For TLS; None for none.
        """
        try:
            await asyncio.gather(*(self._accept(one, server, context) for one in listeners))
        finally:
            for listener in listeners:
                listener.close()

    async def _accept(
        self,
        listener: socket.socket,
        server: web.Server,
        context: ssl.SSLContext | None,
    ) -> NoReturn:
        loop = asyncio.get_running_loop()
        while True:
            while not self._has_room():  # whoever comes waits with the kernel
                await asyncio.sleep(0 if self._drop() else _PAUSE_S)
            try:
                accepted, _ = await loop.sock_accept(listener)
            except OSError as error:  # the client has gone, or the system has no more files
                logging.getLogger(__name__).warning("a connection was not accepted: %s", error)
                self._drop()
                await asyncio.sleep(_PAUSE_S)
                continue
            handler = server()
            self._open[handler] = _Connection(accepted, handler, context)

    def _has_room(self) -> bool:
        """Whether one more may come."""
        if len(self._open) < self._most:
            return True
        self._open = {handler: one for handler, one in self._open.items() if one.is_open}
        return len(self._open) < self._most

    def _drop(self) -> bool:
        """Close the connection that is silent longest; gives whether one is being closed.

        Those on which nothing was asked go first: a client that has asked may ask again.
        """
        if self._ending is not None and self._ending.is_open:
            return True
        silent = [one for one in self._open.values() if one.is_silent]
        longest = min(silent, key=lambda one: (one.served, one.since), default=None)
        if longest is None or asyncio.get_running_loop().time() - longest.since < _PATIENCE_S:
            return False
        longest.end()
        self._ending = longest
        self._dropped()
        return True
