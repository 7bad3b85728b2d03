"""What a request to dockerd asks for, as its authorization plugin is told of it.

The plugin must not read a request otherwise than dockerd does. So whatever has two readings is
refused: paths that dockerd cleans or redirects, query parameters that are there twice, members of
JSON that differ in case alone.

Source: moby 20.10 and 28, `pkg/authorization`, `api/server/router`, `api/server/httputils`.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from contenttrust.gate.service.strict_json import JsonError, decoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_VERSION = re.compile(r"/v[0-9.]+(?=/)")
_PLAIN = re.compile(r"[!-~]+")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URI_LIMIT = 16_384


class DockerRequestError(ValueError):
    """A request that cannot be read with certainty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerRequest:
    """One request to dockerd.

    Attributes:
        method: Such as ``POST``.
        path: Decoded, without the version of the API.
        query: The parameters behind ``?``, each once.
        headers: By their names in lower case.
        body: As the plugin was given it; dockerd leaves it out where it is no JSON or too long.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def members(self) -> dict[str, Any]:
        """The JSON object that is the body, its members' names in lower case, as Go reads them.

        Raises:
            DockerRequestError: There is none, or it has two readings.
        """
        if not self.body:
            raise DockerRequestError(
                "dockerd passed no body on: it is empty, longer than 1 MB, sent in chunks or not "
                "announced as application/json"
            )
        try:
            found = decoded(self.body, fold_case=True)
        except JsonError as error:
            raise DockerRequestError(str(error)) from None
        if not isinstance(found, dict):
            raise DockerRequestError("the body is no JSON object")
        return found


def parse(told: object) -> DockerRequest:
    """Read what dockerd tells its plugin.

    Raises:
        DockerRequestError: It is no such message, or its request has two readings.
    """
    if not isinstance(told, dict):
        raise DockerRequestError("the message is no JSON object")
    method, uri = told.get("RequestMethod"), told.get("RequestUri")
    if not isinstance(method, str) or not isinstance(uri, str):
        raise DockerRequestError("the message names no method and no URI")
    headers = told.get("RequestHeaders")
    headers = {} if headers is None else headers
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        raise DockerRequestError("the headers of the request are not understood")
    path, query = _split(uri)
    return DockerRequest(
        method=method,
        path=path,
        query=query,
        headers={str(name).lower(): value for name, value in headers.items()},
        body=_body(told.get("RequestBody")),
    )


def _body(told: object) -> bytes:
    if told is None:
        return b""
    if not isinstance(told, str):
        raise DockerRequestError("the body is not encoded as base64")
    try:
        return base64.b64decode(told, validate=True)
    except ValueError:  # not of its alphabet, or not of its length
        raise DockerRequestError("the body is not encoded as base64") from None


def _split(uri: str) -> tuple[str, dict[str, str]]:
    """Path and parameters of a URI that has one reading only."""
    if len(uri) > _URI_LIMIT or not _PLAIN.fullmatch(uri) or "#" in uri or "\\" in uri:
        raise DockerRequestError("the URI has characters that do not belong there")
    if uri.startswith("//") or _PERCENT.search(uri):
        raise DockerRequestError("the URI has two readings")
    try:
        parts = urlsplit(uri)
        path = unquote(parts.path, errors="strict")
    except ValueError:
        raise DockerRequestError("the URI is none") from None
    # dockerd would answer these with a redirect; and what is encoded twice is no name of its.
    if not path.startswith("/") or set(path.split("/")[1:]) & {"", ".", ".."} or "%" in path:
        raise DockerRequestError(f"the path {path[:160]!a} is not a clean one")
    if not path.isascii() or not path.isprintable():
        raise DockerRequestError(f"the path {path[:160]!a} has characters that do not belong there")
    version = _VERSION.match(path)
    return path[version.end() :] if version else path, _parameters(parts.query)


def _parameters(text: str) -> dict[str, str]:
    if ";" in text:
        raise DockerRequestError("the parameters are separated by ';'")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise DockerRequestError("the parameters of the URI are not understood") from None
    query = dict(pairs)
    if len(query) != len(pairs):
        # Lists, such as `changes` of an import, belong to requests that are not read further.
        names = [name for name, _ in pairs]
        query.update({name: "" for name in query if names.count(name) > 1 and name not in _ONCE})
        twice = [name for name in _ONCE if names.count(name) > 1]
        if twice:
            raise DockerRequestError(f"the parameter {twice[0]} is there twice")
    return query


_ONCE = ("fromImage", "fromSrc", "tag", "repo", "platform", "remote", "version", "rollback")
