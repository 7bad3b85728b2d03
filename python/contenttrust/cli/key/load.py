"""`contenttrust key load KEYFILE`: a signer's private key into the store, as docker trust does."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.key.list import members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Load one file."""
    from contenttrust.keys.importing import DEFAULT_NAME, load_file  # noqa: PLC0415 -- see editing

    options = request.options
    file = text.safe(options.file)
    text.say(f'Loading key from "{file}"...')
    store = editing.key_store(request)
    done = load_file(store, options.file, name=options.name or DEFAULT_NAME)
    report.warn(request, done.skipped)
    for entry in done.entries:
        request.tell("keys", **members(entry))
    text.say(f"Successfully imported key from {file}")
    return exit_codes.OK
