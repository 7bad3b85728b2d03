"""`contenttrust add GUN TARGET FILE`: stage that a file is a target of a collection."""

from __future__ import annotations

import hashlib

from contenttrust.cli import editing, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request

_PIECE = 1024 * 1024


def run(request: Request) -> int:
    """Stage a target with the hashes that notary gives it."""
    options = request.options
    edited = editing.collection(request, options.gun, asks=options.publish)
    size, sha256, sha512 = _measured(options.file)
    with editing.custom(options.custom) as custom:
        edited.add_target(
            options.target,
            size=size,
            sha256=sha256,
            sha512=sha512,
            roles=editing.split(options.roles) or ("targets",),
            custom=custom,
        )
    text.say(
        f'Addition of target "{text.safe(options.target)}" to repository '
        f'"{text.safe(edited.gun)}" staged for next publish.'
    )
    return editing.staged(request, edited)


def _measured(path: str) -> tuple[int, str, str]:
    """Size and hashes of a file, read once."""
    size, hashes = 0, (hashlib.sha256(), hashlib.sha512())
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- pathlib costs time
            while piece := file.read(_PIECE):
                size += len(piece)
                for each in hashes:
                    each.update(piece)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return size, hashes[0].hexdigest(), hashes[1].hexdigest()
