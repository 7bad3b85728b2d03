"""What a registry serves: documents of images and of indexes, and how they are told."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from servers.answers import Answer, document
from servers.https import HttpsServer

IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
PATH = "team/web"
CONFIG = "application/vnd.oci.image.config.v1+json"
BLOB = {"mediaType": "application/octet-stream", "digest": f"sha256:{'b' * 64}", "size": 7}


_LENGTHS: dict[str, int] = {}


def digest_of(body: bytes) -> str:
    """As references write it."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def image(label: str = "x", media_type: str = IMAGE, **members: object) -> bytes:
    """The manifest of an image; other labels give other digests. `...` leaves a member out."""
    return _document(
        {
            "mediaType": media_type,
            "config": BLOB,
            "layers": [BLOB],
            "annotations": {"label": label},
        }
        | members
    )


def child(body: bytes, media_type: str = IMAGE, **members: object) -> dict[str, object]:
    """What an index says of a document."""
    return {"mediaType": media_type, "digest": digest_of(body), "size": len(body)} | members


def platform(system: str, architecture: str, **members: str) -> dict[str, str]:
    """What an index says of where an image runs."""
    return {"os": system, "architecture": architecture} | members


def index(*children: object, media_type: str = INDEX, **members: object) -> bytes:
    """An index of such."""
    return _document({"mediaType": media_type, "manifests": list(children)} | members)


def configuration(*triggers: str, **members: object) -> bytes:
    """That of an image; `triggers` are what ``ONBUILD`` left in it."""
    process = {"Cmd": ["/label"], "OnBuild": list(triggers) or None}
    return json.dumps(
        {"os": "linux", "architecture": "amd64", "config": process} | members
    ).encode()


def descriptor(body: bytes, media_type: str = CONFIG, **members: object) -> dict[str, object]:
    """What a manifest says of a blob."""
    return child(body, media_type, **members)


def _document(members: dict[str, Any]) -> bytes:
    all_of_them = {"schemaVersion": 2} | members
    kept = {name: value for name, value in all_of_them.items() if value is not ...}
    return json.dumps(kept).encode()


def told(body: bytes, media_type: str = IMAGE, **headers: str) -> Answer:
    """A document as registries give it; `headers` by their names with underscores."""
    usual = {"Content-Type": media_type, "Docker-Content-Digest": digest_of(body)}
    other = {name.replace("_", "-"): value for name, value in headers.items()}
    return document(body, headers=usual | other)


def push(
    server: HttpsServer, body: bytes, media_type: str = IMAGE, *, tag: str | None = "1"
) -> str:
    """Have a server serve a document under its digest and a tag; gives the digest."""
    _LENGTHS[digest_of(body)] = len(body)
    for version in (digest_of(body), tag):
        if version is not None:
            server.answer(path_of(version), told(body, media_type))
    return digest_of(body)


def signed_meta(digest: str) -> dict[str, object]:
    """What is signed of a document that was pushed, or of one that is nowhere."""
    value = base64.b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode()
    return {"hashes": {"sha256": value}, "length": _LENGTHS.get(digest, 1)}


def push_blob(server: HttpsServer, body: bytes) -> str:
    """Have a server serve a blob; gives its digest."""
    server.answer(blob_path_of(digest_of(body)), document(body))
    return digest_of(body)


def push_with_triggers(server: HttpsServer, *triggers: str, tag: str | None = "1") -> str:
    """Have a server serve an image with triggers; gives its digest."""
    config = configuration(*triggers)
    push_blob(server, config)
    return push(server, image(config=descriptor(config)), tag=tag)


def push_for_platforms(server: HttpsServer, **triggers: str) -> str:
    """Have a server serve an index of images, each of its platform and with its trigger.

    Args:
        server: Which.
        triggers: By the architecture, for Linux.

    Returns:
        The digest of the index.
    """
    children = []
    for architecture, trigger in triggers.items():
        config = configuration(trigger)
        push_blob(server, config)
        body = image(config=descriptor(config))
        push(server, body, tag=None)
        children.append(child(body, platform=platform("linux", architecture)))
    return push(server, index(*children), INDEX)


def blob_path_of(digest: str) -> str:
    """Where a registry has a blob."""
    return f"/v2/{PATH}/blobs/{digest}"


def path_of(version: str = "1") -> str:
    """Where a registry has it."""
    return f"/v2/{PATH}/manifests/{version}"


def name_of(server: HttpsServer, version: str = ":1", *, host: str = "localhost") -> str:
    """How an image of that server is written."""
    return f"{host}:{server.port}/{PATH}{version}"
