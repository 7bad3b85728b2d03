"""The value of a flag that is a line of fields, such as ``type=image,source=web``.

Who reads it differs: docker and buildx take capitals for small letters, by tables of Unicode that
are not Python's; some readers strip spaces, others do not; BuildKit compares bytes; and of a key
that comes twice the last one counts, where readers agree that it is the same. So what has more than
one reading is refused.

Source: docker CLI 28 and 29 `opts/mount.go`; buildx 0.29.1 `util/buildflags`; BuildKit 0.25
`frontend/attestations/parse.go`; github.com/tonistiigi/go-csvvalue.
"""

from __future__ import annotations

from typing import NamedTuple

from contenttrust.errors import shown


class Field(NamedTuple):
    """One of them.

    Attributes:
        key: In small letters.
        equals: ``=``, or nothing where no value follows.
        text: Its value.
    """

    key: str
    equals: str
    text: str

    def __str__(self) -> str:
        """As it may be written between commas."""
        return "".join(self)


def read(value: str, *, exact: bool = False) -> list[Field]:
    """The fields of a value.

    Args:
        value: Of the flag. One field without ``=`` is no key but a name, and may be any text.
        exact: Whether a reader compares keys as they are: each is to be in small letters, and to
            come once.

    Raises:
        ValueError: It is no line of fields, or has another reading.
    """
    import csv  # noqa: PLC0415 - few commands have such flags

    try:
        rows = list(csv.reader([value], strict=True)) if not set(value) & {"\n", "\r"} else []
    except csv.Error:
        rows = []
    if len(rows) != 1:
        raise ValueError(f"{shown(value)} is not understood")
    written = [field.partition("=") for field in rows[0]]
    if len(written) == 1 and not written[0][1]:
        return [Field(*written[0])]
    found: list[Field] = []
    for key, equals, text in written:
        field = Field(key.lower(), equals, text)
        if not _is_plain(key) or (field.key == "type" and not _is_plain(text)):
            told = f"{shown(key + equals + text)} is to be written in ASCII, without spaces around"
            raise ValueError(f"{shown(value)}: {told} a key or a type: others read it otherwise")
        if exact and (key != field.key or field.key in [one.key for one in found]):
            told = f"{shown(key)} is to be written in small letters, and once"
            raise ValueError(f"{shown(value)}: {told}: others read it otherwise")
        found.append(field)
    return found


def _is_plain(text: str) -> bool:
    return text.isascii() and text == text.strip()
