"""What triggers base images have, known without a registry: for images that are nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection


class KeptBases:
    """Base images with the triggers that a test gives them; all others have none."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, ...]] = {}
        self.asked: list[str] = []

    def triggers(
        self, pinned: str, *, size: int | None, platforms: Callable[[], Collection[str]]
    ) -> tuple[str, ...]:
        """See `contenttrust.gate.bases.Bases`."""
        self.asked.append(pinned)
        return self.kept.get(pinned, ())
