"""`contenttrust key restore FILE`: keys out of an archive, or the proof that they are in it."""

from __future__ import annotations

import sys

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyEntry
    from contenttrust.keys.backup import BackedUpKey, Checked


def run(request: Request) -> int:
    """Restore, or with --check write nothing and open everything."""
    options = request.options
    if options.gun_filter is not None and not options.check:
        raise UsageError("--gun names whose root the keys must fit: it goes with --check")
    if options.keys and options.check:
        raise UsageError("--key says what is restored: leave it out with --check, which opens all")
    from contenttrust.keys.backup import LIMIT  # noqa: PLC0415 -- see editing

    archive = editing.content(options.file, limit=LIMIT)
    if options.check:
        return _check(request, archive)
    from contenttrust.keys.backup import restore  # noqa: PLC0415
    from contenttrust.keys.backup_note import note  # noqa: PLC0415

    store = editing.key_store(request)
    asked = editing.passphrases(request)
    done = restore(store, archive, passphrases=asked, key_ids=options.keys)
    note(editing.trust_dir(request), [entry.key_id for entry in (*done.added, *done.kept)])
    text.say(*(f"Restored {_named(entry)}" for entry in done.added))
    text.say(*(f"Already here: {_named(entry)}" for entry in done.kept))
    return exit_codes.OK


def _check(request: Request, archive: bytes) -> int:
    """Open the archive and every key in it; with --gun also count the published root's keys."""
    from contenttrust.keys.backup import check  # noqa: PLC0415 -- see editing

    # What was named for this run is the archive's.
    asked, own = editing.passphrases(request), editing.asked(request, option="")
    done = check(archive, passphrases=asked, key_passphrases=own)
    for key in done.keys:
        fault = done.problems.get(key.key_id, "")
        mark = text.mark(sys.stdout, passed=not fault)
        text.say(f"{mark} {_named(key)}" + (f": {text.safe(fault)}" if fault else ""))
    code = exit_codes.REFUSED if done.problems else exit_codes.OK
    gun = request.options.gun_filter
    return code if gun is None else exit_codes.worst([code, _fits(request, gun, done)])


def _fits(request: Request, gun: str, done: Checked) -> int:
    """Whether enough keys of the root that is published now can be used."""
    repository, error = request.judge(request.gun(gun))
    if repository is None:
        text.complain(*(report.refusal(error) if error is not None else ()))
        return exit_codes.of(error)
    root = repository.roles["root"]
    held = len(set(root.canonical_key_ids) & set(done.opened))
    enough = held >= root.threshold
    text.say(
        f"{text.mark(sys.stdout, passed=enough)} {held} of the keys of the published root of "
        f"{text.safe(gun)}, which wants {root.threshold}"
    )
    return exit_codes.OK if enough else exit_codes.REFUSED


def _named(key: BackedUpKey | KeyEntry) -> str:
    of = f" of {text.safe(key.gun)}" if key.gun else ""
    return f"the {text.safe(key.role)} key {text.safe(key.key_id)}{of}"
