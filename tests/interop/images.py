"""Images in the registry, each of one small layer: what trust data speaks of."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import json
import tarfile
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def sha256(data: bytes) -> str:
    """Digest as references write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def layer_tar(label: str) -> bytes:
    """The one layer of an image, not compressed: a file that holds the label."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        content = f"{label}\n".encode()
        entry = tarfile.TarInfo("label")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@dataclass(frozen=True)
class Image:
    """One image: its manifest and the blobs that it names."""

    manifest: bytes
    blobs: tuple[bytes, ...]

    @property
    def digest(self) -> str:
        """What a registry and trust data call it."""
        return sha256(self.manifest)

    @property
    def size(self) -> int:
        """Of the manifest, as trust data has it."""
        return len(self.manifest)


@cache
def image(label: str) -> Image:
    """The image that carries a label; other labels give other digests."""
    return packed(layer_tar(label), {"Cmd": ["/label"]})


def packed(tar: bytes, process: Mapping[str, object], *, architecture: str = "amd64") -> Image:
    """An image of one layer.

    Args:
        tar: The layer.
        process: What its configuration says of the process to start.
        architecture: And of the processors that it is for.
    """
    layer = gzip.compress(tar, mtime=0)
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": process,
            "created": "2026-11-01T00:00:00Z",
            "history": [{"created": "2026-11-01T00:00:00Z"}],
            "rootfs": {"type": "layers", "diff_ids": [sha256(tar)]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "size": len(config), "digest": sha256(config)},
        "layers": [{"mediaType": LAYER, "size": len(layer), "digest": sha256(layer)}],
    }
    return Image(json.dumps(manifest).encode(), (config, layer))


class Registry:
    """Uploads to a registry that speaks plain HTTP."""

    def __init__(self, host: str) -> None:
        """The registry at `host`:port."""
        self.host = host

    def push(self, repository: str, image: Image, *, tag: str | None = None) -> None:
        """Upload an image; without a tag it can be had by its digest only."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            for blob in image.blobs:
                connection.request("POST", f"/v2/{repository}/blobs/uploads/")
                answer = connection.getresponse()
                answer.read()
                where = answer.headers["Location"]
                digest = urllib.parse.urlencode({"digest": sha256(blob)})
                _uploaded(connection, f"{where}{'&' if '?' in where else '?'}{digest}", blob)
            path = f"/v2/{repository}/manifests/{tag or image.digest}"
            _uploaded(connection, path, image.manifest, MANIFEST)
        finally:
            connection.close()

    def put(self, repository: str, document: bytes, media_type: str, *, tag: str) -> None:
        """Upload an index, or another manifest of blobs that are there already."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            _uploaded(connection, f"/v2/{repository}/manifests/{tag}", document, media_type)
        finally:
            connection.close()


def _uploaded(
    connection: http.client.HTTPConnection,
    path: str,
    body: bytes,
    media_type: str = "application/octet-stream",
) -> None:
    connection.request("PUT", path, body, {"Content-Type": media_type})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == http.HTTPStatus.CREATED, (path, answer.status, text)
