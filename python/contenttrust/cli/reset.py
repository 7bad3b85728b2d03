"""`contenttrust reset GUN`: take staged changes away."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Reset all staged changes, or those of the numbers that `status` shows."""
    options = request.options
    numbers = editing.split(options.numbers)
    if bool(numbers) == options.all:
        raise UsageError("Must specify changes to reset with -n or the --all flag")
    edited = editing.collection(request, options.gun, asks=False)
    with editing.usage():
        edited.reset(None if options.all else [_number(text) for text in numbers])
    text.say(f"Successfully reset specified changes for repository {text.safe(edited.gun)}")
    return exit_codes.OK


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):  # noqa: PLR2004 -- no such list
        raise ValueError(f"{word!r} is no number of a staged change")
    return int(word)
