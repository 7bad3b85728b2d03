"""A collection that its server forgets and that comes back as another one."""

from __future__ import annotations

from interop.collection import Collection
from interop.comparison import REFUSED
from interop.story import then


def recreate(it: Collection, tag: str, label: str) -> None:
    """Make the collection anew as somebody who holds none of the former keys."""
    it.delete()
    it.publisher.forget()
    it.push(tag, label)


STEPS = [
    then("the first signed push", lambda it: it.push("v1", "one"), {"v1": "one"}),
    then(
        "the server forgets it",
        lambda it: it.delete(),
        {"v1": REFUSED},
        warm={"v1": "one"},
    ),
    then(
        "it comes back with the same root key in another certificate",
        lambda it: it.push("v1", "second life"),
        {"v1": "second life"},
        warm={"v1": REFUSED},
    ),
    then(
        "it comes back with another root key",
        lambda it: recreate(it, "v1", "third life"),
        {"v1": "third life"},
        warm={"v1": REFUSED},
    ),
    then(
        "the other root is published more often than the first ever was",
        lambda it: [it.push("v1", f"life {number}") for number in range(4)],
        {"v1": "life 3"},
        warm={"v1": REFUSED},
    ),
]
