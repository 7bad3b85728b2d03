"""`contenttrust status GUN`: what is staged for a collection."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request

_HEADER = ("#", "ACTION", "SCOPE", "TYPE", "PATH")


def run(request: Request) -> int:
    """List the staged changes, in the order in which they will be applied."""
    gun = request.options.gun
    changes = editing.collection(request, gun, asks=False).changes()
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        names = ("action", "role", "type", "path")
        listed = [{name: getattr(change, name) for name in names} for change in changes]
        members = {"gun": gun, "changes": listed}
        document.write("contenttrust.status/1", members)
        return exit_codes.OK
    if not changes:
        text.say(f"No unpublished changes for {text.safe(gun)}")
        return exit_codes.OK
    rows = [
        (str(number), change.action, text.safe(change.role), change.type, text.safe(change.path))
        for number, change in enumerate(changes)
    ]
    rule = tuple("-" * len(title) for title in _HEADER)
    text.say(f"Unpublished changes for {text.safe(gun)}:", "")
    text.say(*text.table([_HEADER, rule, *rows], padding=4))
    return exit_codes.OK
