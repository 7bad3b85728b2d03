"""Files in one form, as libcurl sends them (RFC 7578)."""

from __future__ import annotations

from contenttrust.transport.libcurl import pycurl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELD = "files"
_TYPE = "application/octet-stream"


def attach(handle: pycurl.Curl, files: Mapping[str, bytes]) -> None:
    """Make a transfer send files.

    Args:
        handle: Of the transfer.
        files: Contents by file name; each is a part named ``files``, as notary names it.
    """
    mime_class = getattr(pycurl, "CurlMime", None)
    if mime_class is None:  # before pycurl 7.47; newer ones take the other for outdated
        handle.setopt(pycurl.HTTPPOST, [_part(name, files[name]) for name in files])
        return
    mime = mime_class(handle)
    for name, content in files.items():
        mime.add(name=_FIELD, data=content, filename=name, content_type=_TYPE)
    handle.setopt(pycurl.MIMEPOST, mime)  # type: ignore[attr-defined]


def _part(name: str, content: bytes) -> tuple[str, tuple[object, ...]]:
    told = (pycurl.FORM_BUFFER, name, pycurl.FORM_BUFFERPTR, content)
    return _FIELD, (*told, pycurl.FORM_CONTENTTYPE, _TYPE)
