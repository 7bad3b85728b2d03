"""Questions before what cannot be undone: asked at the terminal, or answered by an option."""

from __future__ import annotations

import contextlib
import select

from contenttrust.errors import InputNeededError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.cli.request import Request

_TERMINAL = "/dev/tty"
_LOOK_AGAIN_S = 0.5


def confirmed(request: Request, question: str, *, option: str = "-y") -> bool:
    """Ask a question of yes or no.

    Standard input is not read: what a pipe happens to hold is no answer.

    Args:
        request: Of this run; its options --yes and --force answer for whoever would be asked.
        question: As it is shown.
        option: What answers: where it is --force, --yes does not.

    Raises:
        InputNeededError: Nobody may or can be asked.
    """
    options = request.options
    if options.force or (options.yes and option != "--force"):
        return True
    if options.no_input:
        raise InputNeededError(f"this must be confirmed, and nobody may be asked: use {option}")
    try:
        # Two streams, because a terminal has no position that one of both kinds would want.
        # What is no text is no answer; what the terminal cannot show is shown as an escape.
        with (
            open(_TERMINAL, "w", errors="backslashreplace") as shown,  # noqa: PTH123 -- pathlib costs time
            open(_TERMINAL, errors="replace") as typed,  # noqa: PTH123
        ):
            shown.write(question)
            shown.flush()
            # A Ctrl-C that comes just before a read is only seen once the read returns. No
            # select takes a descriptor of 1024 or more.
            with contextlib.suppress(ValueError):
                while not select.select([typed], [], [], _LOOK_AGAIN_S)[0]:
                    pass
            answer = typed.readline()
    except OSError as error:
        text = f"this must be confirmed, and there is no terminal to ask at: use {option}"
        raise InputNeededError(text) from error
    return answer.strip().lower() in {"y", "yes"}


def answered(
    request: Request, told: str, lines: Sequence[str], question: str, *, option: str
) -> bool:
    """Show what a question is about, and ask; where nobody can be asked, the error shows some.

    Args:
        request: Of this run.
        told: What the lines are.
        lines: Such as tags.
        question: As `confirmed` has it.
        option: As `confirmed` has it.

    Raises:
        InputNeededError: Nobody may or can be asked.
    """
    shown = [told, *(f"  {line}" for line in lines), question]
    try:
        return confirmed(request, "\n".join(shown), option=option)
    except InputNeededError as error:
        from contenttrust.publish.tags import enumerated  # noqa: PLC0415 -- only on failure

        error.message = f"{' '.join(filter(None, [told, enumerated(lines)]))}; {error.message}"
        raise


def has_terminal() -> bool:
    """Whether somebody could be asked."""
    try:
        with open(_TERMINAL):  # noqa: PTH123 -- pathlib costs time
            return True
    except OSError:
        return False
