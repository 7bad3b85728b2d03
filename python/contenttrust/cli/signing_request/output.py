"""What the verbs of signing requests print and write."""

from __future__ import annotations

import json
import os

from contenttrust.cli import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.request import Missing, Part, SigningRequest


def write_new(path: str, request: SigningRequest) -> None:
    """Write a request that was prepared; a file that is there is left alone.

    Raises:
        OSError: There is one, or it cannot be written.
    """
    from contenttrust.keys.public_file import create  # noqa: PLC0415 -- see editing

    create(path, request.to_bytes())
    text.say(f"The request was written: {text.safe(path)}")
    text.say(*whats_missing(request))


def replace(path: str, request: SigningRequest) -> None:
    """Write a request again that has got signatures; as a whole or not at all.

    What others signed in the same file meanwhile is kept.

    Raises:
        OSError: It cannot be written; the old one stands.
        PublishError: It was replaced by another one meanwhile.
    """
    import fcntl  # noqa: PLC0415 -- only who signs waits for others

    from contenttrust.publish.request import read  # noqa: PLC0415 -- see editing

    place = os.path.realpath(path)
    folder = os.open(os.path.dirname(place), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH120
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        request.merge(read(place))
        _write(place, request.to_bytes())
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(place: str, data: bytes) -> None:
    new = f"{place}.{os.getpid()}.new"
    try:
        with open(new, "xb") as file:  # noqa: PTH123 -- pathlib would be imported for this alone
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, place)  # noqa: PTH105
    except OSError:
        if os.path.exists(new):  # noqa: PTH110
            os.unlink(new)  # noqa: PTH108
        raise


def whats_missing(request: SigningRequest) -> list[str]:
    """Who must still sign, a line each; or that nobody must."""
    missing = request.missing()
    if not missing:
        return ["It is complete: publish it with `contenttrust signing-request publish`."]
    return [_line(one) for one in missing]


def lines(request: SigningRequest) -> Iterator[str]:
    """What a signer should read before signing."""
    yield f"Signing request for {text.safe(request.gun)}"
    for part in request.parts:
        yield ""
        version, expires = part.document.get("version"), part.document.get("expires")
        yield text.safe(f"{part.role}, version {version}, expires {expires}")
        yield from (f"    {line}" for line in _content(part))
        for authority in part.authorities:
            done = part.signed_by(authority)
            asked = f"which asks for {authority.threshold}"
            yield f"    signed by {len(done)} of {len(authority.keys)} keys, {asked}"
            yield from (f"        {key_id}" for key_id in sorted(done))
        for authority in part.optional:
            yield f"    may be signed too by: {', '.join(_canonical_ids(authority))}"
    yield ""
    yield from whats_missing(request)


def _content(part: Part) -> Iterator[str]:
    """What a document, whose form was checked when it was read, says: names, digests, keys."""
    document = part.document
    for name, role in sorted(document.get("roles", {}).items()):
        yield _keys(name, role, document["keys"])
    for name, meta in sorted(document.get("targets", {}).items()):
        hashes = ", ".join(
            f"{kind}:{_hex(digest)}" for kind, digest in sorted(meta["hashes"].items())
        )
        custom = f", custom {json.dumps(meta['custom'])}" if "custom" in meta else ""
        yield text.safe(f"target {name}: {hashes}, {meta['length']} bytes") + text.safe(custom)
    delegations = document.get("delegations", {"keys": {}, "roles": []})
    for role in delegations["roles"]:
        yield _keys(role["name"], role, delegations["keys"])
        paths = ", ".join(json.dumps(path) for path in role.get("paths", ())) or "none"
        yield text.safe(f"    paths: {paths}")


def _keys(name: str, role: Document, known: Document) -> str:
    """Who may sign a role, by the ids that `key list` shows."""
    from contenttrust.publish.metadata import public_key  # noqa: PLC0415 -- see editing

    ids = [public_key(known[key_id]).canonical_key_id for key_id in role["keyids"]]
    return text.safe(f"{name}: {role['threshold']} of {len(ids)} keys: {', '.join(ids)}")


def _canonical_ids(authority: Authority) -> list[str]:
    from contenttrust.publish.metadata import public_key  # noqa: PLC0415 -- see editing

    return sorted(public_key(key).canonical_key_id for key in authority.keys.values())


def _hex(digest: str) -> str:
    import base64  # noqa: PLC0415 -- loaded with the request anyway

    return base64.b64decode(digest).hex()


def _line(one: Missing) -> str:
    whose = "" if one.role == one.document else f" of {one.role}"
    return text.safe(
        f"{one.document} needs {one.count} more of these keys{whose}: {', '.join(one.key_ids)}"
    )
