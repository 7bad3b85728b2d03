"""What stops nothing but should be known: logged, or told by the program that runs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

tell: Callable[[str], None] | None = None
"""Who is told in place of the log; a program sets it for the time that it runs."""


def warn(logger: str, message: str) -> None:
    """Warn once.

    Args:
        logger: Name of the logger, that of the module that warns.
        message: What happened, fit to be printed.
    """
    if tell is not None:
        tell(message)
        return
    import logging  # noqa: PLC0415 - costs milliseconds that every start would pay

    logging.getLogger(logger).warning("%s", message)
