"""The installed command: one command line, then the end of the process."""

from __future__ import annotations

import gc
import os

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
    from contenttrust.cli.main import main  # noqa: PLC0415 - loads much, hence after the line above

    os._exit(main())
