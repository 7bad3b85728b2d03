"""What happens to a collection, step by step, and what its readers must say after each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from interop.comparison import Expected, Readers


class Told(Protocol):
    """A collection that something happens to."""

    @property
    def gun(self) -> str:
        """Its name."""

    @property
    def digests(self) -> Mapping[str, str]:
        """Digest of each image by its label."""


@dataclass(frozen=True)
class Step:
    """One state of a collection.

    Attributes:
        name: What happens.
        act: Makes it happen.
        expected: What docker says then.
    """

    name: str
    act: Callable[[Any], object]
    expected: Expected


def then(
    name: str,
    act: Callable[[Any], object],
    pulls: dict[str, str | None],
    **rest: dict[str, str | None] | dict[str, str],
) -> Step:
    """A step; see `Expected` for what may be in `rest`."""
    return Step(name, act, Expected(pulls=pulls, **rest))  # type: ignore[arg-type]


class Telling:
    """A story that is being told: the steps before the one that is asked for are acted first."""

    def __init__(self, steps: Sequence[Step], collection: Told, readers: Readers) -> None:
        """Nothing has happened yet."""
        self._steps = list(steps)
        self._next = 0
        self._collection = collection
        self._readers = readers

    def compare_after(self, step: Step) -> None:
        """Act up to that step, and compare what the readers say."""
        index = self._steps.index(step)
        assert index >= self._next, "steps are told in their order"
        while self._next <= index:
            # A step that fails is not tried again: those behind it then tell what they miss.
            self._next += 1
            self._steps[self._next - 1].act(self._collection)
        self._readers.compare(self._collection.gun, step.expected, self._collection.digests)
