"""The flags of `docker build` that bring images or unchecked sources into a build.

Source: buildx 0.29.1 `util/buildflags` (contexts, cache, attestations), `build/opt.go`; BuildKit
0.25 `frontend/dockerui` (``BUILDKIT_SYNTAX``, named contexts).
"""

from __future__ import annotations

import csv
import os

from contenttrust.errors import shown
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.gate.dockerfile.contexts import IMAGE_SCHEME, image_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.gate.docker.call import Call

SYNTAX = "BUILDKIT_SYNTAX"
_DOCKER_IMAGE = "docker-image://"
_SCANNER = "docker/buildkit-syft-scanner:stable-1"
"""What BuildKit runs for an SBOM where nobody names another. Source: buildx 0.29.1, BuildKit."""
_ON = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_PUSHES = frozenset(("push", word) for word in ("1", "t", "true"))
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})


def checked(call: Call) -> list[tuple[str, str]]:
    """The flags of a build, images in them replaced by their digests.

    Raises:
        RefusedError: An image is not to be used, or what a flag names cannot be checked.
    """
    known = {
        "build-context": _context,
        "cache-from": _cache,
        "build-arg": _argument,
        "attest": _attestation,
        "sbom": _sbom,
    }
    return [
        (name, known[name](call, value) if name in known else value)
        for name, value in call.line.flags
    ]


def arguments(call: Call) -> dict[str, str]:
    """Build arguments as docker has them: without a value they have that of the environment."""
    found: dict[str, str] = {}
    for word in call.line.values("build-arg"):
        name, equals, value = word.partition("=")
        if equals:
            found[name] = value
        elif name in call.env:
            found[name] = call.env[name]
    return found


def publishes(call: Call) -> bool:
    """Whether the build pushes what it makes."""
    fields = [field for value in call.line.values("output") for field in _fields("output", value)]
    told = {(key, text.strip().lower()) for key, text in fields}
    return call.line.switch("push") or bool(told & {("type", "registry"), *_PUSHES})


def contexts(call: Call) -> dict[str, str]:
    """Sources that take the place of names, by these names.

    Raises:
        RefusedError: A name has two.
    """
    found: dict[str, str] = {}
    for word in call.line.values("build-context"):
        name, _, source = word.partition("=")
        if name in found:
            raise RefusedError(f"--build-context {shown(name)} is given twice")
        found[name] = source
    return found


def _context(call: Call, value: str) -> str:
    name, equals, source = value.partition("=")
    if source.startswith(IMAGE_SCHEME):
        image = image_of(source)
        return value if image is None else f"{name}={_DOCKER_IMAGE}{call.pinned(image)}"
    if equals and os.path.isdir(source):  # noqa: PTH112 - a word of the command line
        return f"{name}={os.path.realpath(source)}"
    raise RefusedError(
        f"--build-context {shown(value)}: this is neither an image nor a folder of this machine, "
        "so what it holds cannot be checked"
    )


def _cache(call: Call, value: str) -> str:
    fields = _fields("cache-from", value)
    kind = dict(fields).get("type", "registry" if len(fields) == 1 else "")
    if kind == "local":
        return value
    if kind != "registry":
        raise RefusedError(f"--cache-from {shown(value)}: such a cache is not signed: leave it out")
    images = [text for key, text in fields if key == "ref"] or [value]
    if len(images) != 1:
        raise RefusedError(f"--cache-from {shown(value)} is not understood")
    return f"type=registry,ref={call.pinned(images[0])}" if "=" in value else call.pinned(value)


def _argument(call: Call, value: str) -> str:
    """A build argument; one of them is an image, which BuildKit runs to read the Dockerfile."""
    name, equals, image = value.partition("=")
    if name != SYNTAX:
        return value
    image = image if equals else call.env.get(SYNTAX, "")
    return f"{name}={call.pinned(image)}" if image else value


def _attestation(call: Call, value: str) -> str:
    fields = _fields("attest", value)
    if ("type", "sbom") not in fields:
        return value
    return ",".join(f"{key}={text}" for key, text in _scanned(call, fields))


def _sbom(call: Call, value: str) -> str:
    if value in _OFF:
        return value
    fields = [] if value in _ON else _fields("sbom", value)
    return ",".join(f"{key}={text}" for key, text in _scanned(call, fields))


def _scanned(call: Call, fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What asks for an SBOM, with the digest of the image that makes it."""
    told = dict(fields)
    if told.get("disabled", "false") in _ON:
        return fields
    generator = call.pinned(told.get("generator") or _SCANNER)
    return [*((k, v) for k, v in fields if k != "generator"), ("generator", generator)]


def _fields(flag: str, value: str) -> list[tuple[str, str]]:
    rows = list(csv.reader([value], strict=True)) if "\n" not in value else []
    if len(rows) != 1 or any("," in field or '"' in field for field in rows[0]):
        raise RefusedError(f"--{flag} {shown(value)} is not understood")
    pairs = [field.partition("=") for field in rows[0]]
    return [(key.strip().lower(), text) for key, _, text in pairs]
