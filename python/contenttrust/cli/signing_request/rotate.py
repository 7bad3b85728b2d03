"""`contenttrust signing-request rotate GUN ROLE FILE`: other keys, for old and new ones to sign."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Prepare a new root that names other keys for root or targets."""
    options = request.options
    keys = editing.public_keys(request, options.keys)
    edited = editing.collection(request, options.gun)
    made = edited.prepare_rotation(
        options.target, keys, threshold=options.threshold or 0, legacy=options.legacy or 0
    )
    output.write_new(options.file, made)
    return exit_codes.OK
