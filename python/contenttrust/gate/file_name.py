"""Names of files as docker compose and buildx understand them: shortened as texts.

Source: Go 1.25 `os/getwd.go` ``Getwd``: the current folder is what ``PWD`` calls it, if it is that
folder; `path/filepath` ``Abs``, by which docker compose goes back from there.
"""

from __future__ import annotations

import os


class FileNameError(ValueError):
    """A name means one file to this process, and another one to docker compose."""


def shortened(name: str) -> str:
    """The name without what cancels out: `link/../x` is `x`, whatever `link` is.

    Raises:
        FileNameError: It leads out of the current folder, and that is reached over a link from a
            place where the same name is another file.
    """
    short = os.path.normpath(name)
    called = here()
    if short.split("/", 1)[0] != ".." or not called:
        return short
    there = os.path.normpath(os.path.join(called, short))  # noqa: PTH118 -- the names are texts
    if os.path.realpath(there) != os.path.realpath(short):
        raise FileNameError(
            f"{short}: to docker compose this is {there}, as it goes back from PWD={called}, and "
            f"here {os.path.realpath(short)}: change to the folder without links (cd -P .), or "
            "give the whole name"
        )
    return short


def here() -> str:
    """What ``PWD`` calls the current folder, over links too; empty where it calls another so."""
    called = os.environ.get("PWD", "")
    try:
        return called if called.startswith("/") and os.path.samefile(called, ".") else ""  # noqa: PTH121
    except OSError:
        return ""
