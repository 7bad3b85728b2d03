"""`contenttrust signing-request init GUN FILE`: a first root, for its keys to sign elsewhere."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes
from contenttrust.cli.options import UsageError
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Prepare a collection whose root keys are not here."""
    options = request.options
    if not options.keys:
        raise UsageError(
            "--root-cert: name the certificate of each root key (contenttrust key certificate, on "
            "the machine with the key)"
        )
    certificates = editing.public_keys(request, options.keys)
    editing.check_new(options.file)
    edited = editing.collection(request, options.gun)
    made = edited.prepare_initialization(certificates, threshold=options.threshold or 1)
    output.write_new(options.file, made)
    return exit_codes.OK
