"""A collection that its publisher keeps with `notary`, with certificates for the delegations."""

from __future__ import annotations

from collections.abc import Callable

from interop.collection import RSA, Collection
from interop.comparison import REFUSED
from interop.story import then


def published(*stage: Callable[[Collection], object]) -> Callable[[Collection], None]:
    """Stage changes and publish them at once."""

    def act(it: Collection) -> None:
        for change in stage:
            change(it)
        it.publish()

    return act


STEPS = [
    then(
        "a collection without tags",
        lambda it: it.create(),
        {"latest": REFUSED, "v1": REFUSED},
    ),
    then(
        "a tag in targets",
        published(lambda it: it.add("v1", "one")),
        {"v1": "one"},
    ),
    then(
        "notary remove",
        published(lambda it: it.remove("v1")),
        {"v1": REFUSED},
        codes={"v1": "not_signed"},
    ),
    then(
        "a removed tag comes back with another image",
        published(lambda it: it.add("v1", "other")),
        {"v1": "other"},
    ),
    then(
        "notary add, which lists SHA-512 too",
        published(lambda it: it.add_file("v2", "with two hashes")),
        {"v2": "with two hashes"},
    ),
    then(
        "a tag without SHA-256",
        published(lambda it: it.add("v3", "sha512 only", sha512=True)),
        {"v3": REFUSED, "v1": "other"},
        codes={"v3": "tag_unusable"},
    ),
    then(
        "a delegation with a certificate and a path",
        lambda it: it.delegate("targets/qa", "qa-"),
        {"v1": "other"},
    ),
    then(
        "a tag that only that delegation lists",
        published(lambda it: it.add("qa-1", "tested", "targets/qa")),
        {"qa-1": REFUSED, "v1": "other"},
        codes={"qa-1": "not_signed"},
    ),
    then(
        "the same tag in targets",
        published(lambda it: it.add("qa-1", "approved")),
        {"qa-1": "approved"},
    ),
    then(
        "releases is delegated with a certificate",
        lambda it: it.delegate("targets/releases"),
        {"v1": "other"},
    ),
    then(
        "releases names another digest than targets",
        published(lambda it: it.add("v1", "released", "targets/releases")),
        {"v1": "released"},
    ),
    then(
        "both roles in one publication",
        published(
            lambda it: it.add("v4", "four", "targets/releases"),
            lambda it: it.add("v4", "four in targets"),
        ),
        {"v4": "four"},
    ),
    then(
        "a role below releases, with an RSA certificate",
        lambda it: it.delegate("targets/releases/eu", "eu-", kind=RSA),
        {"v1": "released"},
    ),
    then(
        "a tag that only the nested role lists",
        published(lambda it: it.add("eu-1", "nested", "targets/releases/eu")),
        {"eu-1": REFUSED},
        codes={"eu-1": "not_signed"},
    ),
    then(
        "releases lists the tag of the nested role",
        published(lambda it: it.add("eu-1", "outer", "targets/releases")),
        {"eu-1": "outer"},
    ),
    then(
        "targets lists a tag that a nested role has too",
        published(
            lambda it: it.add("eu-2", "nested two", "targets/releases/eu"),
            lambda it: it.add("eu-2", "two in targets"),
        ),
        {"eu-2": REFUSED},
    ),
    then(
        "releases may speak of v1 only",
        lambda it: (
            it.undelegate("targets/releases", "--all-paths"),
            it.publisher.notary(
                "delegation", "add", it.gun, "targets/releases", "--paths", "v1", "-p"
            ),
        ),
        {"v1": "released", "v4": "four in targets", "eu-1": REFUSED},
    ),
    then(
        "releases may speak of nothing",
        lambda it: it.undelegate("targets/releases", "--all-paths"),
        {"v1": "other", "v4": "four in targets"},
    ),
    then(
        "releases may speak of everything again",
        lambda it: it.publisher.notary(
            "delegation", "add", it.gun, "targets/releases", "--all-paths", "-p"
        ),
        {"v1": "released", "v4": "four"},
    ),
    then(
        "witness: releases is signed again unchanged",
        lambda it: it.publisher.notary("witness", it.gun, "targets/releases", "-p"),
        {"v1": "released"},
    ),
    then(
        "a tag is removed from releases and stays in targets",
        published(lambda it: it.remove("v4", "targets/releases")),
        {"v4": "four in targets"},
    ),
    then(
        "the whole delegation of releases is removed",
        lambda it: it.undelegate("targets/releases"),
        {"v1": "other", "eu-1": REFUSED, "eu-2": "two in targets"},
    ),
    then(
        "releases is delegated anew with another key",
        lambda it: it.delegate("targets/releases", kind=RSA),
        {"v1": "other"},
    ),
]
