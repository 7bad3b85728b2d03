"""`contenttrust remove GUN TARGET`: stage that a target is no longer listed."""

from __future__ import annotations

from contenttrust.cli import editing, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Stage the removal of a target from targets, or from the roles that were named."""
    options = request.options
    shown = text.safe(options.target) or '""'
    edited = editing.collection(request, options.gun, asks=options.publish)
    with editing.usage():
        edited.remove_target(options.target, roles=editing.split(options.roles) or ("targets",))
    text.say(f"Removal of {shown} from {text.safe(edited.gun)} staged for next publish.")
    return editing.staged(request, edited)
