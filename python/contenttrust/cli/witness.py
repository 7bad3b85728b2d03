"""`contenttrust witness GUN ROLE…`: stage that roles are signed anew as they are."""

from __future__ import annotations

from contenttrust.cli import editing, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Mark roles for witnessing."""
    options = request.options
    edited = editing.collection(request, options.gun, asks=options.publish)
    with editing.usage():
        edited.witness(options.names)
    text.say(
        "The following roles were successfully marked for witnessing on the next publish:",
        *(f"\t- {text.safe(role)}" for role in options.names),
    )
    return editing.staged(request, edited)
