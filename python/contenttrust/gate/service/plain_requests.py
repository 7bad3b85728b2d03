"""What is no plain HTTP request is answered in plain words, and costs the service nothing more."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def plain_alone(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse bodies that are compressed, and those that come in broken pieces.

    A few kilobytes can unpack to gigabytes, and neither an API server nor dockerd compresses what
    it asks. The service must have been told not to unpack them (`auto_decompress`), too.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        text = "contenttrust: a compressed request is not read: send it as it is\n"
        return web.Response(status=415, text=text)
    try:
        return await handler(request)
    except web.RequestPayloadError:
        return web.Response(status=400, text="contenttrust: the request comes in broken pieces\n")


def logger() -> logging.Logger:
    """Where the failures of requests are logged: those of the service, not those of a client."""
    made = logging.getLogger(__name__)
    made.addFilter(_is_ours)
    return made


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is no client that sent nonsense, such as headers that are too long.

    Such a client has its answer; a traceback for each of them would fill the log.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)
