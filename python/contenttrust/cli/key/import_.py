"""`contenttrust key import FILE…`: all keys of PEM files, as notary key import takes them."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.key.list import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Import each file; the first that holds no key to import ends it."""
    from contenttrust.keys.importing import import_file  # noqa: PLC0415 -- see editing

    options = request.options
    store = editing.key_store(request)
    for path in options.files:
        editing.check_file(path)
        done = import_file(store, path, role=options.role or "", gun=options.gun_filter or "")
        report.warn(request, done.skipped)
        for entry in done.entries:  # whoever made the file has named their roles
            role = f"{entry.role} of {entry.gun}" if entry.gun else entry.role
            text.say(f"Imported key {text.safe(entry.key_id)} for {text.safe(role)}")
            request.tell("keys", **members(entry))
    return exit_codes.OK
