"""`contenttrust key export`: keys as PEM, encrypted as they are, to the output or to a file."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Export all keys, or those that were named, or those of collections."""
    from contenttrust.keys.exporting import export  # noqa: PLC0415 -- see editing
    from contenttrust.keys.public_file import create  # noqa: PLC0415

    options = request.options
    guns = () if options.gun_filter is None else (options.gun_filter,)
    data = export(editing.key_store(request), key_ids=options.keys, guns=guns)
    if options.to is not None:
        create(options.to, data)
    else:
        streams.write(data.decode())
    return exit_codes.OK
