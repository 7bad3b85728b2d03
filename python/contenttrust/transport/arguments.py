"""Arguments of the wrong type are refused by name, before they could mean something else."""

from __future__ import annotations

import math
from collections.abc import Iterable


def check_truth(name: str, value: object) -> None:
    """Refuse what is no truth value: ``"no"`` would count as yes.

    Raises:
        TypeError: It is neither True nor False.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True or False, not {type(value).__name__}")


def check_text(name: str, value: object) -> None:
    """Refuse what is no text.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")


def check_texts(name: str, values: object) -> tuple[str, ...]:
    """Refuse what is not several texts; one text would count as many short ones.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} is a tuple of str, not {type(values).__name__}")
    texts = tuple(values)
    for text in texts:
        check_text(f"each of {name}", text)
    return texts


def check_server(tls: object, credentials: object, timeout: object) -> None:
    """Refuse what a trust server could not be reached with.

    Raises:
        TypeError: One of them has the wrong type.
        ValueError: The timeout is no span of time.
    """
    from contenttrust.transport.tls import Tls  # noqa: PLC0415 - tls checks its arguments with us

    if not isinstance(tls, Tls | None):
        raise TypeError(f"tls is a contenttrust.Tls, not {type(tls).__name__}")
    if credentials is not None and not callable(credentials):
        from contenttrust.transport.credentials import Credentials  # noqa: PLC0415 - rarely needed

        if not isinstance(credentials, Credentials):
            kind = type(credentials).__name__
            raise TypeError(f"credentials are a contenttrust.Credentials, not {kind}")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout is a number of seconds, not {type(timeout).__name__}")
    if not (timeout > 0 and math.isfinite(timeout)):
        raise ValueError(f"timeout is a number of seconds above 0, not {timeout!r}")
