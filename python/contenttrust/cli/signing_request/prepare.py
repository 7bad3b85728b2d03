"""`contenttrust signing-request prepare GUN FILE`: what is staged, for others to sign."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Prepare a request from the staged changes; they stay staged until it is published."""
    edited = editing.collection(request, request.options.gun)
    output.write_new(request.options.file, edited.prepare())
    return exit_codes.OK
