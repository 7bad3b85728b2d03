"""What the verbs of signing requests print and write."""

from __future__ import annotations

import json
import os

from contenttrust.cli import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust._core import Instant
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.part import Missing, Part
    from contenttrust.publish.request import SigningRequest


PATIENCE = 30.0
"""Seconds to wait for others who sign in the same folder."""
# A tag as Docker has it, and the file of a staged change: nothing else is shown as it is.
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_CHANGE = r"[0-9]{20}_[0-9a-f-]{36}\.change"


def write_new(path: str, request: SigningRequest) -> None:
    """Write a request that was prepared; a file that is there is left alone.

    Raises:
        KeyStoreError: There is one, or it cannot be written.
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
        PublishError: It was replaced by another one meanwhile, or somebody holds the lock of its
            folder.
    """
    from contenttrust.publish.request import read_request  # noqa: PLC0415 -- see editing
    from contenttrust.transport import files  # noqa: PLC0415 -- see editing

    place = os.path.realpath(path)
    with files.opened(files.open_directory(os.path.dirname(place))) as folder:  # noqa: PTH120
        _lock(folder, place)
        request.merge(read_request(place))
        # Who could read it before reads it again: others may have to sign it where it lies.
        mode = os.stat(place).st_mode & 0o777  # noqa: PTH116
        files.replace(folder, os.path.basename(place), request.to_bytes(), mode=mode)  # noqa: PTH119


def _lock(folder: int, path: str) -> None:
    """Wait a while for others who write in the folder; whoever may read it can lock it."""
    from contenttrust.errors import PublishError  # noqa: PLC0415 -- see editing
    from contenttrust.transport import files  # noqa: PLC0415 -- see editing

    try:
        files.lock(folder, path, PATIENCE)
    except TimeoutError:
        raise PublishError(
            f"somebody has held the lock of the folder of {text.safe(path)} for {PATIENCE:g} "
            "seconds: nothing was signed there. Copy the request to a folder of your own, and sign "
            "it there"
        ) from None


def whats_missing(request: SigningRequest) -> list[str]:
    """Who must still sign, a line each; or that nobody must."""
    missing = request.missing()
    if not missing:
        return ["It is complete: publish it with `contenttrust signing-request publish`."]
    return [_line(one) for one in missing]


def lines(request: SigningRequest, now: Instant) -> Iterator[str]:
    """What a signer should read before signing, at a moment."""
    yield f"Signing request for {text.safe(request.gun)}"
    for part in request.parts:
        yield from _document(part, now)
        for index, authority in enumerate(part.authorities):
            done = part.signed_by(authority)
            of = f" of the {part.role} before it" if index else ""  # only a root has two
            asked = f"which asks for {authority.threshold}"
            yield f"    signed by {len(done)} of {len(authority.keys)} keys{of}, {asked}"
            yield from (f"        {key_id}" for key_id in sorted(done))
        for authority in part.optional:
            yield f"    may be signed too by: {', '.join(_canonical_ids(authority))}"
    for part in request.ready():
        yield from _document(part, now)
        yield "    goes with the others as it is: nobody signs it in this request"
    if request.staged:
        yield ""
        yield "staged changes that are done with when it is published:"
        yield from (f"    {_name(name, _CHANGE)}" for name in request.staged)
    yield ""
    yield from whats_missing(request)


def _document(part: Part, now: Instant) -> Iterator[str]:
    """Whose it is, how long it lives, what it says."""
    version, expires = part.document["version"], part.document["expires"]
    past = "has expired" if part.has_expired(now) else "expires"
    yield ""
    yield text.safe(f"{part.role}, version {version}, {past} {expires}")
    yield from (f"    {line}" for line in _content(part))


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
        yield text.safe(f"target {_name(name, _TAG)}: {hashes}, {meta['length']} bytes{custom}")
    delegations = document.get("delegations", {"keys": {}, "roles": []})
    for role in delegations["roles"]:
        yield _keys(role["name"], role, delegations["keys"])
        paths = ", ".join(json.dumps(path) for path in role.get("paths", ())) or "none"
        yield text.safe(f"    paths: {paths}")


def _name(name: str, plain: str) -> str:
    """A name as it is where it looks as usual; else as a JSON string, which ends where it ends."""
    import re  # noqa: PLC0415 -- loaded with json anyway

    return name if re.fullmatch(plain, name) else json.dumps(name)


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
    from contenttrust.publish.part import whose  # noqa: PLC0415 -- see editing

    of = f" of {whose(one)}" if one.is_former else ""
    return text.safe(
        f"{one.document} needs {one.count} more of these keys{of}: {', '.join(one.key_ids)}"
    )
