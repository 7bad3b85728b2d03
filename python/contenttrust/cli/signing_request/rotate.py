"""`contenttrust signing-request rotate GUN ROLE FILE`: other keys, for old and new ones to sign."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report
from contenttrust.cli.options import UsageError
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Prepare a new root that names other keys for a role."""
    options = request.options
    server_managed = options.server_managed or options.target == "timestamp"
    if not options.keys and not server_managed:
        raise UsageError(
            "--key: name each key that the role will have: for root a certificate (contenttrust "
            "key certificate, on the machine with the key), for targets what contenttrust key "
            "public writes of a key that contenttrust key generate --role targets made; a key of "
            "the snapshot can be left to the server (--server-managed)"
        )
    keys = editing.public_keys(request, options.keys)
    editing.check_new(options.file)
    edited = editing.collection(request, options.gun)
    made = edited.prepare_rotation(
        options.target,
        keys,
        threshold=options.threshold or 0,
        legacy=options.legacy or 0,
        server_managed=server_managed,
    )
    output.write_new(options.file, made)
    report.warn(request, made.notes)
    return exit_codes.OK
