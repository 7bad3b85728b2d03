"""The installed command: one command line, then the end of the process."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# A command lives for milliseconds; what its modules make while they load is no garbage.
_OBJECTS_BEFORE_COLLECTION = 100_000


def run() -> NoReturn:
    """Run the process's command line and end the process with its exit code.

    The output is out when `main` returns, and nothing else is left to do: taking the interpreter
    and its libraries down in good order would cost a tenth of a command's time.
    """
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    try:
        code = _run()
    except BaseException as error:
        if not began_as_interrupt(error):
            raise
        from contenttrust.cli import exit_codes  # noqa: PLC0415 - it may not have been loaded yet

        code = exit_codes.INTERRUPTED
    wipe_secrets()
    os._exit(code)


def _run() -> int:
    words = sys.argv[1:]
    if "--" in words and "docker" in words[: words.index("--")]:
        from contenttrust.cli import docker  # noqa: PLC0415 - it loads little: aliases must be quick

        code = docker.command(words)
        if code is not None:
            return code
    from contenttrust.cli.main import main  # noqa: PLC0415 - loads much, hence after gc's line

    return main()


def wipe_secrets() -> None:
    """Have passphrases and keys wiped that nobody uses any more, before the process ends.

    That happens when they are freed, which errors put off: each of them holds the frames that it
    came through, and they hold it.
    """
    if "contenttrust.keys" in sys.modules:
        gc.collect()


def began_as_interrupt(error: BaseException) -> bool:
    """Whether Ctrl-C stands behind an error, as behind the ImportError of a module half loaded."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__cause__ or cause.__context__
    return cause is not None
