"""What each request to dockerd may start, and whether it may: the table of an authorization plugin.

A plugin cannot change a request: it can only let it through. So an image that is to run must be
named so that the name cannot mean another one a moment later: by the digest that is signed, or by
the id of an image that dockerd knows under such a digest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contenttrust.gate.service.docker_request import DockerRequestError
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from contenttrust.gate.service.docker_request import DockerRequest

COVERED, HARMLESS = "covered", "harmless"
UNCOVERED = ("build", "load", "import", "plugins", "swarm", "rollback", "unknown")
"""Doors that cannot be checked; a policy says of each whether it is shut."""

_WITHOUT_IMAGE = frozenset({"bind", "volume", "tmpfs", "npipe", "cluster"})
"""Types of mounts."""
_STAYS = (None, "", "pause", "continue")
"""What a failed update does without going back."""
_UPDATE = r"/services/[^/]+/update"
_ID = r"(?:sha256:)?[0-9a-f]{64}"
_ANY = r"/.*"
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("POST", r"/containers/create", COVERED),
    ("POST", r"/images/create", COVERED),
    ("POST", r"/services/create", COVERED),
    ("POST", _UPDATE, COVERED),
    ("POST", r"/build/(prune|cancel)", HARMLESS),
    ("POST", r"/build", "build"),
    ("POST", r"/session", "build"),
    ("POST", r"/grpc", "build"),
    ("POST", r"/moby\.[^/]+/[^/]+", "build"),
    ("POST", r"/images/load", "load"),
    ("POST", r"/plugins/(pull|create)", "plugins"),
    ("POST", r"/plugins/.+/(disable|push)", HARMLESS),
    ("POST", r"/plugins/.+/(enable|upgrade|set)", "plugins"),
    # Who leads a swarm, or lets another manager in, has containers started here that nobody asks
    # this plugin about: those of init and update hand out tokens, that of a node makes managers.
    ("POST", r"/swarm/(init|join|update)", "swarm"),
    ("POST", r"/nodes/[^/]+/update", "swarm"),
    ("POST", r"/swarm/(leave|unlock)", HARMLESS),
    ("POST", r"/(secrets|configs)/(create|[^/]+/update)", HARMLESS),
    ("POST", r"/images/.+/(push|tag)", HARMLESS),
    ("POST", r"/(images|containers|networks|volumes)/prune", HARMLESS),
    ("POST", r"/commit", HARMLESS),
    ("POST", r"/containers/.+/(start|stop|restart|kill|pause|unpause|wait|resize)", HARMLESS),
    ("POST", r"/containers/.+/(attach|exec|rename|update|checkpoints)", HARMLESS),
    ("POST", r"/exec/.+/(start|resize)", HARMLESS),
    ("PUT", r"/containers/.+/archive", HARMLESS),
    ("POST", r"/networks/create", HARMLESS),
    ("POST", r"/networks/.+/(connect|disconnect)", HARMLESS),
    ("POST", r"/volumes/create", HARMLESS),
    ("PUT", r"/volumes/.+", HARMLESS),
    ("POST", r"/auth", HARMLESS),
    ("GET", _ANY, HARMLESS),
    ("HEAD", _ANY, HARMLESS),
    ("OPTIONS", _ANY, HARMLESS),
    ("DELETE", _ANY, HARMLESS),
)
"""Method, path and what it is; the first that fits counts. Whatever is not here is ``unknown``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An image that a request would start or fetch.

    Attributes:
        image: As the request names it.
        what: ``pull``, ``name@digest`` or ``id``; else what stands in the way of a check.
        reference: Of the image, where its name is one.
    """

    image: str
    what: str
    reference: Reference | None = None


def kind_of(request: DockerRequest) -> str:
    """What a request is: ``covered``, ``harmless``, or one of `UNCOVERED`.

    Raises:
        DockerRequestError: It cannot be told.
    """
    for method, path, kind in _TABLE:
        if request.method == method and re.fullmatch(path, request.path):
            if request.path == "/images/create":
                return COVERED if _names_an_image(request) else "import"
            if kind == COVERED and request.query.get("rollback", "") not in {"", "none"}:
                return "rollback"
            return kind
    return "unknown"


def may_go_back(request: DockerRequest) -> bool:
    """Whether swarm, where an update fails, starts the images of the specification before.

    A service that is created has none; each update says anew what a failure does.

    Raises:
        DockerRequestError: It cannot be read with certainty.
    """
    if not re.fullmatch(_UPDATE, request.path):
        return False
    return _object(request.members(), "updateconfig").get("failureaction") not in _STAYS


def _names_an_image(request: DockerRequest) -> bool:
    """Whether a request to make an image pulls one; else it imports what it brings."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", "text/plain", "application/json", "application/octet-stream"}:
        # Parameters in a form go before those of the URI, and plugins are not shown forms.
        raise DockerRequestError(f"the request has a body of type {kind[:80]!a}")
    if not request.query.get("fromImage"):
        return False
    # A body in pieces has no length, and of a type that is sent twice dockerd goes by the first and
    # shows the last: a form could come unseen.
    if request.headers.get("content-length") != "0":
        raise DockerRequestError("a request to pull has no body, and says so: Content-Length: 0")
    return True


def questions(request: DockerRequest) -> list[Question]:
    """The images of a request that is covered.

    Raises:
        DockerRequestError: It cannot be read with certainty.
    """
    if request.path == "/images/create":
        return [_pulled(request)]
    members = request.members()
    if request.path == "/containers/create":
        return [*map(named, _of_container(members))]
    return [*map(named, _of_service(members))]


def _pulled(request: DockerRequest) -> Question:
    name, tag = request.query["fromImage"], request.query.get("tag", "")
    image = f"{name}{'@' if ':' in tag else ':'}{tag}" if tag else name
    try:
        reference = Reference.parse(image)
    except InvalidReferenceError as error:
        raise DockerRequestError(str(error)) from None
    if not tag and reference.name_only:
        raise DockerRequestError(f"all tags of {reference.gun} are asked for: pull each by itself")
    return Question(image=image, what="pull", reference=reference)


def named(image: str) -> Question:
    """How an image is named that is to run."""
    if re.fullmatch(_ID, image):
        return Question(image=image, what="id")
    try:
        reference = Reference.parse(image)
    except InvalidReferenceError as error:
        return Question(image=image, what=str(error))
    what = "name@digest" if reference.digest else "tag"
    return Question(image=image, what=what, reference=reference)


def _of_container(members: Mapping[str, Any]) -> Iterator[str]:
    yield _text(members, "image")
    yield from _mounted(_object(members, "hostconfig"))


def _of_service(members: Mapping[str, Any]) -> Iterator[str]:
    task = _object(members, "tasktemplate")
    if task.get("pluginspec"):
        raise DockerRequestError("the service runs a plugin")
    container = _object(task, "containerspec")
    if container:
        yield _text(container, "image")
        yield from _mounted(container)
    elif not task.get("networkattachmentspec"):
        raise DockerRequestError("the service names no image")


def _mounted(members: Mapping[str, Any]) -> Iterator[str]:
    for mount in _list(members, "mounts"):
        if mount.get("type") is not None and _text(mount, "type") not in _WITHOUT_IMAGE:
            yield _text(mount, "source")


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise DockerRequestError(f"the body names no {name}")
    return value


def _object(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DockerRequestError(f"{name} in the body is no object")
    return value


def _list(members: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = members.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise DockerRequestError(f"{name} in the body is no list of objects")
    return value
