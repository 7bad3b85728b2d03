"""`contenttrust key public ID [FILE]`: the public half of a key, for whoever adds its signer."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, streams, text
from contenttrust.cli.key.list import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Write the public half of one key, as `key generate` writes it."""
    from contenttrust.keys.public_file import public_key, write_public_key  # noqa: PLC0415 -- see editing

    options = request.options
    store = editing.key_store(request)
    entry = store.find(options.key) or store.existing(options.key)[0]
    if options.operand:
        is_new = write_public_key(store, options.key, options.operand)
        request.tell("keys", **members(entry), public_key_file=options.operand)
        done = "was written" if is_new else "is there already"
        text.say(f"The public key {done}: {text.safe(options.operand)}")
    elif request.json:
        request.tell("keys", **members(entry), public_key=public_key(store, options.key).decode())
    else:
        streams.write(public_key(store, options.key).decode())
    return exit_codes.OK
