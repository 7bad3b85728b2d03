"""`contenttrust key backup FILE`: keys into one encrypted archive."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyEntry


def run(request: Request) -> int:
    """Back up all keys, or those that were named; the keys keep their own passphrases."""
    from contenttrust.keys.backup import backup  # noqa: PLC0415 -- see editing
    from contenttrust.keys.backup_note import note  # noqa: PLC0415
    from contenttrust.keys.public_file import create  # noqa: PLC0415

    options = request.options
    editing.check_new(options.file)
    store = editing.key_store(request)
    archive = backup(store, passphrases=editing.passphrases(request), key_ids=options.keys)
    create(options.file, archive)
    files = {store.folder.where(place) for place in store.folder.places()}
    here = store.entries()
    key_ids = options.keys or [one.key_id for one in here if one.path in files]
    note(editing.trust_dir(request), key_ids)
    text.say(f"Successfully backed up keys to {text.safe(options.file)}")
    report.warn(
        request,
        (
            f"named for the key {key_id} too, and not in the archive: {one}"
            for key_id in key_ids
            for one in store.others_of(key_id)
        ),
    )
    if not options.keys:
        report.warn(request, (_left_out(one) for one in here if one.path not in files))
    return exit_codes.OK


def _left_out(entry: KeyEntry) -> str:
    """That a key is kept elsewhere, or that which keys are is not known."""
    if entry.problem:
        return (
            f"{entry.path}: {entry.problem}; what keys it tells of is not known, and none of them "
            "is in the archive"
        )
    return (
        f"the {entry.role or 'delegation'} key {entry.key_id} is not in the archive: it is kept at "
        f"{entry.path}"
    )
