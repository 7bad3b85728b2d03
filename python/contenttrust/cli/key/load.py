"""`contenttrust key load KEYFILE`: a signer's private key into the store, as docker trust does.

In a file's place there may be the address of a key that is kept elsewhere, as `hsm:2?label=x`.
"""

from __future__ import annotations

import errno

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.key.list import members
from contenttrust.transport import presence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyEntry


def run(request: Request) -> int:
    """Load one file."""
    from contenttrust.keys.importing import DEFAULT_NAME, load_file  # noqa: PLC0415 -- see editing

    options = request.options
    file = text.safe(options.file)
    text.say(f'Loading key from "{file}"...')
    store = editing.key_store(request)
    name = options.name or DEFAULT_NAME
    if is_address(options.file):
        from contenttrust.keys.public_file import remember_for_signer  # noqa: PLC0415 -- rare

        entry, path = remember_for_signer(store, options.file, name)
        request.tell("keys", **members(entry))
        text.say(
            f"Successfully loaded {file}. Corresponding public key available: {text.safe(path)}"
        )
        return exit_codes.OK
    editing.check_file(options.file)
    done = load_file(store, options.file, name=name)
    report.warn(request, done.skipped)
    if options.name is not None:
        report.warn(request, _other_names(done.entries, options.name))
    for entry in done.entries:
        request.tell("keys", **members(entry))
    text.say(f"Successfully imported key from {file}")
    return exit_codes.OK


def _other_names(entries: Sequence[KeyEntry], name: str) -> list[str]:
    """Keys whose files name somebody else: that holds, as for docker."""
    return [
        f"key {entry.key_id} is kept for {entry.role}, as its file says; --name {name} is for a "
        "file that names nobody"
        for entry in entries
        if entry.role != name
    ]


def is_address(name: str) -> bool:
    """Whether a name is that of no file, but begins with the scheme of a signer."""
    scheme, colon, _ = name.partition(":")
    if not colon:
        return False
    try:
        if presence.is_there(name):
            return False
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # then no file has it: addresses may be longer
            return False  # who reads the file says what is wrong
    from contenttrust.keys import signers_from_entry_points  # noqa: PLC0415 -- takes milliseconds

    return scheme in signers_from_entry_points()
