"""`contenttrust key remove ID`: a private key away from here, for good."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.confirm import confirmed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Remove one key, once that is confirmed."""
    store = editing.key_store(request)
    # One that is kept elsewhere is forgotten; it stays where it is.
    entry = store.find(request.options.key) or store.existing(request.options.key)[0]
    where = text.safe(store.folder.path)
    what = f"{text.safe(entry.key_id)} (role {text.safe(entry.role)}) from {where}"
    report.warn(
        request,
        (
            f"named for the same key, and removed with it: {one}"
            for one in store.others_of(entry.key_id)
        ),
    )
    if not confirmed(request, f"\nAre you sure you want to remove {what}?  (yes/no)  "):
        text.complain("", "Aborting action.")
        return exit_codes.REFUSED
    store.remove(entry.key_id)
    text.say("", f"Deleted {what}.")
    return exit_codes.OK
