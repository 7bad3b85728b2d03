"""`contenttrust signing-request publish FILE`: send what enough keys have signed."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Publish a request that is complete."""
    from contenttrust.publish.request import read_request  # noqa: PLC0415 -- see editing

    editing.check_file(request.options.file)
    found = read_request(request.options.file)
    edited = editing.collection(request, found.gun)
    text.say(f"Pushing changes to {text.safe(edited.gun)}")
    done = edited.publish_request(found)
    if done.versions:
        return editing.published(request, done)
    report.warn(request, done.notes)
    request.tell("published", gun=done.gun, versions={})
    text.say(f"Published already: {text.safe(done.gun)} has what this request holds")
    return exit_codes.OK
