"""`contenttrust key backup FILE`: keys into one encrypted archive."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Back up all keys, or those that were named; the keys keep their own passphrases."""
    from contenttrust.keys.backup import backup  # noqa: PLC0415 -- see editing
    from contenttrust.keys.backup_note import note  # noqa: PLC0415
    from contenttrust.keys.public_file import check_free, create  # noqa: PLC0415

    options = request.options
    check_free(options.file)
    store = editing.key_store(request)
    archive = backup(store, passphrases=editing.passphrases(request), key_ids=options.keys)
    create(options.file, archive)
    files = [store.entry_at(place) for place in store.folder.places()]
    note(editing.trust_dir(request), options.keys or [one.key_id for one in files])
    text.say(f"Successfully backed up keys to {text.safe(options.file)}")
    paths = {one.path for one in files}
    for one in store.entries():
        if not options.keys and one.path not in paths:
            report.remark(
                request,
                f"the {one.role or 'delegation'} key {one.key_id} is not in the archive: it is "
                f"kept at {one.path}",
            )
    return exit_codes.OK
