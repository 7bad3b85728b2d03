"""`contenttrust key list`: the private keys that are here, as notary key list shows them."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyEntry

_HEADER = ("ROLE", "GUN", "KEY ID", "LOCATION")


def run(request: Request) -> int:
    """List all keys; nobody is asked for a passphrase."""
    entries = editing.key_store(request).entries()
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write("contenttrust.keys/1", {"keys": [members(entry) for entry in entries]})
        return exit_codes.OK
    text.say("", *_lines(entries), "")
    report.warn(request, _remarks(entries))
    return exit_codes.OK


def _lines(entries: Sequence[KeyEntry]) -> list[str]:
    rows = [
        (text.safe(entry.role), text.safe(entry.gun), text.safe(entry.key_id),
         text.safe(entry.path.rpartition("/")[0] or entry.path))
        for entry in entries
    ]  # fmt: skip
    if not rows:
        return ["No signing keys found."]
    return text.table([_HEADER, tuple("-" * len(title) for title in _HEADER), *rows], padding=4)


def _remarks(entries: Sequence[KeyEntry]) -> Iterator[str]:
    for entry in entries:
        for remark in (*([entry.problem] if entry.problem else []), *entry.findings):
            yield f"{entry.path}: {remark}"


def members(entry: KeyEntry) -> dict[str, object]:
    """A key as documents show it."""
    names = ("key_id", "role", "gun", "path", "is_encrypted", "rounds", "problem")
    return {name: getattr(entry, name) for name in names} | {"findings": list(entry.findings)}
