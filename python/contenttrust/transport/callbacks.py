"""What libcurl calls back, so that nothing raised there is lost.

pycurl prints what a callback raises and goes on as if it had said no. Ctrl-C would be raised there
most often, at the first instruction of a callback, where no `try` can catch it yet. So it waits
until libcurl has returned, and comes out there; whatever else is raised is kept for that moment.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import SIGINT, getsignal, signal
    from types import FrameType
    from typing import ParamSpec, TypeVar

    Arguments = ParamSpec("Arguments")
    Answer = TypeVar("Answer")
else:  # the module around this one makes enumerations, which costs every start
    from _signal import SIGINT, getsignal, signal


class Callbacks:
    """Guards callbacks: libcurl is entered within a ``with`` of this, which raises what was kept.

    For one thread. In others than the main one, Python raises no interrupt.
    """

    __slots__ = ("_before", "_interrupt", "_raised")

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._before: Callable[[int, FrameType | None], object] | None = None
        self._interrupt: tuple[int, FrameType | None] | None = None
        self._raised: BaseException | None = None

    def guarded(
        self, callback: Callable[Arguments, Answer], *, failed: Answer
    ) -> Callable[Arguments, Answer]:
        """A callback that raises nothing.

        Args:
            callback: What may raise.
            failed: What libcurl gets to hear then.
        """

        def call(*arguments: Arguments.args, **keywords: Arguments.kwargs) -> Answer:
            try:
                return callback(*arguments, **keywords)
            except BaseException as error:  # noqa: BLE001 - it is raised when libcurl has returned
                self._raised = self._raised or error
                return failed

        return call

    def __enter__(self) -> None:
        """Let interrupts wait."""
        before = getsignal(SIGINT)
        if callable(before):  # else it raises nothing: it is ignored, or ends the process
            try:
                signal(SIGINT, self._wait)
            except ValueError:  # not the main thread
                return
            self._before = before

    def __exit__(self, *_: object) -> None:
        """Raise what came meanwhile, an interrupt first."""
        before, self._before = self._before, None
        if before is not None:
            signal(SIGINT, before)
        interrupt, self._interrupt = self._interrupt, None
        if before is not None and interrupt is not None:
            before(*interrupt)
        self.raise_kept()

    def raise_kept(self) -> None:
        """Raise what a callback raised."""
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised

    def _wait(self, number: int, frame: FrameType | None) -> None:
        self._interrupt = number, frame
