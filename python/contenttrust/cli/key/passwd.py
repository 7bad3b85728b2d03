"""`contenttrust key passwd ID`: another passphrase for a private key."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Encrypt one key anew; a crash leaves the old file or the new one."""
    store = editing.key_store(request)
    new = editing.new_passphrases(request)
    entry = store.change_passphrase(request.options.key, passphrases=new)
    told = (
        f"named for the same key, and still under its own passphrase: {one}. Docker and notary put "
        "it in this file's place when they next run: move it away"
        for one in store.others_of(entry.key_id)
    )
    report.warn(request, told)
    text.say(f"Successfully updated passphrase for key ID: {text.safe(entry.key_id)}")
    return exit_codes.OK
