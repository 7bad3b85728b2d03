"""`contenttrust addhash GUN TARGET SIZE`: stage a target by its size and hashes."""

from __future__ import annotations

from contenttrust.cli import editing, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Stage a target whose content is not here."""
    options = request.options
    given = {"sha256": options.sha256, "sha512": options.sha512}
    # Registries write sha256:HEX.
    hashes = {
        name: digest.removeprefix(f"{name}:")
        for name, digest in given.items()
        if digest is not None
    }
    if not hashes:
        raise UsageError("at least one hash must be given: --sha256 or --sha512")
    edited = editing.collection(request, options.gun, asks=options.publish)
    with editing.custom(options.custom) as custom:
        edited.add_target(
            options.target,
            size=options.size,
            roles=editing.split(options.roles) or ("targets",),
            custom=custom,
            **hashes,
        )
    text.say(
        f'Addition of target "{text.safe(options.target)}" by {", ".join(hashes)} hash to '
        f'repository "{text.safe(edited.gun)}" staged for next publish.'
    )
    return editing.staged(request, edited)
