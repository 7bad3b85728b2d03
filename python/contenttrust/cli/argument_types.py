"""What arguments are made into; one that is wrong is refused with a sentence."""

from __future__ import annotations

import argparse
import re

from contenttrust.cli.options import LIMITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

_LARGEST_LIMIT = 2**63 - 1
_DIGITS = set("0123456789")
_LONGEST = 36_525

ALGORITHMS = ("ecdsa", "ecdsa-p384", "ed25519", "rsa")
"""Those of `contenttrust.keys`, which a command line need not load for them."""


def name_text(text: str) -> str:
    """A name as given, refused if it is not text.

    Raises:
        ArgumentTypeError: The argument is empty or was not UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the name is not valid UTF-8") from None
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def names(text: str) -> str:
    """One or several names, with commas between them.

    Raises:
        ArgumentTypeError: The argument names nothing, and would be taken for one that was not
            given; or it was not UTF-8.
    """
    if not text.strip(","):
        raise argparse.ArgumentTypeError("nothing is named")
    return name_text(text)


def listed_name(text: str) -> str:
    """A name that some role may list: other programs may have published one that is empty.

    Raises:
        ArgumentTypeError: The argument was not UTF-8.
    """
    return name_text(text) if text else text


def moment(text: str) -> datetime:
    """An RFC 3339 moment, read by the same parser as the metadata's `expires`.

    Raises:
        ArgumentTypeError: It is not RFC 3339.
    """
    from contenttrust import _core  # noqa: PLC0415 -- only a command line with --at needs it here

    instant = _core.Instant.parse(text) if text.isascii() else None
    if instant is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no RFC 3339 moment such as 2026-11-24T00:00:00Z"
        )
    return instant.datetime


def key_id(text: str) -> str:
    """A key id: 64 hexadecimal digits, returned in lower case.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if re.fullmatch(r"[0-9a-fA-F]{64}", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no id of 64 hexadecimal digits; `contenttrust key list` shows the "
            "whole ids of the keys that are here"
        )
    return text.lower()


def limit(text: str) -> tuple[str, int]:
    """One `NAME=VALUE` of `--limit`.

    Raises:
        ArgumentTypeError: The name is unknown or the value no positive integer.
    """
    name, _, value = text.partition("=")
    if name not in LIMITS:
        raise argparse.ArgumentTypeError(f"{name!r} is no limit; there are: {', '.join(LIMITS)}")
    # The digits are counted first: int() of a very long text raises an error of its own.
    plain = 0 < len(value) <= len(str(_LARGEST_LIMIT)) and set(value) <= _DIGITS
    if not plain or not 0 < int(value) <= _LARGEST_LIMIT:
        raise argparse.ArgumentTypeError(
            f"the limit {name} needs a positive integer of at most {_LARGEST_LIMIT}"
        )
    return name, int(value)


def seconds(text: str) -> int:
    """A number of seconds, 0 or more.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if not (0 < len(text) <= len(str(_LARGEST_LIMIT)) and set(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds")
    return int(text)


def days(text: str) -> int:
    """A number of days, at most a century.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if not (0 < len(text) <= len(str(_LONGEST)) and set(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of days")
    if int(text) > _LONGEST:
        raise argparse.ArgumentTypeError(f"{text} days are more than a century")
    return int(text)


def number(text: str) -> int:
    """A whole number, 0 or more.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    if not (0 < len(text) <= len(str(_LARGEST_LIMIT)) and set(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def threshold(text: str) -> int:
    """How many must sign: 1 or more.

    Raises:
        ArgumentTypeError: It is anything else.
    """
    count = number(text)
    if count == 0:
        raise argparse.ArgumentTypeError("a threshold is at least 1, not 0")
    return count


def descriptor(text: str) -> int:
    """Number of an open file descriptor.

    Raises:
        ArgumentTypeError: It is no such number.
    """
    if not (0 < len(text) <= 9 and set(text) <= _DIGITS):  # noqa: PLR2004 -- more than any system has
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a file descriptor")
    return int(text)


def algorithm(text: str) -> str:
    """What a key can be generated for.

    Raises:
        ArgumentTypeError: It is nothing of that kind.
    """
    if text not in ALGORITHMS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no algorithm; there are: {', '.join(ALGORITHMS)}"
        )
    return text


def digest(text: str) -> str:
    """A digest of an image.

    Raises:
        ArgumentTypeError: It is none.
    """
    if re.fullmatch(r"sha256:[0-9a-f]{64}", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no digest: sha256: and 64 lower-case digits")
    return text
