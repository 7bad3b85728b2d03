"""What the program ends with: a contract that scripts rely on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

OK = 0
REFUSED = 1
USAGE = 2
COULD_NOT_TELL = 3
INTERRUPTED = 130  # 128 + SIGINT
PIPE_CLOSED = 141  # 128 + SIGPIPE, what a program in C ends with


def of(error: Exception | None) -> int:
    """The exit code of one judgement: none, a refusal, or no answer."""
    if error is None:
        return OK
    from contenttrust.errors import ContentTrustError, FetchError  # noqa: PLC0415

    told = isinstance(error, ContentTrustError) and not isinstance(error, FetchError)
    return REFUSED if told else COULD_NOT_TELL


def worst(codes: Iterable[int]) -> int:
    """The exit code of many judgements: a refusal counts more than a missing answer."""
    found = set(codes)
    return next((code for code in (REFUSED, COULD_NOT_TELL) if code in found), OK)
