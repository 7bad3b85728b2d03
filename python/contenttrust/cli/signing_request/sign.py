"""`contenttrust signing-request sign FILE`: sign what others prepared, without any network."""

from __future__ import annotations

import os

from contenttrust.cli import editing, exit_codes, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Show what is to be signed, and sign it with the keys that are here."""
    from contenttrust import clock  # noqa: PLC0415 -- see editing
    from contenttrust.keys.public_file import check_folder  # noqa: PLC0415 -- see editing
    from contenttrust.publish.request import read_request  # noqa: PLC0415 -- see editing
    from contenttrust.publish.sign import Keyring  # noqa: PLC0415 -- see editing

    path = request.options.file
    editing.check_file(path)
    check_folder(os.path.realpath(path))
    found = read_request(path)
    now = clock.now()
    text.say(*output.lines(found, now))
    found.check_current(now)
    keyring = Keyring(editing.key_store(request))
    found.check_ours(keyring)
    if not confirmed(request, "\nSign this? (yes/no)  "):
        text.complain("", "Aborting action.")
        return exit_codes.REFUSED
    added = found.sign(keyring)
    output.replace(path, found)
    text.say("", *(f"Signed {text.safe(role)} with {key_id}" for role, key_id in added))
    text.say(*([] if added else ["Your keys had signed it before."]))
    text.say(*output.whats_missing(found))
    return exit_codes.OK
