"""A collection whose keys are exchanged, one role after the other and all together."""

from __future__ import annotations

from interop.collection import Collection
from interop.story import then


def rotate_everything(it: Collection) -> None:
    """Every key anew, root twice: who was away walks over several roots."""
    it.rotate("root")
    it.rotate("targets")
    it.rotate("snapshot", "-r")
    it.rotate("timestamp", "-r")
    it.rotate("root")


def publish(it: Collection, tag: str, label: str) -> None:
    """Sign one more tag."""
    it.add(tag, label)
    it.publish()


STEPS = [
    then("the first signed push", lambda it: it.push("v1", "one"), {"v1": "one"}),
    then("targets gets another key", lambda it: it.rotate("targets"), {"v1": "one"}),
    then(
        "the new targets key signs",
        lambda it: publish(it, "v2", "two"),
        {"v1": "one", "v2": "two"},
    ),
    then(
        "the publisher takes the snapshot key from the server",
        lambda it: it.rotate("snapshot"),
        {"v1": "one"},
    ),
    then(
        "the publisher signs the snapshot",
        lambda it: publish(it, "v3", "three"),
        {"v3": "three"},
    ),
    then(
        "the server gets the snapshot key back",
        lambda it: it.rotate("snapshot", "-r"),
        {"v3": "three"},
    ),
    then(
        "the server signs the snapshot again",
        lambda it: publish(it, "v4", "four"),
        {"v4": "four"},
    ),
    then(
        "the server makes another timestamp key",
        lambda it: it.rotate("timestamp", "-r"),
        {"v4": "four"},
    ),
    then("root gets another key", lambda it: it.rotate("root"), {"v1": "one", "v4": "four"}),
    then(
        "publishing after the rotation of root",
        lambda it: publish(it, "v5", "five"),
        {"v5": "five"},
    ),
    then(
        "every key is exchanged between two visits",
        rotate_everything,
        {"v1": "one", "v5": "five"},
    ),
    then(
        "a signer after all rotations",
        lambda it: (it.add_signer("carol"), it.push("v1", "by carol")),
        {"v1": "by carol", "v2": "two"},
    ),
    then(
        "root rotates under its delegations",
        lambda it: (it.rotate("root", "--legacy", "1"), it.rotate("targets")),
        {"v1": "by carol", "v2": "two"},
    ),
]
