"""`contenttrust status GUN`: what is staged for a collection."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust.cli.request import Request
    from contenttrust.publish.changelist import Change

_HEADER = ("#", "ACTION", "SCOPE", "TYPE", "PATH")


def run(request: Request) -> int:
    """List the staged changes, in the order in which they will be applied."""
    gun = request.options.gun
    changes = editing.collection(request, gun, asks=False).changes()
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        names = ("action", "role", "type", "path")
        listed = [
            {**{name: getattr(change, name) for name in names}, **_exchange(change)}
            for change in changes
        ]
        members = {"gun": gun, "changes": listed}
        document.write("contenttrust.status/1", members)
        return exit_codes.OK
    if not changes:
        text.say(f"No unpublished changes for {text.safe(gun)}")
        return exit_codes.OK
    rows = [
        (str(number), change.action, text.safe(change.role), change.type, _what(change))
        for number, change in enumerate(changes)
    ]
    rule = tuple("-" * len(title) for title in _HEADER)
    text.say(f"Unpublished changes for {text.safe(gun)}:", "")
    text.say(*text.table([_HEADER, rule, *rows], padding=4))
    return exit_codes.OK


def _what(change: Change) -> str:
    """The target that is changed; of an exchange of keys the role and their ids."""
    exchange = _exchange(change)
    if not exchange:
        return text.safe(change.path)
    return text.safe(f"{exchange['of']}: {', '.join(exchange['key_ids'])}")


def _exchange(change: Change) -> dict[str, Any]:
    """Of an exchange of keys, which stands in root: of which role, and the new keys' ids."""
    if change.type != "role":
        return {}
    from contenttrust.errors import ContentTrustError  # noqa: PLC0415 -- see editing
    from contenttrust.publish import staged_data  # noqa: PLC0415 -- see editing
    from contenttrust.publish.strict_json import members  # noqa: PLC0415 -- see editing

    try:
        given = members(change.data or b"")
        keys = staged_data.keys(given, "keys")
        return {
            "of": staged_data.text(given, "role"),
            "key_ids": [key.canonical_key_id for key in keys],
        }
    except (ContentTrustError, ValueError):  # `publish` says what is wrong with it
        return {"of": "unreadable", "key_ids": []}
