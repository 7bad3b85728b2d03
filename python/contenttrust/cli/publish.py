"""`contenttrust publish GUN`: sign what is staged, and send it to the trust server."""

from __future__ import annotations

from contenttrust.cli import editing, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Publish one collection."""
    edited = editing.collection(request, request.options.gun)
    text.say(f"Pushing changes to {text.safe(edited.gun)}")
    return editing.publish(request, edited)
