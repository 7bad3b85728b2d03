"""`contenttrust signing-request prepare GUN FILE`: what is staged, for others to sign."""

from __future__ import annotations

from functools import partial

from contenttrust.cli import editing, exit_codes, report, text, witnessed
from contenttrust.cli.repositories import CancelledError
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Prepare a request from the staged changes; they stay staged until it is published."""
    editing.check_new(request.options.file)
    edited = editing.collection(request, request.options.gun)
    try:
        prepared = edited.prepare(confirm=partial(witnessed.confirm, request, edited.gun))
    except CancelledError as cancelled:
        text.complain(text.safe(str(cancelled)))
        return exit_codes.REFUSED
    output.write_new(request.options.file, prepared)
    report.warn(request, prepared.notes)
    return exit_codes.OK
