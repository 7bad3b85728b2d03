"""`contenttrust key import FILE…`: all keys of PEM files, as notary key import takes them.

In a file's place there may be the address of a key that is kept elsewhere, as `hsm:2?label=x`.
"""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.key.list import members
from contenttrust.cli.key.load import is_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyEntry, KeyStore


def run(request: Request) -> int:
    """Import each file; the first that holds no key to import ends it."""
    from contenttrust.keys.importing import tell_kept  # noqa: PLC0415 -- see editing

    store = editing.key_store(request)
    paths = [(path, is_address(path)) for path in request.options.files]
    for path, is_kept_elsewhere in paths:
        if not is_kept_elsewhere:
            editing.check_file(path)
    imported: list[KeyEntry] = []
    for path, is_kept_elsewhere in paths:
        try:
            entries = _imported(request, store, path, is_kept_elsewhere=is_kept_elsewhere)
        except BaseException as error:
            if request.json:  # what was said of the files before it is in no document
                tell_kept(error, imported)
            raise
        imported += entries
        for entry in entries:  # whoever made the file has named their roles
            role = f"{entry.role} of {entry.gun}" if entry.gun else entry.role
            text.say(f"Imported key {text.safe(entry.key_id)} for {text.safe(role)}")
            request.tell("keys", **members(entry))
    return exit_codes.OK


def _imported(
    request: Request, store: KeyStore, path: str, *, is_kept_elsewhere: bool
) -> Sequence[KeyEntry]:
    from contenttrust.keys.importing import (  # noqa: PLC0415 -- see editing
        DEFAULT_ROLE,
        import_file,
    )

    role, gun = request.options.role or DEFAULT_ROLE, request.options.gun_filter or ""
    if is_kept_elsewhere:
        return [store.remember(path, role=role, gun=gun)]
    done = import_file(store, path, role=role, gun=gun)
    report.warn(request, done.skipped)
    return done.entries
