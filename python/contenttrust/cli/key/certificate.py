"""`contenttrust key certificate ID GUN FILE`: the certificate that metadata wants of a root key."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Write the self-signed certificate of a root key for one collection."""
    from contenttrust import clock  # noqa: PLC0415 -- see editing
    from contenttrust.keys.public_file import create  # noqa: PLC0415
    from contenttrust.publish.initialisation import certified  # noqa: PLC0415

    options = request.options
    gun = request.gun(options.gun)
    editing.check_new(options.file)
    signer = editing.key_store(request).open(options.key)
    create(options.file, certified(signer, gun, clock.moment_or_now(options.at)).public)
    text.say(f"The certificate was written: {text.safe(options.file)}")
    return exit_codes.OK
