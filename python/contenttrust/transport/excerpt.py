"""What strangers wrote, as a message may repeat it: harmless to print, and short."""

from __future__ import annotations

from contenttrust.errors import shown

_LONGEST = 200  # characters; a host's name has at most 253, honest ones far fewer


def excerpt(text: str) -> str:
    """`text` as it may be printed, cut where it is long: it must not bury the message."""
    safe = shown(text[: _LONGEST + 1])  # cut first: escapes make a text up to ten times as long
    return safe if len(safe) <= _LONGEST else f"{safe[:_LONGEST]}…"
