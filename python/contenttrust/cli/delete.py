"""`contenttrust delete GUN`: forget a collection here, and with --remote at its trust server."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text
from contenttrust.cli.confirm import confirmed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Delete trust data, once that is confirmed; keys stay."""
    options = request.options
    edited = editing.collection(request, options.gun, asks=options.remote)
    gun = text.safe(edited.gun)
    where = "local and remote" if options.remote else "local"
    question = f"Are you sure you want to delete the {where} trust data of {gun}?  (yes/no)  "
    if not confirmed(request, question):
        text.complain("Aborting action.")
        return exit_codes.REFUSED
    text.say(f"Deleting trust data for repository {gun}")
    edited.delete(remote=options.remote)
    text.say(f"Successfully deleted {where} trust data for repository {gun}")
    return exit_codes.OK
