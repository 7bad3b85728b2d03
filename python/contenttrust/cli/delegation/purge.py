"""`contenttrust delegation purge GUN`: stage that keys are taken out of every delegation."""

from __future__ import annotations

from contenttrust.cli import editing, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Stage the removal of keys."""
    options = request.options
    if not options.keys:
        raise UsageError("Please provide at least one key ID to be removed using the --key flag")
    edited = editing.collection(request, options.gun, asks=options.publish)
    edited.purge_keys(options.keys)
    text.say(
        f"Removal of the following keys from all delegations in {text.safe(edited.gun)} staged "
        "for next publish:",
        *(f"\t- {text.safe(key_id)}" for key_id in options.keys),
    )
    return editing.staged(request, edited)
